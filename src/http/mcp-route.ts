// The way of an MCP request to the endpoint of its server, on node's own request and response: may it come from there, who asks,
// which server. Hono routes it, but for the plain spelling of a URL, which is taken past it: most of what a gate does is that.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Endpoint } from "../mcp/endpoint.ts";
import type { Incoming, Outgoing } from "../mcp/outgoing.ts";
import { errorAnswer, TRANSPORT_CODE } from "../mcp/refusal.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { type Authenticator, challengeOf } from "./auth.ts";
import type { OriginCheck } from "./origin.ts";
import { ALL_SERVERS } from "./resource.ts";

export type McpRouteParts = {
  /** UUID of this run of the gate, in the header `Regate-Instance` of every answer that is the gate's own. It proves nothing. */
  readonly instance: string;
  /** By the servers' keys in the configuration. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Of all servers together. */
  readonly all: Endpoint;
  readonly originCheck: OriginCheck;
  readonly authenticator: Authenticator;
  readonly log: (line: string, level?: "error") => void;
};

/** True where it took the request; what it did not take is for the routes behind it. */
export type DirectRoute = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

const PATH = "/mcp";
/** A name that Hono's `/mcp/:server` takes as it stands: the rest of a path, with nothing to decode. */
const PLAIN_NAME = /^[\w.~-]+$/;

export function createDirectRoute(parts: McpRouteParts): DirectRoute {
  return (incoming, outgoing) => {
    const { url = "" } = incoming;
    if (!url.startsWith(PATH)) return false;
    const server = url === PATH ? ALL_SERVERS : url.slice(PATH.length + 1);
    if (url !== PATH && !(url.charAt(PATH.length) === "/" && PLAIN_NAME.test(server))) return false;
    try {
      if (admit(parts, incoming, outgoing))
        answerMcp(parts, server, incoming, outgoing).catch((error: unknown) => answerBug(parts, outgoing, error));
    } catch (error) {
      answerBug(parts, outgoing, error);
    }
    return true;
  };
}

/** Whether the request may come from where it says; answers it where it may not. */
export function admit(
  { instance, originCheck }: Pick<McpRouteParts, "instance" | "originCheck">,
  { headers }: IncomingMessage,
  outgoing: ServerResponse,
): boolean {
  outgoing.setHeader("regate-instance", instance);
  const refused = originCheck(headers);
  if (refused === undefined) return true;
  writeRefusal(outgoing, refused.status, refused.problem);
  return false;
}

/** Of a request that was admitted. @param server a key, or ALL_SERVERS */
export async function answerMcp(
  { authenticator, endpoints, all }: McpRouteParts,
  server: string,
  incoming: Incoming,
  outgoing: Outgoing,
): Promise<void> {
  const authenticating = authenticator(incoming, server);
  const authenticated = authenticating instanceof Promise ? await authenticating : authenticating;
  if (authenticated.kind === "refused")
    return writeRefusal(outgoing, authenticated.status, authenticated.problem, challengeOf(authenticated));
  const endpoint = server === ALL_SERVERS ? all : endpoints.get(server);
  if (endpoint !== undefined) return endpoint(incoming, outgoing, authenticated.principal, authenticated.expiresUnixMs);
  writeRefusal(outgoing, 404, `no server of this name; this gate has ${[...endpoints.keys()].join(", ") || "none"}`);
}

/** What only a bug of ours leads to. */
export function answerBug({ log }: Pick<McpRouteParts, "log">, outgoing: Outgoing, error: unknown): void {
  log(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, "error");
  if (outgoing.headersSent) outgoing.destroy();
  else writeRefusal(outgoing, 500, "internal error: the gate's log says more");
}

/** One JSON error. */
export function writeRefusal(
  outgoing: Outgoing,
  status: number,
  problem: string,
  headers: Record<string, string> = {},
): void {
  writeJson(outgoing, status, errorAnswer("null", TRANSPORT_CODE, problem), headers);
}
