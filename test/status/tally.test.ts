import { describe, expect, test } from "vitest";
import type { Outcome, Verdict } from "../../src/gate/types.ts";
import { countVerdicts, createTally } from "../../src/status/tally.ts";
import { BUNDLE, bench, CALL, decided, FACTS } from "../gate/ports.ts";

const HOUR_MS = 3_600_000;

const verdictOf = (outcome: Outcome): Verdict => ({
  id: "d",
  decision: undefined,
  facts: FACTS,
  fuel: 1,
  bundle: BUNDLE,
  ...outcome,
});
const FORWARD = verdictOf({ kind: "forward", receipt: undefined });
const DENIED = verdictOf({ kind: "denied", reasons: [] });

function startTally() {
  let now = 1_000_000;
  const tally = createTally(() => now);
  return {
    tally,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("the counts of a server", () => {
  test("are of verdicts, by kind", () => {
    const { tally } = startTally();
    expect(tally.read()).toEqual({ verdicts: {}, letThrough: 0, sessions: 0, lastUnixMs: undefined });
    for (const verdict of [FORWARD, DENIED, FORWARD]) tally.count(CALL, verdict);
    expect(tally.read()).toEqual({
      verdicts: { forward: 2, denied: 1 },
      letThrough: 0,
      sessions: 1,
      lastUnixMs: 1_000_000,
    });
  });

  test("name what would have become of a call that went out because its server is observed", () => {
    const { tally } = startTally();
    const instead = { kind: "denied", reasons: [] } as const;
    tally.count(CALL, verdictOf({ kind: "forward", receipt: undefined, instead }));
    tally.count(CALL, FORWARD);
    expect(tally.read()).toMatchObject({ verdicts: { denied: 1, forward: 1 }, letThrough: 1 });
  });

  test("hold the sessions of the last hour, each once", () => {
    const { tally, pass } = startTally();
    tally.count({ ...CALL, session: "a" }, FORWARD);
    tally.count({ ...CALL, session: "b" }, FORWARD);
    pass(HOUR_MS / 2);
    tally.count({ ...CALL, session: "a" }, FORWARD);
    expect(tally.read().sessions).toBe(2);
    pass(HOUR_MS / 2 + 1);
    expect(tally.read().sessions).toBe(1);
    pass(HOUR_MS);
    expect(tally.read().sessions).toBe(0);
  });

  test("are bounded, however many sessions there are", () => {
    const { tally } = startTally();
    for (let number = 0; number < 10_050; number += 1) tally.count({ ...CALL, session: `s-${number}` }, FORWARD);
    expect(tally.read()).toMatchObject({ sessions: 10_000, verdicts: { forward: 10_050 } });
  });
});

describe("a gate whose verdicts are counted", () => {
  test("judges, hides and refunds as it did, and counts the verdict that stands in the end", async () => {
    const { tally } = startTally();
    const { gate, refunded } = bench({
      evaluate: () => decided({ hidden: true }),
      record: () => Promise.reject(new Error("the disk is full")),
    });
    const counted = countVerdicts(gate, tally);
    expect(counted.hides(CALL)).toBe(true);
    expect(tally.read().verdicts).toEqual({});
    expect(await counted.judge(CALL)).toMatchObject({ kind: "failed", step: "record" });
    expect(refunded).toHaveLength(1);
    expect(tally.read().verdicts).toEqual({ failed: 1 });
  });
});
