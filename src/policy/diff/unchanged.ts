// What can't have changed between two policies, by the syntax of their rules: a target to which the very same rules speak, in
// the very same library, about the same facts. It is never a guess: what the index does not say may have changed.
import { describeTool, findTool } from "../catalogue.ts";
import type { ProbedPolicy, Target } from "../probe/targets.ts";
import { type Addressee, listSpeakers } from "../speakers.ts";

type BuiltPolicy = ProbedPolicy & { readonly digest: string; readonly isBuiltHere: boolean };

export type UnchangedCheck = {
  /** Whether the index of both tells which rules are the same: else each counts as changed. */
  readonly knowsRules: boolean;
  readonly target: (target: Target) => boolean;
  /** Whether the same rules speak, whatever is known of the tool. */
  readonly speakers: (addressee: Addressee) => boolean;
  /** @param rule by its id */
  readonly rule: (rule: string) => boolean;
};

export function createUnchangedCheck({ base, head }: { base: BuiltPolicy; head: BuiltPolicy }): UnchangedCheck {
  if (base.digest === head.digest)
    return { knowsRules: true, rule: () => true, speakers: () => true, target: () => true };
  // whoever hands over a bundle could have written any index into it
  const isComparable =
    base.isBuiltHere &&
    head.isBuiltHere &&
    base.conditions !== undefined &&
    base.conditions.library === head.conditions?.library;
  const isSameRule = (rule: string): boolean => {
    const source = head.conditions?.rules.get(rule)?.source;
    return source !== undefined && base.conditions?.rules.get(rule)?.source === source;
  };
  const areSameSpeakers = (addressee: Addressee): boolean => {
    if (!isComparable) return false;
    const [before = [], after = []] = [base, head].map((policy) => listSpeakers(policy, addressee).map(({ id }) => id));
    return before.join("\n") === after.join("\n") && after.every(isSameRule);
  };
  return {
    knowsRules: isComparable,
    rule: (rule) => isComparable && isSameRule(rule),
    speakers: areSameSpeakers,
    target: (target) => {
      const { server, tool } = target;
      const [before, after] = [base, head].map(({ catalogue }) => {
        if (tool === undefined) return "";
        // which definition was reviewed says which one is let through
        return JSON.stringify([describeTool(catalogue, server, tool), findTool(catalogue, server, tool)?.sha256]);
      });
      return before === after && areSameSpeakers(target);
    },
  };
}
