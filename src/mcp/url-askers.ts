// Which sessions' clients said at their start that they can show a person a URL (elicitation of mode `url`, 2025-11-25). In
// memory: after a restart nobody is shown one, and the refusal names it.
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";

const MAX_SESSIONS = 10_000;
const FIRST_VERSION = "2025-11-25";
const declaredSchema = z.object({
  capabilities: z.object({ elicitation: z.object({ url: z.record(z.string(), z.unknown()) }) }),
});

export interface UrlAskers {
  /** @param params of the `initialize` that opened the session */
  learn(session: string, params: unknown): void;
  /** Whether the session's client can, in the revision that this request of its speaks. */
  includes(session: string, headers: IncomingHttpHeaders): boolean;
}

export function createUrlAskers(): UrlAskers {
  const sessions = new Set<string>();
  return {
    learn(session, params) {
      if (!declaredSchema.safeParse(params).success) return;
      const [oldest] = sessions;
      if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      sessions.add(session);
    },
    includes(session, headers) {
      const version = headers["mcp-protocol-version"];
      return sessions.has(session) && typeof version === "string" && version >= FIRST_VERSION;
    },
  };
}
