// The sessions of clients with all servers, in memory: by the name that the gate gave them, and in the modern era, which has none,
// one for what each caller is called. One that nobody uses for a while is ended, as are the oldest where there are too many.
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Principal } from "../../gate/types.ts";
import type { Era } from "../message-headers.ts";
import type { SessionRef } from "../upstream.ts";
import type { LinkOptions } from "./link.ts";
import { SharedSession, type SharedSessionOptions } from "./shared-session.ts";

export interface SharedSessions {
  /** Of a legacy client that initializes. */
  open(
    name: string,
    principal: Principal,
    opening: LinkOptions["opening"],
    headers: IncomingHttpHeaders,
  ): SharedSession;
  /** Undefined where it is over; in the modern era there is always one. */
  find(ref: SessionRef, principal: Principal, era: Era, headers: IncomingHttpHeaders): SharedSession | undefined;
  end(session: SharedSession): Promise<void>;
  /** The servers are others now. */
  changed(): void;
  close(): Promise<void>;
}

const MAX_SESSIONS = 10_000;
const IDLE_MS = 30 * 60_000;
const SWEEP_MS = 60_000;
/** At its end the gate waits no longer for servers to hear of it. */
const PARTING_MS = 1_000;

export function createSharedSessions({
  servers,
  waitMs,
}: Pick<SharedSessionOptions, "servers" | "waitMs">): SharedSessions {
  /** The one used last stands last. */
  const sessions = new Map<string, SharedSession>();

  function add(name: string, principal: Principal, opening: LinkOptions["opening"], received: IncomingHttpHeaders) {
    const relay = received["regate-stdio"];
    const headers: Record<string, string> = typeof relay === "string" ? { "regate-stdio": relay } : {};
    const session = new SharedSession({ name, principal, opening, headers, servers, waitMs });
    sessions.set(keyOf(name, principal, opening === undefined ? "modern" : "legacy"), session);
    const [oldest] = sessions.values();
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) void end(oldest);
    return session;
  }

  async function end(session: SharedSession): Promise<void> {
    for (const [key, one] of sessions) if (one === session) sessions.delete(key);
    await session.end();
  }

  const sweep = setInterval(() => {
    const now = performance.now();
    for (const session of [...sessions.values()]) {
      if (session.isIdle && now - session.lastUsedMs > IDLE_MS) void end(session);
    }
  }, SWEEP_MS).unref();

  return {
    open: add,
    find(ref, principal, era, headers) {
      if (era === "legacy" && ref.kind === "none") return undefined;
      const key = keyOf(ref.name, principal, era);
      const session =
        sessions.get(key) ?? (era === "modern" ? add(ref.name, principal, undefined, headers) : undefined);
      if (session === undefined) return undefined;
      sessions.delete(key);
      sessions.set(key, session);
      session.lastUsedMs = performance.now();
      session.principal = principal;
      return session;
    },
    end,
    changed() {
      for (const session of sessions.values()) {
        session.links();
        session.changed();
      }
    },
    async close() {
      clearInterval(sweep);
      const ended = Promise.all([...sessions.values()].map(end));
      await Promise.race([ended, sleep(PARTING_MS, undefined, { ref: false })]);
    },
  };
}

/** The name of a `regate stdio` process is of its own choice: another principal may choose the same. */
function keyOf(name: string, principal: Principal, era: Era): string {
  return JSON.stringify([era, principal.id, name]);
}
