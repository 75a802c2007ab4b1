import { describe, expect, test } from "vitest";
import type { Judged } from "../../src/gate/gate.ts";
import type { Outcome as Became, Evaluation, Revision } from "../../src/gate/types.ts";
import { type Candidate, createShadow, type Diverged, type Judge, type Outcome } from "../../src/shadow/shadow.ts";
import { BUNDLE, CALL, decided, FACTS } from "../gate/ports.ts";

const OTHER: Revision = { revision: "r2", digest: "d2" };
const DENIES = decided({ action: "deny", reasons: ["No"], rules: ["policy.s/no"] });
const FORWARD: Became = { kind: "forward", receipt: undefined };

function judgedAs(evaluation: Evaluation | undefined, outcome: Became = FORWARD, id = "decision-1"): Judged {
  const decision = evaluation?.kind === "decided" ? evaluation.decision : undefined;
  const verdict = { id, decision, facts: FACTS, fuel: 1, bundle: evaluation?.bundle, ...outcome };
  return { call: CALL, verdict, startedUnixMs: 5_000, judgedNs: 1 };
}

/** A policy of whose rules nothing is known. */
function judgeOf(revision: Revision): Judge {
  return { revision, rules: new Map(), conditions: undefined };
}

/** A shadow whose work runs when `turn` is called. */
function startShadow(judge: (judged: Judged) => Outcome = () => decided()) {
  const turns: (() => void)[] = [];
  const told: Diverged[] = [];
  let active: Revision = BUNDLE;
  let candidate: Candidate | undefined = { ...judgeOf(OTHER), judge };
  const shadow = createShadow({
    candidate: () => candidate,
    active: () => judgeOf(active),
    onDiverged: (diverged) => told.push(diverged),
    later: (work) => turns.push(work),
  });
  return {
    shadow,
    told,
    turns,
    turn: () => turns.shift()?.(),
    allTurns: () => {
      while (turns.length > 0) turns.shift()?.();
    },
    take: (next: Candidate | undefined) => {
      candidate = next;
    },
    activate: (next: Revision) => {
      active = next;
    },
  };
}

