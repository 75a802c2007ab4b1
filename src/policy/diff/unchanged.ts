// What can't have changed between two policies, by the syntax of their rules: a target to which the very same rules speak, in
// the very same library, about the same facts. It is never a guess: what the index does not say may have changed.
import type { Category, ToolFacts } from "../../gate/types.ts";
import { describeTool } from "../catalogue.ts";
import type { ProbedPolicy, Target } from "../probe/targets.ts";
import { type Addressee, listSpeakers } from "../speakers.ts";

type BuiltPolicy = ProbedPolicy & { readonly digest: string; readonly isBuiltHere: boolean };

export type UnchangedCheck = {
  readonly target: (target: Target) => boolean;
  /**
   * Whether the same rules speak.
   * @param categories that the tool may have, on both sides; any, where they are left out
   */
  readonly speakers: (addressee: Addressee, categories?: readonly Category[]) => boolean;
  /** @param rule by its id */
  readonly rule: (rule: string) => boolean;
  /** Whether a rule, by its id, may make the difference for a target. */
  readonly focusOn: (target: Target) => (rule: string) => boolean;
};

export function createUnchangedCheck({ base, head }: { base: BuiltPolicy; head: BuiltPolicy }): UnchangedCheck {
  const isSameLibrary = base.conditions !== undefined && base.conditions.library === head.conditions?.library;
  const isSameRule = (rule: string): boolean => {
    const source = head.conditions?.rules.get(rule)?.source;
    return isSameLibrary && source !== undefined && base.conditions?.rules.get(rule)?.source === source;
  };
  const list = (policy: BuiltPolicy, addressee: Addressee, categories?: readonly Category[]): readonly string[] => {
    return listSpeakers(policy, addressee, categories).map(({ id }) => id);
  };
  // whoever hands over a bundle could have written any index into it, but for the very same bytes
  const areSameBytes = base.digest === head.digest;
  const isBelieved = areSameBytes || (base.isBuiltHere && head.isBuiltHere);
  const areSameSpeakers = (addressee: Addressee, categories?: readonly Category[]): boolean => {
    if (areSameBytes || !isBelieved) return areSameBytes;
    const [before, after] = [list(base, addressee, categories), list(head, addressee, categories)];
    return before.join("\n") === after.join("\n") && after.every(isSameRule);
  };
  return {
    rule: (rule) => areSameBytes || (isBelieved && isSameRule(rule)),
    speakers: areSameSpeakers,
    target: (target) => {
      const [before, after] = [factsIn(base, target), factsIn(head, target)];
      return JSON.stringify(before) === JSON.stringify(after) && areSameSpeakers(target, categoriesOf(after));
    },
    focusOn: (target) => {
      if (!isBelieved) return () => true;
      const ofBase = new Set(list(base, target, categoriesOf(factsIn(base, target))));
      const ofHead = new Set(list(head, target, categoriesOf(factsIn(head, target))));
      return (rule) => !ofBase.has(rule) || !ofHead.has(rule) || !isSameRule(rule);
    },
  };
}

function factsIn({ catalogue }: BuiltPolicy, { server, tool }: Target): ToolFacts | undefined {
  return tool === undefined ? undefined : describeTool(catalogue, server, tool);
}

/** A tool that the catalogue lacks may be of any. */
function categoriesOf(facts: ToolFacts | undefined): readonly Category[] | undefined {
  return facts?.definition.catalogued === true ? [facts.category] : undefined;
}
