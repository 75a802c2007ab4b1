// An explained decision as data, for scripts.
import { type Change, valueAt } from "../../policy/nearest/changes.ts";
import { ABSENT, type Value, write } from "../../policy/probe/draft.ts";
import type { Explanation } from "./explain.ts";
import { inputOf } from "./explain.ts";

export function toJson(explanation: Explanation): unknown {
  const { decision, rules, policy, shownBundle, isSameBundle, again, wait, nearest } = explanation;
  const { id, timestamp, verdict, observed, requestedBy, input, unreadable, limit, step, problem, result } = decision;
  return {
    decision_id: id,
    timestamp,
    verdict,
    observed,
    requested_by: requestedBy,
    server: input.server,
    tool: input.tool,
    method: input.method,
    decision: result,
    step,
    problem,
    rules: rules.map(({ isFinal, ...rule }) => ({ ...rule, denies_any_input: isFinal })),
    input,
    masked: unreadable.map((place) => place.join(".")),
    limit,
    allowed_again: wait?.kind === "until" ? wait.at : undefined,
    policy: {
      judged: decision.revision,
      bundle: shownBundle,
      revision: policy.revision,
      is_same: isSameBundle,
      decides_alike: again.kind === "judged" ? again.isAlike : undefined,
      unreadable: again.kind === "masked" ? again.places : undefined,
    },
    nearest: nearest === undefined ? undefined : describeNearest(nearest, explanation),
  };
}

function describeNearest(nearest: NonNullable<Explanation["nearest"]>, { decision }: Explanation): unknown {
  if (nearest.kind === "none") {
    return { found: false, tried: nearest.tried, places: nearest.places, complete: nearest.complete };
  }
  return {
    found: true,
    action: nearest.action,
    tried: nearest.tried,
    changes: nearest.changes.map((change) => describeChange(change, decision)),
    input: JSON.parse(nearest.inputText),
    decision: nearest.decision,
  };
}

/** `from` and `to` are left out where nothing is there. */
function describeChange({ path, to }: Change, decision: Explanation["decision"]): unknown {
  return { at: path.join("."), from: toData(valueAt(inputOf(decision), path)), to: toData(to) };
}

function toData(value: Value): unknown {
  return value === ABSENT ? undefined : JSON.parse(write(value));
}
