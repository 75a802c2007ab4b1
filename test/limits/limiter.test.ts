import { describe, expect, test } from "vitest";
import { bench, charge, drain, limit, usedShares } from "./support.ts";

describe("one bucket", () => {
  test("starts full and holds max", () => {
    const { limiter } = bench();
    expect(drain(limiter, charge("k"))).toBe(10);
  });

  test.each([1, 3, 7, 49, 1000, 100_000])("gives exactly its max of %i at once", (max) => {
    const { limiter } = bench();
    expect(drain(limiter, charge("k", { max }), "ann", 200_000)).toBe(max);
  });

  test("the eleventh call is refused with its limit and the seconds to wait, and passes after them", () => {
    const { limiter, clock } = bench();
    drain(limiter, charge("k"));
    expect(limiter.take([charge("k")], "ann")).toMatchObject({
      kind: "exhausted",
      limit: limit(),
      retryAfterSeconds: 6,
    });
    clock.ms += 5999;
    expect(limiter.take([charge("k")], "ann")).toMatchObject({ kind: "exhausted", retryAfterSeconds: 0.001 });
    clock.ms += 1;
    expect(drain(limiter, charge("k"))).toBe(1);
  });

  test("refills continuously, not in steps of a window", () => {
    const { limiter, clock } = bench();
    drain(limiter, charge("k"));
    clock.ms += 30_000;
    expect(drain(limiter, charge("k"))).toBe(5);
  });

  test("never holds more than max, however long it waits", () => {
    const { limiter, clock } = bench();
    drain(limiter, charge("k"));
    clock.ms += 1e12;
    expect(drain(limiter, charge("k"))).toBe(10);
  });

  test("a refused call takes nothing: asking all the time does not put off the refill", () => {
    const { limiter, clock } = bench();
    drain(limiter, charge("k"));
    for (let asked = 0; asked < 6000; asked += 1) {
      expect(limiter.take([charge("k")], "ann").kind).toBe("exhausted");
      clock.ms += 1;
    }
    expect(limiter.take([charge("k")], "ann").kind).toBe("taken");
  });

  test("a clock that steps back refills nothing and takes nothing, nor when it catches up", () => {
    const { limiter, clock } = bench();
    drain(limiter, charge("k"), "ann", 5);
    clock.ms -= 6000;
    expect(drain(limiter, charge("k"))).toBe(5);
    clock.ms += 6000;
    expect(drain(limiter, charge("k"))).toBe(0);
    clock.ms += 6000;
    expect(drain(limiter, charge("k"))).toBe(1);
  });
});

describe("cost", () => {
  test("a call takes its cost, fractions too", () => {
    const { limiter } = bench();
    expect(drain(limiter, charge("k", { cost: 2.5 }))).toBe(4);
    expect(drain(limiter, charge("l", { cost: 4 }))).toBe(2);
  });

  test("a cost over max is refused without a time to try again", () => {
    const { limiter } = bench();
    const tooMuch = charge("k", { cost: 10.000000001 });
    expect(limiter.take([tooMuch], "ann")).toMatchObject({ kind: "exhausted", limit: tooMuch.limit });
    expect(limiter.take([charge("k", { cost: 10 })], "ann").kind).toBe("taken");
  });

  test("a cost of 0 takes nothing, passes an empty bucket and makes no bucket", () => {
    const { limiter, journal } = bench();
    expect(limiter.take([charge("k", { cost: 0 })], "ann").kind).toBe("taken");
    expect([...limiter.buckets()]).toEqual([]);
    drain(limiter, charge("k"));
    journal.appended.length = 0;
    expect(limiter.take([charge("k", { cost: 0 })], "ann").kind).toBe("taken");
    expect(journal.appended).toEqual([]);
  });

  test.each([
    ["max", 0],
    ["max", Number.NaN],
    ["max", Number.POSITIVE_INFINITY],
    ["max", -1],
    ["window", 0],
    ["window", -60],
    ["window", Number.NaN],
    ["window", 1e308],
    ["cost", -1],
    ["cost", Number.NaN],
    ["cost", Number.POSITIVE_INFINITY],
  ])("a limit whose %s is %d is a bug and takes nothing", (field, value) => {
    const { limiter, journal } = bench();
    expect(() => limiter.take([charge("k"), charge("l", { [field]: value })], "ann")).toThrow(RangeError);
    expect(journal.appended).toEqual([]);
    expect(usedShares(limiter)).toEqual({});
  });
});

