// What a gate may know of a tool besides what both catalogues say of the definition that each of them reviewed: a head that
// reviewed another definition accepts that one, which the base refuses as changed; a head that reviewed the tool no longer takes
// the word of whatever definition its server lists. Pure.
import { CATEGORIES, RISK_OF, type ToolFacts } from "../../gate/types.ts";
import { type Catalogue, describeTool, findTool } from "../catalogue.ts";

type Known = { readonly catalogue: Catalogue };

/** @returns pairs of what base and head know of one call; none where nothing can be looser by them */
export function listOtherFacts(
  { base, head }: { readonly base: Known; readonly head: Known },
  { server, tool }: { readonly server: string; readonly tool?: string | undefined },
): readonly (readonly [ToolFacts, ToolFacts])[] {
  if (tool === undefined) return [];
  const before = findTool(base.catalogue, server, tool);
  if (before === undefined) return [];
  const known = describeTool(base.catalogue, server, tool);
  const after = findTool(head.catalogue, server, tool);
  if (after === undefined) return CATEGORIES.map((category) => [known, classifiedAs(category)]);
  if (before.sha256 === undefined || before.sha256 === after.sha256) return [];
  const changed = { ...known, definition: { catalogued: true, changed: true } };
  return [[changed, describeTool(head.catalogue, server, tool)]];
}

/** As mild as a definition can look. */
function classifiedAs(category: ToolFacts["category"]): ToolFacts {
  return { category, risk: RISK_OF[category], severity: "low", definition: { catalogued: false, changed: false } };
}
