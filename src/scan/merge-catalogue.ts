// What one server's catalogue becomes by what the server lists now. The definition's part of an entry follows the server; the
// judgement (category, severity, signals, rationale), once it is there, is never changed: whether a person or the classifier
// wrote it, it was reviewed. Pure.
import { isDeepStrictEqual } from "node:util";
import { type Classification, RISK_OF } from "../gate/types.ts";
import type { CatalogueServer, CatalogueTool } from "../policy/catalogue.ts";
import type { DescribedDefinition } from "./describe-definition.ts";
import { diffJson, type JsonChange } from "./diff-json.ts";

/** A tool as its server lists it now. */
export type LiveTool = DescribedDefinition & { readonly name: string; readonly sha256: string; readonly text: string };

export type Difference =
  | { readonly kind: "description"; readonly before: string; readonly after: string }
  /** The path is below `parameters`, or `$` of the schema that rules are checked against. */
  | ({ readonly kind: "json" } & JsonChange)
  /** The definition's hash is another, and nothing else that the catalogue keeps. */
  | { readonly kind: "elsewhere" }
  /** It was known from documentation, or not at all, and is listed now. */
  | { readonly kind: "listed" }
  /** There is no schema yet that rules could be checked against. */
  | { readonly kind: "no_schema" };

export type ToolChange =
  | { readonly kind: "added"; readonly tool: string; readonly entry: CatalogueTool }
  | { readonly kind: "removed"; readonly tool: string; readonly entry: CatalogueTool }
  | {
      readonly kind: "changed";
      readonly tool: string;
      readonly entry: CatalogueTool;
      /** Empty where only the judgement was completed. */
      readonly differences: readonly Difference[];
      /** Of the definition that is live now; undefined where it is the reviewed one. */
      readonly live: Classification | undefined;
    };

export type Merged = {
  readonly tools: Readonly<Record<string, CatalogueTool>>;
  readonly changes: readonly ToolChange[];
};

export type MergeOptions = {
  readonly classify: (definitionText: string) => Classification;
  /** The schema that lies in the repository for a tool; undefined where there is none. */
  readonly schemaOf: (tool: string) => unknown;
};

/** @param reviewed the catalogue as it lies in the repository */
export function mergeCatalogue(
  reviewed: CatalogueServer["tools"],
  live: readonly LiveTool[],
  options: MergeOptions,
): Merged {
  const tools = new Map<string, CatalogueTool>();
  const changes: ToolChange[] = [];
  for (const tool of live) {
    const before = Object.hasOwn(reviewed, tool.name) ? reviewed[tool.name] : undefined;
    const merged = before === undefined ? addTool(tool, options) : updateTool(before, tool, options);
    tools.set(tool.name, merged.entry);
    if (merged.change !== undefined) changes.push(merged.change);
  }
  for (const [tool, entry] of Object.entries(reviewed)) {
    if (tools.has(tool)) continue;
    // what is known from documentation only is not the server's to take away
    if (entry.source === "documented") tools.set(tool, judged(entry));
    else changes.push({ kind: "removed", tool, entry });
  }
  const sorted = [...tools].sort(([a], [b]) => compare(a, b));
  return { tools: Object.fromEntries(sorted), changes: changes.sort((a, b) => compare(a.tool, b.tool)) };
}

type MergedTool = { readonly entry: CatalogueTool; readonly change: ToolChange | undefined };

function addTool(tool: LiveTool, { classify }: MergeOptions): MergedTool {
  const { category, risk, severity, signals, rationale } = classify(tool.text);
  const entry = compose({ category, risk, severity, signals: [...signals], rationale }, tool, undefined);
  return { entry, change: { kind: "added", tool: tool.name, entry } };
}

function updateTool(before: CatalogueTool, tool: LiveTool, { classify, schemaOf }: MergeOptions): MergedTool {
  const differences = findDifferences(before, tool, schemaOf(tool.name));
  const isReviewed = before.sha256 === tool.sha256;
  const isComplete = before.signals !== undefined && before.rationale !== undefined;
  const live = isReviewed && isComplete ? undefined : classify(tool.text);
  const completed = {
    ...judged(before),
    signals: before.signals ?? [...(live?.signals ?? [])],
    rationale: before.rationale ?? live?.rationale,
  };
  const entry = compose(completed, tool, before.parameters);
  const isSame = differences.length === 0 && isDeepStrictEqual(entry, before);
  if (isSame) return { entry, change: undefined };
  const change = { kind: "changed", tool: tool.name, entry, differences, live: isReviewed ? undefined : live } as const;
  return { entry, change };
}

/** @param schema that lies in the repository for the tool; undefined where there is none */
export function findDifferences(before: CatalogueTool, tool: LiveTool, schema: unknown): Difference[] {
  const differences: Difference[] = [];
  if (before.source === "documented" || before.sha256 === undefined) differences.push({ kind: "listed" });
  if (before.description !== tool.description)
    differences.push({ kind: "description", before: before.description ?? "", after: tool.description });
  for (const change of diffJson(before.parameters ?? {}, tool.parameters, "parameters")) {
    differences.push({ kind: "json", ...change });
  }
  if (schema === undefined) differences.push({ kind: "no_schema" });
  else for (const change of diffJson(schema, tool.schema)) differences.push({ kind: "json", ...change });
  const isChanged = before.sha256 !== undefined && before.sha256 !== tool.sha256;
  if (isChanged && differences.every(({ kind }) => kind === "no_schema")) differences.push({ kind: "elsewhere" });
  return differences;
}

/** The risk comes with the category: a person edits the category only. */
function judged(entry: CatalogueTool): CatalogueTool {
  return { ...entry, risk: RISK_OF[entry.category] };
}

/** An entry with its fields in the order of every catalogue, and what else a person wrote behind them. */
function compose(entry: CatalogueTool, tool: LiveTool, parameters: CatalogueTool["parameters"]): CatalogueTool {
  const { category, risk, severity, signals, rationale, ...rest } = entry;
  const { parameters: _, description: __, source: ___, sha256: ____, ...own } = rest;
  return {
    category,
    risk,
    severity,
    signals,
    rationale,
    // a server may list them in another order each time
    parameters: isDeepStrictEqual(parameters, tool.parameters) ? parameters : { ...tool.parameters },
    description: tool.description,
    source: "listed",
    sha256: tool.sha256,
    ...own,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
