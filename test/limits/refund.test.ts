import { describe, expect, test } from "vitest";
import type { Charge, Receipt } from "../../src/gate/types.ts";
import { beginBucket } from "../../src/limits/bucket.ts";
import type { Limiter } from "../../src/limits/limiter.ts";
import { bench, charge, drain, usedShares } from "./support.ts";

function take(limiter: Limiter, ...charges: Charge[]): Receipt {
  const taken = limiter.take(charges, "ann");
  if (taken.kind !== "taken") throw new Error(`refused: ${taken.kind}`);
  return taken.receipt;
}

describe("a refund", () => {
  test("gives back all charges of the call", () => {
    const { limiter } = bench();
    const receipt = take(limiter, charge("a", { cost: 10 }), charge("b", { cost: 3 }));
    limiter.refund(receipt);
    expect(drain(limiter, charge("a"))).toBe(10);
    expect(drain(limiter, charge("b"))).toBe(10);
  });

  test("of one receipt counts once", () => {
    const { limiter } = bench();
    const receipt = take(limiter, charge("a"));
    take(limiter, charge("a", { cost: 9 }));
    limiter.refund(receipt);
    limiter.refund(receipt);
    expect(drain(limiter, charge("a"))).toBe(1);
  });

  test("does not overfill a bucket that is full again", () => {
    const { limiter, clock } = bench();
    const receipt = take(limiter, charge("a", { cost: 10 }));
    clock.ms += 60_000;
    limiter.refund(receipt);
    expect(drain(limiter, charge("a"))).toBe(10);
  });

  test("does not give a second time what has flowed back by itself", () => {
    const { limiter, clock } = bench();
    const receipt = take(limiter, charge("a", { cost: 10 }));
    clock.ms += 48_000;
    // 8 tokens have flowed back: of the first call 2 are left.
    take(limiter, charge("a", { cost: 5 }));
    limiter.refund(receipt);
    expect(drain(limiter, charge("a"))).toBe(5);
  });

  test("gives nothing where all has flowed back, though nobody has forgotten the bucket yet", () => {
    const bucket = beginBucket({ used: 0, windowMs: 60_000, max: 10 }, 0);
    const mark = bucket.take(0, 1, 10);
    bucket.take(60_000, 0.8, 10);
    bucket.giveBack(60_000, mark);
    expect(bucket.usedAt(60_000)).toBe(0.8);
  });

  test("gives what is left of the take where a part has flowed back into a bucket that became full", () => {
    const { limiter, clock } = bench();
    const receipt = take(limiter, charge("a", { cost: 10 }));
    clock.ms += 48_000;
    limiter.refund(receipt);
    expect(drain(limiter, charge("a"))).toBe(10);
  });

  test("long after the take gives it back in full where the bucket has been in use all along", () => {
    const { limiter, clock } = bench();
    take(limiter, charge("a", { cost: 9 }));
    const receipt = take(limiter, charge("a"));
    for (let later = 0; later < 4; later += 1) {
      clock.ms += 6000;
      take(limiter, charge("a"));
    }
    limiter.refund(receipt);
    expect(drain(limiter, charge("a"))).toBe(1);
  });

  test.each([
    ["in the order of the takes", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["backwards", [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    ["from the middle", [5, 0, 9, 1, 8, 2, 7, 3, 6, 4]],
  ])("of ten calls at once, %s, fills the bucket again", (_, order) => {
    const { limiter } = bench();
    const receipts = order.map(() => take(limiter, charge("a")));
    for (const index of order) {
      const receipt = receipts[index];
      if (receipt !== undefined) limiter.refund(receipt);
    }
    expect(drain(limiter, charge("a"))).toBe(10);
  });

  test("to a bucket that was forgotten and begun anew gives nothing, in memory or journal", () => {
    const { limiter, clock, journal } = bench();
    const receipt = take(limiter, charge("a", { cost: 10 }));
    clock.ms += 60_000;
    for (let other = 0; other < 10; other += 1) take(limiter, charge(`other ${other}`));
    expect([...limiter.buckets()].map(({ key }) => key)).not.toContain("a");
    take(limiter, charge("a", { cost: 10 }));
    const written = journal.appended.length;
    limiter.refund(receipt);
    expect(journal.appended.length).toBe(written);
    expect(drain(limiter, charge("a"))).toBe(0);
  });

  test("of a take over a window so short that its flow has no number leaves a number", () => {
    const { limiter, clock, journal } = bench();
    // in fractions of a millisecond, all flows back infinitely often
    const short = { window: 1e-320, cost: 10 };
    limiter.take([charge("a", short)], "ann");
    clock.ms += 1000;
    // the first take has no bucket to sweep, the second none left: they see the one that is full again
    const receipt = take(limiter, charge("a", short));
    clock.ms += 1000;
    limiter.refund(receipt);
    for (const { used } of journal.appended.flat()) expect(used).toSatisfy(Number.isFinite);
    expect(usedShares(limiter)).toEqual({});
    const bucket = beginBucket({ used: 0, windowMs: 1e-320, max: 1 }, 0);
    bucket.take(1, 1, 1);
    const mark = bucket.take(2, 1, 1);
    bucket.giveBack(3, mark);
    expect(bucket.usedAt(3)).toBe(0);
  });

  test("finds the bucket where its record has moved", () => {
    const { limiter, clock } = bench({ maxBucketsPerPrincipal: 10_000 });
    const receipt = take(limiter, charge("a".padEnd(400), { window: 1e6, cost: 10 }));
    // a slab's worth beside it, that fills and is forgotten
    for (let other = 0; other < 2_000; other += 1) {
      clock.ms += 1;
      take(limiter, charge(`${other}`.padEnd(400), { window: 0.1 }));
    }
    expect(drain(limiter, charge("a".padEnd(400), { window: 1e6 }))).toBe(0);
    limiter.refund(receipt);
    expect(drain(limiter, charge("a".padEnd(400), { window: 1e6 }))).toBe(10);
  });

  test("to another limiter with a bucket of the same key is a bug, and gives nothing", () => {
    const [one, other] = [bench().limiter, bench().limiter];
    const receipt = take(one, charge("a", { cost: 10 }));
    take(other, charge("a", { cost: 10 }));
    expect(() => other.refund(receipt)).toThrow(new TypeError("this limiter did not issue the receipt"));
    expect(drain(other, charge("a"))).toBe(0);
    one.refund(receipt);
    expect(drain(one, charge("a"))).toBe(10);
  });

  test("of a receipt that no take issued is a bug", () => {
    const { limiter } = bench();
    expect(() => limiter.refund({ charges: [charge("a")], principal: "ann" })).toThrow(TypeError);
  });
});
