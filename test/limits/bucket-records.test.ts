// The records and their index, held against a plain map, with keys whose hashes meet on purpose.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, beginBucket, NO_PLACE } from "../../src/limits/bucket.ts";
import { BucketRecords, HOLDER, type RecordKey } from "../../src/limits/bucket-records.ts";
import { MAX_KEY_WORDS, writeKey } from "../../src/limits/key-words.ts";
import { RecordIndex } from "../../src/limits/record-index.ts";

function keyOf(key: string, hash: number): RecordKey {
  const words = new Int32Array(MAX_KEY_WORDS);
  return { hash, words, count: writeKey(key, Buffer.from(words.buffer)) };
}

const bucket = (used: number): Bucket => beginBucket({ used, windowMs: 1_000, max: 10 }, 0);

type Known = { readonly hash: number; readonly used: number; readonly holder: number; readonly born: number };

class Table {
  readonly records = new BucketRecords();
  readonly index = new RecordIndex(this.records);
  readonly known = new Map<string, Known>();
  #puts = 0;

  find(key: string, hash: number): number {
    return this.index.find(keyOf(key, hash));
  }

  put(key: string, hash: number): void {
    this.#puts += 1;
    const used = this.#puts;
    const place = this.records.add(bucket(used), keyOf(key, hash));
    this.index.add(place);
    this.records.set(place, HOLDER, this.#puts);
    this.known.set(key, { hash, used, holder: this.#puts, born: this.records.bucket(place).born });
  }

  remove(key: string, hash: number): void {
    const place = this.find(key, hash);
    this.index.remove(place);
    this.records.remove(place);
    this.known.delete(key);
  }

  tidy(): void {
    this.records.tidy((from, to) => this.index.move(from, to));
  }

  check(): void {
    expect(this.records.size).toBe(this.known.size);
    const places = [...this.records.places()];
    expect(new Map(places.map((place) => [this.records.keyOf(place), place])).size).toBe(this.known.size);
    for (const [key, { hash, used, holder, born }] of this.known) {
      const place = this.find(key, hash);
      if (place === NO_PLACE) expect.fail(`${key} is lost`);
      const found = this.records.bucket(place);
      expect([this.records.keyOf(place), found.usedAt(0), this.records.get(place, HOLDER), found.born]).toEqual([
        key,
        used,
        holder,
        born,
      ]);
    }
  }
}

/** Few hashes, next to each other and at both ends of the table, so that their slots run into one another. */
const hash = fc.constantFrom(0, 1, 2, 3, -1, -2, 255, 254);

test("whatever comes and goes, each key finds its own record, and no other key does", () => {
  const step = fc.record({ name: fc.nat(40), long: fc.nat(12), hash, tidy: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new Table();
      for (const { name, long, hash: wanted, tidy } of steps) {
        const key = `${name}`.repeat(1 + long * 10);
        const known = table.known.get(key);
        if (known === undefined) {
          expect(table.find(key, wanted)).toBe(NO_PLACE);
          table.put(key, wanted);
        } else table.remove(key, known.hash);
        if (tidy) table.tidy();
      }
      table.check();
    }),
    { numRuns: 200 },
  );
});

test("many that come and go in slabs that are given up are all found, and their holes are used again", () => {
  const table = new Table();
  const names: string[] = [];
  for (let index = 0; index < 30_000; index += 1) {
    const name = `${index}`.padEnd(20 + ((index * 7) % 300), ".");
    names.push(name);
    table.put(name, Math.imul(index, 0x9e3779b1));
    // of each hundred one stays, the others go three thousand later
    const old = index - 3_000;
    const known = table.known.get(names[old] ?? "");
    if (known !== undefined && old % 100 !== 0) table.remove(names[old] ?? "", known.hash);
    table.tidy();
  }
  table.check();
  expect(table.known.size).toBe(270 + 3_000);
  // all that ever were would be at 30,000 * 264 / 8 and beyond
  expect(Math.max(...table.records.places())).toBeLessThan(10 * 32_768);
});

test("a slab that was left with few records while it was filled is given up, too", () => {
  const table = new Table();
  for (let index = 0; index < 20_000; index += 1) {
    const name = `${index}`.padEnd(300);
    table.put(name, index);
    if (index % 100 !== 0) table.remove(name, index);
    table.tidy();
  }
  table.check();
  expect(Math.max(...table.records.places())).toBeLessThan(3 * 32_768);
});

test("the index gets small again with its records", () => {
  const table = new Table();
  for (let index = 0; index < 5_000; index += 1) table.put(`${index}`, index);
  for (let index = 900; index < 5_000; index += 1) table.remove(`${index}`, index);
  for (let index = 5_000; index < 5_010; index += 1) table.put(`${index}`, index);
  table.check();
});

test("places of nothing are a bug", () => {
  const table = new Table();
  expect(() => table.records.bucket(NO_PLACE)).toThrow("no bucket is at -1");
  expect(() => table.records.bucket(0)).toThrow("no bucket is at 0");
});
