// The HTTP headers that repeat what a message says: whoever routes by the headers must mean what was judged by the body.
// Which era a message is of, and the 2026-07-28 rules on MCP-Protocol-Version, Mcp-Method, Mcp-Name and Mcp-Param-*.
import { isRecord } from "./envelope.ts";
import { type ClientMessage, type ClientRequest, INVALID_PARAMS } from "./jsonrpc.ts";
import type { RequestHead } from "./outgoing.ts";
import { checkParamHeaders, decodeHeaderValue, type ParamHeader } from "./param-headers.ts";
import { PROTOCOL_VERSION_KEY } from "./protocol-keys.ts";
import { showable } from "./showable.ts";

/** Names in lower case, each with all its values: `headersDistinct` of an incoming message. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

export type Era = "legacy" | "modern";

/** To be answered with this HTTP status and a JSON-RPC error of this code. */
export type HeaderFault = { readonly code: number; readonly status: 400; readonly problem: string };

/** The specification's code for headers that are missing, malformed or disagree with the body. */
export const HEADER_MISMATCH = -32020;
const FIRST_MODERN_VERSION = "2026-07-28";
const VERSION_HEADER = "mcp-protocol-version";
const METHOD_HEADER = "mcp-method";
const NAME_HEADER = "mcp-name";
const PARAM_PREFIX = "mcp-param-";
/** Headers that the gate or a server acts on: one value each. */
const LAST_EVENT_HEADER = "last-event-id";
const SINGLE_HEADERS = [VERSION_HEADER, METHOD_HEADER, NAME_HEADER, "mcp-session-id", LAST_EVENT_HEADER];

/** Which member of `params` Mcp-Name repeats. */
const NAME_SOURCES: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

/**
 * What checkHeaders and eraOf look at of a request's headers. Where no header came twice, which is nearly always, node need not
 * put each into a list.
 */
export function distinctHeadersOf(incoming: RequestHead): DistinctHeaders {
  const { headers, rawHeaders } = incoming;
  const distinct: Record<string, readonly string[]> = {};
  let names = 0;
  for (const name in headers) {
    names += 1;
    const value = headers[name];
    if (typeof value === "string" && (name.startsWith("mcp-") || name === LAST_EVENT_HEADER)) distinct[name] = [value];
  }
  return 2 * names === rawHeaders.length ? distinct : incoming.headersDistinct;
}

/** The era of a POSTed message: what its body claims, else what its header does. Without headers (stdio) pass `{}`. */
export function eraOf(message: ClientMessage, headers: DistinctHeaders): Era {
  return hasClaim(message) ? "modern" : eraOfHeaders(headers);
}

/** The era of a request without a body; of several versions the newest counts, though checkHeaders refuses them. */
export function eraOfHeaders(headers: DistinctHeaders): Era {
  return headers[VERSION_HEADER]?.some((version) => isModern(trim(version))) ? "modern" : "legacy";
}

/**
 * Holds the headers of a POST against its message: what is missing in the modern era, and in any era what is there twice
 * or says something else than the body. Undefined where all is well.
 * @param paramHeaders what the tool's definition wants repeated, where it is known (paramHeadersOf)
 */
export function checkHeaders(
  message: ClientMessage,
  headers: DistinctHeaders,
  paramHeaders: readonly ParamHeader[] = [],
): HeaderFault | undefined {
  const values = readValues(headers);
  if (typeof values === "string") return mismatch(values);
  if (message.kind === "response") {
    return values.has(METHOD_HEADER) ? mismatch("Mcp-Method is given, but the body is a response") : undefined;
  }
  const isModernMessage = eraOf(message, headers) === "modern";
  const fault = checkVersion(message, values.get(VERSION_HEADER), isModernMessage);
  if (fault !== undefined) return fault;

  const method = values.get(METHOD_HEADER);
  if (method === undefined && isModernMessage && message.kind === "request") return mismatch("Mcp-Method is missing");
  if (method !== undefined && method !== message.method)
    return mismatch(`Mcp-Method is ${quote(method)}, but the body's method is ${quote(message.method)}`);
  if (message.kind === "notification") return undefined;

  const problem =
    checkName(message, values.get(NAME_HEADER), isModernMessage) ??
    (message.tool === undefined
      ? undefined
      : checkParamHeaders(paramHeaders, message.args?.value, (name) => values.get(name), isModernMessage));
  return problem === undefined ? undefined : mismatch(problem);
}

