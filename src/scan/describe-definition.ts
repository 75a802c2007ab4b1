// What the catalogue keeps of one tool's definition besides its hash: its description, its parameters, and the schema that
// OPA checks rules with. Facts only, cut to a length that a file can hold; what the tool does is the classifier's to say.
import { z } from "zod";
import type { ListedTool } from "../mcp/list-filter.ts";
import { type Projection, projectSchema } from "./project-schema.ts";
import { branchesOf, fieldsOf, ownTypes, resolveSchema } from "./schema-view.ts";

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
/** Of one parameter, for its type. */
const MAX_BRANCHES = 1_000;

const text = z.string().catch("");
const definitionSchema = z.object({ description: text, inputSchema: z.unknown().optional() });
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
        type: [...typesOf(inputSchema, value)].sort().join("|") || "any",
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
function typesOf(root: unknown, value: unknown): ReadonlySet<string> {
  let left = MAX_BRANCHES;
  const visit = (branch: unknown): ReadonlySet<string> => {
    left -= 1;
    const schema = left < 0 ? undefined : resolveSchema(root, branch);
    if (schema === undefined) return new Set();
    const own = ownTypes(schema);
    if (own.length > 0) return new Set(own);
    const { any, all } = branchesOf(schema);
    const found = [any, all].map((branches) => branches.map(visit));
    // a branch that may be anything makes the whole so
    if (found[0]?.some((types) => types.size === 0)) return new Set();
    return new Set(found.flat().flatMap((types) => [...types]));
  };
  return visit(value);
}

/** Cut between characters, never within one. */
function cut(whole: string, maxCharacters: number): string {
  if (whole.length <= maxCharacters) return whole;
  const kept = whole.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, "");
  return `${kept} [cut: ${kept.length} of ${whole.length} characters]`;
}
