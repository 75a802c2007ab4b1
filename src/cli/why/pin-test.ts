// The Rego test that pins a logged decision: the whole input, the whole decision. What the log masked is left out where no rule
// looks at it; where one may, there is nothing to pin.

import { showable } from "../../mcp/showable.ts";
import { applyChanges } from "../../policy/nearest/changes.ts";
import { ABSENT } from "../../policy/probe/draft.ts";
import { Problem } from "../../problem.ts";
import { formatTerm } from "../../scan/rego-term.ts";
import { step } from "../../scan/rego-text.ts";
import { type Explanation, inputOf } from "./explain.ts";

export type PinTest = {
  readonly test: string;
  /** For a person, one sentence each. */
  readonly warnings: readonly string[];
};

/** Characters of the id that a test is named after. */
const NAMED = 12;

/** @throws Problem where the decision can't be pinned */
export function writePinTest({ decision, again, policy, shownBundle }: Explanation): PinTest {
  const { id, result, unreadable, timestamp, verdict } = decision;
  if (result === undefined) {
    throw new Problem([
      `decision ${id}: the policy was not asked (${verdict}), or the log holds only a part of its answer`,
    ]);
  }
  if (again.kind === "masked") {
    const places = again.places.join(", ");
    throw new Problem([
      `decision ${id}: it may depend on ${places}, which the log does not hold; write the test by hand, with a value of your own there`,
    ]);
  }
  const { server, tool, method } = decision.input;
  // from the end, so that places in lists stay where they are
  const left = unreadable.map((path) => ({ path, from: ABSENT, to: ABSENT }) as const).reverse();
  const input = applyChanges(inputOf(decision), left);
  const what = `${showable(String(tool ?? method))} on ${showable(server)}`;
  const name = `test_decision_${id
    .replaceAll(/[^0-9A-Za-z]/g, "")
    .slice(0, NAMED)
    .toLowerCase()}`;
  const test = `package policy.servers${step(`${server}_test`)}

import data.regate

# ${what}: decision ${id} of ${timestamp}
${name} if {
	decision := regate.decision with input as ${formatTerm(input, 1, "decision := regate.decision with input as ".length)}
	decision == ${formatTerm(result, 1, "decision == ".length)}
}
`;
  const otherwise = `${shownBundle} (revision ${policy.revision}) decides otherwise now: the test fails on its rules`;
  const masked = `left out, for the log masks it and no rule reads it: ${unreadable.map((path) => path.join(".")).join(", ")}`;
  return {
    test,
    warnings: [...(again.isAlike ? [] : [otherwise]), ...(unreadable.length > 0 ? [masked] : [])],
  };
}