describe("a shadow", () => {
  test("judges later, in a turn of its own, and says nothing where both agree", () => {
    const seen: Judged[] = [];
    const { shadow, told, turn } = startShadow((judged) => {
      seen.push(judged);
      return decided();
    });
    const judged = judgedAs(decided());
    shadow.offer(judged);
    expect(seen).toEqual([]);
    turn();
    expect(seen).toEqual([judged]);
    expect(told).toEqual([]);
    expect(shadow.read()).toEqual({
      judged: 1,
      dropped: 0,
      divergences: { looser: 0, stricter: 0, other: 0 },
      top: [],
    });
  });

  test("tells where it is looser, stricter or other, with the call that shows it", () => {
    let answer: Evaluation = DENIES;
    const { shadow, told, allTurns } = startShadow(() => answer);
    shadow.offer(judgedAs(decided(), FORWARD, "id-1"));
    shadow.offer(judgedAs(decided(), FORWARD, "id-2"));
    allTurns();
    answer = decided();
    shadow.offer(judgedAs(DENIES, { kind: "denied", reasons: ["No"] }, "id-3"));
    allTurns();
    answer = decided({ reasons: ["Because"] });
    shadow.offer(judgedAs(decided(), FORWARD, "id-4"));
    allTurns();
    const row = { server: "s", tool: "t" };
    expect(shadow.read()).toEqual({
      judged: 4,
      dropped: 0,
      divergences: { looser: 1, stricter: 2, other: 1 },
      top: [
        {
          ...row,
          change: "stricter",
          what: ["action", "reasons", "rules"],
          active: "allow (few, 2 per 60 s and session)",
          shadow: "deny (no)",
          decisionId: "id-2",
          calls: 2,
        },
        expect.objectContaining({ ...row, change: "looser", decisionId: "id-3", calls: 1 }),
        expect.objectContaining({ ...row, change: "other", what: ["reasons"], decisionId: "id-4", calls: 1 }),
      ],
    });
    expect(told.map(({ judged, change }) => [judged.verdict.id, change.kind])).toEqual([
      ["id-1", "stricter"],
      ["id-2", "stricter"],
      ["id-3", "looser"],
      ["id-4", "other"],
    ]);
  });

  test("is looser where it gives a label no more that a policy may look for", () => {
    const { shadow, told, allTurns } = startShadow(() => decided({ labels: [] }));
    shadow.offer(judgedAs(decided({ labels: ["secrets"] })));
    allTurns();
    expect(told.map(({ change }) => change.kind)).toEqual(["looser"]);
  });

  test("compares decisions, whatever limits, approvers and observing made of the call afterwards", () => {
    const { shadow, told, allTurns } = startShadow();
    const { decision } = judgedAs(decided()).verdict;
    const limit = decision?.rate_limits[0];
    if (limit === undefined) throw new Error("no limit");
    shadow.offer(judgedAs(decided(), { kind: "rate_limited", limit, retryAfterSeconds: 6 }));
    shadow.offer(judgedAs(DENIES, { ...FORWARD, instead: { kind: "denied", reasons: [] } }));
    allTurns();
    expect(told.map(({ change }) => change.kind)).toEqual(["looser"]);
  });

  test("counts arguments that don't fit, and a policy that fails, as refused", () => {
    let answer: Outcome = { kind: "unfit" };
    const { shadow, told, allTurns } = startShadow(() => answer);
    shadow.offer(judgedAs(decided()));
    shadow.offer(judgedAs(undefined, { kind: "invalid_arguments", problem: "/n" }));
    allTurns();
    answer = { kind: "failed", problem: "out of fuel", fuel: 1, bundle: OTHER };
    shadow.offer(judgedAs(decided()));
    answer = decided();
    shadow.offer(
      judgedAs(
        { kind: "failed", problem: "out of fuel", fuel: 1, bundle: BUNDLE },
        { kind: "failed", step: "decide", problem: "out of fuel" },
      ),
    );
    allTurns();
    expect(told.map(({ change }) => change.kind)).toEqual(["stricter", "looser"]);
    expect(shadow.read().top.map(({ active, shadow }) => [active, shadow])).toContainEqual([
      expect.stringContaining("allow"),
      "invalid arguments",
    ]);
  });

  test("leaves out calls that no policy judged", () => {
    const { shadow, allTurns } = startShadow();
    shadow.offer(judgedAs(undefined, { kind: "failed", step: "complete", problem: "not listed" }));
    allTurns();
    expect(shadow.read().judged).toBe(0);
  });

  test("that throws loses that call, and nothing else", () => {
    let calls = 0;
    const { shadow, allTurns } = startShadow(() => {
      calls += 1;
      if (calls === 1) throw new Error("a bug");
      return DENIES;
    });
    for (let call = 0; call < 3; call += 1) shadow.offer(judgedAs(decided()));
    allTurns();
    expect(shadow.read()).toMatchObject({ judged: 2, dropped: 1, divergences: { stricter: 2 } });
  });

  test("gives everyone else a turn between a few calls, and leaves out what comes faster than it judges", () => {
    let calls = 0;
    const { shadow, turns, turn, allTurns } = startShadow(() => {
      calls += 1;
      return decided();
    });
    for (let call = 0; call < 1_100; call += 1) shadow.offer(judgedAs(decided()));
    expect(turns).toHaveLength(1);
    turn();
    expect(calls).toBe(8);
    expect(turns).toHaveLength(1);
    allTurns();
    expect(calls).toBe(1_000);
    expect(shadow.read()).toMatchObject({ judged: 1_000, dropped: 100 });
    shadow.offer(judgedAs(decided()));
    allTurns();
    expect(calls).toBe(1_001);
  });

  test("leaves out what would hold too much memory while it waits", () => {
    const { shadow, allTurns } = startShadow();
    const args = { text: "x".repeat(10_000_000), value: {} };
    for (let call = 0; call < 3; call += 1) shadow.offer({ ...judgedAs(decided()), call: { ...CALL, args } });
    expect(shadow.read().dropped).toBe(2);
    allTurns();
    shadow.offer({ ...judgedAs(decided()), call: { ...CALL, args } });
    allTurns();
    expect(shadow.read()).toMatchObject({ judged: 2, dropped: 2 });
  });

  test("begins to count anew when either policy is another one", () => {
    const harness = startShadow(() => DENIES);
    const { shadow, allTurns } = harness;
    const judgeOne = (evaluation: Evaluation = decided()): void => {
      shadow.offer(judgedAs(evaluation));
      allTurns();
    };
    judgeOne();
    expect(shadow.read().divergences.stricter).toBe(1);
    harness.take({ ...judgeOf({ revision: "r3", digest: "d3" }), judge: () => DENIES });
    expect(shadow.read()).toMatchObject({ judged: 0, divergences: { stricter: 0 }, top: [] });
    judgeOne();
    harness.activate({ revision: "r9", digest: "d9" });
    expect(shadow.read().judged).toBe(0);
    // judged before the other one was taken
    judgeOne();
    expect(shadow.read().judged).toBe(0);
  });

  test("that is none costs nothing", () => {
    const { shadow, take, turns } = startShadow();
    take(undefined);
    shadow.offer(judgedAs(decided()));
    expect(turns).toEqual([]);
    expect(shadow.read()).toMatchObject({ judged: 0, dropped: 0 });
  });
});

test("a candidate that takes all its fuel for a call has the turn to itself", () => {
  let fuel = 1_000;
  const seen: Judged[] = [];
  const { shadow, turn } = startShadow((judged) => {
    seen.push(judged);
    return { ...decided(), fuel };
  });
  const offer = (calls: number) => {
    for (let call = 0; call < calls; call += 1) shadow.offer(judgedAs(decided()));
  };
  offer(8);
  turn();
  expect(seen).toHaveLength(8);
  fuel = 8_000_000;
  offer(3);
  for (const judged of [9, 10, 11]) {
    turn();
    expect(seen).toHaveLength(judged);
  }
});
