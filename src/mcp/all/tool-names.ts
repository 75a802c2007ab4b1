// What the tools of all servers are called at one endpoint: SERVER__TOOL, of 1 to 64 letters, digits, _ and -, as clients and
// models take names. Most can be read back as they stand. What is too long, or holds other characters, ends in a hash in place of
// the rest, and is found again by it. Two tools of any servers never share a name, whatever they are called; pure.
import { createHash } from "node:crypto";

export const SEPARATOR = "__";
export const MAX_NAME_CHARS = 64;

/** What stands before the separator: long enough for most keys, and it leaves more than half of the name to the tool. */
const MAX_PREFIX_CHARS = 24;
const PREFIX_HASH_DIGITS = 8;
const TOOL_HASH_DIGITS = 16;
const PLAIN = /^[A-Za-z0-9_-]+$/;
const OTHER_CHARACTERS = /[^A-Za-z0-9_-]+/g;
/** What looks like a hashed one is hashed too, so that it can't be taken for another's. */
const HASHED_PREFIX = /-[0-9a-f]{8}$/;
const HASHED_TOOL = /-[0-9a-f]{16}$/;

/** The tool of a name, as it stands behind the server's prefix. */
export type SpeltTool =
  /** That is what it is called. */
  | { readonly kind: "plain"; readonly tool: string }
  /** The tool of the server whose `nameTool` is this whole name. */
  | { readonly kind: "hashed" };

/**
 * What a server goes by in names, from its key alone: the key itself, but where it holds the separator, ends with an underscore,
 * is long, or looks like what is made of such keys. Lower case, so that no two differ by case only.
 */
export function prefixOf(key: string): string {
  const isPlain =
    key.length <= MAX_PREFIX_CHARS && !key.includes(SEPARATOR) && !key.endsWith("_") && !HASHED_PREFIX.test(key);
  if (isPlain) return key;
  const readable = key
    .replace(/_+/g, "_")
    .slice(0, MAX_PREFIX_CHARS - PREFIX_HASH_DIGITS - 1)
    .replace(/[_-]+$/, "");
  return `${readable}-${hashOf(key, PREFIX_HASH_DIGITS)}`;
}

/** What the tool is called at the endpoint of all servers. */
export function nameTool(prefix: string, tool: string): string {
  const room = MAX_NAME_CHARS - prefix.length - SEPARATOR.length;
  if (tool.length <= room && PLAIN.test(tool) && !HASHED_TOOL.test(tool)) return prefix + SEPARATOR + tool;
  const readable = tool
    .slice(0, room)
    .replace(OTHER_CHARACTERS, "_")
    .slice(0, room - TOOL_HASH_DIGITS - 1);
  return `${prefix}${SEPARATOR}${readable}-${hashOf(tool, TOOL_HASH_DIGITS)}`;
}

/** The server's prefix and how the tool is spelt; undefined for what no `nameTool` gives. */
export function splitName(name: string): { readonly prefix: string; readonly tool: SpeltTool } | undefined {
  const at = name.indexOf(SEPARATOR);
  if (at < 1) return undefined;
  const prefix = name.slice(0, at);
  const tool = name.slice(at + SEPARATOR.length);
  if (HASHED_TOOL.test(tool)) return { prefix, tool: { kind: "hashed" } };
  return nameTool(prefix, tool) === name ? { prefix, tool: { kind: "plain", tool } } : undefined;
}

/** Whether the tool can't be read back from its full name. */
export function isHashed(name: string): boolean {
  return HASHED_TOOL.test(name);
}

/** UTF-16, since a name of a server's may hold halves of pairs, which UTF-8 makes all alike. */
function hashOf(text: string, digits: number): string {
  return createHash("sha256").update(Buffer.from(text, "utf16le")).digest("hex").slice(0, digits);
}