/** A request without a message carries no header that repeats one: a server that goes by it would carry out what nobody judged. */
export function checkBodiless(headers: DistinctHeaders): HeaderFault | undefined {
  const values = readValues(headers);
  if (typeof values === "string") return mismatch(values);
  for (const name of values.keys()) {
    if (name === METHOD_HEADER || name === NAME_HEADER || name.startsWith(PARAM_PREFIX))
      return mismatch(`${quote(name)} is given, but there is no message`);
  }
  return undefined;
}

function checkVersion(
  message: Exclude<ClientMessage, { kind: "response" }>,
  version: string | undefined,
  isModernMessage: boolean,
): HeaderFault | undefined {
  if (!isModernMessage) return undefined;
  const claim = message.meta?.[PROTOCOL_VERSION_KEY];
  if (claim === undefined) {
    // a notification carries no claim of its own: its header decides
    if (message.kind === "notification") return undefined;
    if (message.method === "initialize")
      return mismatch(`MCP-Protocol-Version names ${quote(version ?? "")}, which has no initialize`);
    return { code: INVALID_PARAMS, status: 400, problem: `params._meta must have "${PROTOCOL_VERSION_KEY}"` };
  }
  if (typeof claim !== "string")
    return { code: INVALID_PARAMS, status: 400, problem: `"${PROTOCOL_VERSION_KEY}" in _meta must be a string` };
  if (version === undefined)
    return message.kind === "request" ? mismatch("MCP-Protocol-Version is missing") : undefined;
  if (version !== claim)
    return mismatch(`MCP-Protocol-Version is ${quote(version)}, but the body names ${quote(claim)}`);
  return undefined;
}

/** What Mcp-Name repeats of a request; undefined where it repeats nothing, or there is nothing to repeat. */
export function repeatedName({ method, params }: ClientRequest): unknown {
  const source = NAME_SOURCES.get(method);
  return source !== undefined && isRecord(params?.value) ? params.value[source] : undefined;
}

function checkName(message: ClientRequest, header: string | undefined, isModernMessage: boolean): string | undefined {
  const source = NAME_SOURCES.get(message.method);
  if (source === undefined) return undefined;
  const name = repeatedName(message);
  if (header === undefined) return isModernMessage && typeof name === "string" ? "Mcp-Name is missing" : undefined;
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined) return "Mcp-Name is not valid Base64 of UTF-8";
  if (decoded === name) return undefined;
  return `Mcp-Name is ${quote(decoded)}, which is not params.${source} of the body`;
}

/** The one value of each header that says something about the message, or what is wrong with one. */
function readValues(headers: DistinctHeaders): ReadonlyMap<string, string> | string {
  const values = new Map<string, string>();
  for (const name in headers) {
    if (!(SINGLE_HEADERS.includes(name) || name.startsWith(PARAM_PREFIX))) continue;
    const given = headers[name];
    const value = given?.[0];
    if (value === undefined) continue;
    if (given?.[1] !== undefined) return `the header ${quote(name)} appears twice`;
    if (!/^[\t\x20-\x7e]*$/.test(value)) return `the header ${quote(name)} holds a character that is not visible ASCII`;
    values.set(name, trim(value));
  }
  return values;
}

function hasClaim(message: ClientMessage): boolean {
  return message.kind !== "response" && message.meta !== undefined && Object.hasOwn(message.meta, PROTOCOL_VERSION_KEY);
}

/** Revisions are dates; the drafts before one sort after every date too. */
function isModern(version: string): boolean {
  return version >= FIRST_MODERN_VERSION;
}

/** Optional white space around a field's value is no part of it (RFC 9110). No pattern: at its end one takes quadratic time. */
function trim(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charAt(start))) start += 1;
  while (start < end && isBlank(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t";
}

function quote(text: string): string {
  return JSON.stringify(showable(text));
}

function mismatch(problem: string): HeaderFault {
  return { code: HEADER_MISMATCH, status: 400, problem: `Header mismatch: ${problem}` };
}
