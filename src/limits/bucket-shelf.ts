// All buckets that are part-used, by key and by the principal they count for. Full ones are forgotten a few at a time, at
// each take: no timer, no long pause. A part-used bucket is never dropped, which would fill it: over the cap there is no room.
import { type Bucket, NO_PLACE } from "./bucket.ts";
import { BucketRecords, HOLDER, NEXT, PREVIOUS, type RecordKey } from "./bucket-records.ts";
import { type Holding, Holdings } from "./holdings.ts";
import { MAX_KEY_WORDS, writeKey } from "./key-words.ts";
import { hashWords, makeHashSecret } from "./keyed-hash.ts";
import { RecordIndex } from "./record-index.ts";

export class BucketShelf {
  readonly #maxPerPrincipal: number;
  readonly #records = new BucketRecords();
  readonly #index = new RecordIndex(this.#records);
  readonly #holdings = new Holdings();
  #sweeping = this.#records.places();
  /** Keys may hold names that an agent chooses: none can choose which of them meet. */
  readonly #secret = makeHashSecret();
  /** The key that is looked for, as bytes too. */
  readonly #sought = { hash: 0, words: new Int32Array(MAX_KEY_WORDS), count: 0 };
  readonly #soughtBytes = Buffer.from(this.#sought.words.buffer);

  constructor(maxPerPrincipal: number) {
    this.#maxPerPrincipal = maxPerPrincipal;
  }

  /** The bucket of a key: what is done to it is done on the shelf, until the next sweep. */
  get(key: string): Bucket | undefined {
    const place = this.#index.find(this.#seek(key));
    return place === NO_PLACE ? undefined : this.#records.bucket(place);
  }

  keyOf({ place }: Bucket): string {
    return this.#records.keyOf(place);
  }

  principalOf({ place }: Bucket): string {
    return this.#holdingOf(place).principal;
  }

  *values(): Iterable<Bucket> {
    for (const place of this.#records.places()) yield this.#records.bucket(place);
  }

  get size(): number {
    return this.#records.size;
  }

  /** How many principals hold buckets. */
  get holders(): number {
    return this.#holdings.size;
  }

  /** Adds a bucket that is not there yet, as it is now. The caller has seen that there is room. @returns the one on the shelf */
  put(key: string, principal: string, bucket: Bucket): Bucket {
    const place = this.#records.add(bucket, this.#seek(key));
    this.#index.add(place);
    const holding = this.#holdings.of(principal) ?? this.#holdings.begin(principal);
    this.#records.set(place, HOLDER, holding.number);
    this.#link(place, holding.first, holding);
    this.#link(NO_PLACE, place, holding);
    holding.size += 1;
    holding.nextFullMs = Math.min(holding.nextFullMs, bucket.fullAtMs());
    return this.#records.bucket(place);
  }

  /** To be called when a bucket on the shelf will be full earlier than before: after a refund, or with another window. */
  noteEarlierFull(bucket: Bucket): void {
    const holding = this.#holdingOf(bucket.place);
    holding.nextFullMs = Math.min(holding.nextFullMs, bucket.fullAtMs());
  }

  /** Whether `principal` may hold `added` buckets more. */
  hasRoom(principal: string, added: number): boolean {
    return (this.#holdings.of(principal)?.size ?? 0) + added <= this.#maxPerPrincipal;
  }

  /** Forgets the full buckets of `principal`, whoever has looked them up. Costs nothing while none of them can be full. */
  forgetFull(principal: string, nowMs: number): void {
    const holding = this.#holdings.of(principal);
    if (holding === undefined || nowMs < holding.nextFullMs) return;
    holding.nextFullMs = Number.POSITIVE_INFINITY;
    for (let place = holding.first; place !== NO_PLACE; ) {
      const next = this.#records.get(place, NEXT);
      const bucket = this.#records.bucket(place);
      if (bucket.usedAt(nowMs) === 0) this.#forget(place);
      else holding.nextFullMs = Math.min(holding.nextFullMs, bucket.fullAtMs());
      place = next;
    }
  }

  /** Looks at the next `steps` buckets and forgets the full ones. Buckets that were looked up before may be elsewhere afterwards. */
  sweep(nowMs: number, steps: number): void {
    this.#records.tidy(this.#moved);
    for (let step = 0; step < steps; step += 1) {
      const next = this.#sweeping.next();
      if (next.done === true) {
        this.#sweeping = this.#records.places();
        return;
      }
      if (this.#records.bucket(next.value).usedAt(nowMs) === 0) this.#forget(next.value);
    }
  }

  #forget(place: number): void {
    const holding = this.#holdingOf(place);
    this.#link(this.#records.get(place, PREVIOUS), this.#records.get(place, NEXT), holding);
    holding.size -= 1;
    if (holding.size === 0) this.#holdings.end(holding);
    this.#index.remove(place);
    this.#records.remove(place);
  }

  readonly #moved = (from: number, to: number): void => {
    const holding = this.#holdingOf(to);
    this.#index.move(from, to);
    this.#link(this.#records.get(to, PREVIOUS), to, holding);
    this.#link(to, this.#records.get(to, NEXT), holding);
  };

  /** Makes two records of a holding neighbours; NO_PLACE is before the first and after the last. */
  #link(previous: number, next: number, holding: Holding): void {
    if (previous === NO_PLACE) holding.first = next;
    else this.#records.set(previous, NEXT, next);
    if (next !== NO_PLACE) this.#records.set(next, PREVIOUS, previous);
  }

  /** Makes `key` the one that is looked for. */
  #seek(key: string): RecordKey {
    const sought = this.#sought;
    sought.count = writeKey(key, this.#soughtBytes);
    sought.hash = hashWords(sought.words, 0, sought.count, this.#secret);
    return sought;
  }

  #holdingOf(place: number): Holding {
    const holding = this.#holdings.numbered(this.#records.get(place, HOLDER));
    if (holding === undefined) throw new Error(`nobody holds the bucket at ${place}`);
    return holding;
  }
}
