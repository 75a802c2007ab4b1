// What is known of the tool that a call names: what was reviewed of it, else what the classifier makes of the definition that
// its server lists. What can't be classified is Unknown.
import type { ListedDefinition, ToolFacts } from "../gate/types.ts";
import { type Catalogue, describeTool, findTool, UNKNOWN } from "./catalogue.ts";
import type { LiveClassifier } from "./live-classifier.ts";

/** @param definition undefined where the server lists no such tool */
export function findFacts(
  catalogue: Catalogue,
  classify: LiveClassifier,
  { server, tool, definition }: { server: string; tool: string; definition: ListedDefinition | undefined },
): ToolFacts {
  if (findTool(catalogue, server, tool) !== undefined)
    return describeTool(catalogue, server, tool, definition?.sha256 ?? null);
  if (definition === undefined) return { ...UNKNOWN, unknownBecause: "the server lists no such tool" };
  const live = classify(definition);
  if (live.kind === "failed") return { ...UNKNOWN, unknownBecause: live.problem };
  const { category, risk, severity } = live.classification;
  return { category, risk, severity, definition: UNKNOWN.definition, classified: true };
}
