// Values that are near to the one that stands at a place of an input: what is tried where an input was refused, nearest first.
// What rules compare the place with comes from the policy's index; here it meets the value itself. Pure.
import { ABSENT, type Draft, isList, type Value, write } from "../probe/draft.ts";

const SEPARATORS = ["/", "\\", ".", ":", "@", ",", " "];
const MAX_PARTS = 12;
/** Longer ones are replaced, not edited. */
const MAX_CHARACTERS = 4_096;
const DROPPED = 1_000;
const OF_ANOTHER_TYPE = 100_000;

/** The text with one of its parts left out, or another in its place; and with each literal taken out or put on. */
export function editText(text: string, literals: readonly string[]): readonly string[] {
  if (text.length > MAX_CHARACTERS) return [];
  const parts = SEPARATORS.flatMap((separator) => {
    const pieces = text.split(separator);
    if (pieces.length === 1 || pieces.length > MAX_PARTS) return [];
    return pieces.flatMap((_, position) => [
      pieces.toSpliced(position, 1).join(separator),
      pieces.toSpliced(position, 1, "x").join(separator),
    ]);
  });
  const around = literals
    .filter((literal) => literal !== "")
    .flatMap((literal) => {
      const last = text.slice(Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1);
      return [text.replaceAll(literal, ""), literal + text, text + literal, literal + last];
    });
  return [...parts, ...around, `${text}x`].filter((edited) => edited !== text);
}

/** How far one value is from another: characters or amounts that differ; far for none at all, farthest for another type. */
export function distanceOf(from: Value | undefined, to: Value): number {
  if (to === ABSENT) return DROPPED;
  if (from === undefined || from === ABSENT) return write(to).length;
  if (typeof from === "string" && typeof to === "string") return differingCharacters(from, to);
  if (typeof from === "number" && typeof to === "number") return Math.min(Math.abs(from - to), OF_ANOTHER_TYPE - 1);
  if (typeOf(from) === typeOf(to)) return differingCharacters(write(from), write(to));
  return OF_ANOTHER_TYPE;
}

function typeOf(value: Draft): string {
  if (value === null) return "null";
  return isList(value) ? "array" : typeof value;
}

/** Those between the beginning and the end that both have. */
function differingCharacters(a: string, b: string): number {
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shortest - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return Math.max(a.length, b.length) - start - end;
}
