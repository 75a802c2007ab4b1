// Makes text that came from outside fit to be shown to an agent or a person: nothing in it can hide, reorder or break a
// line. For sentences only; what is forwarded or judged is never passed through here.

/** Control, format, bidirectional and private characters, halves of pairs, and what no font shows (variation selectors, fillers). */
export const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/gu;

/** What can't be shown as `\u{202e}`; cut after `maxChars` characters. */
export function showable(text: string, maxChars = 200): string {
  const chars = [...text.slice(0, 2 * maxChars + 1)];
  const shown = chars.slice(0, maxChars).join("");
  return shown.replace(UNSHOWABLE, escaped) + (chars.length > maxChars ? "..." : "");
}

function escaped(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`;
}
