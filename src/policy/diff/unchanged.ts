// What can't have changed between two policies, by the syntax of their rules: a target to which the very same rules speak, in
// the very same library, about the same facts. It is never a guess: what the index does not say may have changed.
import type { Category } from "../../gate/types.ts";
import { describeTool, findTool } from "../catalogue.ts";
import type { ProbedPolicy, Target } from "../probe/targets.ts";
import { type Addressee, listSpeakers } from "../speakers.ts";

type BuiltPolicy = ProbedPolicy & { readonly digest: string; readonly isBuiltHere: boolean };

export type UnchangedCheck = {
  /** Whether the index of both tells which rules are the same: else each counts as changed. */
  readonly knowsRules: boolean;
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
  const isKnown = isBelieved && isSameLibrary;
  const isAlike = (target: Target): boolean => factsIn(base, target) === factsIn(head, target);
  const areSameSpeakers = (addressee: Addressee, categories?: readonly Category[]): boolean => {
    if (areSameBytes || !isBelieved) return areSameBytes;
    const [before, after] = [list(base, addressee, categories), list(head, addressee, categories)];
    return before.join("\n") === after.join("\n") && after.every(isSameRule);
  };
  return {
    knowsRules: isKnown,
    rule: (rule) => areSameBytes || (isKnown && isSameRule(rule)),
    speakers: areSameSpeakers,
    target: (target) => isAlike(target) && areSameSpeakers(target, categoriesIn(head, target)),
    focusOn: (target) => {
      if (!isKnown || !isAlike(target)) return () => true;
      const ofBase = new Set(list(base, target, categoriesIn(base, target)));
      const ofHead = new Set(list(head, target, categoriesIn(head, target)));
      return (rule) => !ofBase.has(rule) || !ofHead.has(rule) || !isSameRule(rule);
    },
  };
}

/** As text. */
function factsIn({ catalogue }: BuiltPolicy, { server, tool }: Target): string {
  if (tool === undefined) return "";
  // which definition was reviewed says which one is let through
  return JSON.stringify([describeTool(catalogue, server, tool), findTool(catalogue, server, tool)?.sha256]);
}

/** A tool that the catalogue lacks may be of any. */
function categoriesIn({ catalogue }: BuiltPolicy, { server, tool }: Target): readonly Category[] | undefined {
  const facts = tool === undefined ? undefined : describeTool(catalogue, server, tool);
  return facts?.definition.catalogued === true ? [facts.category] : undefined;
}
