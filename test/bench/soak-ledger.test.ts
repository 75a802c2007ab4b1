// The ledger of a soak: what it must find. One test for each way in which it may not close, each on the same calls of which all
// is well.
import { describe, expect, test } from "vitest";
import { type Attempt, closeLedger, type Entries } from "../../bench/soak/ledger.ts";
import { growthOf, type Sample, trendOf } from "../../bench/soak/memory.ts";
import { createRandom } from "../../bench/soak/random.ts";

const allowed: Attempt = {
  key: "a",
  tool: "limited",
  buckets: ["principal:x"],
  outcome: "allowed",
  how: "answered",
  sentMs: 1_000,
  endedMs: 1_010,
};
const refused: Attempt = { ...allowed, key: "r", tool: "denied", buckets: [], outcome: "refused", how: "deny" };
const failed: Attempt = { ...allowed, key: "f", tool: "echo", buckets: [], outcome: "failed", how: "no answer" };

const WELL: Entries = {
  attempts: [allowed, refused, failed],
  effects: [{ key: "a", tool: "limited", atMs: 1_005 }],
  logged: {
    lines: [
      { key: "a", verdict: "forward" },
      { key: "r", verdict: "denied" },
    ],
    windows: [],
    lost: 0,
  },
  sizes: { principal: { max: 1, perSecond: 1 } },
  approvals: new Map(),
};

const effect = (key: string, tool = "echo", atMs = 1_005) => ({ key, tool, atMs });
const line = (key: string, verdict = "forward") => ({ key, verdict });
const withEffects = (...more: Entries["effects"]): Entries => ({ ...WELL, effects: [...WELL.effects, ...more] });
const withLines = (lines: Entries["logged"]["lines"], more: Partial<Entries["logged"]> = {}): Entries => ({
  ...WELL,
  logged: { ...WELL.logged, ...more, lines },
});

describe("the ledger of a soak", () => {
  test("closes where all is well, and counts", () => {
    expect(closeLedger(WELL)).toMatchObject({
      outcomes: { allowed: 1, refused: 1, failed: 1 },
      effects: 1,
      lines: 2,
      inWindows: 0,
      lost: 0,
      buckets: [{ kind: "principal", buckets: 1, effects: 1, bound: 1 }],
      findings: [],
    });
  });

  test("closes where a call that failed was carried out, and is in the log", () => {
    const { logged } = withLines([...WELL.logged.lines, line("f")]);
    expect(closeLedger({ ...withEffects(effect("f")), logged }).findings).toEqual([]);
  });

  test.each<[string, Entries, RegExp]>([
    [
      "a call that was answered and not carried out",
      { ...WELL, effects: [] },
      /^answered and not carried out: limited a/,
    ],
    ["a refused call that was carried out", withEffects(effect("r", "denied")), /^carried out 1 times: denied r/],
    ["a denied tool, however its call ended", withEffects(effect("r", "denied")), /^carried out though it is denied/],
    [
      "a call that was carried out twice",
      withEffects(effect("a", "limited", 1_006)),
      /^carried out 2 times: limited a/,
    ],
    ["what nobody sent", withEffects(effect("z")), /^carried out and never sent: z/],
    ["a line of what nobody sent", withLines([...WELL.logged.lines, line("z")]), /never sent: z/],
    ["two lines of one call", withLines([...WELL.logged.lines, line("a")]), /^2 lines of the log: limited a/],
    ["an allowed call without a line", withLines([line("r", "denied")]), /^no line of the log.*: limited a/],
    ["a refused call without a line", withLines([line("a")]), /^no line of the log.*: denied r/],
    [
      "an allowed call that the log says was refused",
      withLines([line("a", "denied"), line("r", "denied")]),
      /^1 lines say that it was refused: limited a/,
    ],
    [
      "a refused call that the log says went out",
      withLines([line("a"), line("r")]),
      /^1 lines say that it went out: denied r/,
    ],
    ["a failed call that was carried out without a line", withEffects(effect("f")), /^no line of the log.*: echo f/],
  ])("finds %s", (_what, entries, finding) => {
    expect(closeLedger(entries).findings.some((found) => finding.test(found))).toBe(true);
  });

  test("excuses a missing line by a window that the call fell into, and by none beside it", () => {
    const within = (fromMs: number, toMs: number) =>
      closeLedger(withLines([line("r", "denied")], { windows: [{ fromMs, toMs }] }));
    expect(within(1_010, 1_500)).toMatchObject({ inWindows: 1, lost: 0, unlogged: 1, findings: [] });
    expect(within(500, 1_000)).toMatchObject({ inWindows: 1, findings: [] });
    expect(within(1_011, 1_500).findings).toHaveLength(1);
    expect(within(500, 999).findings).toHaveLength(1);
  });

  test("excuses as many missing lines as the log says it lost, and not one more", () => {
    expect(closeLedger(withLines([], { lost: 2 }))).toMatchObject({ lost: 2, unlogged: 1, findings: [] });
    expect(closeLedger(withLines([], { lost: 1 })).findings).toHaveLength(1);
  });

  test("finds a bucket that let one call too many through, at any time", () => {
    const calls = (...atMs: number[]): Entries => ({
      ...WELL,
      attempts: atMs.map((sentMs, index) => ({ ...allowed, key: `a${index}`, sentMs, endedMs: sentMs + 10 })),
      effects: atMs.map((ms, index) => effect(`a${index}`, "limited", ms)),
      logged: { ...WELL.logged, lines: atMs.map((_, index) => line(`a${index}`)) },
    });
    expect(closeLedger(calls(1_000, 2_000, 3_000)).findings).toEqual([]);
    expect(closeLedger(calls(1_000, 1_999, 9_000)).findings).toEqual([
      "the bucket principal:x let 2 calls through where it may 2.00",
    ]);
  });

  test("finds a call that went out more often than it was approved", () => {
    const asked = { ...allowed, tool: "asks", buckets: [] };
    const entries = (count: number): Entries => ({
      ...WELL,
      attempts: [asked, refused, failed],
      effects: [effect("a", "asks")],
      approvals: new Map([["a", count]]),
    });
    expect(closeLedger(entries(1))).toMatchObject({ approved: { effects: 1, approvals: 1 }, findings: [] });
    expect(closeLedger(entries(0)).findings).toEqual([
      expect.stringMatching(/^carried out 1 times on 0 approvals: asks a/),
    ]);
  });
});

