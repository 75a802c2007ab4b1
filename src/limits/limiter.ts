// Token buckets in memory: a call takes from all of its buckets or from none, and each take is in the journal before it
// counts. Synchronous; time and journal come in as arguments, and nothing here runs by itself.
import type { Charge, RateLimit, Receipt, Taken } from "../gate/types.ts";
import { type Bucket, type BucketLevel, beginBucket, type Mark, NO_PLACE } from "./bucket.ts";
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

/** What was taken from one bucket, and which that was. */
type Part = { readonly key: string; readonly born: number; readonly mark: Mark };

class IssuedReceipt implements Receipt {
  spent = false;
  constructor(
    /** Which limiter's: a bucket of another one is not given back to. */
    readonly shelf: BucketShelf,
    readonly charges: readonly Charge[],
    readonly principal: string,
    readonly taken: readonly Part[],
  ) {}
}

export function createLimiter(options: LimiterOptions): Limiter {
  const { monotonicMs, journal } = options;
  const shelf = new BucketShelf(options.maxBucketsPerPrincipal);
  const startedMs = monotonicMs();
  for (const level of options.restore ?? []) {
    shelf.put(level.key, level.principal, beginBucket(level, startedMs - level.ageMs));
  }

  return {
    take(charges, principal) {
      const nowMs = monotonicMs();
      shelf.sweep(nowMs, charges.length * SWEEP_STEPS_PER_CHARGE);
      let draws = drawAll(charges, nowMs);

      const exhausted = exhaustedBy(charges, draws, nowMs);
      if (exhausted !== undefined) return { ...exhausted, buckets: draws.map((draw) => describeDraw(draw, nowMs, 0)) };
      const added = draws.filter(isNew);
      if (added[0] !== undefined && !shelf.hasRoom(principal, added.length)) {
        shelf.forgetFull(principal, nowMs);
        // some may have been this call's: they are to be added as well
        draws = drawAll(charges, nowMs);
        const { length } = draws.filter(isNew);
        if (!shelf.hasRoom(principal, length)) return { kind: "too_many_buckets", limit: added[0].limit };
      }

      const buckets = draws.map((draw) => describeDraw(draw, nowMs, draw.share));
      if (draws.length > 0) journal.append(draws.map((draw) => levelAfter(draw, principal, nowMs)));
      const taken = draws.map(({ key, bucket, share, limit }) => {
        const mark = bucket.take(nowMs, share, limit.max);
        const { born } = bucket.place === NO_PLACE ? shelf.put(key, principal, bucket) : bucket;
        return { key, born, mark };
      });
      return { kind: "taken", receipt: new IssuedReceipt(shelf, charges, principal, taken), buckets };
    },

    refund(receipt) {
      if (!(receipt instanceof IssuedReceipt && receipt.shelf === shelf))
        throw new TypeError("this limiter did not issue the receipt");
      if (receipt.spent) return;
      receipt.spent = true;
      const nowMs = monotonicMs();
      const given: BucketLevel[] = [];
      for (const part of receipt.taken) {
        const bucket = shelf.get(part.key);
        // A bucket that was forgotten since had become full: nothing of the take is left to give back.
        if (bucket?.born !== part.born) continue;
        bucket.giveBack(nowMs, part.mark);
        shelf.noteEarlierFull(bucket);
        given.push(levelOf(part.key, bucket, nowMs));
      }
      try {
        if (given.length > 0) journal.append(given);
      } catch (error) {
        // What is not written counts as taken after a restart, which is the safe side; the next take reports the journal.
        if (!(error instanceof JournalError)) throw error;
      }
    },

    bucketCount: () => shelf.size,

    *buckets() {
      const nowMs = monotonicMs();
      for (const bucket of shelf.values()) yield levelOf(shelf.keyOf(bucket), bucket, nowMs);
    },
  };

  function drawAll(charges: readonly Charge[], nowMs: number): Draw[] {
    const draws = drawsOf(charges, findBucket, nowMs);
    adoptWindows(draws, nowMs);
    return draws;
  }

  function findBucket(key: string, { window, max }: RateLimit, nowMs: number): Bucket {
    return shelf.get(key) ?? beginBucket({ used: 0, windowMs: window * 1000, max }, nowMs);
  }

  /** A rule whose window was changed refills its buckets by the new one from now on, whether or not this call passes. */
  function adoptWindows(draws: readonly Draw[], nowMs: number): void {
    for (const draw of draws) {
      const { key, bucket, windowMs } = draw;
      if (bucket.windowMs === windowMs) continue;
      if (!isNew(draw)) journal.append([{ ...levelOf(key, bucket, nowMs), windowMs }]);
      bucket.setWindow(nowMs, windowMs);
      if (!isNew(draw)) shelf.noteEarlierFull(bucket);
    }
  }

  function levelOf(key: string, bucket: Bucket, nowMs: number): BucketLevel {
    const { windowMs, max } = bucket;
    return { key, principal: shelf.principalOf(bucket), used: bucket.usedAt(nowMs), windowMs, max };
  }

  function levelAfter(draw: Draw, principal: string, nowMs: number): BucketLevel {
    const { key, bucket, limit, share } = draw;
    const { windowMs } = bucket;
    const holder = isNew(draw) ? principal : shelf.principalOf(bucket);
    return { key, principal: holder, used: bucket.usedAt(nowMs) + share, windowMs, max: limit.max };
  }
}

/** Whether the shelf does not have it. */
function isNew({ bucket }: Draw): boolean {
  return bucket.place === NO_PLACE;
}
