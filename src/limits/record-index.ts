// Finds records by their key's hash: one table of 32-bit integers with open addressing, where a record is in the first free slot
// from the one that its hash names.
import { NO_PLACE } from "./bucket.ts";
import { type BucketRecords, HASH, type RecordKey } from "./bucket-records.ts";

const MIN_SLOTS = 256;

export class RecordIndex {
  readonly #records: BucketRecords;
  /** A record's place + 1; 0 where the slot is free. As many as a power of two. */
  #slots = new Int32Array(MIN_SLOTS);

  constructor(records: BucketRecords) {
    this.#records = records;
  }

  /** The place of the record with this key, or NO_PLACE. */
  find(key: RecordKey): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = key.hash & mask; ; slot = (slot + 1) & mask) {
      const place = (slots[slot] ?? 0) - 1;
      if (place === NO_PLACE || this.#records.isOf(place, key)) return place;
    }
  }

  /** Adds one of the records. */
  add(place: number): void {
    const { size } = this.#records;
    const { length } = this.#slots;
    if (size * 4 > length * 3) this.#rebuild(length * 2);
    else if (size * 8 < length && length > MIN_SLOTS) this.#rebuild(length / 2);
    else this.#slots[this.#slotFrom(place, 0)] = place + 1;
  }

  /** Takes out a record that is still there. What stands behind it moves up, so that there is no gap before any record. */
  remove(place: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let gap = this.#slotFrom(place, place + 1);
    slots[gap] = 0;
    for (let slot = (gap + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const wanted = this.#records.get((slots[slot] ?? 0) - 1, HASH) & mask;
      // it may not stand before the slot that its hash names
      if (((slot - wanted) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot] ?? 0;
      slots[slot] = 0;
      gap = slot;
    }
  }

  /** A record has moved. */
  move(from: number, to: number): void {
    this.#slots[this.#slotFrom(to, from + 1)] = to + 1;
  }

  /** From the records in their order: memory likes that. */
  #rebuild(length: number): void {
    this.#slots = new Int32Array(length);
    for (const place of this.#records.places()) this.#slots[this.#slotFrom(place, 0)] = place + 1;
  }

  /** The first slot with this content from the one on that the hash of the record at `place` names. */
  #slotFrom(place: number, content: number): number {
    const mask = this.#slots.length - 1;
    let slot = this.#records.get(place, HASH) & mask;
    while (this.#slots[slot] !== content) slot = (slot + 1) & mask;
    return slot;
  }
}
