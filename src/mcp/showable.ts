// Makes text that came from outside fit to be shown to an agent or a person: nothing in it can hide, reorder or break a
// line. For sentences and pages only; what is forwarded or judged is never passed through here.

/** Control, format, bidirectional and private characters, halves of pairs, and what no font shows (variation selectors, fillers). */
export const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/gu;
/** For people: what no standard knows yet does not show either, and what makes a picture of the character before it is no trick. */
export const HIDDEN = new RegExp(`(?!(?<=\\p{Extended_Pictographic})\\ufe0f)(?:${UNSHOWABLE.source}|\\p{Cn})`, "gu");

/** A run of text that shows as it is, or the code point of one character that does not. */
export type Piece = string | number;

/** What can't be shown as `\u{202e}`; cut after `maxChars` characters. */
export function showable(text: string, maxChars = 200): string {
  const chars = [...text.slice(0, 2 * maxChars + 1)];
  const shown = chars.slice(0, maxChars).join("");
  return shown.replace(HIDDEN, (char) => escaped(codePointOf(char))) + (chars.length > maxChars ? "..." : "");
}

/** The same JSON, with what does not show written as its code; line ends between its parts stay. */
export function escapeJson(json: string): string {
  return json.replace(UNSHOWABLE, (char) =>
    char === "\n"
      ? char
      : Array.from(
          { length: char.length },
          (_, unit) => `\\u${char.charCodeAt(unit).toString(16).padStart(4, "0")}`,
        ).join(""),
  );
}

/** The same text, with what does not show set apart, for a page to mark it. */
export function splitShowable(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: char, index } of text.matchAll(HIDDEN)) {
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
