// What can't have changed between two policies, by the syntax of their rules: a target to which the very same rules speak, in
// the very same library, about the same facts. It is never a guess: what the index does not say may have changed.
import { describeTool } from "../catalogue.ts";
import type { ProbedPolicy, Target } from "../probe/targets.ts";
import { type Addressee, listSpeakers } from "../speakers.ts";

type BuiltPolicy = ProbedPolicy & { readonly digest: string; readonly isBuiltHere: boolean };

export type UnchangedCheck = {
  readonly target: (target: Target) => boolean;
  /** Whether the same rules speak, whatever is known of the tool. */
  readonly speakers: (addressee: Addressee) => boolean;
  /** @param rule by its id */
  readonly rule: (rule: string) => boolean;
};

export function createUnchangedCheck({ base, head }: { base: BuiltPolicy; head: BuiltPolicy }): UnchangedCheck {
  if (base.digest === head.digest) return { rule: () => true, speakers: () => true, target: () => true };
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
    rule: (rule) => isComparable && isSameRule(rule),
    speakers: areSameSpeakers,
    target: (target) => {
      const { server, tool } = target;
      const [before, after] = [base, head].map(({ catalogue }) => {
        return tool === undefined ? "" : JSON.stringify(describeTool(catalogue, server, tool));
      });
      return before === after && areSameSpeakers(target);
    },
  };
}
