import { describe, expect, test } from "vitest";
import type { GatePorts } from "../../src/gate/gate.ts";
import type { Call } from "../../src/gate/types.ts";
import { BUNDLE, bench, CALL, decided, FACTS, NOTE, RECEIPT } from "./ports.ts";

const ASKS = () => decided({ action: "require_approval" });
const broken = (): never => {
  throw new Error("it broke");
};

describe("a step that fails", () => {
  test.each([
    ["describe throws", { describe: broken }, "complete"],
    ["checkArguments throws", { checkArguments: broken }, "complete"],
    ["evaluate throws", { evaluate: broken }, "decide"],
    ["take throws", { take: broken }, "limit"],
    ["take rejects", { take: async () => broken() }, "limit"],
    ["approve throws", { evaluate: ASKS, approve: broken }, "approve"],
    ["approve rejects", { evaluate: ASKS, approve: async () => broken() }, "approve"],
    ["record throws", { record: broken }, "record"],
    ["record rejects", { record: async () => broken() }, "record"],
  ] satisfies [string, Partial<GatePorts>, string][])(
    "refuses the call and is named: %s",
    async (_title, ports, step) => {
      const { gate } = bench(ports);
      expect(await gate.judge(CALL)).toMatchObject({ kind: "failed", step, problem: "it broke", id: "decision-1" });
    },
  );

  test("is told apart where what was thrown is no error", async () => {
    const { gate } = bench({
      evaluate: () => {
        throw "a string";
      },
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "failed", step: "decide", problem: "a string" });
  });

  test("stops the steps after it, but not the record", async () => {
    const { gate, trace, recorded } = bench({ evaluate: broken });
    const verdict = await gate.judge(CALL);
    expect(trace).toEqual(["describe", "checkArguments", "evaluate", "record"]);
    expect(recorded[0]?.verdict).toBe(verdict);
  });

  test("of the engine's keeps what is known: facts, fuel and bundle", async () => {
    const { gate } = bench({ evaluate: () => ({ kind: "failed", problem: "out of fuel", fuel: 9, bundle: BUNDLE }) });
    expect(await gate.judge(CALL)).toEqual({
      kind: "failed",
      step: "decide",
      problem: "out of fuel",
      id: "decision-1",
      decision: undefined,
      facts: FACTS,
      fuel: 9,
      bundle: BUNDLE,
    });
  });

  test("refuses a call whose definition could not be listed, before any port is asked", async () => {
    const call: Call = { ...CALL, definitionProblem: "tools/list failed" };
    const { gate, trace } = bench();
    expect(await gate.judge(call)).toMatchObject({ kind: "failed", step: "complete", problem: "tools/list failed" });
    expect(trace).toEqual(["record"]);
  });
});

describe("tokens that were taken", () => {
  test.each([
    ["the approval fails", { evaluate: ASKS, approve: broken }],
    ["the approval is refused", { evaluate: ASKS, approve: () => ({ kind: "refused", problem: "no" }) }],
    ["the record fails", { record: broken }],
    ["the record fails late", { record: async () => broken() }],
  ] satisfies [string, Partial<GatePorts>][])("go back, once, where %s", async (_title, ports) => {
    const { gate, refunded } = bench(ports);
    expect((await gate.judge(CALL)).kind).not.toBe("forward");
    expect(refunded).toEqual([RECEIPT]);
  });

  test("that were never taken don't go back where the record fails", async () => {
    const { gate, refunded } = bench({ evaluate: () => decided({ rate_limits: [] }), record: broken });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "failed", step: "record" });
    expect(refunded).toEqual([]);
  });

  test("go back where the forwarded call could not be written", () => {
    const { gate, refunded, released } = bench();
    gate.refund({ kind: "forward", receipt: RECEIPT, approval: NOTE });
    expect(refunded).toEqual([RECEIPT]);
    expect(released).toEqual([NOTE]);
  });

  test("go back with the approval where the record fails", async () => {
    const { gate, refunded, released } = bench({ evaluate: ASKS, record: broken });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "failed", step: "record" });
    expect(refunded).toEqual([RECEIPT]);
    expect(released).toEqual([NOTE]);
  });
});

describe("a record that fails", () => {
  test("turns a call that was to go out into a refusal that knows the decision", async () => {
    const { gate } = bench({ record: broken });
    const verdict = await gate.judge(CALL);
    expect(verdict).toMatchObject({ kind: "failed", step: "record", facts: FACTS, fuel: 42, bundle: BUNDLE });
    expect(verdict.decision).toBeDefined();
    expect(verdict).not.toHaveProperty("receipt");
  });

  test("leaves a denied call refused", async () => {
    const { gate } = bench({ evaluate: () => decided({ action: "deny", reasons: ["No"] }), record: broken });
    const verdict = await gate.judge(CALL);
    expect(verdict).toMatchObject({ kind: "failed", step: "record" });
    expect(verdict).not.toHaveProperty("reasons");
  });
});

describe("a refund that fails", () => {
  test.each([
    [
      "the approval is refused",
      { evaluate: ASKS, approve: () => ({ kind: "refused", problem: "no" }) },
      "approval_needed",
    ],
    ["the approval fails", { evaluate: ASKS, approve: broken }, "failed"],
    ["the record fails", { record: broken }, "failed"],
  ] satisfies [string, Partial<GatePorts>, string][])(
    "changes nothing of the verdict where %s",
    async (_title, ports, kind) => {
      const { gate } = bench({ ...ports, refund: broken });
      expect((await gate.judge(CALL)).kind).toBe(kind);
    },
  );

  test("is nothing to whoever gives back what was forwarded", () => {
    const { gate, released } = bench({ refund: broken, release: broken });
    expect(() => gate.refund({ kind: "forward", receipt: RECEIPT, approval: NOTE })).not.toThrow();
    expect(released).toEqual([NOTE]);
  });
});
