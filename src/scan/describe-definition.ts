// What the catalogue keeps of one tool's definition besides its hash: its description, its parameters, and the schema that
// OPA checks rules with. Facts only, cut to a length that a file can hold; what the tool does is the classifier's to say.
import { z } from "zod";
import type { ListedTool } from "../mcp/list-filter.ts";
import { type Projection, projectSchema } from "./project-schema.ts";
import { branchesOf, fieldsOf, ownTypes, resolveSchema, type SchemaObject } from "./schema-view.ts";

export type Parameter = { readonly required: boolean; readonly type: string; readonly description?: string };

export type DescribedDefinition = {
  readonly description: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly schema: Projection;
};

/** Longer texts are cut, and say so; their hash covers the whole. */
export const MAX_DESCRIPTION_CHARACTERS = 65_536;
const MAX_PARAMETER_TEXT_CHARACTERS = 2_000;
const MAX_PARAMETERS = 1_000;
/** Branches within branches, for the type of a parameter. */
const MAX_NESTING = 5;
const MAX_BRANCHES = 100;

const text = z.string().catch("");
const definitionSchema = z.object({ description: text, inputSchema: z.unknown() });
const parameterSchema = z.object({ description: text }).catch({ description: "" });

export function describeDefinition(tool: ListedTool): DescribedDefinition {
  const { description, inputSchema } = definitionSchema.parse(JSON.parse(tool.text));
  return {
    description: cut(description, MAX_DESCRIPTION_CHARACTERS),
    parameters: describeParameters(inputSchema),
    schema: projectSchema(inputSchema),
  };
}

function describeParameters(inputSchema: unknown): Readonly<Record<string, Parameter>> {
  const schema = resolveSchema(inputSchema, inputSchema);
  if (schema === undefined) return {};
  const { schemas, required } = fieldsOf(inputSchema, schema);
  const parameters = [...schemas].slice(0, MAX_PARAMETERS).map(([name, [value]]): [string, Parameter] => {
    const description = parameterSchema.parse(value).description || describedBy(inputSchema, value);
    return [
      name,
      {
        required: required.has(name),
        type: [...typesOf(inputSchema, value, 0)].sort().join("|") || "any",
        ...(description !== "" && { description: cut(description, MAX_PARAMETER_TEXT_CHARACTERS) }),
      },
    ];
  });
  return Object.fromEntries(parameters);
}

/** Beside a reference there may be no description, but where it leads. */
function describedBy(root: unknown, value: unknown): string {
  return parameterSchema.parse(resolveSchema(root, value)).description;
}

/** The types that a value may have, those of all branches together; empty where nothing says. */
function typesOf(root: unknown, value: unknown, nesting: number): ReadonlySet<string> {
  const schema = resolveSchema(root, value);
  if (schema === undefined || nesting > MAX_NESTING) return new Set();
  const own = ownTypes(schema);
  return own.length > 0 ? new Set(own) : typesOfBranches(root, schema, nesting);
}

function typesOfBranches(root: unknown, schema: SchemaObject, nesting: number): ReadonlySet<string> {
  const { any, all } = branchesOf(schema);
  const found = [...any, ...all].slice(0, MAX_BRANCHES).map((branch) => typesOf(root, branch, nesting + 1));
  // a branch that may be anything makes the whole so
  if (any.length > 0 && found.slice(0, any.length).some((types) => types.size === 0)) return new Set();
  return new Set(found.flatMap((types) => [...types]));
}

/** Cut between characters, never within one. */
function cut(whole: string, maxCharacters: number): string {
  if (whole.length <= maxCharacters) return whole;
  const kept = whole.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, "");
  return `${kept} [cut: ${kept.length} of ${whole.length} characters]`;
}
