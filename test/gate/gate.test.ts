import { describe, expect, test } from "vitest";
import type { Waiter } from "../../src/gate/gate.ts";
import type { Call, ToolFacts } from "../../src/gate/types.ts";
import { BUNDLE, bench, CALL, decided, FACTS, LIMIT, NOTE, RECEIPT } from "./ports.ts";

const ASKS = () => decided({ action: "require_approval", reasons: ["A person decides"] });

describe("a call that is allowed", () => {
  test("goes through the steps in order, and goes out with its receipt", async () => {
    const { gate, trace, recorded } = bench();
    const verdict = await gate.judge(CALL);
    expect(verdict).toEqual({
      kind: "forward",
      id: "decision-1",
      decision: expect.objectContaining({ action: "allow" }),
      facts: FACTS,
      fuel: 42,
      bundle: BUNDLE,
      receipt: RECEIPT,
    });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "take", "record"]);
    expect(recorded).toEqual([{ call: CALL, verdict, startedUnixMs: 1_700_000_000_000, judgedNs: 1_000 }]);
  });

  test("is handed to each port as it came, with its facts and the time", async () => {
    const seen: unknown[] = [];
    const { gate } = bench({
      describe(call) {
        seen.push(call);
        return FACTS;
      },
      evaluate(call, facts, unixMs) {
        seen.push(call, facts, unixMs);
        return decided();
      },
      take(call, facts, decision) {
        seen.push(call, facts, decision.rate_limits);
        return { kind: "taken", receipt: RECEIPT };
      },
    });
    await gate.judge(CALL);
    expect(seen).toEqual([CALL, CALL, FACTS, 1_700_000_000_000, CALL, FACTS, [LIMIT]]);
  });

  test("asks the limiter for nothing where no rule limits it", async () => {
    const { gate, trace } = bench({ evaluate: () => decided({ rate_limits: [] }) });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "forward", receipt: undefined });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "record"]);
  });

  test("waits for the tokens, the approval and the record", async () => {
    const later = <T>(value: T) => new Promise<T>((resolve) => setImmediate(() => resolve(value)));
    const { gate, trace } = bench({
      evaluate: ASKS,
      take: () => later({ kind: "taken", receipt: RECEIPT } as const),
      approve: () => later({ kind: "approved", note: NOTE } as const),
      record: () => later(undefined),
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "forward", receipt: RECEIPT });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "take", "approve", "evaluate", "record"]);
  });

  test.each([
    ["deny", { kind: "denied", reasons: ["No"] }],
    ["require_approval", { kind: "failed", step: "decide", problem: expect.stringContaining("call again") }],
  ] as const)(
    "is judged again by the policy that came while it waited for tokens, and a %s refuses it",
    async (action, verdict) => {
      let isSwapped = false;
      const { gate, refunded } = bench({
        evaluate: () => (isSwapped ? decided({ action, reasons: ["No"] }) : decided()),
        async take() {
          isSwapped = true;
          return { kind: "taken", receipt: RECEIPT };
        },
      });
      expect(await gate.judge(CALL)).toMatchObject(verdict);
      expect(refunded).toEqual([RECEIPT]);
    },
  );

  test("that names no tool has no facts", async () => {
    const { tool: _, args: __, ...rest } = CALL;
    const call: Call = { ...rest, method: "resources/read" };
    let seen: ToolFacts | undefined = FACTS;
    const { gate } = bench({
      describe: () => undefined,
      evaluate(_call, facts) {
        seen = facts;
        return decided();
      },
    });
    expect(await gate.judge(call)).toMatchObject({ kind: "forward", facts: undefined });
    expect(seen).toBeUndefined();
  });
});

describe("a call that is denied", () => {
  test("takes no token, needs no approval, and is recorded with its reasons", async () => {
    const { gate, trace, recorded } = bench({ evaluate: () => decided({ action: "deny", reasons: ["No"] }) });
    const verdict = await gate.judge(CALL);
    expect(verdict).toMatchObject({ kind: "denied", reasons: ["No"], facts: FACTS, fuel: 42, bundle: BUNDLE });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "record"]);
    expect(recorded.map((judged) => judged.verdict)).toEqual([verdict]);
  });
});

describe("a call whose arguments don't fit the reviewed schema", () => {
  test("is refused before the policy sees it, takes no token, and is recorded with where they don't fit", async () => {
    const { gate, trace, recorded } = bench({ checkArguments: () => "/n must be string" });
    const verdict = await gate.judge(CALL);
    expect(verdict).toEqual({
      kind: "invalid_arguments",
      problem: "/n must be string",
      id: "decision-1",
      decision: undefined,
      facts: FACTS,
      fuel: 0,
      bundle: undefined,
    });
    expect(trace).toEqual(["describe", "checkArguments", "record"]);
    expect(recorded.map((judged) => judged.verdict)).toEqual([verdict]);
  });
});

test("a call that some reader takes for another one is refused as one with wrong arguments, whatever they are", async () => {
  const { gate, trace } = bench({ checkArguments: () => undefined });
  const verdict = await gate.judge({ ...CALL, misspelt: "the server lists another name" });
  expect(verdict).toMatchObject({ kind: "invalid_arguments", problem: "the server lists another name" });
  expect(trace).toEqual(["describe", "record"]);
});

