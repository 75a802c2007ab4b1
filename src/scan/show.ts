// How what a server said is shown to a person: nothing in it can hide, reorder or colour what stands around it.
import { showable } from "../mcp/showable.ts";

const MAX_NAME_CHARACTERS = 80;

/** A tool's name: whatever is not plain ASCII is spelt out, since letters of other alphabets pass for those of this one. */
export function showName(name: string): string {
  if (name === "") return '""';
  const shown = showable(name, MAX_NAME_CHARACTERS);
  return shown.replace(/[^\x20-\x7e]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`);
}
