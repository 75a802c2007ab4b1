// Token buckets in memory: a call takes from all of its buckets or from none, and each take is in the journal before it
// counts. Synchronous; time and journal come in as arguments, and nothing here runs by itself.
import type { Charge, RateLimit, Receipt, Taken } from "../gate/types.ts";
import { Bucket, type BucketLevel, type Mark } from "./bucket.ts";
import { BucketShelf } from "./bucket-shelf.ts";
import { type Draw as DrawOf, describeDraw, drawsOf, exhaustedBy } from "./draws.ts";

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

/** What takes tokens for calls: in this process at once, or in a store that many gates share. */
export interface Takes {
  take(charges: readonly Charge[], principal: string): Taken | Promise<Taken>;
  refund(receipt: Receipt): void;
}

export interface Limiter extends Takes {
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

/** Full buckets are looked for at this many places for each charge: more than it can add, so they do not pile up. */
const SWEEP_STEPS_PER_CHARGE = 2;

type Draw = DrawOf<Bucket>;

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
      const draws = drawsOf(charges, findBucket, principal, nowMs);
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

  function findBucket(key: string, { window, max }: RateLimit, principal: string, nowMs: number): Bucket {
    return shelf.get(key) ?? new Bucket({ key, principal, used: 0, windowMs: window * 1000, max }, nowMs);
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

function levelAfter({ bucket, limit, share }: Draw, nowMs: number): BucketLevel {
  const { key, principal, windowMs } = bucket;
  return { key, principal, used: bucket.usedAt(nowMs) + share, windowMs, max: limit.max };
}

function bucketOf(draw: Draw): Bucket {
  return draw.bucket;
}
