// All buckets that are part-used, by key and by the principal they count for. Full ones are forgotten a few at a time, at
// each take: no timer, no long pause. A part-used bucket is never dropped, which would fill it: over the cap there is no room.
import type { Bucket } from "./bucket.ts";

type Holding = {
  readonly buckets: Set<Bucket>;
  /** No bucket of the holding is full before this monotonic time. */
  nextFullMs: number;
};

export class BucketShelf {
  readonly #maxPerPrincipal: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #holdings = new Map<string, Holding>();
  #sweeping = this.#buckets.values();

  constructor(maxPerPrincipal: number) {
    this.#maxPerPrincipal = maxPerPrincipal;
  }

  get(key: string): Bucket | undefined {
    return this.#buckets.get(key);
  }

  values(): Iterable<Bucket> {
    return this.#buckets.values();
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Adds a bucket that was taken from, where it is not there yet. The caller has seen that there is room. */
  put(bucket: Bucket): void {
    if (bucket.shelved) return;
    bucket.shelved = true;
    this.#buckets.set(bucket.key, bucket);
    const holding = this.#holdings.get(bucket.principal) ?? { buckets: new Set(), nextFullMs: bucket.fullAtMs() };
    holding.buckets.add(bucket);
    this.#holdings.set(bucket.principal, holding);
    this.noteEarlierFull(bucket);
  }

  /** To be called when a bucket on the shelf will be full earlier than before: after a refund, or with another window. */
  noteEarlierFull(bucket: Bucket): void {
    const holding = this.#holdings.get(bucket.principal);
    if (holding !== undefined) holding.nextFullMs = Math.min(holding.nextFullMs, bucket.fullAtMs());
  }

  /**
   * Whether `principal` may hold the `wanted` buckets, those that are not on the shelf as well. At the cap, full buckets
   * of the principal are forgotten first (`wanted` ones too); that costs nothing while none of them can be full.
   */
  hasRoom(principal: string, wanted: readonly Bucket[], nowMs: number): boolean {
    const holding = this.#holdings.get(principal);
    const fits = () => {
      const added = wanted.reduce((count, bucket) => (bucket.shelved ? count : count + 1), 0);
      return (holding?.buckets.size ?? 0) + added <= this.#maxPerPrincipal;
    };
    if (fits()) return true;
    if (holding === undefined || nowMs < holding.nextFullMs) return false;
    holding.nextFullMs = Number.POSITIVE_INFINITY;
    for (const bucket of holding.buckets) {
      if (bucket.usedAt(nowMs) === 0) this.#forget(bucket);
      else holding.nextFullMs = Math.min(holding.nextFullMs, bucket.fullAtMs());
    }
    return fits();
  }

  /** Looks at the next `steps` buckets and forgets the full ones. */
  sweep(nowMs: number, steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const next = this.#sweeping.next();
      if (next.done === true) {
        this.#sweeping = this.#buckets.values();
        return;
      }
      if (next.value.usedAt(nowMs) === 0) this.#forget(next.value);
    }
  }

  #forget(bucket: Bucket): void {
    bucket.shelved = false;
    this.#buckets.delete(bucket.key);
    const holding = this.#holdings.get(bucket.principal);
    holding?.buckets.delete(bucket);
    if (holding?.buckets.size === 0) this.#holdings.delete(bucket.principal);
  }
}
