// A verdict as data, for who asked for one and carries the call out by itself: what an agent is told of a refusal, and what is
// known of a call that may go out. Forwards nothing.
import type { Verdict } from "../gate/types.ts";
import { type DecisionData, decisionData, describeRefusal, type RefusedCall } from "./refusal.ts";
import { showable } from "./showable.ts";

/** Absent members are left out. */
export type VerdictData = Omit<DecisionData, "action"> & {
  /** Only on `allow` may the call be carried out. */
  readonly action: DecisionData["action"] | "allow";
  /** A refusal in one paragraph, for the model; absent on `allow`. */
  readonly message: string | undefined;
  /** What the matched rules call the call, for who carries it out. */
  readonly labels: readonly string[];
  /** What would have been refused on a server that is not only observed. */
  readonly observed: DecisionData | undefined;
};

export function describeVerdict(verdict: Verdict, call: RefusedCall): VerdictData {
  const labels = (verdict.decision?.labels ?? []).map((label) => showable(label));
  if (verdict.kind !== "forward")
    return { ...decisionData(verdict), message: describeRefusal(verdict, call), labels, observed: undefined };
  const { id, decision, bundle, instead } = verdict;
  return {
    action: "allow",
    message: undefined,
    reasons: [],
    rules: decision?.rules ?? [],
    retry_after: undefined,
    failed_step: undefined,
    approval: undefined,
    labels,
    observed: instead && decisionData({ ...verdict, ...instead }),
    decision_id: id,
    bundle_revision: bundle?.revision,
  };
}
