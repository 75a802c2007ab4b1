// A server that is only observed: its calls are judged, limited and recorded like any other's, and all of them go out.
import { describe, expect, test } from "vitest";
import type { GatePorts } from "../../src/gate/gate.ts";
import type { Call } from "../../src/gate/types.ts";
import { BUNDLE, bench, CALL, decided, FACTS, LIMIT, RECEIPT } from "./ports.ts";

const OBSERVED: Call = { ...CALL, observed: true };
const ASKS = () => decided({ action: "require_approval", reasons: ["A person decides"] });
const broken = (): never => {
  throw new Error("it broke");
};

describe("a call to a server that is observed", () => {
  test("takes its tokens where it is allowed, and nothing is said of another outcome", async () => {
    const { gate, trace } = bench();
    const verdict = await gate.judge(OBSERVED);
    expect(verdict).toMatchObject({ kind: "forward", receipt: RECEIPT });
    expect(verdict).toMatchObject({ instead: undefined });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "take", "record"]);
  });

  test.each([
    [
      "denied",
      { evaluate: () => decided({ action: "deny", reasons: ["No"] }) },
      { kind: "denied", reasons: ["No"] },
      ["describe", "checkArguments", "evaluate", "record"],
    ],
    [
      "rate limited",
      { take: () => ({ kind: "exhausted", limit: LIMIT, retryAfterSeconds: 6 }) },
      { kind: "rate_limited", limit: LIMIT, retryAfterSeconds: 6 },
      ["describe", "checkArguments", "evaluate", "take", "record"],
    ],
    [
      "refused for its arguments",
      { checkArguments: () => "/n must be string" },
      { kind: "invalid_arguments", problem: "/n must be string" },
      ["describe", "checkArguments", "record"],
    ],
    [
      "put before an approver, who is not asked,",
      { evaluate: ASKS, approve: broken },
      {
        kind: "approval_needed",
        reasons: ["A person decides"],
        problem: "nobody is asked while the server is only observed",
      },
      ["describe", "checkArguments", "evaluate", "take", "refund", "record"],
    ],
    [
      "refused because the policy fails",
      { evaluate: () => ({ kind: "failed", problem: "out of fuel", fuel: 9, bundle: BUNDLE }) },
      { kind: "failed", step: "decide", problem: "out of fuel" },
      ["describe", "checkArguments", "evaluate", "record"],
    ],
    [
      "refused because a part breaks",
      { take: broken },
      { kind: "failed", step: "limit", problem: "it broke" },
      ["describe", "checkArguments", "evaluate", "take", "record"],
    ],
  ] satisfies [string, Partial<GatePorts>, object, string[]][])(
    "that would be %s goes out without tokens, and is recorded with what would have been",
    async (_title, ports, instead, steps) => {
      const { gate, trace, recorded } = bench(ports);
      const verdict = await gate.judge(OBSERVED);
      expect(verdict).toMatchObject({ kind: "forward", receipt: undefined, id: "decision-1", facts: FACTS });
      expect(verdict).toHaveProperty("instead", instead);
      expect(trace).toEqual(steps);
      expect(recorded.map((judged) => judged.verdict)).toEqual([verdict]);
    },
  );

  test("goes out though its server could not be listed", async () => {
    const { gate } = bench();
    const verdict = await gate.judge({ ...OBSERVED, definitionProblem: "it does not answer" });
    expect(verdict).toMatchObject({
      kind: "forward",
      instead: { kind: "failed", step: "complete", problem: "it does not answer" },
    });
  });

  test("is refused where no record of it can be made: that nothing goes out unrecorded is no matter of policy", async () => {
    const { gate, refunded } = bench({ record: broken });
    expect(await gate.judge(OBSERVED)).toMatchObject({ kind: "failed", step: "record" });
    expect(refunded).toEqual([RECEIPT]);
  });

  test("is refused as ever where another server is observed", async () => {
    const { gate } = bench({ evaluate: () => decided({ action: "deny" }) });
    await gate.judge(OBSERVED);
    expect(await gate.judge({ ...CALL, server: "other" })).toMatchObject({ kind: "denied" });
  });
});

describe("the tools of a server that is observed", () => {
  test.each([
    ["that are to be hidden", () => decided({ action: "deny", hidden: true })],
    ["that can't be judged", broken],
  ])("are listed, those %s as well", (_title, evaluate) => {
    const { gate } = bench({ evaluate });
    expect(gate.hides(OBSERVED)).toBe(false);
    expect(gate.hides(CALL)).toBe(true);
  });
});
