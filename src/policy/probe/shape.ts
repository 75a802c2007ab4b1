// What a tool's parameter may hold, as far as a schema or the catalogue says, and values of that shape: a plain one, those at
// its bounds, those of every other type. Lenient: what is not understood is a shape of which nothing is known.
import { z } from "zod";
import type { Draft } from "./draft.ts";

export type Shape = {
  /** JSON Schema's names; empty where nothing is known. */
  readonly types: readonly string[];
  readonly required: boolean;
  readonly choices: readonly Draft[];
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly fields: ReadonlyMap<string, Shape>;
  readonly items?: Shape | undefined;
};

/** A parameter that the catalogue doesn't have. */
export const UNKNOWN_SHAPE: Shape = { types: [], required: false, choices: [], fields: new Map() };

const MAX_DEPTH = 4;
const MAX_TEXT_CHARACTERS = 4_096;

const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const numberSchema = z.number().optional().catch(undefined);
const schemaSchema = z.looseObject({
  type: z
    .union([z.string().transform((text) => text.split("|")), z.array(z.string())])
    .optional()
    .catch(undefined),
  required: z
    .union([z.boolean(), z.array(z.string())])
    .optional()
    .catch(undefined),
  enum: z.array(scalarSchema).optional().catch(undefined),
  minimum: numberSchema,
  maximum: numberSchema,
  minLength: numberSchema,
  maxLength: numberSchema,
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
  items: z.unknown().optional(),
});

/** @param given a parameter of the catalogue, or a JSON Schema */
export function readShape(given: unknown, required = false, depth = 0): Shape {
  const parsed = schemaSchema.safeParse(given);
  if (!parsed.success || depth > MAX_DEPTH) return { ...UNKNOWN_SHAPE, required };
  const { type, required: needs, enum: choices, properties = {}, items, ...bounds } = parsed.data;
  const needed = Array.isArray(needs) ? needs : [];
  const fields = Object.entries(properties).map(([name, below]): [string, Shape] => {
    return [name, readShape(below, needed.includes(name), depth + 1)];
  });
  return {
    types: type ?? [],
    required: required || needs === true,
    choices: choices ?? [],
    minimum: bounds.minimum,
    maximum: bounds.maximum,
    minLength: bounds.minLength,
    maxLength: bounds.maxLength,
    fields: new Map(fields),
    items: items === undefined ? undefined : readShape(items, false, depth + 1),
  };
}

/** One plain value; of arrays and objects with what they must hold. */
export function sampleOf(shape: Shape): Draft {
  const [choice] = shape.choices;
  if (choice !== undefined) return choice;
  switch (shape.types.find((type) => type !== "null")) {
    case "number":
    case "integer":
      return Math.max(1, shape.minimum ?? 1);
    case "boolean":
      return true;
    case "array":
      return [sampleOf(shape.items ?? UNKNOWN_SHAPE)];
    case "object":
      return Object.fromEntries([...shape.fields].map(([name, field]) => [name, sampleOf(field)]));
    default:
      return textOf(Math.max(1, shape.minLength ?? 1));
  }
}

/** Values at the edges of what the shape allows, and just beyond. */
export function boundariesOf(shape: Shape): readonly Draft[] {
  const { types, choices, minimum, maximum, minLength, maxLength } = shape;
  const has = (...names: string[]): boolean => names.some((name) => types.includes(name));
  const bounds = [minimum, maximum].filter((bound) => bound !== undefined);
  const lengths = [minLength, maxLength].filter((bound) => bound !== undefined);
  return [
    ...choices,
    ...(has("number", "integer") ? [0, 1, -1, ...bounds.flatMap((bound) => [bound - 1, bound, bound + 1])] : []),
    ...(has("number") ? [0.5] : []),
    ...(has("string")
      ? ["", ...lengths.flatMap((length) => [textOf(length - 1), textOf(length), textOf(length + 1)])]
      : []),
    ...(has("boolean") ? [true, false] : []),
    ...(has("array") ? [[]] : []),
    ...(has("object") ? [{}] : []),
  ];
}

/** One value of each type of JSON, and those that stand for nothing: of some of them the shape is not. */
export const OF_EVERY_TYPE: readonly Draft[] = [null, false, true, 0, 1, -1, "", "x", [], ["x"], {}, { x: "x" }];

export function textOf(characters: number): string {
  return "x".repeat(Math.min(Math.max(0, characters), MAX_TEXT_CHARACTERS));
}

/** The shape of what lies at a path below a shape. */
export function shapeAt(shape: Shape, path: readonly (string | null)[]): Shape {
  return path.reduce((at: Shape, key) => {
    const field = key === null ? undefined : at.fields.get(key);
    return field ?? (key === null || /^\d+$/.test(key) ? at.items : undefined) ?? UNKNOWN_SHAPE;
  }, shape);
}
