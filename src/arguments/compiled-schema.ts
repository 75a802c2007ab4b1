// Compiles a bounded schema with ajv, and holds arguments against it in a bounded number of steps: each visit of a subschema
// is paid for before it is made, so that no schema and no argument takes the gate's time away. The one file that knows ajv.
import { createRequire } from "node:module";
import type { Ajv, KeywordCxt, Options, SchemaObject } from "ajv";
import { COST_KEYWORD, type Dialect } from "./bounded-schema.ts";
import { compilePattern } from "./linear-pattern.ts";
import { describeErrors } from "./schema-errors.ts";
import { isUnique } from "./unique-items.ts";

/** @returns what is wrong with the arguments, in one sentence without their values; undefined where they fit */
export type ArgumentSchema = (args: unknown, budget: number) => string | undefined;

export type CompiledSchema =
  | { readonly kind: "compiled"; readonly check: ArgumentSchema }
  | { readonly kind: "unusable"; readonly problem: string };

const TOO_COSTLY = "the arguments take too many steps to be held against the schema";
/** So many characters of a text cost as much as a visit. */
const CHARACTERS_PER_UNIT = 16;

const OPTIONS: Options = {
  strict: false,
  logger: false,
  // A fresh instance for each schema knows no other: not by `$id` either, and never fetches one.
  meta: false,
  validateSchema: false,
  // the number of errors is not bounded by the schema
  allErrors: false,
  // `constructor` is no argument that everyone has
  ownProperties: true,
  // 0.3 is a multiple of 0.1
  multipleOfPrecision: 9,
  // the size of the code stays linear in the size of the schema
  inlineRefs: false,
};

class OutOfSteps extends Error {}

const require = createRequire(import.meta.url);

/** Loaded at the first schema, and not before a gate's first answer. */
function loadAjv(): Pick<typeof import("ajv"), "_" | "Ajv"> & Pick<typeof import("ajv/dist/2020.js"), "Ajv2020"> {
  const { _, Ajv }: typeof import("ajv") = require("ajv");
  const { Ajv2020 }: typeof import("ajv/dist/2020.js") = require("ajv/dist/2020.js");
  return { _, Ajv, Ajv2020 };
}

/** Made at the first use: compiling a meta-schema takes some 50 ms. */
const metaSchemas = new Map<Dialect, Ajv>();

/** @param schema of boundSchema */
export function compileSchema(schema: unknown, dialect: Dialect): CompiledSchema {
  try {
    if (!isSchema(schema)) return { kind: "unusable", problem: "it is no schema" };
    const meta = metaSchemaOf(dialect);
    if (meta.validateSchema(schema) !== true)
      return { kind: "unusable", problem: `it is no ${dialect} schema: ${meta.errorsText(meta.errors)}` };
    return { kind: "compiled", check: compile(schema, dialect) };
  } catch (error) {
    return { kind: "unusable", problem: error instanceof Error ? error.message : String(error) };
  }
}

function metaSchemaOf(dialect: Dialect): Ajv {
  const known = metaSchemas.get(dialect);
  if (known !== undefined) return known;
  const made = createAjv(dialect, { strict: false, logger: false });
  metaSchemas.set(dialect, made);
  return made;
}

function compile(schema: SchemaObject, dialect: Dialect): ArgumentSchema {
  let left = 0;
  const spend = (units: number): void => {
    left -= units;
    if (left < 0) throw new OutOfSteps();
  };
  const linear = (pattern: string) => {
    const compiled = compilePattern(pattern);
    if (compiled === undefined) throw new Error(`no linear pattern: ${pattern}`);
    const test = (text: string): boolean => {
      spend(text.length * compiled.unitsPerCharacter);
      return compiled.test(text);
    };
    // ajv takes two patterns of one text for the same
    return { test, toString: () => pattern };
  };
  const ajv = createAjv(dialect, {
    ...OPTIONS,
    code: { optimize: false, regExp: Object.assign(linear, { code: "linear" }) },
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (wanted: boolean, items: unknown[]) => !wanted || isUnique(items, spend),
    error: { message: "must not have the same item twice" },
  });
  const visit = (cost: number, data: unknown): void => spend(cost + sizeOf(data));
  ajv.addKeyword({
    keyword: COST_KEYWORD,
    // before everything that visits another subschema
    before: "$ref",
    schemaType: "number",
    code({ gen, schema: cost, data }: KeywordCxt) {
      const { _ } = loadAjv();
      gen.code(_`${gen.scopeValue("func", { ref: visit })}(${cost}, ${data})`);
    },
  });
  const validate = ajv.compile(schema);
  return (args, budget) => {
    left = budget;
    try {
      return validate(args) ? undefined : describeErrors(validate.errors ?? []);
    } catch (error) {
      // a RangeError: the stack is used up
      if (error instanceof OutOfSteps || error instanceof RangeError) return TOO_COSTLY;
      throw error;
    }
  };
}

function createAjv(dialect: Dialect, options: Options): Ajv {
  const { Ajv, Ajv2020 } = loadAjv();
  return dialect === "draft-07" ? new Ajv(options) : new Ajv2020(options);
}

/** What looking through a value takes besides its subschemas. */
function sizeOf(data: unknown): number {
  if (typeof data === "string") return Math.floor(data.length / CHARACTERS_PER_UNIT);
  if (Array.isArray(data)) return data.length;
  return typeof data === "object" && data !== null ? Object.keys(data).length : 0;
}

function isSchema(schema: unknown): schema is SchemaObject {
  return typeof schema === "object" && schema !== null && !Array.isArray(schema);
}
