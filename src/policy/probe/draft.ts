// JSON values in the making: what inputs are put together from. A number may be kept as it is written, because a double can't
// hold every number that a rule compares with. Values are never changed, only copied.
import type { Path } from "../conditions.ts";

/** A piece of JSON as it is written. */
export class Fragment {
  constructor(readonly text: string) {}
}

export type Draft = null | boolean | number | string | Fragment | readonly Draft[] | { readonly [key: string]: Draft };

/** What is put at a place so that nothing is there. */
export const ABSENT = Symbol("absent");
export type Value = Draft | typeof ABSENT;

/** An index beyond this is not worth an array of that length. */
const MAX_INDEX = 16;

export function write(draft: Draft): string {
  if (draft instanceof Fragment) return draft.text;
  if (typeof draft !== "object" || draft === null) return JSON.stringify(draft);
  if (isList(draft)) return `[${draft.map(write).join(",")}]`;
  return `{${Object.entries(draft)
    .map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`)
    .join(",")}}`;
}

/** A literal of a policy's source; scalars become what they are, where that loses nothing. */
export function readLiteral(literal: string): Draft {
  const value: unknown = JSON.parse(literal);
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && String(value) === literal) return value;
  return new Fragment(literal);
}

/**
 * A copy with `value` at the path; what lies on the way is made where it is missing or something else. Where the path says
 * any key, it is the first one that is there; where nothing is there, an array of one.
 */
export function put(draft: Draft | undefined, path: Path, value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (key === null) {
    const first = isRecord(draft) ? Object.keys(draft)[0] : undefined;
    return first === undefined
      ? putItem(isList(draft) ? draft : [], 0, rest, value)
      : put(draft, [first, ...rest], value);
  }
  if (isList(draft) && /^\d+$/.test(key)) return putItem(draft, Math.min(Number(key), MAX_INDEX), rest, value);
  const record = isRecord(draft) ? draft : {};
  const below = put(Object.hasOwn(record, key) ? record[key] : undefined, rest, value);
  if (below !== ABSENT) return { ...record, [key]: below };
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

export function isRecord(draft: Draft | undefined): draft is { readonly [key: string]: Draft } {
  return typeof draft === "object" && draft !== null && !isList(draft) && !(draft instanceof Fragment);
}

export function isList(draft: Draft | undefined): draft is readonly Draft[] {
  return Array.isArray(draft);
}

function putItem(items: readonly Draft[], index: number, rest: Path, value: Value): Draft {
  const below = put(items[index], rest, value);
  if (below === ABSENT) return items.filter((_, position) => position !== index);
  const padding = Array.from({ length: Math.max(0, index - items.length) }, () => null);
  return [...items.slice(0, index), ...padding, below, ...items.slice(index + 1)];
}