describe("the trend of memory", () => {
  /** A sample each five seconds: what `held` says of a minute, and each time something for a moment. */
  const samplesOf = (minutes: number, held: (minute: number) => number, moment: (index: number) => number): Sample[] =>
    Array.from({ length: minutes * 12 }, (_, index) => ({ seconds: index * 5, miB: held(index / 12) + moment(index) }));
  const steep = (minute: number): number => (minute < 5 ? minute * 90 : 450);
  const random = createRandom(7, "memory");
  /** As a gate's: for a moment there are up to 80 MiB more. */
  const noise = (): number => random.between(0, 80);
  const trend = (samples: readonly Sample[]) => {
    const found = trendOf(samples);
    if (found === undefined) throw new Error("too few samples");
    return found;
  };

  test("is the slope of what comes after the warm-up, between its bounds", () => {
    const found = trend(
      samplesOf(
        10,
        (minute) => steep(minute) + minute,
        () => 0,
      ),
    );
    expect(found).toMatchObject({ samples: 60, points: 10 });
    for (const value of [found.slope, found.from, found.to]) expect(value).toBeCloseTo(1, 6);
  });

  test("does not turn with a peak, however high, wherever it stands", () => {
    for (const peak of [60, 90, 119]) {
      const found = trend(samplesOf(10, steep, (index) => (index === peak ? 5_000 : 0)));
      expect(found).toMatchObject({ slope: 0, from: 0, to: 0 });
      expect(growthOf(found, 1)).toBe("flat");
    }
  });

  test("is between its bounds nine times out of ten, and found where memory grows under noise", () => {
    const found = Array.from({ length: 300 }, () => trend(samplesOf(20, (minute) => 200 + 4 * minute, noise)));
    const inside = found.filter(({ from, to }) => from <= 4 && 4 <= to).length;
    expect(inside).toBeGreaterThan(300 * 0.86);
    expect(inside).toBeLessThan(300 * 0.97);
    expect(found.filter((one) => growthOf(one, 3) === "flat").length).toBeLessThan(300 * 0.06);
    expect(found.filter((one) => growthOf(one, 1) === "grows").length).toBeGreaterThan(300 * 0.97);
    const flat = Array.from({ length: 300 }, () => trend(samplesOf(20, () => 200, noise)));
    expect(flat.filter((one) => growthOf(one, 3) === "grows")).toEqual([]);
    expect(flat.filter((one) => growthOf(one, 3) === "flat").length).toBeGreaterThan(300 * 0.9);
  });

  test("is not known where the samples leave both open", () => {
    expect(
      growthOf(
        trend(
          samplesOf(
            3,
            () => 200,
            (index) => (index % 12) * 30 + index,
          ),
        ),
        1,
      ),
    ).not.toBe("flat");
    const found = trend(
      samplesOf(
        4,
        () => 200,
        (index) => (index % 24 < 12 ? 0 : 40),
      ),
    );
    expect(growthOf(found, 3)).toBe("unknown");
  });

  test("says nothing of too few samples", () => {
    expect(trendOf([{ seconds: 0, miB: 1 }])).toBeUndefined();
    expect(
      trendOf(
        samplesOf(
          2,
          () => 200,
          () => 0,
        ),
      ),
    ).toBeUndefined();
  });
});

describe("chance", () => {
  test("is the same again for a seed and a name, and another for another", () => {
    const draw = (seed: number, name: string) => {
      const random = createRandom(seed, name);
      return Array.from({ length: 8 }, () => random.between(0, 1_000_000));
    };
    expect(draw(1, "a")).toEqual(draw(1, "a"));
    expect(draw(1, "a")).not.toEqual(draw(1, "b"));
    expect(draw(1, "a")).not.toEqual(draw(2, "a"));
  });
});
