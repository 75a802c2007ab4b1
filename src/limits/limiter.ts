// Token buckets in memory: a call takes from all of its buckets or from none, and each take is in the journal before it
// counts. Synchronous; time and journal come in as arguments, and nothing here runs by itself.
import type { BucketTake, Charge, RateLimit, Receipt, Taken } from "../gate/types.ts";
import { Bucket, type BucketLevel, type Mark } from "./bucket.ts";
import { BucketShelf } from "./bucket-shelf.ts";

/** Keeps what was taken over the end of the process. */
export interface TakeJournal {
  /** Writes the new levels of the buckets of one call, all or none. Throws JournalError where it could not. */
  append(levels: readonly BucketLevel[]): void;
}

/** A take could not be written down: the call must be refused. The message is for the log. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** A level that was read back, `ageMs` (0 or more) after it held. */
export type RestoredLevel = BucketLevel & { readonly ageMs: number };

export type LimiterOptions = {
  /** Milliseconds since any fixed point; never steps back. */
  readonly monotonicMs: () => number;
  readonly journal: TakeJournal;
  /** How many part-used buckets one principal may hold. */
  readonly maxBucketsPerPrincipal: number;
  /** What the journal read back at the start. */
  readonly restore?: readonly RestoredLevel[];
};

export interface Limiter {
  /**
   * Takes all charges, or none. New buckets count for `principal` (an id). Charges on one key add up; a cost of 0 takes
   * nothing. Throws JournalError where the take could not be written (nothing was taken, and the call must be refused),
   * and RangeError for a limit that the policy's schema should have refused.
   */
  take(charges: readonly Charge[], principal: string): Taken;
  /** Gives back what has not flowed back by itself; once, a second time gives nothing. A failing journal is no error here. */
  refund(receipt: Receipt): void;
  /** The buckets in memory as they stand now, for the console: all that are part-used, and full ones not forgotten yet. */
  buckets(): Iterable<BucketLevel>;
  /** How many those are. */
  bucketCount(): number;
}

/**
 * Room for rounding, as a share of a bucket: whoever waited in full is not refused over the last bit of a float. What is
 * taken on it stays used, so it does not add up.
 */
const SLACK = 1e-9;

/** Full buckets are looked for at this many places for each charge: more than it can add, so they do not pile up. */
const SWEEP_STEPS_PER_CHARGE = 2;

type Exhausted = Extract<Taken, { readonly kind: "exhausted" }>;

/** What one call takes from one bucket. */
type Draw = { readonly bucket: Bucket; readonly limit: RateLimit; share: number; windowMs: number };

class IssuedReceipt implements Receipt {
  spent = false;
  constructor(
    readonly charges: readonly Charge[],
    readonly principal: string,
    readonly taken: readonly { readonly bucket: Bucket; readonly mark: Mark }[],
  ) {}
}

