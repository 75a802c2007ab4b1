// The arithmetic of one token bucket. It counts in shares of the bucket, not in tokens: 0 is full, 1 is empty, a call
// uses `cost / max`, and `1 / window` flows back. So a rule that changes its `max` or `window` keeps the share that was
// used: an empty bucket stays empty. No clock, map or file here.

/** What must outlive the process to know a bucket again. */
export type BucketLevel = {
  readonly key: string;
  /** The id of who holds it: the principal that first took from it. */
  readonly principal: string;
  /** Share of the bucket that is used: 0 full, 1 empty. */
  readonly used: number;
  /** Milliseconds in which all of it flows back. */
  readonly windowMs: number;
  /** Tokens in the full bucket, for display: `used` is a share of them. */
  readonly max: number;
};

/** Where a bucket stood right after a take: what a refund needs to know of it. */
export type Mark = { readonly share: number; readonly takenSoFar: number; readonly flowedSoFar: number };

/** A bucket's numbers, side by side in an array that may hold many: its shelf's, or its own. */
export const BUCKET_NUMBERS = 6;
const USED = 0;
/** Monotonic time at which `USED` held. */
const AT_MS = 1;
const WINDOW_MS = 2;
const MAX = 3;
/** All shares ever taken, and all that could have flowed back: both only grow. */
const TAKEN = 4;
const FLOWED = 5;

/** More than any take: what flows back in one step is counted up to so many shares, so that it stays a number over any window. */
export const MAX_FLOW = 2;

/** Of a bucket that is not on the shelf. */
export const NO_PLACE = -1;

export class Bucket {
  readonly #numbers: Float64Array;
  readonly #at: number;

  /**
   * @param at where its numbers begin
   * @param place its place on the shelf, or NO_PLACE
   * @param born tells it from all others of the shelf, those of the same key too
   */
  constructor(
    numbers: Float64Array,
    at: number,
    readonly place: number,
    readonly born: number,
  ) {
    this.#numbers = numbers;
    this.#at = at;
  }

  get windowMs(): number {
    return this.#get(WINDOW_MS);
  }

  get max(): number {
    return this.#get(MAX);
  }

  /** The share that is used at `nowMs`. Changes nothing, so that being asked often adds up to no rounding. */
  usedAt(nowMs: number): number {
    return Math.max(0, this.#get(USED) - this.#flowAt(nowMs));
  }

  /** The monotonic time from which it is full, if nothing more is taken. */
  fullAtMs(): number {
    return this.#get(AT_MS) + this.#get(USED) * this.#get(WINDOW_MS);
  }

  /** From `nowMs` on, all of the bucket flows back in `windowMs`. */
  setWindow(nowMs: number, windowMs: number): void {
    this.#settle(nowMs);
    this.#set(WINDOW_MS, windowMs);
  }

  /** Uses `share` more, of a bucket that now holds `max` tokens; the caller has seen that the share is there. */
  take(nowMs: number, share: number, max: number): Mark {
    this.#settle(nowMs);
    const takenSoFar = this.#get(TAKEN) + share;
    this.#set(USED, this.#get(USED) + share);
    this.#set(MAX, max);
    this.#set(TAKEN, takenSoFar);
    return { share, takenSoFar, flowedSoFar: this.#get(FLOWED) };
  }

  /**
   * Undoes a take. What has flowed back since is not given a second time: without the take it would have met a full
   * bucket and been lost. Of the take there is left at least what is used now less all later takes, and at least the
   * take less all later flow; the greater of the two is given.
   */
  giveBack(nowMs: number, mark: Mark): void {
    this.#settle(nowMs);
    const used = this.#get(USED);
    const takenSince = this.#get(TAKEN) - mark.takenSoFar;
    const flowedSince = this.#get(FLOWED) - mark.flowedSoFar;
    const left = Math.min(mark.share, Math.max(used - takenSince, mark.share - flowedSince, 0));
    this.#set(USED, Math.max(0, used - left));
  }

  /** Copies its numbers into another array. */
  copyTo(numbers: Float64Array, at: number): void {
    for (let index = 0; index < BUCKET_NUMBERS; index += 1) numbers[at + index] = this.#get(index);
  }

  #settle(nowMs: number): void {
    const flow = this.#flowAt(nowMs);
    this.#set(USED, Math.max(0, this.#get(USED) - flow));
    this.#set(FLOWED, this.#get(FLOWED) + flow);
    this.#set(AT_MS, Math.max(this.#get(AT_MS), nowMs));
  }

  #flowAt(nowMs: number): number {
    return Math.min(MAX_FLOW, Math.max(0, nowMs - this.#get(AT_MS)) / this.#get(WINDOW_MS));
  }

  #get(index: number): number {
    return this.#numbers[this.#at + index] ?? Number.NaN;
  }

  #set(index: number, value: number): void {
    this.#numbers[this.#at + index] = value;
  }
}

/** A bucket of no shelf, that stood so at `atMs`. */
export function beginBucket({ used, windowMs, max }: Omit<BucketLevel, "key" | "principal">, atMs: number): Bucket {
  return new Bucket(Float64Array.of(used, atMs, windowMs, max, 0, 0), 0, NO_PLACE, 0);
}
