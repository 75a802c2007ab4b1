// What a call takes from each of its buckets, and why they can't carry it: the same words for buckets in memory and for those
// that many gates share. Pure arithmetic over what a bucket says of itself; nothing is taken here.
import type { BucketTake, Charge, RateLimit, Taken } from "../gate/types.ts";

/**
 * Room for rounding, as a share of a bucket: whoever waited in full is not refused over the last bit of a float. What is
 * taken on it stays used, so it does not add up.
 */
export const SLACK = 1e-9;

/** A bucket as far as a call that wants something of it must know it. */
export interface Measured {
  /** The share that is used at `nowMs`. */
  usedAt(nowMs: number): number;
}

/** What one call takes from one bucket. */
export type Draw<B = Measured> = {
  readonly key: string;
  readonly bucket: B;
  /** Of the first charge on the bucket. */
  readonly limit: RateLimit;
  share: number;
  windowMs: number;
};

/** Finds the bucket of a key, or makes a full one. */
export type FindBucket<B> = (key: string, limit: RateLimit, nowMs: number) => B;

export type Exhausted = Extract<Taken, { readonly kind: "exhausted" }>;

/** Charges on one key add up; a cost of 0 takes nothing. Throws RangeError for a limit that the policy's schema should have refused. */
export function drawsOf<B>(charges: readonly Charge[], find: FindBucket<B>, nowMs: number): Draw<B>[] {
  const draws: Draw<B>[] = [];
  for (const { key, limit } of charges) {
    assertSound(limit);
    if (limit.cost === 0) continue;
    const share = limit.cost / limit.max;
    const windowMs = limit.window * 1000;
    const same = draws.find((draw) => draw.key === key);
    if (same === undefined) {
      draws.push({ key, bucket: find(key, limit, nowMs), limit, share, windowMs });
    } else {
      same.share += share;
      same.windowMs = Math.max(same.windowMs, windowMs);
    }
  }
  return draws;
}

/** The limit that can never carry the call, however long it waits. */
export function neverBy(charges: readonly Charge[], draws: readonly Draw<unknown>[]): RateLimit | undefined {
  return (
    charges.find(({ limit }) => limit.cost > limit.max)?.limit ?? draws.find(({ share }) => share > 1 + SLACK)?.limit
  );
}

/** The refusal of a call that one of its buckets cannot carry now: the one that takes longest, or that never will. */
export function exhaustedBy(charges: readonly Charge[], draws: readonly Draw[], nowMs: number): Exhausted | undefined {
  const never = neverBy(charges, draws);
  if (never !== undefined) return { kind: "exhausted", limit: never };

  let longest: { readonly limit: RateLimit; readonly waitMs: number } | undefined;
  for (const { bucket, limit, share, windowMs } of draws) {
    const missing = bucket.usedAt(nowMs) + share - 1;
    const waitMs = missing * windowMs;
    if (missing > SLACK && waitMs > (longest?.waitMs ?? 0)) longest = { limit, waitMs };
  }
  if (longest === undefined) return undefined;
  // Whole milliseconds, rounded up, but not for a bit of rounding: 6,000.0000001 ms are 6 s.
  return {
    kind: "exhausted",
    limit: longest.limit,
    retryAfterSeconds: Math.ceil(longest.waitMs * (1 - SLACK / 2)) / 1000,
  };
}

/** In tokens, with as many digits as are worth reading. */
export function describeDraw({ bucket, limit }: Draw, nowMs: number, share: number): BucketTake {
  const left = 1 - bucket.usedAt(nowMs);
  const tokens = (part: number): number => Math.round(Math.max(0, part) * limit.max * 1_000) / 1_000;
  return { rule: limit.rule, max: limit.max, before: tokens(left), after: tokens(left - share) };
}

function assertSound({ rule, max, window, cost }: RateLimit): void {
  const finite = Number.isFinite(max) && Number.isFinite(window * 1000) && Number.isFinite(cost);
  if (!finite || max <= 0 || window <= 0 || cost < 0) {
    throw new RangeError(`${rule}: max ${max}, window ${window} and cost ${cost} are no rate limit`);
  }
}