describe("a key that is too long to be kept as it is", () => {
  const long = (end: string): string => "k".repeat(1_000_000) + end;

  test("counts like any other, each by itself, together with others", () => {
    const { limiter } = bench();
    expect(drain(limiter, charge(long("a")))).toBe(10);
    expect(limiter.take([charge("other"), charge(long("a"))], "ann").kind).toBe("exhausted");
    expect(drain(limiter, charge(long("b")))).toBe(10);
    expect(drain(limiter, charge("other"))).toBe(10);
    expect([...limiter.buckets()].filter(({ key }) => key.length > 512)).toEqual([]);
  });

  test("that was read back counts on, and is given back to", () => {
    const level = { key: long("a"), principal: "ann", used: 0.9, windowMs: 60_000, max: 10, ageMs: 0 };
    const { limiter } = bench({ restore: [level] });
    const taken = limiter.take([charge(long("a"))], "ann");
    expect(drain(limiter, charge(long("a")))).toBe(0);
    if (taken.kind === "taken") limiter.refund(taken.receipt);
    expect(drain(limiter, charge(long("a")))).toBe(1);
  });
});

describe("several charges", () => {
  test("are taken together or not at all", () => {
    const { limiter } = bench();
    drain(limiter, charge("small", { max: 2 }));
    expect(limiter.take([charge("big"), charge("small", { max: 2 })], "ann").kind).toBe("exhausted");
    expect(limiter.take([charge("small", { max: 2 }), charge("big")], "ann").kind).toBe("exhausted");
    expect(drain(limiter, charge("big"))).toBe(10);
  });

  test("on one key add up", () => {
    const { limiter } = bench();
    const twice = [charge("k"), charge("k", { cost: 2 })];
    expect(limiter.take(twice, "ann").kind).toBe("taken");
    expect(limiter.take(twice, "ann").kind).toBe("taken");
    expect(limiter.take(twice, "ann").kind).toBe("taken");
    expect(limiter.take(twice, "ann")).toMatchObject({ kind: "exhausted", retryAfterSeconds: 12 });
    expect(drain(limiter, charge("k"))).toBe(1);
  });

  test("on one key whose sum is over max never pass", () => {
    const { limiter } = bench();
    const refused = limiter.take([charge("k", { cost: 6 }), charge("k", { cost: 5 })], "ann");
    expect(refused).toMatchObject({ kind: "exhausted", limit: limit({ cost: 6 }) });
  });

  test("the wait is the longest of all, and its limit is named", () => {
    const { limiter, clock } = bench();
    const charges = [
      charge("a", { max: 1, window: 5 }),
      charge("b", { max: 1, window: 50 }),
      charge("c", { max: 1, window: 9 }),
    ];
    expect(limiter.take(charges, "ann").kind).toBe("taken");
    expect(limiter.take(charges, "ann")).toMatchObject({
      kind: "exhausted",
      limit: charges[1]?.limit,
      retryAfterSeconds: 50,
    });
    clock.ms += 50_000;
    expect(limiter.take(charges, "ann").kind).toBe("taken");
  });

  test("one that never passes speaks before one that has to wait", () => {
    const { limiter } = bench();
    drain(limiter, charge("k"));
    const never = charge("n", { cost: 11 });
    expect(limiter.take([charge("k"), never], "ann")).toMatchObject({ kind: "exhausted", limit: never.limit });
  });
});

