import fc from "fast-check";
import { expect, test } from "vitest";
import { countKeyWords, MAX_KEY_WORDS, readKey, writeKey } from "../../src/limits/key-words.ts";

/** Of any UTF-16 code units, lone surrogates too. */
const anyKey = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 512 })
  .map((units) => String.fromCharCode(...units));

function wordsOf(key: string): Buffer {
  const bytes = Buffer.alloc(4 * MAX_KEY_WORDS, 0x55);
  return bytes.subarray(0, 4 * writeKey(key, bytes));
}

test("a key is read as it was written, wherever it stands, and its words end where it says", () => {
  fc.assert(
    fc.property(anyKey, anyKey, (before, key) => {
      const first = wordsOf(before);
      const bytes = Buffer.concat([first, wordsOf(key), wordsOf("after")]);
      expect(readKey(bytes, first.length)).toBe(key);
      expect(countKeyWords(bytes, 0) * 4).toBe(first.length);
      expect(countKeyWords(bytes, first.length) * 4).toBe(wordsOf(key).length);
    }),
  );
});

test.each([
  ["\ud800", '"\\ud800"'],
  ["\ud800", "\ufffd"],
  ["\ud800", "\udfff"],
  ["a", "a\u0000"],
  ["abc", "abc\u0000\u0000\u0000\u0000"],
  ["", "\u0000"],
  ["\u00ff", "\ufffd"],
])("%j and %j have other words", (one, other) => {
  expect(wordsOf(one).equals(wordsOf(other))).toBe(false);
});

test("no words of one key are the beginning of another's", () => {
  fc.assert(
    fc.property(anyKey, anyKey, (one, other) => {
      fc.pre(one !== other);
      const [short, long] = [wordsOf(one), wordsOf(other)].sort((a, b) => a.length - b.length);
      expect(long?.subarray(0, short?.length).equals(short ?? Buffer.alloc(0))).toBe(false);
    }),
  );
});

test("the longest key of any text has room, and one character more is kept as its hash", () => {
  for (const unit of ["\ud800", "\u0000", "\uffff"])
    expect(readKey(wordsOf(unit.repeat(512)), 0)).toBe(unit.repeat(512));
  const kept = ["\ud800", "\ud801", "\ufffd", "k"].map((unit) => readKey(wordsOf(unit.repeat(513)), 0));
  for (const key of kept) expect(key).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(new Set(kept).size).toBe(4);
});
