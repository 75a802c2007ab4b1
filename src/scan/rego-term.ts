// JSON data as a Rego term, as `opa fmt` leaves it: on one line where that is short, else a member to a line, with tabs.
import { isRecord } from "../mcp/envelope.ts";
import { formatString } from "./format-json.ts";
import { LINE_WIDTH } from "./rego-text.ts";

/**
 * @param value plain JSON data
 * @param indent tabs before the line that the term begins on
 * @param used characters of that line before the term, and behind it
 */
export function formatTerm(value: unknown, indent = 0, used = 0): string {
  const flat = formatFlat(value);
  // a tab counts as one
  if (indent + used + flat.length <= LINE_WIDTH) return flat;
  const inner = "\t".repeat(indent + 1);
  const close = `\n${"\t".repeat(indent)}`;
  if (Array.isArray(value) && value.length > 0) {
    return `[\n${value.map((item) => `${inner}${formatTerm(item, indent + 1, 1)},\n`).join("")}${close.slice(1)}]`;
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    const members = Object.entries(value).map(([key, member]) => {
      const name = `${formatString(key)}: `;
      return `${inner}${name}${formatTerm(member, indent + 1, name.length + 1)},\n`;
    });
    return `{\n${members.join("")}${close.slice(1)}}`;
  }
  return flat;
}

function formatFlat(value: unknown): string {
  if (typeof value === "string") return formatString(value);
  if (Array.isArray(value)) return `[${value.map(formatFlat).join(", ")}]`;
  if (isRecord(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${formatString(key)}: ${formatFlat(member)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value);
}
