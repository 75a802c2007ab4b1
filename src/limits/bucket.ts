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

export class Bucket {
  readonly key: string;
  readonly principal: string;
  /** Whether the shelf holds it: false until its first take, and again once it was forgotten, full. */
  shelved = false;
  #used: number;
  #windowMs: number;
  #max: number;
  /** Monotonic time at which `#used` held. */
  #atMs: number;
  /** All shares ever taken, and all that could have flowed back: both only grow. */
  #takenSoFar = 0;
  #flowedSoFar = 0;

  constructor(level: BucketLevel, atMs: number) {
    this.key = level.key;
    this.principal = level.principal;
    this.#used = level.used;
    this.#windowMs = level.windowMs;
    this.#max = level.max;
    this.#atMs = atMs;
  }

  get windowMs(): number {
    return this.#windowMs;
  }

  /** The share that is used at `nowMs`. Changes nothing, so that being asked often adds up to no rounding. */
  usedAt(nowMs: number): number {
    return Math.max(0, this.#used - this.#flowAt(nowMs));
  }

  levelAt(nowMs: number): BucketLevel {
    return {
      key: this.key,
      principal: this.principal,
      used: this.usedAt(nowMs),
      windowMs: this.#windowMs,
      max: this.#max,
    };
  }

  /** The monotonic time from which it is full, if nothing more is taken. */
  fullAtMs(): number {
    return this.#atMs + this.#used * this.#windowMs;
  }

  /** From `nowMs` on, all of the bucket flows back in `windowMs`. */
  setWindow(nowMs: number, windowMs: number): void {
    this.#settle(nowMs);
    this.#windowMs = windowMs;
  }

  /** Uses `share` more, of a bucket that now holds `max` tokens; the caller has seen that the share is there. */
  take(nowMs: number, share: number, max: number): Mark {
    this.#settle(nowMs);
    this.#used += share;
    this.#max = max;
    this.#takenSoFar += share;
    return { share, takenSoFar: this.#takenSoFar, flowedSoFar: this.#flowedSoFar };
  }

  /**
   * Undoes a take. What has flowed back since is not given a second time: without the take it would have met a full
   * bucket and been lost. Of the take there is left at least what is used now less all later takes, and at least the
   * take less all later flow; the greater of the two is given.
   */
  giveBack(nowMs: number, mark: Mark): void {
    this.#settle(nowMs);
    const takenSince = this.#takenSoFar - mark.takenSoFar;
    const flowedSince = this.#flowedSoFar - mark.flowedSoFar;
    const left = Math.min(mark.share, Math.max(this.#used - takenSince, mark.share - flowedSince, 0));
    this.#used = Math.max(0, this.#used - left);
  }

  #settle(nowMs: number): void {
    const flow = this.#flowAt(nowMs);
    this.#used = Math.max(0, this.#used - flow);
    this.#flowedSoFar += flow;
    this.#atMs = Math.max(this.#atMs, nowMs);
  }

  #flowAt(nowMs: number): number {
    return Math.max(0, nowMs - this.#atMs) / this.#windowMs;
  }
}
