// Which headers cross the gate. Towards the server an allow-list, so that no credential of the client's ever goes upstream;
// towards the client everything but what belongs to one connection, to cookies, or would lead the client around the gate.
import type { IncomingHttpHeaders } from "node:http";
import type { TraceHeaders } from "./tracing.ts";

const FORWARDED = new Set([
  "accept",
  "accept-language",
  "content-type",
  "last-event-id",
  "user-agent",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
  "traceparent",
  "tracestate",
  "baggage",
]);

/** Headers of an answer as undici reads them, names in lower case: several where it came more than once. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const KEPT_BACK = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // both written anew
  "content-type",
  "content-length",
  // the upstream's session id is sealed into the gate's own
  "mcp-session-id",
  "set-cookie",
  // it asks the gate for credentials, and names the server's own authorization server
  "www-authenticate",
  "location",
  "alt-svc",
  "refresh",
]);

const MEDIA_TYPE = /^[!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** They are read as UTF-8 where nothing says otherwise. */
const SCREENED_TYPES = new Set(["application/json", "text/event-stream"]);

/** Headers that only the gate itself may set towards the client, or that are about another origin than its own. */
const KEPT_BACK_PREFIX = /^(?:access-control-|regate-)/;
const NO_TOKENS: ReadonlySet<string> = new Set();

/** What is read of a Content-Type: servers send few different ones, and a stranger many. */
const MAX_KNOWN_TYPES = 100;
const MAX_KNOWN_TYPE_CHARS = 200;
const knownTypes = new Map<string, ContentType>();

/**
 * The request headers that go upstream, lower-case: what MCP and tracing need of the client's, then the credentials that
 * the configuration names for this server, which win.
 * @param upstreamSessionId the server's own session id, where the session has one
 * @param trace goes in the place of the client's own context
 */
export function upstreamHeaders(
  received: IncomingHttpHeaders,
  configured: Readonly<Record<string, string>>,
  upstreamSessionId: string | undefined,
  trace?: TraceHeaders,
): Record<string, string> {
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  for (const [name, value] of Object.entries(received)) {
    if (typeof value === "string" && (FORWARDED.has(name) || name.startsWith("mcp-param-"))) headers[name] = value;
  }
  if (upstreamSessionId !== undefined) headers["mcp-session-id"] = upstreamSessionId;
  if (trace !== undefined) {
    headers.traceparent = trace.traceparent;
    if (trace.tracestate === undefined) delete headers.tracestate;
    else headers.tracestate = trace.tracestate;
  }
  for (const [name, value] of Object.entries(configured)) headers[name.toLowerCase()] = value;
  return headers;
}

/** The headers of a message of the gate's own in the client's session, such as its tools/list: never the client's own but its protocol version. */
export function ownHeaders(
  received: IncomingHttpHeaders,
  configured: Readonly<Record<string, string>>,
  upstreamSessionId: string | undefined,
  method: string | undefined,
): Record<string, string> {
  const version = received["mcp-protocol-version"];
  const own: IncomingHttpHeaders = {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  };
  if (typeof version === "string") own["mcp-protocol-version"] = version;
  if (received["mcp-method"] !== undefined && method !== undefined) own["mcp-method"] = method;
  return upstreamHeaders(own, configured, upstreamSessionId);
}

/** The answer's headers that the client gets, without content-length and without the session id. */
export function clientHeaders(answered: AnswerHeaders): Record<string, string | string[]> {
  const dropped = connectionTokens(answered.connection);
  const headers: Record<string, string | string[]> = {};
  for (const name in answered) {
    const value = answered[name];
    if (value === undefined || KEPT_BACK.has(name) || dropped.has(name) || KEPT_BACK_PREFIX.test(name)) continue;
    headers[name] = value;
  }
  const type = clientContentType(answered["content-type"]);
  if (type !== undefined) headers["content-type"] = type;
  return headers;
}

/**
 * The type in the gate's own words: what was screened as UTF-8 must not be read in a charset that only the client sees in
 * the parameters. Undefined where it is none.
 */
function clientContentType(value: AnswerHeaders[string]): string | undefined {
  if (typeof value !== "string") return undefined;
  const { type = "", charset } = readContentType(value);
  if (!MEDIA_TYPE.test(type)) return undefined;
  return charset === "utf-8" && !SCREENED_TYPES.has(type) ? `${type}; charset=utf-8` : type;
}

/** The parts of a Content-Type that say how a body is read, lower-case; undefined where they are not said. */
export type ContentType = { readonly type: string | undefined; readonly charset: string | undefined };

export function readContentType(value: string | undefined): ContentType {
  const known = value === undefined ? undefined : knownTypes.get(value);
  if (known !== undefined) return known;
  const type = value?.split(";", 1)[0]?.trim().toLowerCase();
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^\s;"]*)/i.exec(value ?? "")?.[1]?.toLowerCase();
  const read = { type, charset };
  if (value !== undefined && value.length <= MAX_KNOWN_TYPE_CHARS) {
    if (knownTypes.size >= MAX_KNOWN_TYPES) knownTypes.clear();
    knownTypes.set(value, read);
  }
  return read;
}

function connectionTokens(value: AnswerHeaders[string]): ReadonlySet<string> {
  if (value === undefined || value === "keep-alive") return NO_TOKENS;
  return new Set(
    String(value)
      .split(",")
      .map((token) => token.trim().toLowerCase()),
  );
}
