// What a learned rule holds an argument to, by what was seen of it: a few values where there were few over many calls, a
// folder, a range, else types. Where too little was seen, types alone. Pure.
import { JSON_TYPES, type JsonType, MAX_LITERALS, type SeenArgument } from "./seen-argument.ts";

/** One thing that a value may be. */
export type Shape =
  /** JSON values; sorted, at least one. */
  | { readonly kind: "one_of"; readonly values: readonly unknown[] }
  /** A text in this folder, which ends with a slash. */
  | { readonly kind: "below"; readonly folder: string; readonly example: string }
  | { readonly kind: "range"; readonly min: number; readonly max: number }
  | { readonly kind: "type"; readonly type: JsonType; readonly example: unknown }
  /** A list all of whose items are that. */
  | { readonly kind: "list_of"; readonly item: Shape; readonly example: readonly unknown[] };

export type Constraint = {
  readonly name: string;
  /** Every call had it. */
  readonly isRequired: boolean;
  /** Calls that had it. */
  readonly calls: number;
  /** A value is any of these; anything at all where there is none. */
  readonly shapes: readonly Shape[];
};

/** So many calls for each distinct value, and they are taken for all that there are. */
const CALLS_PER_LITERAL = 5;

const PLAIN: Readonly<Record<JsonType, unknown>> = {
  string: "x",
  number: 1,
  boolean: true,
  array: [],
  object: {},
  null: null,
};

/**
 * @param calls of the tool
 * @param enough from how many calls on values are held to what they were
 */
export function constrain(name: string, seen: SeenArgument, calls: number, enough: number): Constraint {
  // what the log hid may have been anything
  const shapes = seen.hidden > 0 ? [] : shapesOf(seen, enough);
  return { name, isRequired: seen.present === calls, calls: seen.present, shapes };
}

function shapesOf(seen: SeenArgument, enough: number): readonly Shape[] {
  const { types, values, present, folder, examples, range, items } = seen;
  const isEnough = present >= enough;
  if (isEnough && values !== undefined && isSettled(values.size, present)) {
    return [{ kind: "one_of", values: [...values.keys()].sort().map((text): unknown => JSON.parse(text)) }];
  }
  const example = examples.get("string");
  const exampleInFolder = typeof example === "string" && folder !== undefined ? example : undefined;
  if (isEnough && folder !== undefined && types.size === 1) {
    return [{ kind: "below", folder, example: exampleInFolder ?? `${folder}x` }];
  }
  return JSON_TYPES.filter((type) => types.has(type)).map((type): Shape => {
    if (type === "number" && isEnough && range !== undefined && isExact(range)) return { kind: "range", ...range };
    if (type === "array" && items !== undefined && items.hidden === 0) {
      const [item, ...others] = shapesOf(items, enough);
      if (item !== undefined && others.length === 0 && item.kind !== "list_of") {
        return { kind: "list_of", item, example: [exampleOf(item)] };
      }
    }
    return { kind: "type", type, example: examples.get(type) ?? PLAIN[type] };
  });
}

function isSettled(distinct: number, present: number): boolean {
  return distinct > 0 && distinct <= MAX_LITERALS && present >= distinct * CALLS_PER_LITERAL;
}

/** The log rounds what no double holds. */
function isExact({ min, max }: { readonly min: number; readonly max: number }): boolean {
  return [min, max].every((bound) => Math.abs(bound) <= Number.MAX_SAFE_INTEGER);
}

/** A value that has the shape. */
export function exampleOf(shape: Shape): unknown {
  switch (shape.kind) {
    case "one_of":
      return shape.values[0];
    case "range":
      return shape.min;
    default:
      return shape.example;
  }
}

/** Values that don't have any of the shapes: nearby ones, and those of another type. */
export function valuesBeside(shapes: readonly Shape[]): readonly unknown[] {
  if (shapes.length === 0) return [];
  const candidates = [...shapes.flatMap(besideOne), ...Object.values(PLAIN)];
  const beside = candidates.filter((value) => !shapes.some((shape) => has(shape, value)));
  return [...new Map(beside.map((value) => [JSON.stringify(value), value])).values()];
}

function besideOne(shape: Shape): readonly unknown[] {
  switch (shape.kind) {
    case "one_of":
      return ["not-seen"];
    case "below":
      return ["/not/seen", `${shape.folder}../not-seen`];
    case "range":
      return [shape.max + 1, shape.min - 1];
    case "list_of":
      return besideOne(shape.item).map((item) => [item]);
    case "type":
      return [];
  }
}

/** As the rule judges it. */
function has(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "one_of":
      return shape.values.some((one) => JSON.stringify(one) === JSON.stringify(value));
    case "below":
      return typeof value === "string" && value.startsWith(shape.folder) && !value.includes("..");
    case "range":
      return typeof value === "number" && value >= shape.min && value <= shape.max;
    case "list_of":
      return Array.isArray(value) && value.every((item) => has(shape.item, item));
    case "type":
      return shape.type === "null" ? value === null : isOfType(shape.type, value);
  }
}

function isOfType(type: JsonType, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  return type === "object"
    ? typeof value === "object" && value !== null && !Array.isArray(value)
    : typeof value === type;
}
