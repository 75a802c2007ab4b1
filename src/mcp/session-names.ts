// Which session an HTTP exchange belongs to: the MCP session whose id the gate issued, else the `regate stdio` process
// that relays it, else all of the principal's. Opening sessions is capped, or it would be a way around every limit.
import type { IncomingHttpHeaders } from "node:http";
import type { Era } from "./message-headers.ts";
import type { SealedSession, Sessions } from "./session.ts";
import type { SessionRef } from "./upstream.ts";

export type Identified =
  | { readonly kind: "identified"; readonly session: SessionRef }
  /** The id is not one of this principal's on this server, or no longer: 404. */
  | { readonly kind: "unknown"; readonly problem: string }
  /** 429. `retryAfterSeconds` is absent where waiting is no sure help. */
  | { readonly kind: "too_many"; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "malformed"; readonly problem: string }
  /** It can't be said which sessions have ended: 503. */
  | { readonly kind: "unavailable"; readonly problem: string }
  /** It can't be written down that a session was opened: 503. */
  | { readonly kind: "uncounted" };

export type Caller = {
  readonly headers: IncomingHttpHeaders;
  readonly era: Era;
  readonly principal: string;
  /** True for a legacy `initialize`, which opens a session. */
  readonly opens: boolean;
};

export interface SessionNames {
  /** A promise only where sessions are counted elsewhere. */
  identify(caller: Caller): Identified | Promise<Identified>;
  /**
   * The id that the client gets for the server's own. @throws RangeError where the server's id can't be sealed
   * @param name of the session that it is part of, where it is part of one
   */
  issue(principal: string, upstreamId: string, name?: string): SealedSession;
  end(name: string): void;
}

type Admission = { readonly kind: "admitted" } | { readonly kind: "refused"; readonly retryAfterSeconds?: number };

/** Counts one new session of `principal` on `server`. May throw, or reject, where it can't be counted: the session is refused then. */
export interface SessionAdmission {
  admit(principal: string, server: string): Admission | Promise<Admission>;
}

export type SessionNamesOptions = {
  /** The server's key in the configuration: ids are bound to it. Empty for sessions with all servers. */
  readonly serverKey: string;
  readonly sessions: Sessions;
  readonly cap: SessionAdmission;
  /** Why it can't be said which sessions have ended; undefined where it can. */
  readonly endsUnknown?: () => string | undefined;
  /** Told why a session can't be counted. */
  readonly log: (line: string) => void;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Relaying processes that are remembered as admitted; a forgotten one is counted again. */
const MAX_RELAYS = 10_000;

export function createSessionNames({ serverKey, sessions, cap, endsUnknown, log }: SessionNamesOptions): SessionNames {
  const relays = new Set<string>();

  /** Goes on with `then` where one more session is admitted. */
  function admit(principal: string, then: () => Identified): Identified | Promise<Identified> {
    try {
      const admission = cap.admit(principal, serverKey);
      if (!(admission instanceof Promise)) return settle(admission, then);
      return admission.then((settled) => settle(settled, then), uncounted);
    } catch (error) {
      return uncounted(error);
    }
  }

  function uncounted(error: unknown): Identified {
    log(`${serverKey}: no new session can be counted, so none is opened: ${String(error)}`);
    return { kind: "uncounted" };
  }

  function settle(admission: Admission, then: () => Identified): Identified {
    if (admission.kind === "admitted") return then();
    return { kind: "too_many", retryAfterSeconds: admission.retryAfterSeconds };
  }

  /** The session of a `regate stdio` process, which sends a UUID of its own with each request. */
  function identifyRelay(
    relay: string | string[],
    principal: string,
    opens: boolean,
  ): Identified | Promise<Identified> {
    if (typeof relay !== "string" || !UUID.test(relay))
      return { kind: "malformed", problem: "Regate-Stdio must be one UUID" };
    const identified: Identified = { kind: "identified", session: { kind: "none", name: `stdio:${relay}` } };
    const key = JSON.stringify([principal, relay]);
    if (!opens && relays.has(key)) return identified;
    return admit(principal, () => {
      const [oldest] = relays;
      if (relays.size >= MAX_RELAYS && oldest !== undefined) relays.delete(oldest);
      relays.add(key);
      return identified;
    });
  }

  return {
    identify({ headers, era, principal, opens }) {
      const id = headers["mcp-session-id"];
      if (id !== undefined && era === "legacy") {
        if (typeof id !== "string") return { kind: "malformed", problem: "Mcp-Session-Id was sent twice" };
        const unknown = endsUnknown?.();
        if (unknown !== undefined) return { kind: "unavailable", problem: unknown };
        const opened = sessions.open(id, { server: serverKey, principal });
        if (opened.kind === "unknown") return opened;
        return { kind: "identified", session: { kind: "issued", name: opened.name, upstreamId: opened.upstreamId } };
      }
      const relay = headers["regate-stdio"];
      if (relay !== undefined) return identifyRelay(relay, principal, opens);
      const identified: Identified = { kind: "identified", session: { kind: "none", name: `principal:${principal}` } };
      return opens ? admit(principal, () => identified) : identified;
    },
    issue: (principal, upstreamId, name) => sessions.seal({ server: serverKey, principal, upstreamId, name }),
    end: (name) => sessions.end(name),
  };
}
