import { expect, test } from "vitest";
import { hashWords, makeHashSecret } from "../../src/limits/keyed-hash.ts";

/** The bytes 0, 1, 2, ... */
const words = new Int32Array(Uint8Array.from({ length: 64 }, (_, index) => index).buffer);

// as Linux tests hsiphash by where a long has 32 bits
test.each([
  [0, 0x5814c896],
  [1, 0x7e059ea6],
  [2, 0x577999b1],
  [3, 0x6b28096c],
  [4, 0x8b31d501],
  [5, 0x911bb605],
  [6, 0x57150ad7],
  [8, 0xbc6dda8d],
])("%i words hash as HalfSipHash-1-3 says", (count, hash) => {
  expect(hashWords(words, 0, count, [0x03020100, 0x07060504])).toBe(hash | 0);
});

test("where words stand does not count, and another secret makes another hash", () => {
  const shifted = new Int32Array([7, 7, ...words]);
  expect(hashWords(shifted, 2, 5, [1, 2])).toBe(hashWords(words, 0, 5, [1, 2]));
  const hashes = [
    [1, 2],
    [2, 1],
    [1, 3],
    [0, 2],
  ].map(([first = 0, second = 0]) => hashWords(words, 0, 5, [first, second]));
  expect(new Set(hashes).size).toBe(4);
});

test("each secret is another, and none is zero", () => {
  const secrets = Array.from({ length: 1_000 }, makeHashSecret);
  expect(new Set(secrets.map(String)).size).toBe(1_000);
  expect(secrets.filter(([first, second]) => first === 0 && second === 0)).toEqual([]);
  // both words are drawn, and all of their bits
  for (const word of [0, 1] as const) {
    expect(secrets.reduce((bits, secret) => bits | secret[word], 0)).toBe(-1);
    expect(secrets.reduce((bits, secret) => bits & secret[word], -1)).toBe(0);
  }
});