describe("a call without tokens", () => {
  test("is refused with the limit and the seconds to wait", async () => {
    const { gate, trace } = bench({ take: () => ({ kind: "exhausted", limit: LIMIT, retryAfterSeconds: 6 }) });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "rate_limited", limit: LIMIT, retryAfterSeconds: 6 });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "take", "record"]);
  });

  test("is refused without seconds where waiting never helps", async () => {
    const { gate } = bench({ take: () => ({ kind: "exhausted", limit: LIMIT }) });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "rate_limited", retryAfterSeconds: undefined });
  });

  test("is refused where its principal holds too many buckets", async () => {
    const { gate } = bench({ take: () => ({ kind: "too_many_buckets", limit: LIMIT }) });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "too_many_buckets", limit: LIMIT });
  });

  test("is not put before an approver", async () => {
    const { gate, trace } = bench({ evaluate: ASKS, take: () => ({ kind: "exhausted", limit: LIMIT }) });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "rate_limited" });
    expect(trace).not.toContain("approve");
  });
});

describe("a call that needs approval", () => {
  test("goes out with its receipt where it is approved", async () => {
    const { gate, refunded, released } = bench({ evaluate: ASKS });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "forward", receipt: RECEIPT, approval: NOTE });
    expect(refunded).toEqual([]);
    expect(released).toEqual([]);
  });

  test("is put before an approver with its decision, the bundle that made it, and who waits", async () => {
    const seen: unknown[] = [];
    const waiter: Waiter = { held: () => {}, definition: async () => undefined };
    const { gate } = bench({
      evaluate: () => ({ ...ASKS(), deciding: ["policy.s/asks"] }),
      approve(...given) {
        seen.push(...given);
        return { kind: "approved", note: NOTE };
      },
    });
    const { decision } = await gate.judge(CALL, waiter);
    expect(seen).toEqual([CALL, { id: "decision-1", decision, deciding: ["policy.s/asks"], revision: "r1" }, waiter]);
  });

  test("is judged again once it was held, and goes out where nothing denies it", async () => {
    const held = { ...NOTE, waitedMs: 7 };
    const { gate, trace, recorded } = bench({
      evaluate: ASKS,
      approve: () => ({ kind: "approved", note: held }),
      monotonicNs: clock(0, 7_000_500),
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "forward", approval: held });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "take", "approve", "evaluate", "record"]);
    expect(recorded[0]?.judgedNs).toBe(500);
  });

  test.each([
    ["denies it", decided({ action: "deny", reasons: ["Too late"] }), { kind: "denied", reasons: ["Too late"] }],
    [
      "fails",
      { kind: "failed", problem: "out of fuel", fuel: 1, bundle: BUNDLE } as const,
      { kind: "failed", step: "decide" },
    ],
  ])(
    "does not go out where the policy %s by the time it was held, and gives all back",
    async (_title, then, outcome) => {
      const answers = [ASKS(), then];
      const { gate, refunded, released } = bench({
        evaluate: () => answers.shift() ?? then,
        approve: () => ({ kind: "approved", note: { ...NOTE, waitedMs: 1 } }),
      });
      expect(await gate.judge(CALL)).toMatchObject(outcome);
      expect(refunded).toEqual([RECEIPT]);
      expect(released).toEqual([{ ...NOTE, waitedMs: 1 }]);
    },
  );

  test("gives its tokens back, once, where it is not, and says what the approver said", async () => {
    const { gate, trace, refunded, released } = bench({
      evaluate: ASKS,
      approve: () => ({ kind: "refused", problem: "no approver is configured" }),
    });
    expect(await gate.judge(CALL)).toMatchObject({
      kind: "approval_needed",
      reasons: ["A person decides"],
      problem: "no approver is configured",
    });
    expect(released).toEqual([]);
    expect(refunded).toEqual([RECEIPT]);
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "take", "approve", "refund", "record"]);
  });
});

describe("a call that goes on from an answer of the server's", () => {
  const continued: Call = { ...CALL, continued: true };

  test("is judged again, but takes no second token", async () => {
    const { gate, trace } = bench();
    expect(await gate.judge(continued)).toMatchObject({ kind: "forward", receipt: undefined });
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "record"]);
  });

  test("is denied where the policy denies it", async () => {
    const { gate } = bench({ evaluate: () => decided({ action: "deny" }) });
    expect(await gate.judge(continued)).toMatchObject({ kind: "denied" });
  });

  test("still needs the approval that a rule asks for", async () => {
    const { gate, refunded } = bench({ evaluate: ASKS, approve: () => ({ kind: "refused", problem: "no" }) });
    expect(await gate.judge(continued)).toMatchObject({ kind: "approval_needed" });
    expect(refunded).toEqual([]);
  });
});

