// Whether a name can be taken for another one: characters that don't show, and letters that look like those of ASCII.
import { splitShowable } from "../mcp/showable.ts";

export const HIDDEN_IN_NAME = "not plain ASCII";

/** Printable ASCII only. */
export function isPlainName(name: string): boolean {
  return /^[\x20-\x7e]*$/.test(name);
}

/** The code points of a name that are not printable ASCII, each once, in their order; whether each shows. */
export function listForeign(name: string): readonly { readonly codePoint: number; readonly shows: boolean }[] {
  const found = new Map<number, boolean>();
  for (const piece of splitShowable(name)) {
    if (typeof piece === "number") found.set(piece, false);
    else for (const char of piece) if (!isPlainName(char)) found.set(char.codePointAt(0) ?? 0, true);
  }
  return [...found].map(([codePoint, shows]) => ({ codePoint, shows }));
}
