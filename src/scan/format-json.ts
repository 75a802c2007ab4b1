// JSON as Regate writes it into a repository: two spaces, short lists and objects on one line, and whatever can't be seen in
// a diff written as an escape, in names also what looks like other letters. The same value gives the same text.
import { isRecord } from "../mcp/envelope.ts";
import { UNSHOWABLE } from "../mcp/showable.ts";

const LINE_WIDTH = 120;
const INDENT = "  ";
/** In a name a letter of another alphabet passes for one of this. */
const NOT_PLAIN = /[^\x20-\x7e]/gu;

/** @param value plain JSON data */
export function formatJson(value: unknown): string {
  return `${format(value, "", 0)}\n`;
}

/** A JSON string in which everything shows. */
export function formatString(text: string): string {
  return escapeIn(text, UNSHOWABLE);
}

/** JSON on one line in which everything shows. */
export function formatLine(value: Readonly<Record<string, unknown>>): string {
  return escapeIn(value, UNSHOWABLE);
}

function escapeIn(value: unknown, what: RegExp): string {
  return JSON.stringify(value).replace(what, (char) =>
    // the quotes are JSON's already, and so are the controls below U+0020
    Array.from({ length: char.length }, (_, unit) => `\\u${char.charCodeAt(unit).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

/** @param used columns of the line that stand before the value, and the comma after it */
function format(value: unknown, indent: string, used: number): string {
  if (typeof value === "string") return formatString(value);
  if (Array.isArray(value))
    return formatItems(
      "[",
      value.map((item) => ["", item] as const),
      "]",
      indent,
      used,
    );
  if (isRecord(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    const items = members.map(([key, member]) => [`${escapeIn(key, NOT_PLAIN)}: `, member] as const);
    return formatItems("{", items, "}", indent, used);
  }
  return JSON.stringify(value);
}

type Item = readonly [prefix: string, value: unknown];

function formatItems(open: string, items: readonly Item[], close: string, indent: string, used: number): string {
  if (items.length === 0) return open + close;
  if (items.every(([, value]) => isFlat(value))) {
    const inside = items.map(([prefix, value]) => prefix + format(value, "", 0)).join(", ");
    const line = open === "{" ? `{ ${inside} }` : `[${inside}]`;
    if (indent !== "" && used + line.length <= LINE_WIDTH) return line;
  }
  const inner = indent + INDENT;
  const lines = items.map(
    ([prefix, value]) => `${inner}${prefix}${format(value, inner, inner.length + prefix.length + 1)}`,
  );
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function isFlat(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}
