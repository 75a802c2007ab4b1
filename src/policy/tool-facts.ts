// What is known of the tool that a call names: what was reviewed of it, else what the active policy's classifier makes of the
// definition that its server lists. Each definition is classified once by each bundle. What can't be classified is Unknown.
import type { ListedDefinition, ToolFacts } from "../gate/types.ts";
import type { ActivePolicy } from "./active-policy.ts";
import { describeTool, findTool, UNKNOWN } from "./catalogue.ts";

/** Facts on a tool by its server's catalogue name; `definition` is undefined where the server lists no such tool. */
export type DescribeTool = (server: string, tool: string, definition: ListedDefinition | undefined) => ToolFacts;

/** Of definitions; about 300 bytes each. */
const MAX_REMEMBERED = 20_000;
/** Classifying a definition of this length may take some milliseconds. */
const MAX_CHARACTERS = 65_536;

export function createToolFacts(policy: ActivePolicy): DescribeTool {
  let digest = "";
  /** By the definition's hash, as the bundle of `digest` classifies it; the oldest first. */
  const remembered = new Map<string, ToolFacts>();

  return (server, tool, definition) => {
    const { catalogue, engine } = policy.current;
    if (findTool(catalogue, server, tool) !== undefined)
      return describeTool(catalogue, server, tool, definition?.sha256 ?? null);
    if (definition === undefined) return unknown("the server lists no such tool");
    if (engine.revision.digest !== digest) {
      digest = engine.revision.digest;
      remembered.clear();
    }
    const known = remembered.get(definition.sha256);
    if (known !== undefined) return known;
    const [oldest] = remembered.size >= MAX_REMEMBERED ? remembered.keys() : [];
    if (oldest !== undefined) remembered.delete(oldest);
    const facts = classify(policy, definition);
    remembered.set(definition.sha256, facts);
    return facts;
  };
}

function classify(policy: ActivePolicy, { text }: ListedDefinition): ToolFacts {
  if (text.length > MAX_CHARACTERS) return unknown(`its definition is longer than ${MAX_CHARACTERS} characters`);
  const classified = policy.classify(text);
  if (classified.kind === "failed") return unknown(classified.problem);
  const { category, risk, severity } = classified.classification;
  return { category, risk, severity, definition: UNKNOWN.definition, classified: true };
}

function unknown(unknownBecause: string): ToolFacts {
  return { ...UNKNOWN, unknownBecause };
}
