// Keys of the protocol, and other spellings that some reader takes for them: another case (Go's encoding/json, .NET,
// cJSON; with the letters that Unicode folds to ASCII), underscores (pydantic models filled by field name), and whatever
// follows a NUL (readers in C). A message that has one would be judged by one key and executed by another.
// Of a tool's arguments only those keys are looked at that its schema names (misspelt.ts): the others are the tool's own.
import type { JsonMember } from "./json-scan.ts";

/** The keys of one object of the protocol. */
export type ProtocolKeys = {
  readonly exact: ReadonlySet<string>;
  readonly byFold: ReadonlyMap<string, string>;
  /** The UTF-16 code units that another spelling may have, underscores not counted. */
  readonly maxUnits: number;
};

export const PROTOCOL_VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
export const SUBSCRIPTION_ID_KEY = "io.modelcontextprotocol/subscriptionId";
export const CLIENT_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities";

export const MESSAGE_KEYS = protocolKeys(["jsonrpc", "id", "method", "params", "result", "error"]);

/** Keys of the `params` of any request or notification. */
export const PARAMS_KEYS = protocolKeys([
  "_meta",
  "argument",
  "arguments",
  "capabilities",
  "clientInfo",
  "context",
  "cursor",
  "elicitationId",
  "includeContext",
  "inputResponses",
  "level",
  "maxTokens",
  "messages",
  "metadata",
  "mode",
  "modelPreferences",
  "name",
  "notifications",
  "progressToken",
  "protocolVersion",
  "reason",
  "ref",
  "requestId",
  "requestState",
  "requestedSchema",
  "stopSequences",
  "systemPrompt",
  "task",
  "taskId",
  "temperature",
  "toolChoice",
  "tools",
  "uri",
  "url",
]);

/** Keys of `params._meta` that the protocol reserves and a reader acts on. */
export const META_KEYS = protocolKeys([
  "progressToken",
  PROTOCOL_VERSION_KEY,
  CLIENT_CAPABILITIES_KEY,
  "io.modelcontextprotocol/clientInfo",
  "io.modelcontextprotocol/logLevel",
  "io.modelcontextprotocol/related-task",
]);

export function protocolKeys(names: readonly string[]): ProtocolKeys {
  // a letter of any alphabet takes two units at most
  const maxUnits = 2 * Math.max(...names.map((name) => name.length));
  const byFold = new Map(names.map((name) => [foldKey(name, maxUnits) ?? name, name]));
  return { exact: new Set(names), byFold, maxUnits };
}

/** The first protocol key that one of `members` is another spelling of. */
export function misspeltKey(members: readonly Pick<JsonMember, "key">[], keys: ProtocolKeys): string | undefined {
  for (const { key } of members) {
    if (keys.exact.has(key)) continue;
    const folded = foldKey(key, keys.maxUnits);
    const meant = folded === undefined ? undefined : keys.byFold.get(folded);
    if (meant !== undefined) return meant;
  }
  return undefined;
}

/**
 * Folds more than any one reader does: a refusal too many is harmless here. Undefined where the key is longer than
 * `maxUnits`: normalising takes time quadratic in the length of what came.
 */
function foldKey(key: string, maxUnits: number): string | undefined {
  const end = key.indexOf("\0");
  const read = withoutUnderscores(end === -1 ? key : key.slice(0, end));
  if (read.length > maxUnits) return undefined;
  if (isAscii(read)) return read.toLowerCase();
  // upper case first: "ſ" and "ı" are lower case already; "İ" leaves a combining dot behind
  const folded = read.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("\u0307", "");
  // again: there are other underscores that normalise to "_"
  return withoutUnderscores(folded);
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** One at the start stays: `_meta`. */
function withoutUnderscores(key: string): string {
  return key.slice(0, 1) + key.slice(1).replaceAll("_", "");
}
