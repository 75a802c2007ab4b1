// Which rules stand behind a change of a decision, and where: those that matched on one side only, those whose action or
// limit differs; where neither explains it, every rule that matched. Pure.
import type { Decision, Evaluation } from "../../gate/types.ts";
import type { RuleLocation } from "../rule-index.ts";
import type { IndexedRules } from "../speakers.ts";
import { effectOf, isRefusal } from "./effect.ts";

export type Culprit = {
  readonly rule: string;
  readonly how: "new" | "gone" | "matches now" | "matches no longer" | "changed" | "matches";
  /** On the side that has the rule; the head, where both have it. Undefined where the bundle doesn't say. */
  readonly at: RuleLocation | undefined;
};

export function findCulprits(
  base: Evaluation,
  head: Evaluation,
  policies: { readonly base: IndexedRules; readonly head: IndexedRules },
): readonly Culprit[] {
  const effects = { base: effectOf(base, policies.base), head: effectOf(head, policies.head) };
  // of two denials only what denies matters; else what no longer permits does, too
  const areRefused = isRefusal(effects.base.action) && isRefusal(effects.head.action);
  const before = areRefused ? effects.base.rules : rulesOf(base);
  const after = areRefused ? effects.head.rules : rulesOf(head);
  const lost = before.filter((rule) => !after.includes(rule));
  const gained = after.filter((rule) => !before.includes(rule));
  const kept = after.filter((rule) => before.includes(rule));
  const culprits = [
    ...lost.map((rule): Culprit => {
      const at = policies.head.rules.get(rule);
      return at === undefined
        ? { rule, how: "gone", at: policies.base.rules.get(rule) }
        : { rule, how: "matches no longer", at };
    }),
    ...gained.map((rule): Culprit => {
      const how = policies.base.rules.has(rule) ? "matches now" : "new";
      return { rule, how, at: policies.head.rules.get(rule) };
    }),
    ...kept
      .filter(
        (rule) => actionOf(policies.base, rule) !== actionOf(policies.head, rule) || limitDiffers(rule, base, head),
      )
      .map((rule): Culprit => ({ rule, how: "changed", at: policies.head.rules.get(rule) })),
  ];
  if (culprits.length > 0) return culprits;
  return kept.map((rule) => ({ rule, how: "matches", at: policies.head.rules.get(rule) }));
}

function rulesOf(evaluation: Evaluation): Decision["rules"] {
  return evaluation.kind === "failed" ? [] : evaluation.decision.rules;
}

function actionOf({ conditions }: IndexedRules, rule: string): string | undefined {
  return conditions?.rules.get(rule)?.action;
}

function limitDiffers(rule: string, base: Evaluation, head: Evaluation): boolean {
  const [before, after] = [base, head].map((evaluation) => {
    if (evaluation.kind === "failed") return "[]";
    return JSON.stringify(evaluation.decision.rate_limits.filter((limit) => limit.rule === rule));
  });
  return before !== after;
}
