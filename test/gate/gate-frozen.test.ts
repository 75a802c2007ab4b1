// What an operator has frozen does not go out: not before it is judged, not after it has waited, not on an observed server.
import { describe, expect, test } from "vitest";
import { bench, CALL, decided, NOTE, RECEIPT } from "./ports.ts";

const WHY = "All calls are frozen by an operator";

describe("a frozen call", () => {
  test("is refused before anything else is asked, and recorded", async () => {
    const { gate, trace, recorded } = bench({ frozen: () => WHY });
    const verdict = await gate.judge(CALL);
    expect(verdict).toEqual({
      kind: "frozen",
      problem: WHY,
      id: "decision-1",
      decision: undefined,
      facts: undefined,
      fuel: 0,
      bundle: undefined,
    });
    expect(trace).toEqual(["record"]);
    expect(recorded.map((judged) => judged.verdict)).toEqual([verdict]);
  });

  test("is refused on a server that is only observed, too", async () => {
    const { gate } = bench({ frozen: () => WHY });
    expect(await gate.judge({ ...CALL, observed: true })).toMatchObject({ kind: "frozen" });
  });

  test("is refused where it can't be known whether it is frozen", async () => {
    const { gate } = bench({
      frozen() {
        throw new Error("broken");
      },
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "failed", step: "complete", problem: "broken" });
  });
});

describe("a call that was frozen while it waited", () => {
  test("for a person is refused although it was approved, and its tokens go back", async () => {
    let frozen: string | undefined;
    const { gate, refunded, released } = bench({
      frozen: () => frozen,
      evaluate: () => decided({ action: "require_approval" }),
      async approve() {
        frozen = WHY;
        return { kind: "approved", note: NOTE };
      },
    });
    expect(await gate.judge(CALL)).toMatchObject({ kind: "frozen", problem: WHY });
    expect(refunded).toEqual([RECEIPT]);
    expect(released).toEqual([NOTE]);
  });

  test("for tokens is refused, and they go back", async () => {
    let frozen: string | undefined;
    const { gate, refunded } = bench({
      frozen: () => frozen,
      async take() {
        frozen = WHY;
        return { kind: "taken", receipt: RECEIPT };
      },
    });
    expect(await gate.judge({ ...CALL, observed: true })).toMatchObject({ kind: "frozen" });
    expect(refunded).toEqual([RECEIPT]);
  });
});

describe("a call that was frozen after it was judged", () => {
  test("is stopped before its first byte, with what is known of it, and is not recorded twice", async () => {
    let frozen: string | undefined;
    const { gate, recorded } = bench({ frozen: () => frozen });
    const verdict = await gate.judge(CALL);
    expect(gate.stops(CALL, verdict)).toBeUndefined();
    frozen = WHY;
    expect(gate.stops(CALL, verdict)).toMatchObject({ id: "decision-1", kind: "frozen", problem: WHY, fuel: 42 });
    expect(recorded).toHaveLength(1);
  });

  test("is stopped where it can't be known whether it is frozen", async () => {
    let isBroken = false;
    const { gate } = bench({
      frozen() {
        if (isBroken) throw new Error("broken");
        return undefined;
      },
    });
    const verdict = await gate.judge(CALL);
    isBroken = true;
    expect(gate.stops(CALL, verdict)).toMatchObject({ kind: "failed", problem: "broken" });
  });
});

test("what is hidden from a list does not depend on a freeze", () => {
  const { gate } = bench({ frozen: () => WHY });
  expect(gate.hides(CALL)).toBe(false);
});

test("what a bucket held before and after is in the verdict", async () => {
  const buckets = [{ rule: "policy.s/few", max: 2, before: 2, after: 1 }];
  const { gate } = bench({ take: () => ({ kind: "taken", receipt: RECEIPT, buckets }) });
  expect(await gate.judge(CALL)).toMatchObject({ kind: "forward", buckets });
});
