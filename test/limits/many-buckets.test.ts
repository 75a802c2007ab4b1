// A long history of a limiter with thousands of buckets, held against the same arithmetic in a plain map.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, beginBucket } from "../../src/limits/bucket.ts";
import { bench, charge } from "./support.ts";

const KEYS = 6_000;
const PRINCIPALS = 30;
const CAP = 32;

/** Of 10 to 509 characters. */
const keys = Array.from({ length: KEYS }, (_, number) => `${number}`.padEnd(10 + ((number * 13) % 500), "-"));

test("thousands of buckets of many principals, that fill and are forgotten, each count by themselves", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0x7fffffff }), (seed) => {
      const { limiter, clock } = bench({ maxBucketsPerPrincipal: CAP });
      /** By the number of their key. */
      const model = new Map<number, Bucket>();
      const random = randomFrom(seed);
      let refusedForRoom = 0;
      for (let call = 0; call < 20_000; call += 1) {
        clock.ms += random(8);
        const number = random(KEYS);
        const key = keys[number] ?? "";
        const [max, window] = [1 + (number % 5), number % 7 === 0 ? 200 : 1 + (number % 3)];
        const taken = limiter.take([charge(key, { max, window })], `principal ${number % PRINCIPALS}`);
        const expected = model.get(number) ?? beginBucket({ used: 0, windowMs: window * 1000, max }, clock.ms);
        if (expected.usedAt(clock.ms) === 0) {
          let held = 0;
          for (let other = number % PRINCIPALS; other < KEYS; other += PRINCIPALS) {
            if ((model.get(other)?.usedAt(clock.ms) ?? 0) > 0) held += 1;
          }
          expect(taken.kind).toBe(held < CAP ? "taken" : "too_many_buckets");
        }
        if (taken.kind === "too_many_buckets") {
          refusedForRoom += 1;
          continue;
        }
        expect(taken.kind).toBe(expected.usedAt(clock.ms) + 1 / max - 1 > 1e-9 ? "exhausted" : "taken");
        if (taken.kind !== "taken") continue;
        if (expected.usedAt(clock.ms) === 0)
          model.set(number, beginBucket({ used: 0, windowMs: window * 1000, max }, clock.ms));
        const mark = model.get(number)?.take(clock.ms, 1 / max, max);
        if (random(10) > 0 || mark === undefined) continue;
        clock.ms += random(100);
        limiter.refund(taken.receipt);
        model.get(number)?.giveBack(clock.ms, mark);
      }
      const partUsed = [...limiter.buckets()].filter(({ used }) => used > 0);
      const wanted = [...model].filter(([, bucket]) => bucket.usedAt(clock.ms) > 0);
      expect(Object.fromEntries(partUsed.map(({ key, used }) => [key, used.toFixed(9)]))).toEqual(
        Object.fromEntries(wanted.map(([number, bucket]) => [keys[number], bucket.usedAt(clock.ms).toFixed(9)])),
      );
      for (const { key, principal } of partUsed)
        expect(principal).toBe(`principal ${Number.parseInt(key, 10) % PRINCIPALS}`);
      expect(partUsed.length).toBeGreaterThan(100);
      expect(refusedForRoom).toBeGreaterThan(100);
    }),
    { numRuns: 2 },
  );
});

/** Numbers below `end` from a seed, by xorshift. */
function randomFrom(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
}
