// The memory of the shelf: a record for each bucket, its numbers, what the shelf finds its way by, and its key side by side, since
// each place that is looked at costs more than what is done there. Records lie one behind the other in slabs. What is removed leaves
// a hole; a slab that is half holes is given up, and its records move to the newest: so holes take no more than records do.
import { BUCKET_NUMBERS, Bucket, NO_PLACE } from "./bucket.ts";
import { countKeyWords, readKey } from "./key-words.ts";

/** The integers behind a record's numbers: its key's hash, */
export const HASH = 0;
/** the number of whose holding it is, and the records before and after it there. */
export const HOLDER = 1;
export const PREVIOUS = 2;
export const NEXT = 3;
/** Which of all buckets it is, counted from 1; 0: it is a hole. */
const BORN = 4;
const KEY = 5;

type Field = typeof HASH | typeof HOLDER | typeof PREVIOUS | typeof NEXT;

/** Of the key that a record is made for: its hash, and its words. */
export type RecordKey = { readonly hash: number; readonly words: Int32Array; readonly count: number };

/** A place is a slab's number and the record's first double in it. */
const SLAB_BITS = 15;
const SLAB_NUMBERS = 1 << SLAB_BITS;
/** Places are 32-bit integers: 16 GiB. */
const MAX_SLABS = 2 ** 31 / SLAB_NUMBERS;

class Slab {
  readonly numbers = new Float64Array(SLAB_NUMBERS);
  readonly integers = new Int32Array(this.numbers.buffer);
  readonly bytes = Buffer.from(this.numbers.buffer);
  /** In doubles: what was written from the beginning on, and what of that is no hole. */
  filled = 0;
  live = 0;
}

export class BucketRecords {
  /** By number; undefined where it was given up. */
  readonly #slabs: (Slab | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** The number of the slab that is being filled. */
  #newest = -1;
  /** Numbers of slabs to be given up. */
  readonly #sparse = new Set<number>();
  #size = 0;
  #births = 0;

  get size(): number {
    return this.#size;
  }

  /** A record with a copy of the bucket's numbers; the shelf's integers are to be set. Throws RangeError where 16 GiB are full. */
  add(bucket: Bucket, { hash, words, count }: RecordKey): number {
    const length = lengthOf(count);
    const place = this.#claim(length);
    const slab = this.#slabOf(place);
    const at = place & (SLAB_NUMBERS - 1);
    bucket.copyTo(slab.numbers, at);
    const integersAt = (at + BUCKET_NUMBERS) * 2;
    slab.integers[integersAt + HASH] = hash;
    this.#births = (this.#births + 1) | 0 || 1;
    slab.integers[integersAt + BORN] = this.#births;
    for (let index = 0; index < count; index += 1) slab.integers[integersAt + KEY + index] = words[index] ?? 0;
    this.#size += 1;
    return place;
  }

  /** Makes a hole of it. */
  remove(place: number): void {
    const slab = this.#slabOf(place);
    const at = place & (SLAB_NUMBERS - 1);
    slab.integers[(at + BUCKET_NUMBERS) * 2 + BORN] = 0;
    slab.live -= recordLength(slab, at);
    this.#size -= 1;
    this.#noteIfSparse(place >>> SLAB_BITS, slab);
  }

