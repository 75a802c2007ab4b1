// The processes of one stdio server: whose they are, how many, and how soon a server that keeps dying is started again.
// One for each legacy session; in the modern era a few for each principal, shared by its clients. Never shared by principals.
import type { ClientNotification, ClientRequest } from "./jsonrpc.ts";
import type { Era } from "./message-headers.ts";
import { type SessionOptions, StdioSession } from "./stdio-session.ts";

/** A process that ends by itself within this time after its start counts against the server. */
const EARLY_END_MS = 5000;
/** So many early ends in a row, and the next start has to wait. */
const EARLY_ENDS_ALLOWED = 2;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

export type PoolOptions = Omit<SessionOptions, "era" | "principalId" | "onEnd"> & {
  readonly maxChildrenPerPrincipal: number;
  /** Of all principals together. A process that was told to end, and has some seconds to do so, counts no more. */
  readonly maxChildren: number;
  /** A process that nobody uses for so long is ended. */
  readonly idleMs: number;
};

/** `problem` says why there is no process, as in "it can't be started". */
export type Taken =
  | { readonly kind: "taken"; readonly session: StdioSession }
  | { readonly kind: "refused"; readonly problem: string };

/** `ends` early ends in a row, the last of them at `lastAtMs`. */
type Failures = { readonly ends: number; readonly lastAtMs: number };

export class Pool {
  readonly #options: PoolOptions;
  readonly #byPrincipal = new Map<string, readonly StdioSession[]>();
  readonly #failures = new Map<string, Failures>();
  readonly #running = new Set<StdioSession>();
  readonly #sweep: NodeJS.Timeout;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#endIdle(), Math.min(options.idleMs, LONGEST_WAIT_MS)).unref();
  }

  /** The legacy session with this id, where it is the principal's and not over. */
  find(principalId: string, sessionId: string): StdioSession | undefined {
    return this.#of(principalId, "legacy").find((session) => session.id === sessionId);
  }

  /** A process of its own for a new legacy session. */
  open(principalId: string): Taken {
    return this.#start(principalId, "legacy");
  }

  /** A process of the principal's for a modern request: one that can tell it from what it has to answer, else a new one. */
  borrow(principalId: string, request: ClientRequest | undefined): Taken {
    const session = this.#of(principalId, "modern").find((other) => request === undefined || other.takes(request));
    return session === undefined ? this.#start(principalId, "modern") : { kind: "taken", session };
  }

  /** The one process that has to answer what a modern `notification` cancels; undefined where it is none or not clear. */
  awaiting(principalId: string, notification: ClientNotification): StdioSession | undefined {
    const [session, ...others] = this.#of(principalId, "modern").filter((other) => other.awaits(notification));
    return others.length === 0 ? session : undefined;
  }

  /** Processes that are not gone yet. */
  get size(): number {
    return this.#running.size;
  }

  /** Ends every process; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    await Promise.all([...this.#running].map((session) => session.stop("the gate is shutting down")));
  }

  #of(principalId: string, era: Era): readonly StdioSession[] {
    return (this.#byPrincipal.get(principalId) ?? []).filter((session) => session.era === era);
  }

  #start(principalId: string, era: Era): Taken {
    const refusal = this.#refusal(principalId);
    if (refusal !== undefined) return { kind: "refused", problem: refusal };
    const session = new StdioSession({
      ...this.#options,
      era,
      principalId,
      onEnd: (ended, unexpected) => this.#onEnd(principalId, ended, unexpected),
    });
    this.#byPrincipal.set(principalId, [...(this.#byPrincipal.get(principalId) ?? []), session]);
    this.#running.add(session);
    void session.gone.then(() => this.#running.delete(session));
    return { kind: "taken", session };
  }

  /** Why no process can be started now; where the principal has as many as it may, one that nobody uses makes room. */
  #refusal(principalId: string): string | undefined {
    const { maxChildrenPerPrincipal, maxChildren, now } = this.#options;
    if (this.#closed) return "the gate is shutting down";
    const failures = this.#failures.get(principalId);
    const waitMs = failures === undefined ? 0 : failures.lastAtMs + waitAfter(failures.ends) - now();
    if (waitMs > 0) {
      return `it ended ${failures?.ends} times soon after its start; it may be started again in ${Math.ceil(waitMs / 1000)} s`;
    }
    const own = this.#byPrincipal.get(principalId) ?? [];
    const all = [...this.#byPrincipal.values()].reduce((sum, sessions) => sum + sessions.length, 0);
    if (own.length < maxChildrenPerPrincipal && all < maxChildren) return undefined;
    const idlest = longestQuiet(own);
    if (idlest === undefined) {
      const cap =
        own.length < maxChildrenPerPrincipal ? `all ${maxChildren}` : `this principal's ${maxChildrenPerPrincipal}`;
      return `${cap} processes of it are in use; end a session, or try again later`;
    }
    void idlest.stop("its principal opened another session, and this one was idle");
    return undefined;
  }

  #onEnd(principalId: string, ended: StdioSession, unexpected: boolean): void {
    const rest = (this.#byPrincipal.get(principalId) ?? []).filter((session) => session !== ended);
    if (rest.length > 0) this.#byPrincipal.set(principalId, rest);
    else this.#byPrincipal.delete(principalId);
    const lastAtMs = this.#options.now();
    const early = lastAtMs - ended.startedAtMs < EARLY_END_MS;
    if (!early) this.#failures.delete(principalId);
    else if (unexpected)
      this.#failures.set(principalId, { ends: (this.#failures.get(principalId)?.ends ?? 0) + 1, lastAtMs });
  }

  #endIdle(): void {
    const nowMs = this.#options.now();
    for (const session of [...this.#byPrincipal.values()].flat()) {
      const { quietSinceMs } = session;
      if (quietSinceMs !== undefined && nowMs - quietSinceMs > this.#options.idleMs) void session.stop("it was idle");
    }
    for (const [principalId, { lastAtMs }] of this.#failures) {
      if (nowMs - lastAtMs > 2 * LONGEST_WAIT_MS) this.#failures.delete(principalId);
    }
  }
}

/** The wait after `ends` early ends in a row: none for the first ones, then twice as long each time. */
function waitAfter(ends: number): number {
  return ends <= EARLY_ENDS_ALLOWED
    ? 0
    : Math.min(FIRST_WAIT_MS * 2 ** (ends - EARLY_ENDS_ALLOWED - 1), LONGEST_WAIT_MS);
}

function longestQuiet(sessions: readonly StdioSession[]): StdioSession | undefined {
  let longest: { readonly session: StdioSession; readonly sinceMs: number } | undefined;
  for (const session of sessions) {
    const sinceMs = session.quietSinceMs;
    if (sinceMs !== undefined && sinceMs < (longest?.sinceMs ?? Number.POSITIVE_INFINITY))
      longest = { session, sinceMs };
  }
  return longest?.session;
}
