// Makes the schema that arguments are held against out of a tool's inputSchema: nothing but keywords that this file knows,
// within bounds, each subschema with what one visit of it costs. What can't be held soundly is said, never guessed.
import { compilePattern } from "./linear-pattern.ts";

/** draft-07 and 2020-12; MCP says that the latter is meant where a schema names none. */
export type Dialect = "draft-07" | "2020-12";

export type BoundedSchema =
  | {
      readonly kind: "bounded";
      readonly dialect: Dialect;
      readonly schema: unknown;
      /** Patterns that are not checked, for RE2 has no such syntax. */
      readonly dropped: readonly string[];
    }
  | { readonly kind: "unusable"; readonly problem: string };

/** Holds the cost of one visit; a schema that a server lists can't set it, for unknown keywords are left out. */
export const COST_KEYWORD = "regate:cost";

const MAX_CHARACTERS = 262_144;
/** Compiling takes about half a millisecond for each. */
const MAX_SUBSCHEMAS = 1_000;
const MAX_DEPTH = 32;
const MAX_PATTERN_CHARACTERS = 1_000;
/** So many characters of a constant cost as much as a visit. */
const CHARACTERS_PER_UNIT = 32;

const DIALECTS: ReadonlyMap<unknown, Dialect> = new Map<unknown, Dialect>([
  [undefined, "2020-12"],
  ["https://json-schema.org/draft/2020-12/schema", "2020-12"],
  ["http://json-schema.org/draft-07/schema", "draft-07"],
]);

/** Keywords whose value is a schema, or in draft-07 (`items`) a list of them. */
const ONE = new Set([
  ...["items", "additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"],
  ...["unevaluatedItems", "unevaluatedProperties"],
]);
const MANY = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
/** Keywords whose value has a schema under each name. */
const NAMED = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"]);
/** Keywords whose value is no schema. What is neither here nor above (`format`, `default`, texts, extensions) checks nothing. */
const PLAIN = new Set([
  ...["$ref", "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "type", "enum", "const"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern"],
  ...["minItems", "maxItems", "uniqueItems", "minContains", "maxContains"],
  ...["minProperties", "maxProperties", "required", "dependentRequired"],
]);
/** Keywords of 2020-12 that ajv doesn't hold as the specification says, the last one beside `if`. */
const NOT_HELD = ["$dynamicRef", "unevaluatedItems"];
const NOT_HELD_BESIDE_IF = "unevaluatedProperties";
/** Where a looser subschema can make the whole stricter: no pattern may be dropped from a schema that has one of these. */
const NOT_MONOTONE = ["not", "if", "oneOf", "contains", "unevaluatedProperties"];