describe("a rule that changed with the policy", () => {
  test("keeps the share that was used when its max changes", () => {
    const { limiter } = bench();
    drain(limiter, charge("empty"));
    drain(limiter, charge("half"), "ann", 5);
    expect(drain(limiter, charge("empty", { max: 1000 }))).toBe(0);
    expect(drain(limiter, charge("half", { max: 1000 }))).toBe(500);
  });

  test("refills by the new window from when it was seen, though the call was refused", () => {
    const { limiter, clock, journal } = bench();
    limiter.take([charge("k", { window: 3600, cost: 10 })], "ann");
    clock.ms += 1_800_000;
    expect(limiter.take([charge("k", { window: 10, cost: 6 })], "ann")).toMatchObject({ retryAfterSeconds: 1 });
    expect(journal.appended.at(-1)).toEqual([{ key: "k", principal: "ann", used: 0.5, windowMs: 10_000, max: 10 }]);
    clock.ms += 1000;
    expect(drain(limiter, charge("k", { window: 10 }))).toBe(6);
  });

  test("a longer window does not fill the bucket", () => {
    const { limiter, clock } = bench();
    drain(limiter, charge("k", { window: 10 }));
    expect(limiter.take([charge("k", { window: 3600 })], "ann").kind).toBe("exhausted");
    clock.ms += 10_000;
    expect(drain(limiter, charge("k", { window: 3600 }))).toBe(0);
  });

  test("two windows on one key in one call: the longer counts, in either order", () => {
    for (const windows of [
      [10, 100],
      [100, 10],
    ]) {
      const { limiter } = bench();
      const charges = windows.map((window) => charge("k", { window, cost: 5 }));
      expect(limiter.take(charges, "ann").kind).toBe("taken");
      expect([...limiter.buckets()]).toMatchObject([{ used: 1, windowMs: 100_000 }]);
    }
  });
});

describe("when the journal cannot be written", () => {
  test("the take throws, and nothing was taken", () => {
    const { limiter, journal } = bench();
    limiter.take([charge("a")], "ann");
    journal.full = true;
    expect(() => limiter.take([charge("a"), charge("b")], "ann")).toThrow("no space left");
    journal.full = false;
    expect(drain(limiter, charge("a"))).toBe(9);
    expect(drain(limiter, charge("b"))).toBe(10);
  });

  test("a refund still counts until the restart, and does not throw", () => {
    const { limiter, journal } = bench();
    const taken = limiter.take([charge("a", { cost: 10 })], "ann");
    journal.full = true;
    if (taken.kind === "taken") limiter.refund(taken.receipt);
    journal.full = false;
    expect(drain(limiter, charge("a"))).toBe(10);
  });

  test("each take and each refund is one append with all of its levels", () => {
    const { limiter, journal } = bench();
    const taken = limiter.take([charge("a"), charge("b", { cost: 5 })], "ann");
    if (taken.kind === "taken") limiter.refund(taken.receipt);
    const common = { principal: "ann", windowMs: 60_000, max: 10 };
    expect(journal.appended).toEqual([
      [
        { key: "a", used: 0.1, ...common },
        { key: "b", used: 0.5, ...common },
      ],
      [
        { key: "a", used: 0, ...common },
        { key: "b", used: 0, ...common },
      ],
    ]);
  });
});

describe("what a call found and left in its buckets", () => {
  test("is told with a take, and with a refusal, in tokens", () => {
    const { limiter, clock } = bench();
    const rule = limit().rule;
    const buckets = (charges: Parameters<typeof limiter.take>[0]) => {
      const taken = limiter.take(charges, "ann");
      return taken.kind === "too_many_buckets" ? undefined : taken.buckets;
    };
    expect(buckets([charge("k", { cost: 4 }), charge("other")])).toEqual([
      { rule, max: 10, before: 10, after: 6 },
      { rule, max: 10, before: 10, after: 9 },
    ]);
    clock.ms += 1_234;
    expect(buckets([charge("k", { cost: 7 })])).toEqual([{ rule, max: 10, before: 6.206, after: 6.206 }]);
    expect(buckets([])).toEqual([]);
  });
});