  /** Gives up one slab that is half holes; nothing moves but here. @param moved told of each record, once it is where it goes */
  tidy(moved: (from: number, to: number) => void): void {
    if (this.#sparse.size === 0) return;
    const [number = 0] = this.#sparse;
    this.#sparse.delete(number);
    this.#giveUp(number, moved);
  }

  /** The bucket of a record, until it is removed or moves: what is done to it is done there. */
  bucket(place: number): Bucket {
    const { numbers, integers } = this.#slabOf(place);
    const at = place & (SLAB_NUMBERS - 1);
    return new Bucket(numbers, at, place, integers[(at + BUCKET_NUMBERS) * 2 + BORN] ?? 0);
  }

  get(place: number, field: Field): number {
    return this.#slabOf(place).integers[((place & (SLAB_NUMBERS - 1)) + BUCKET_NUMBERS) * 2 + field] ?? 0;
  }

  set(place: number, field: Field, value: number): void {
    this.#slabOf(place).integers[((place & (SLAB_NUMBERS - 1)) + BUCKET_NUMBERS) * 2 + field] = value;
  }

  /** Whether the record has this hash and this key. */
  isOf(place: number, { hash, words, count }: RecordKey): boolean {
    const { integers } = this.#slabOf(place);
    const at = ((place & (SLAB_NUMBERS - 1)) + BUCKET_NUMBERS) * 2;
    if (integers[at + HASH] !== hash) return false;
    for (let index = 0; index < count; index += 1) if (integers[at + KEY + index] !== words[index]) return false;
    return true;
  }

  keyOf(place: number): string {
    return readKey(this.#slabOf(place).bytes, keyStart(place & (SLAB_NUMBERS - 1)));
  }

  /** All places; those that come or move meanwhile may be left out. */
  *places(): IterableIterator<number> {
    for (let number = 0; number < this.#slabs.length; number += 1) {
      // a slab that is given up meanwhile is all holes
      const slab = this.#slabs[number];
      if (slab === undefined) continue;
      for (let at = 0; at < slab.filled; at += recordLength(slab, at)) {
        if (slab.integers[(at + BUCKET_NUMBERS) * 2 + BORN] !== 0) yield number * SLAB_NUMBERS + at;
      }
    }
  }

  /** Room for a record of so many doubles. */
  #claim(length: number): number {
    const newest = this.#slabs[this.#newest];
    if (newest !== undefined && newest.filled + length <= SLAB_NUMBERS) return this.#fill(newest, length);
    const number = this.#freeNumbers.pop() ?? this.#slabs.length;
    if (number >= MAX_SLABS) throw new RangeError("there are more buckets than there are places for");
    const slab = new Slab();
    const full = this.#newest;
    this.#slabs[number] = slab;
    this.#newest = number;
    if (newest !== undefined) this.#noteIfSparse(full, newest);
    return this.#fill(slab, length);
  }

  #fill(slab: Slab, length: number): number {
    const at = slab.filled;
    slab.filled += length;
    slab.live += length;
    return this.#newest * SLAB_NUMBERS + at;
  }

  #noteIfSparse(number: number, slab: Slab): void {
    if (number !== this.#newest && slab.live * 2 <= slab.filled) this.#sparse.add(number);
  }

  #giveUp(number: number, moved: (from: number, to: number) => void): void {
    const slab = this.#slabs[number];
    if (slab === undefined) return;
    for (let at = 0; slab.live > 0; ) {
      const length = recordLength(slab, at);
      const bornAt = (at + BUCKET_NUMBERS) * 2 + BORN;
      if (slab.integers[bornAt] !== 0) {
        const to = this.#claim(length);
        this.#slabOf(to).numbers.set(slab.numbers.subarray(at, at + length), to & (SLAB_NUMBERS - 1));
        slab.integers[bornAt] = 0;
        slab.live -= length;
        moved(number * SLAB_NUMBERS + at, to);
      }
      at += length;
    }
    this.#slabs[number] = undefined;
    this.#freeNumbers.push(number);
  }

  #slabOf(place: number): Slab {
    const slab = this.#slabs[place >>> SLAB_BITS];
    if (slab === undefined || place === NO_PLACE) throw new Error(`no bucket is at ${place}`);
    return slab;
  }
}

/** In doubles, of a record whose key has so many words. */
function lengthOf(keyWords: number): number {
  return BUCKET_NUMBERS + ((KEY + keyWords + 1) >>> 1);
}

function recordLength({ bytes }: Slab, at: number): number {
  return lengthOf(countKeyWords(bytes, keyStart(at)));
}

/** The first byte of the key of the record at the double `at` of a slab. */
function keyStart(at: number): number {
  return (at + BUCKET_NUMBERS) * 8 + KEY * 4;
}
