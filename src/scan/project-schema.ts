// The part of a tool's inputSchema that OPA can hold a rule's `input.args` against: properties, items and plain types, with
// references inlined and recursion cut, since OPA fetches the one and dies of the other. What OPA would take for something
// else than it is (unions, objects that want more keys) becomes `{}`: any value. Bounded, whatever the schema.
import {
  branchesOf,
  type Fields,
  fieldsOf,
  type JsonType,
  ownTypes,
  resolveSchema,
  type SchemaObject,
} from "./schema-view.ts";

export type Projection = {
  readonly type?: JsonType;
  readonly properties?: Readonly<Record<string, Projection>>;
  readonly required?: readonly string[];
  readonly items?: Projection;
  readonly enum?: readonly unknown[];
};

const ANY: Projection = {};
/** Schemas in one projection: references can make a small schema endless. */
const MAX_SCHEMAS = 2_000;
const MAX_DEPTH = 16;
const MAX_ENUM = 100;

export function projectSchema(inputSchema: unknown): Projection {
  return new Projector(inputSchema).project(inputSchema, new Set());
}

class Projector {
  readonly #root: unknown;
  #left = MAX_SCHEMAS;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** @param above the schemas that this one stands in */
  project(value: unknown, above: ReadonlySet<SchemaObject>): Projection {
    const schema = resolveSchema(this.#root, value);
    this.#left -= 1;
    if (schema === undefined || above.has(schema) || above.size === MAX_DEPTH || this.#left < 0) return ANY;
    const inside = new Set([...above, schema]);
    const [type, ...others] = ownTypes(schema);
    if (others.length > 0) return ANY;
    switch (type) {
      case undefined:
        return this.#projectBranches(schema, inside);
      case "object":
        return this.#projectObject(fieldsOf(this.#root, schema), inside);
      case "array":
        return schema.items === undefined ? { type } : withItems(this.project(schema.items, inside));
      case "null":
        return ANY;
      default:
        return { type, ...projectEnum(schema.enum, type) };
    }
  }

  /** A schema that is only made of others. */
  #projectBranches(schema: SchemaObject, inside: ReadonlySet<SchemaObject>): Projection {
    const { any, all } = branchesOf(schema);
    const [first, ...others] = [...any, ...all].map((branch) => this.project(branch, inside));
    if (first === undefined) return ANY;
    if (others.every((other) => isSame(first, other))) return first;
    const areObjects = [first, ...others].every(
      ({ type, properties }) => type === "object" && properties !== undefined,
    );
    return areObjects ? this.#projectObject(fieldsOf(this.#root, schema), inside) : ANY;
  }

  #projectObject({ schemas, required, isOpen }: Fields, inside: ReadonlySet<SchemaObject>): Projection {
    if (isOpen || schemas.size === 0) return { type: "object" };
    const properties = [...schemas].map(([key, [schema, ...others]]): [string, Projection] => {
      const projected = this.project(schema, inside);
      return [key, others.every((other) => isSame(projected, this.project(other, inside))) ? projected : ANY];
    });
    const asked = [...required].filter((key) => schemas.has(key));
    return {
      type: "object",
      properties: Object.fromEntries(properties),
      ...(asked.length > 0 && { required: asked }),
    };
  }
}

function withItems(items: Projection): Projection {
  return isSame(items, ANY) ? { type: "array" } : { type: "array", items };
}

/** OPA refuses a list that is empty or holds a value twice. */
function projectEnum(values: unknown, type: JsonType): { readonly enum?: readonly unknown[] } {
  if (!Array.isArray(values) || values.length === 0 || values.length > MAX_ENUM) return {};
  const scalar = type === "integer" ? "number" : type;
  return values.every((value) => typeof value === scalar) ? { enum: [...new Set(values)] } : {};
}

function isSame(one: Projection, other: Projection): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
