// What a decision does to a call, and nothing else: two decisions with the same effect are the same for whoever calls, approves
// or reads the log. A denied call meets no limit, nobody is asked about a call that is allowed, and of a denial only the rules
// that deny matter. Pure.
import type { Decision, Evaluation } from "../../gate/types.ts";
import type { IndexedRules } from "../speakers.ts";

/** From what lets the most through to what lets nothing through; a policy that fails refuses. */
export const STRICTNESS = ["allow", "require_approval", "deny", "failed"] as const;

export type Effect = Pick<Decision, "reasons" | "rules" | "malformed" | "labels" | "redact" | "hidden"> & {
  readonly action: (typeof STRICTNESS)[number];
  /** None where the call is refused. */
  readonly rate_limits: Decision["rate_limits"];
  /** Only where somebody is asked. */
  readonly approval: Decision["approval"] | undefined;
};

/** Why a policy fails is for whoever mends it. */
const FAILED: Effect = {
  action: "failed",
  reasons: [],
  rules: [],
  malformed: [],
  labels: [],
  redact: [],
  hidden: false,
  rate_limits: [],
  approval: undefined,
};

export function effectOf(evaluation: Evaluation, policy: IndexedRules): Effect {
  if (evaluation.kind === "failed") return FAILED;
  const { action, rules, rate_limits, approval, ...shown } = evaluation.decision;
  const isRefused = action === "deny";
  return {
    ...shown,
    action,
    rules: isRefused ? rules.filter((rule) => mayDeny(rule, policy)) : rules,
    rate_limits: isRefused ? [] : rate_limits,
    approval: action === "require_approval" ? approval : undefined,
  };
}

/** Whether an action refuses the call. */
export function isRefusal(action: Effect["action"]): boolean {
  return action === "deny" || action === "failed";
}

function mayDeny(rule: string, { conditions }: IndexedRules): boolean {
  const action = conditions?.rules.get(rule)?.action;
  return action === undefined || action === "deny";
}
