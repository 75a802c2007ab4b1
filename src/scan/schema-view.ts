// What a JSON Schema says of a value, read through its references and combinations. Only references within the schema itself
// are followed: nothing is fetched, whatever it says. A schema comes from a server, so every walk over it is bounded by
// whoever makes it.
import { isRecord } from "../mcp/envelope.ts";

export type SchemaObject = Readonly<Record<string, unknown>>;

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"] as const;
export type JsonType = (typeof TYPES)[number];

/** A reference within one chain of references: each is followed once. */
const MAX_REFERENCES = 20;

/** The schema that `value` is, its references followed; undefined for what can't be known (`true`, a remote or endless one). */
export function resolveSchema(root: unknown, value: unknown): SchemaObject | undefined {
  let schema = value;
  for (let followed = 0; followed <= MAX_REFERENCES; followed += 1) {
    if (!isRecord(schema)) return undefined;
    if (schema.$ref === undefined) return schema;
    schema = typeof schema.$ref === "string" ? lookUp(root, schema.$ref) : undefined;
  }
  return undefined;
}

/** What a pointer within the schema names: `#`, or `#/` and its steps. */
function lookUp(root: unknown, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  const steps = decodePointer(reference.slice(2));
  let found = steps === undefined ? undefined : root;
  for (const step of steps ?? []) {
    if (Array.isArray(found)) found = /^\d+$/.test(step) ? found[Number(step)] : undefined;
    else found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

function decodePointer(pointer: string): string[] | undefined {
  try {
    return pointer.split("/").map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch {
    return undefined;
  }
}

/** The types that the schema itself names or implies; empty where it doesn't say. */
export function ownTypes(schema: SchemaObject): readonly JsonType[] {
  const named = Array.isArray(schema.type) ? schema.type : [schema.type];
  const known = TYPES.filter((type) => named.includes(type));
  if (known.length > 0) return known;
  if (Array.isArray(schema.enum)) return typesOf(schema.enum);
  if (Object.hasOwn(schema, "const")) return typesOf([schema.const]);
  if (isRecord(schema.properties)) return ["object"];
  return isRecord(schema.items) ? ["array"] : [];
}

function typesOf(values: readonly unknown[]): readonly JsonType[] {
  const seen = new Set(values.map(typeOf));
  return TYPES.filter((type) => seen.has(type));
}

function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
      return Number.isInteger(value) ? "integer" : "number";
    default:
      return "object";
  }
}

/** The members of `anyOf` and `oneOf`, and of `allOf`. */
export function branchesOf(schema: SchemaObject): {
  readonly any: readonly unknown[];
  readonly all: readonly unknown[];
} {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  return { any: [...list(schema.anyOf), ...list(schema.oneOf)], all: list(schema.allOf) };
}

/** What an object of a schema may hold. */
export type Fields = {
  /** The schemas of each key: several where several branches name it. */
  readonly schemas: ReadonlyMap<string, readonly unknown[]>;
  readonly required: ReadonlySet<string>;
  /** Whether keys that are not named are wanted, not merely let pass. */
  readonly isOpen: boolean;
};

/** Branches within branches, and all of them together. */
const MAX_NESTING = 5;
const MAX_BRANCHES = 1_000;

/** The fields that `schema` and its branches name; a key that only some branch asks for is not required. */
export function fieldsOf(root: unknown, schema: SchemaObject): Fields {
  const schemas = new Map<string, unknown[]>();
  const required = new Set<string>();
  let isOpen = false;
  let visited = 0;
  const visit = (part: SchemaObject, isCertain: boolean, nesting: number): void => {
    isOpen ||= wantsMore(part);
    for (const [key, value] of isRecord(part.properties) ? Object.entries(part.properties) : []) {
      schemas.set(key, [...(schemas.get(key) ?? []), value]);
    }
    for (const key of isCertain && Array.isArray(part.required) ? part.required : []) required.add(String(key));
    const { any, all } = branchesOf(part);
    for (const [branches, isSure] of [[all, isCertain] as const, [any, false] as const]) {
      for (const branch of branches) {
        const resolved = nesting === MAX_NESTING || visited === MAX_BRANCHES ? undefined : resolveSchema(root, branch);
        if (resolved === undefined) continue;
        visited += 1;
        visit(resolved, isSure, nesting + 1);
      }
    }
  };
  visit(schema, true, 0);
  return { schemas, required, isOpen };
}

/** JSON Schema lets unnamed keys pass where nothing is said of them; who says so in words means it. */
function wantsMore({ additionalProperties, patternProperties }: SchemaObject): boolean {
  return additionalProperties === true || isRecord(additionalProperties) || isRecord(patternProperties);
}
