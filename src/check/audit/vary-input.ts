// An input with one field missing, or of another type: each argument, at every depth that is worth it, and each other field.
// Which of these a server could ever send is for the reader to tell.
import type { Path } from "../../policy/conditions.ts";
import { ABSENT, type Draft, isList, isRecord, put, type Value, write } from "../../policy/probe/draft.ts";

export type Variation = {
  /** From the root of the input. */
  readonly path: Path;
  /** Not there; a value of another type in its place; itself, as a text or as the only item of an array. */
  readonly how: "missing" | "replaced" | "wrapped";
  readonly inputText: string;
};

const GIVEN = ["args", "params"];
/** With another name it is another call. */
const NAMING = ["server", "tool", "method", "direction"];
const OF_EACH_TYPE: readonly Draft[] = [null, true, false, 0, "x", [], {}];
const MAX_DEPTH = 4;
const MAX_FIELDS = 60;

/** @param fields which top-level fields to vary: what the caller gives, or all */
export function varyInput(inputText: string, fields: "given" | "all"): readonly Variation[] {
  const input: Draft = JSON.parse(inputText);
  if (!isRecord(input)) return [];
  const paths = Object.keys(input).flatMap((field): readonly Path[] => {
    const isGiven = GIVEN.includes(field);
    if (NAMING.includes(field)) return [];
    if (!isGiven && fields === "given") return [];
    // arguments that are no object never reach a policy: the call is malformed
    return [[field], ...listPaths(input[field] ?? null, [field], isGiven ? MAX_DEPTH : 1)];
  });
  return paths.slice(0, MAX_FIELDS).flatMap((path) => {
    // without its first item a list is a shorter one, and nothing is missing
    const isItem = isList(valueAt(input, path.slice(0, -1)));
    const missing = isItem ? [] : varyAt(input, path, isArguments(path) ? {} : ABSENT);
    if (isArguments(path)) return missing.map((text): Variation => ({ path, how: "missing", inputText: text }));
    const value = valueAt(input, path);
    const vary = (how: Variation["how"], values: readonly Draft[]): readonly Variation[] =>
      values
        .filter((other) => typeNameOf(other) !== typeNameOf(value))
        .flatMap((other) => varyAt(input, path, other))
        .map((text) => ({ path, how, inputText: text }));
    return [
      ...missing.map((text): Variation => ({ path, how: "missing", inputText: text })),
      ...vary("replaced", OF_EACH_TYPE),
      ...vary("wrapped", wrap(value)),
    ];
  });
}

function isArguments(path: Path): boolean {
  return path.length === 1 && GIVEN.includes(path[0] ?? "");
}

/** Of objects each member, of an array its first item. */
function listPaths(value: Draft, at: Path, depth: number): readonly Path[] {
  if (depth === 0) return [];
  const below = isList(value) ? (value.length > 0 ? ["0"] : []) : isRecord(value) ? Object.keys(value) : [];
  return below.flatMap((key) => {
    const path = [...at, key];
    return [path, ...listPaths(valueAt(value, [key]) ?? null, path, depth - 1)];
  });
}

function valueAt(value: Draft, path: Path): Draft | undefined {
  return path.reduce((found: Draft | undefined, key) => {
    if (isList(found)) return found[Number(key)];
    return isRecord(found) && key !== null ? found[key] : undefined;
  }, value);
}

function varyAt(input: Draft, path: Path, value: Value): readonly string[] {
  const varied = put(input, path, value);
  return varied === ABSENT ? [] : [write(varied)];
}

function wrap(value: Draft | undefined): readonly Draft[] {
  if (value === undefined || value === null) return [];
  const isScalar = typeof value === "number" || typeof value === "boolean";
  return [...(isScalar ? [String(value)] : []), ...(isList(value) ? [] : [[value]])];
}

function typeNameOf(value: Draft | undefined): string {
  if (value === null) return "null";
  return isList(value) ? "array" : typeof value;
}
