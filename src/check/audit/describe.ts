// A decision as an audit speaks of it: what becomes of the call, and by which rules.
import type { Evaluation } from "../../gate/types.ts";
import { describeLimit } from "../../policy/diff/compare-outcomes.ts";
import type { IndexedRules } from "../../policy/speakers.ts";

/** `deny by no-secrets`, `allow by default write-limited, 10 per 60 s and session` */
export function describeDecision(evaluation: Evaluation, policy: IndexedRules): string {
  if (evaluation.kind === "failed") return `failed: ${evaluation.problem}`;
  const { action, rate_limits } = evaluation.decision;
  const rules = listDeciding(evaluation, policy);
  const by = rules.length === 0 ? ", as no rule permits it" : ` by ${rules.map(nameRule).join(", ")}`;
  const limits = action === "deny" ? [] : rate_limits.map(describeLimit);
  return [`${action}${by}`, ...limits].join(", ");
}

/** The rules that say what becomes of the call, not only that it is limited; `<package>/<id>`. */
export function listDeciding(evaluation: Evaluation, { conditions }: IndexedRules): readonly string[] {
  if (evaluation.kind === "failed") return [];
  const { action, rules } = evaluation.decision;
  return rules.filter((rule) => {
    const says = conditions?.rules.get(rule)?.action;
    return says === undefined || says === action;
  });
}

export function isDefault(rule: string): boolean {
  return rule.startsWith("policy.defaults/");
}

/** The id is enough where the server is known; a default and a guardrail are called one. */
function nameRule(rule: string): string {
  const id = rule.slice(rule.lastIndexOf("/") + 1);
  if (isDefault(rule)) return `default ${id}`;
  return /^(policy|regate)\.guardrails\//.test(rule) ? `guardrail ${id}` : id;
}