describe("the history of a principal", () => {
  const HISTORY = { tools: { "s/t": 1 }, categories: {}, labels: {} };

  test("is told to the policy, in the list of tools too, and is part of the verdict", async () => {
    const told: unknown[] = [];
    const { gate, recorded } = bench({
      recall: () => HISTORY,
      evaluate(_call, _facts, _unixMs, history) {
        told.push(history);
        return decided();
      },
    });
    expect((await gate.judge(CALL)).history).toBe(HISTORY);
    gate.hides(CALL);
    expect(told).toEqual([HISTORY, HISTORY]);
    expect(recorded[0]?.verdict.history).toBe(HISTORY);
  });

  test("grows by each call that goes out, before anything else has its turn", async () => {
    const trace: string[] = [];
    const { gate } = bench({
      async record() {
        await new Promise((resolve) => setImmediate(resolve));
        trace.push("record");
      },
      remember: (call, verdict) => trace.push(`remember ${call.tool} ${verdict.kind}`),
    });
    const judging = gate.judge(CALL);
    expect(trace).toEqual(["remember t forward"]);
    await judging;
    expect(trace).toEqual(["remember t forward", "record"]);
  });

  test("is told anew to the policy after a call was held", async () => {
    const meanwhile = { ...HISTORY, labels: { secrets: 1 } };
    const histories = [HISTORY, meanwhile];
    const { gate } = bench({
      recall: () => histories.shift(),
      evaluate: (_call, _facts, _unixMs, history) =>
        history === meanwhile ? decided({ action: "deny", reasons: ["No"] }) : ASKS(),
      approve: () => ({ kind: "approved", note: { ...NOTE, waitedMs: 1 } }),
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "denied", reasons: ["No"], history: meanwhile });
  });

  test.each([
    ["deny", { kind: "denied", reasons: ["No"], history: { ...HISTORY, labels: { secrets: 1 } } }],
    ["require_approval", { kind: "failed", step: "decide", problem: expect.stringContaining("call again") }],
  ] as const)("that grew while tokens were taken is told anew, and a %s refuses the call", async (action, verdict) => {
    let history = HISTORY;
    const { gate, refunded } = bench({
      recall: () => history,
      evaluate: (_call, _facts, _unixMs, { labels } = HISTORY) =>
        "secrets" in labels ? decided({ action, reasons: ["No"] }) : decided(),
      async take() {
        history = { ...HISTORY, labels: { secrets: 1 } };
        return { kind: "taken", receipt: RECEIPT };
      },
    });
    expect(await gate.judge(CALL)).toMatchObject(verdict);
    expect(refunded).toEqual([RECEIPT]);
  });

  test("that grew while a person's approval was fetched is told anew, though the call was not held", async () => {
    let history = HISTORY;
    const { gate, released } = bench({
      recall: () => history,
      evaluate: (_call, _facts, _unixMs, { labels } = HISTORY) =>
        "secrets" in labels ? decided({ action: "deny", reasons: ["No"] }) : ASKS(),
      async approve() {
        history = { ...HISTORY, labels: { secrets: 1 } };
        return { kind: "approved", note: NOTE };
      },
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "denied", reasons: ["No"] });
    expect(released).toEqual([NOTE]);
  });

  test("does not grow by a call that is refused", async () => {
    const remembered: unknown[] = [];
    const remember = (one: unknown) => remembered.push(one);
    for (const change of [
      { evaluate: () => decided({ action: "deny" }) },
      { take: () => ({ kind: "too_many_buckets", limit: LIMIT }) as const },
    ]) {
      await bench({ remember, ...change }).gate.judge(CALL);
    }
    expect(remembered).toEqual([]);
  });

  test("grows by what goes out of a server that is observed, whatever the policy says", async () => {
    const remembered: unknown[] = [];
    const { gate } = bench({ remember: (one) => remembered.push(one), evaluate: () => decided({ action: "deny" }) });
    await gate.judge({ ...CALL, observed: true });
    expect(remembered).toHaveLength(1);
  });

  test("that can't be told refuses the call, and hides the tool", async () => {
    const { gate } = bench({
      recall() {
        throw new Error("too many names");
      },
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "failed", step: "decide", problem: "too many names" });
    expect(gate.hides(CALL)).toBe(true);
  });
});

describe("whether a tool is hidden", () => {
  test.each([
    ["a deny that hides", decided({ action: "deny", hidden: true }), true],
    ["a deny that does not", decided({ action: "deny" }), false],
    ["an allow", decided(), false],
    ["a policy that failed", { kind: "failed", problem: "out of fuel", fuel: 1, bundle: BUNDLE } as const, true],
  ])("follows from %s", (_title, evaluation, hidden) => {
    const { gate, trace } = bench({ evaluate: () => evaluation });
    expect(gate.hides(CALL)).toBe(hidden);
    expect(trace).toEqual(["describe", "evaluate"]);
  });

  test.each(["describe", "evaluate", "unixMs"] as const)("is yes where %s throws", (port) => {
    const { gate } = bench({ [port]: fail });
    expect(gate.hides(CALL)).toBe(true);
  });
});

/** A clock that shows these times, one after the other. */
function clock(...times: number[]): () => number {
  return () => times.shift() ?? 0;
}

function fail(): never {
  throw new Error("broken");
}
