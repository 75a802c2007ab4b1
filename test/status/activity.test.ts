// What is counted of calls, by minute, tool and session; and that none of it grows without end.
import { beforeEach, describe, expect, test } from "vitest";
import type { Judged } from "../../src/gate/gate.ts";
import type { Call, Verdict } from "../../src/gate/types.ts";
import { type Activity, createActivity } from "../../src/status/activity.ts";
import { addLatency, createLatencies, quantileOf } from "../../src/status/latency.ts";
import { CALL, decided } from "../gate/ports.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const START = 1_700_000_040_000 - (1_700_000_040_000 % HOUR);

let now = START;
let activity: Activity;
beforeEach(() => {
  now = START;
  activity = createActivity(() => now);
});

function judged(kind: Verdict["kind"] = "forward", call: Partial<Call> = {}, judgedNs = 200_000): Judged {
  const base = { id: "d", decision: undefined, facts: undefined, fuel: 0, bundle: undefined };
  const more: Record<string, unknown> = { kind, receipt: undefined, reasons: [], problem: "", step: "decide" };
  return {
    call: { ...CALL, ...call },
    verdict: { ...base, ...more } as unknown as Verdict,
    startedUnixMs: now,
    judgedNs,
  };
}

describe("minutes", () => {
  test("hold the verdicts of their calls, the oldest first", () => {
    activity.count(judged());
    activity.count(judged("denied"));
    now += 2 * MINUTE;
    activity.count(judged());
    expect(
      activity.minutes(START).map(({ unixMs, verdicts }) => [unixMs - START, Object.fromEntries(verdicts)]),
    ).toEqual([
      [0, { forward: 1, denied: 1 }],
      [2 * MINUTE, { forward: 1 }],
    ]);
    expect(activity.minutes(START + MINUTE)).toHaveLength(1);
  });

  test("count an observed call as what would have become of it", () => {
    const one = judged();
    activity.count({ ...one, verdict: { ...one.verdict, instead: { kind: "denied", reasons: [] } } as Verdict });
    expect([...(activity.minutes(START)[0]?.verdicts ?? [])]).toEqual([["denied", 1]]);
  });

  test("know how long judging took, but not how long a person did", () => {
    activity.count(judged("forward", {}, 1_000_000));
    const one = judged("forward", {}, 20e9);
    const evaluation = decided({ action: "require_approval" });
    const decision = evaluation.kind === "decided" ? evaluation.decision : undefined;
    activity.count({ ...one, verdict: { ...one.verdict, decision } });
    expect(
      quantileOf(
        activity.minutes(START).map(({ latencies }) => latencies),
        1,
      ),
    ).toBeLessThan(2e6);
  });

  test("of more than a day ago are forgotten", () => {
    for (let minute = 0; minute < 3_000; minute++) {
      activity.count(judged());
      now += MINUTE;
    }
    expect(activity.minutes(0).length).toBeLessThanOrEqual(1_442);
  });
});

describe("refused tools", () => {
  test("are those of the last day, the most refused first, by how", () => {
    activity.count(judged("denied", { tool: "old" }));
    now += 26 * HOUR;
    activity.count(judged("forward", { tool: "fine" }));
    activity.count(judged("denied", { tool: "a" }));
    now += HOUR;
    activity.count(judged("rate_limited", { tool: "b" }));
    activity.count(judged("denied", { tool: "b" }));
    expect(activity.refusedTools(5)).toEqual([
      {
        server: "s",
        tool: "b",
        verdicts: new Map([
          ["rate_limited", 1],
          ["denied", 1],
        ]),
        total: 2,
      },
      { server: "s", tool: "a", verdicts: new Map([["denied", 1]]), total: 1 },
    ]);
    expect(activity.refusedTools(1)).toHaveLength(1);
  });

  test("are remembered by name up to a bound, and by so much of it", () => {
    for (let n = 0; n < 1_000; n++) activity.count(judged("denied", { tool: `${n}${"x".repeat(100_000)}` }));
    const rows = activity.refusedTools(10_000);
    expect(rows).toHaveLength(300);
    expect(Math.max(...rows.map(({ tool }) => tool.length))).toBe(400);
  });
});

describe("sessions", () => {
  test("are listed by who was heard of last, with what they did", () => {
    activity.count(judged("forward", { session: "one" }));
    activity.count(judged("forward", { session: "two" }));
    now += 5;
    activity.count(judged("denied", { session: "one" }));
    expect(activity.sessions()).toEqual([
      {
        server: "s",
        session: "one",
        principal: "ann",
        firstUnixMs: START,
        lastUnixMs: START + 5,
        calls: 2,
        refused: 1,
      },
      { server: "s", session: "two", principal: "ann", firstUnixMs: START, lastUnixMs: START, calls: 1, refused: 0 },
    ]);
  });

  test("are two thousand at most: the quietest are forgotten", () => {
    for (let n = 0; n < 2_500; n++) activity.count(judged("forward", { session: `s${n}` }));
    expect(activity.sessions()).toHaveLength(2_000);
    expect(activity.sessions()[0]?.session).toBe("s2499");
  });
});

describe("latencies", () => {
  test("say a share of all samples within a tenth", () => {
    const latencies = createLatencies();
    for (let n = 1; n <= 1_000; n++) addLatency(latencies, n * 10_000);
    for (const [share, ns] of [
      [0.5, 5e6],
      [0.99, 9.9e6],
      [1, 1e7],
    ] as const) {
      const found = quantileOf([latencies], share) ?? 0;
      expect(found).toBeGreaterThanOrEqual(ns * 0.999);
      expect(found).toBeLessThanOrEqual(ns * 1.1001);
    }
  });

  test("have a step for what takes no time and for what takes for ever", () => {
    const latencies = createLatencies();
    addLatency(latencies, 0);
    addLatency(latencies, 1e15);
    expect(quantileOf([latencies], 0.5)).toBe(1_000);
    expect(quantileOf([latencies], 1)).toBeGreaterThan(60e9);
    expect(quantileOf([], 0.5)).toBeUndefined();
  });
});