export function createLimiter(options: LimiterOptions): Limiter {
  const { monotonicMs, journal } = options;
  const shelf = new BucketShelf(options.maxBucketsPerPrincipal);
  const startedMs = monotonicMs();
  for (const level of options.restore ?? []) shelf.put(new Bucket(level, startedMs - level.ageMs));

  return {
    take(charges, principal) {
      const nowMs = monotonicMs();
      shelf.sweep(nowMs, charges.length * SWEEP_STEPS_PER_CHARGE);
      const draws = drawsOf(charges, principal, nowMs);
      adoptWindows(draws, nowMs);

      const exhausted = exhaustedBy(charges, draws, nowMs);
      if (exhausted !== undefined) return { ...exhausted, buckets: draws.map((draw) => describeDraw(draw, nowMs, 0)) };
      const added = draws.find((draw) => !draw.bucket.shelved);
      if (added !== undefined && !shelf.hasRoom(principal, draws.map(bucketOf), nowMs)) {
        return { kind: "too_many_buckets", limit: added.limit };
      }

      const buckets = draws.map((draw) => describeDraw(draw, nowMs, draw.share));
      if (draws.length > 0) journal.append(draws.map((draw) => levelAfter(draw, nowMs)));
      const taken = draws.map(({ bucket, share, limit }) => {
        const mark = bucket.take(nowMs, share, limit.max);
        shelf.put(bucket);
        return { bucket, mark };
      });
      return { kind: "taken", receipt: new IssuedReceipt(charges, principal, taken), buckets };
    },

    refund(receipt) {
      if (!(receipt instanceof IssuedReceipt)) throw new TypeError("this limiter did not issue the receipt");
      if (receipt.spent) return;
      receipt.spent = true;
      const nowMs = monotonicMs();
      // A bucket that was forgotten since had become full: nothing of the take is left to give back.
      const given = receipt.taken.filter(({ bucket }) => bucket.shelved);
      for (const { bucket, mark } of given) {
        bucket.giveBack(nowMs, mark);
        shelf.noteEarlierFull(bucket);
      }
      try {
        if (given.length > 0) journal.append(given.map(({ bucket }) => bucket.levelAt(nowMs)));
      } catch (error) {
        // What is not written counts as taken after a restart, which is the safe side; the next take reports the journal.
        if (!(error instanceof JournalError)) throw error;
      }
    },

    bucketCount: () => shelf.size,

    *buckets() {
      const nowMs = monotonicMs();
      for (const bucket of shelf.values()) yield bucket.levelAt(nowMs);
    },
  };

  function drawsOf(charges: readonly Charge[], principal: string, nowMs: number): Draw[] {
    const draws: Draw[] = [];
    for (const { key, limit } of charges) {
      assertSound(limit);
      if (limit.cost === 0) continue;
      const share = limit.cost / limit.max;
      const windowMs = limit.window * 1000;
      const same = draws.find((draw) => draw.bucket.key === key);
      if (same === undefined) {
        const bucket = shelf.get(key) ?? new Bucket({ key, principal, used: 0, windowMs, max: limit.max }, nowMs);
        draws.push({ bucket, limit, share, windowMs });
      } else {
        same.share += share;
        same.windowMs = Math.max(same.windowMs, windowMs);
      }
    }
    return draws;
  }

  /** A rule whose window was changed refills its buckets by the new one from now on, whether or not this call passes. */
  function adoptWindows(draws: readonly Draw[], nowMs: number): void {
    for (const { bucket, windowMs } of draws) {
      if (bucket.windowMs === windowMs) continue;
      if (bucket.shelved) journal.append([{ ...bucket.levelAt(nowMs), windowMs }]);
      bucket.setWindow(nowMs, windowMs);
      if (bucket.shelved) shelf.noteEarlierFull(bucket);
    }
  }
}

/** The refusal of a call that one of its buckets cannot carry now: the one that takes longest, or that never will. */
function exhaustedBy(charges: readonly Charge[], draws: readonly Draw[], nowMs: number): Exhausted | undefined {
  const never =
    charges.find(({ limit }) => limit.cost > limit.max)?.limit ?? draws.find(({ share }) => share > 1 + SLACK)?.limit;
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
function describeDraw({ bucket, limit }: Draw, nowMs: number, share: number): BucketTake {
  const left = 1 - bucket.usedAt(nowMs);
  const tokens = (part: number): number => Math.round(Math.max(0, part) * limit.max * 1_000) / 1_000;
  return { rule: limit.rule, max: limit.max, before: tokens(left), after: tokens(left - share) };
}

function levelAfter({ bucket, limit, share }: Draw, nowMs: number): BucketLevel {
  const { key, principal, windowMs } = bucket;
  return { key, principal, used: bucket.usedAt(nowMs) + share, windowMs, max: limit.max };
}

function bucketOf(draw: Draw): Bucket {
  return draw.bucket;
}

function assertSound({ rule, max, window, cost }: RateLimit): void {
  const finite = Number.isFinite(max) && Number.isFinite(window * 1000) && Number.isFinite(cost);
  if (!finite || max <= 0 || window <= 0 || cost < 0) {
    throw new RangeError(`${rule}: max ${max}, window ${window} and cost ${cost} are no rate limit`);
  }
}
