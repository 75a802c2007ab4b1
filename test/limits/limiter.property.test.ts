// Random histories of takes and refunds, held against the exact model.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Receipt } from "../../src/gate/types.ts";
import { charges, chargesOf, exactBuckets, exactTake, history, LIMITS, type Take } from "./exact-model.ts";
import { bench, charge, usedShares } from "./support.ts";

test("each take of any history ends as the exact model says: admitted, or refused with the very wait", () => {
  fc.assert(
    fc.property(history, (steps) => {
      const { limiter, clock } = bench();
      const model = exactBuckets();
      const startMs = clock.ms;
      for (const step of steps) {
        clock.ms += step.wait;
        const take = { atMs: clock.ms - startMs, charges: step.charges };
        const expected = exactTake(model, take);
        const taken = limiter.take(chargesOf(take), "ann");
        if (expected === "taken") expect(taken.kind).toBe("taken");
        else if (expected === "never")
          expect(taken).toEqual({ kind: "exhausted", limit: expect.anything(), buckets: expect.any(Array) });
        else expect(taken).toMatchObject({ kind: "exhausted", retryAfterSeconds: expected / 1000 });
      }
    }),
    { numRuns: 2000 },
  );
});

test("two limits never half-take: a refused call changes no bucket and writes nothing", () => {
  fc.assert(
    fc.property(history, (steps) => {
      const { limiter, clock, journal } = bench();
      for (const step of steps) {
        clock.ms += step.wait;
        const before = usedShares(limiter);
        const written = journal.appended.length;
        const taken = limiter.take(chargesOf({ atMs: 0, charges: step.charges }), "ann");
        if (taken.kind === "taken") continue;
        expect(usedShares(limiter)).toEqual(before);
        expect(journal.appended.length).toBe(written);
      }
    }),
  );
});

/** Calls on one bucket that seldom gets full, some given back later: `refund` picks one of those not given back yet. */
const refunding = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(3000)),
    cost: fc.integer({ min: 1, max: 10 }),
    refund: fc.option(fc.nat(1000), { freq: 1 }),
  }),
  { minLength: 4, maxLength: 60 },
);

test("refunds never overfill: takes that were kept stay within max + elapsed * max / window over any span", () => {
  fc.assert(
    fc.property(refunding, (steps) => {
      const { limiter, clock } = bench();
      const startMs = clock.ms;
      const kept: { receipt: Receipt; take: Take }[] = [];
      for (const { wait: waitMs, cost, refund } of steps) {
        clock.ms += waitMs;
        const take = { atMs: clock.ms - startMs, charges: [{ index: 1, cost }] };
        const taken = limiter.take(chargesOf(take), "ann");
        if (taken.kind === "taken") kept.push({ receipt: taken.receipt, take });
        if (refund === null || kept.length === 0) continue;
        for (const { receipt } of kept.splice(refund % kept.length, 1)) limiter.refund(receipt);
      }
      // Alone, what was kept must fit into the bucket.
      const model = exactBuckets();
      for (const { take } of kept) expect(exactTake(model, take)).toBe("taken");
    }),
    { numRuns: 5000 },
  );
});

test("a refund at once leaves the buckets as if the call had never been", () => {
  fc.assert(
    fc.property(history, charges, (steps, undone) => {
      const { limiter, clock } = bench();
      for (const step of steps) {
        clock.ms += step.wait;
        limiter.take(chargesOf({ atMs: 0, charges: step.charges }), "ann");
      }
      const before = usedShares(limiter);
      const taken = limiter.take(chargesOf({ atMs: 0, charges: undone }), "ann");
      if (taken.kind === "taken") limiter.refund(taken.receipt);
      const after = usedShares(limiter);
      for (const { key } of LIMITS) expect(after[key] ?? 0).toBeCloseTo(before[key] ?? 0, 12);
    }),
  );
});

/** Limits and times as they come, not in round figures: the bound holds to a billionth of a bucket. */
test("never more than max + elapsed * max / window goes through, for any max, window and cost", () => {
  const positive = fc.double({ min: 0.001, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(
      positive,
      fc.double({ min: 0.001, max: 1e5, noNaN: true }),
      fc.array(fc.tuple(fc.double({ min: 0, max: 0.2, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
        maxLength: 200,
      }),
      (max, window, steps) => {
        const { limiter, clock } = bench();
        const startMs = clock.ms;
        let throughShares = 0;
        for (const [waitShare, costShare] of steps) {
          clock.ms += waitShare * window * 1000;
          const cost = Math.min(max, costShare * max);
          if (limiter.take([charge("k", { max, window, cost })], "ann").kind === "taken") throughShares += cost / max;
          expect(throughShares).toBeLessThanOrEqual(1 + (clock.ms - startMs) / (window * 1000) + 1e-8);
        }
      },
    ),
  );
});

test("a million takes as fast as they come let no more through than the bound", () => {
  const { limiter, clock } = bench();
  const startMs = clock.ms;
  let through = 0;
  for (let call = 0; call < 1_000_000; call += 1) {
    clock.ms += 0.0137;
    if (limiter.take([charge("k", { max: 7, window: 0.01 })], "ann").kind === "taken") through += 1;
  }
  const bound = 7 + ((clock.ms - startMs) * 7) / 10;
  expect(through).toBeLessThanOrEqual(bound + 1e-6);
  expect(through).toBeGreaterThan(bound - 8);
});
