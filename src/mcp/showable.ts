// Makes text that came from outside fit to be shown to an agent or a person: nothing in it can hide, reorder or break a
// line. For sentences and pages only; what is forwarded or judged is never passed through here.

/** Control, format and bidirectional characters, line separators, and what takes no room: fillers, variation selectors, tags. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** What makes a picture of the character before it is no trick. */
const PICTURE_SELECTOR = /(?<=\p{Extended_Pictographic})\ufe0f/u;
/** Each character that can hide, reorder or break what stands around it. */
export const UNSHOWABLE = new RegExp(`(?!${PICTURE_SELECTOR.source})${HIDDEN.source}`, "gu");

/** A run of text that shows as it is, or the code point of one character that does not. */
export type Piece = string | number;

/** Control, format and bidirectional characters as `\u{202e}`; cut after `maxChars` characters. */
export function showable(text: string, maxChars = 200): string {
  const chars = [...text.slice(0, 2 * maxChars + 1)];
  const shown = chars.slice(0, maxChars).join("");
  return shown.replace(UNSHOWABLE, (char) => escaped(codePointOf(char))) + (chars.length > maxChars ? "..." : "");
}

/** The same text, with what does not show set apart, for a page to mark it. */
export function splitShowable(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: char, index } of text.matchAll(UNSHOWABLE)) {
    if (index > from) pieces.push(text.slice(from, index));
    pieces.push(codePointOf(char));
    from = index + char.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

function codePointOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16).padStart(4, "0")}}`;
}