/** @param inputSchema as parsed; it is not changed */
export function boundSchema(inputSchema: unknown): BoundedSchema {
  if (!isObject(inputSchema)) return { kind: "unusable", problem: "it is no object" };
  const { $schema } = inputSchema;
  const dialect = DIALECTS.get(typeof $schema === "string" ? $schema.replace(/#$/, "") : $schema);
  if (dialect === undefined) return { kind: "unusable", problem: "its $schema is neither draft-07 nor 2020-12" };
  if (JSON.stringify(inputSchema).length > MAX_CHARACTERS)
    return { kind: "unusable", problem: `it is longer than ${MAX_CHARACTERS} characters` };
  const rebuilding = new Rebuilding(dialect);
  const schema = rebuilding.rebuild(inputSchema, 1);
  const problem = rebuilding.problem();
  if (problem !== undefined) return { kind: "unusable", problem };
  return { kind: "bounded", dialect, schema, dropped: rebuilding.dropped };
}

class Rebuilding {
  readonly dropped: string[] = [];
  #subschemas = 0;
  #tooDeep = false;
  #fault: string | undefined;
  readonly #seen = new Set<string>();

  constructor(private readonly dialect: Dialect) {}

  problem(): string | undefined {
    if (this.#tooDeep) return `it is nested more than ${MAX_DEPTH} levels deep`;
    if (this.#subschemas > MAX_SUBSCHEMAS) return `it has more than ${MAX_SUBSCHEMAS} subschemas`;
    if (this.#fault !== undefined) return this.#fault;
    const notHeld = this.dialect === "draft-07" ? undefined : this.#findNotHeld();
    if (notHeld !== undefined) return `it has ${notHeld}, which is not supported`;
    const [pattern] = this.dropped;
    const notMonotone = NOT_MONOTONE.find((keyword) => this.#seen.has(keyword));
    if (pattern !== undefined && notMonotone !== undefined)
      return `it has ${notMonotone}, and a pattern that can't be checked in linear time: ${pattern}`;
    return undefined;
  }

  #findNotHeld(): string | undefined {
    if (this.#seen.has("if") && this.#seen.has(NOT_HELD_BESIDE_IF)) return `${NOT_HELD_BESIDE_IF} and if`;
    return NOT_HELD.find((keyword) => this.#seen.has(keyword));
  }

  /** What is no schema stays as it is: the meta-schema says so later. */
  rebuild(schema: unknown, depth: number): unknown {
    if (!isObject(schema)) return schema;
    this.#subschemas += 1;
    this.#tooDeep ||= depth > MAX_DEPTH;
    if (this.#tooDeep || this.#subschemas > MAX_SUBSCHEMAS) return true;
    const kept = this.dialect === "draft-07" && typeof schema.$ref === "string" ? { $ref: schema.$ref } : schema;
    const rebuilt: Record<string, unknown> = {};
    let cost = 1;
    for (const [keyword, value] of Object.entries(kept)) {
      const part = this.#rebuildKeyword(keyword, value, depth);
      if (part === undefined) continue;
      rebuilt[keyword] = part.value;
      cost += part.cost;
      this.#seen.add(keyword);
    }
    rebuilt[COST_KEYWORD] = cost;
    return rebuilt;
  }

  /** Undefined for what checks nothing. */
  #rebuildKeyword(
    keyword: string,
    value: unknown,
    depth: number,
  ): { readonly value: unknown; readonly cost: number } | undefined {
    if (keyword === "pattern" && typeof value === "string") {
      return this.#isLinear(value) ? { value, cost: 1 } : undefined;
    }
    if (PLAIN.has(keyword)) {
      const cost = typeof value === "object" ? Math.ceil(JSON.stringify(value).length / CHARACTERS_PER_UNIT) : 0;
      return { value, cost };
    }
    const rebuild = (child: unknown): unknown => this.rebuild(child, depth + 1);
    if (MANY.has(keyword) || (ONE.has(keyword) && Array.isArray(value))) {
      return Array.isArray(value) ? { value: value.map(rebuild), cost: value.length } : { value, cost: 0 };
    }
    if (ONE.has(keyword)) return { value: rebuild(value), cost: 1 };
    if (!NAMED.has(keyword)) return undefined;
    if (!isObject(value)) return { value, cost: 0 };
    const entries = Object.entries(value);
    if (keyword === "patternProperties") this.#checkKeys(entries.map(([pattern]) => pattern));
    const rebuilt = Object.fromEntries(entries.map(([name, child]) => [name, rebuild(child)]));
    return { value: rebuilt, cost: entries.length };
  }

  #isLinear(pattern: string): boolean {
    if (pattern.length <= MAX_PATTERN_CHARACTERS && compilePattern(pattern) !== undefined) return true;
    this.dropped.push(pattern);
    return false;
  }

  /** A name that no pattern fits would be an additional property. */
  #checkKeys(patterns: readonly string[]): void {
    const wrong = patterns.find((one) => one.length > MAX_PATTERN_CHARACTERS || compilePattern(one) === undefined);
    if (wrong !== undefined) this.#fault ??= `its patternProperties can't be checked in linear time: ${wrong}`;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
