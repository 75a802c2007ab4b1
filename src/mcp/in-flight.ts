// How many requests of clients are under way at one endpoint, in each session and in all: a cap on what an agent can have the
// gate and the server hold for it at a time. It counts, and refuses nothing: what is over a cap is refused, and recorded, by
// the gate. A request that waits for a person is its session's, not yet the server's.
import type { Overload } from "../gate/types.ts";
import type { ClientMessage } from "./jsonrpc.ts";

export type InFlightCaps = { readonly perSession: number; readonly perServer: number };

/** One request's place. */
export interface Slot {
  /** Set where the request is over a cap: it has no place then. */
  readonly overload: Overload | undefined;
  /** It waits for a person, and the server has not heard of it. */
  held(): void;
  /** It goes on: it was let wait, so it is not refused now for others that came meanwhile. */
  resumed(): void;
  /** It is over, however it ended; a second time does nothing. */
  leave(): void;
}

export interface InFlight {
  enter(session: string, message: ClientMessage): Slot;
  /** Requests that have a place now: in all, and in how many sessions. */
  readonly counts: { readonly atServer: number; readonly sessions: number };
}

/** Open a session, say that one is there, or stay open for as long as the client wants: no work that adds up. */
const UNCOUNTED: ReadonlySet<string> = new Set(["initialize", "ping", "subscriptions/listen"]);
const NO_SLOT: Slot = { overload: undefined, held() {}, resumed() {}, leave() {} };

/** For a request that is over a cap. */
export function overloaded(overload: Overload): Slot {
  return { ...NO_SLOT, overload };
}

export function createInFlight({ perSession, perServer }: InFlightCaps): InFlight {
  const bySession = new Map<string, number>();
  let atServer = 0;

  function add(session: string, change: 1 | -1): void {
    const count = (bySession.get(session) ?? 0) + change;
    if (count > 0) bySession.set(session, count);
    else bySession.delete(session);
  }

  function overloadOf(session: string): Overload | undefined {
    if ((bySession.get(session) ?? 0) >= perSession) return { of: "session", max: perSession };
    return atServer >= perServer ? { of: "server", max: perServer } : undefined;
  }

  return {
    enter(session, message) {
      if (message.kind !== "request" || UNCOUNTED.has(message.method)) return NO_SLOT;
      const overload = overloadOf(session);
      if (overload !== undefined) return overloaded(overload);
      add(session, 1);
      atServer += 1;
      let state: "under way" | "held" | "over" = "under way";
      return {
        overload: undefined,
        held() {
          if (state !== "under way") return;
          state = "held";
          atServer -= 1;
        },
        resumed() {
          if (state !== "held") return;
          state = "under way";
          atServer += 1;
        },
        leave() {
          if (state === "over") return;
          if (state === "under way") atServer -= 1;
          state = "over";
          add(session, -1);
        },
      };
    },
    get counts() {
      return { atServer, sessions: bySession.size };
    },
  };
}
