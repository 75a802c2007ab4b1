// Three buckets in whole numbers (tokens times milliseconds, BigInt), where nothing is ever rounded, and random histories
// of calls on them.
import fc from "fast-check";
import type { Charge } from "../../src/gate/types.ts";
import { charge } from "./support.ts";

/** The buckets of a history; a charge on one of them always has its limit. */
export const LIMITS = [
  { key: "a", max: 3, window: 1 },
  { key: "b", max: 10, window: 7 },
  { key: "c", max: 20, window: 0.5 },
] as const;

export type Take = {
  readonly atMs: number;
  readonly charges: readonly { readonly index: number; readonly cost: number }[];
};

/** One bucket: `spent` is what is used, in tokens * windowMs; `max` of it flows back in each millisecond. */
class ExactBucket {
  spent = 0n;
  atMs = 0;
  readonly max: bigint;
  readonly windowMs: bigint;
  constructor(max: number, window: number) {
    this.max = BigInt(max);
    this.windowMs = BigInt(window * 1000);
  }
  settle(nowMs: number): void {
    const left = this.spent - BigInt(nowMs - this.atMs) * this.max;
    this.spent = left > 0n ? left : 0n;
    this.atMs = nowMs;
  }
  /** Whole milliseconds until `cost` could be taken. */
  waitMs(cost: number): number {
    const missing = this.spent + (BigInt(cost) - this.max) * this.windowMs;
    return missing <= 0n ? 0 : Number((missing + this.max - 1n) / this.max);
  }
}

export function exactBuckets(): ExactBucket[] {
  return LIMITS.map(({ max, window }) => new ExactBucket(max, window));
}

/** What the model says to a call: "taken", or the milliseconds to wait, or "never". */
export function exactTake(buckets: readonly ExactBucket[], { atMs, charges }: Take): "taken" | "never" | number {
  const costs = buckets.map((_, of) => charges.reduce((sum, { index, cost }) => (index === of ? sum + cost : sum), 0));
  for (const bucket of buckets) bucket.settle(atMs);
  if (costs.some((cost, index) => BigInt(cost) > (buckets[index]?.max ?? 0n))) return "never";
  const waits = buckets.map((bucket, index) => (costs[index] === 0 ? 0 : bucket.waitMs(costs[index] ?? 0)));
  const wait = Math.max(...waits);
  if (wait > 0) return wait;
  for (const [index, bucket] of buckets.entries()) bucket.spent += BigInt(costs[index] ?? 0) * bucket.windowMs;
  return "taken";
}

export function chargesOf(take: Take): Charge[] {
  return take.charges.map(({ index, cost }) => {
    const { key, max, window } = LIMITS[index] ?? LIMITS[0];
    return charge(key, { max, window, cost });
  });
}

export const wait = fc.oneof(fc.constant(0), fc.nat(20), fc.nat(400), fc.nat(9000));
export const charges = fc.array(
  fc.record({ index: fc.nat(LIMITS.length - 1), cost: fc.oneof(fc.constant(1), fc.nat(4), fc.nat(21)) }),
  { maxLength: 4 },
);
export const history = fc.array(fc.record({ wait, charges }), { minLength: 1, maxLength: 120 });
