// HalfSipHash-1-3 over 32-bit words: a hash for tables whose keys somebody else may choose. Who does not know the secret can't
// make keys that meet. It is no signature: 32 bits.
import { randomFillSync } from "node:crypto";

/** Two words that nobody else knows. */
export type HashSecret = readonly [number, number];

/** A secret of its own for each table: what is learnt of one says nothing of another. Throws where nothing random is to be had. */
export function makeHashSecret(): HashSecret {
  const [first = 0, second = 0] = randomFillSync(new Int32Array(2));
  if (first === 0 && second === 0) throw new Error("the system's randomness is all zeros: no secret can be made of it");
  return [first, second];
}

/** The hash of `count` words from `from` on; any 32-bit integer. */
export function hashWords(words: Int32Array, from: number, count: number, [key0, key1]: HashSecret): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  // the words, their length in bytes, and three rounds that take nothing in
  for (let step = 0; step < count + 4; step += 1) {
    const word = step < count ? (words[from + step] ?? 0) : step === count ? count << 26 : 0;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (step === count) v2 ^= 0xff;
  }
  return v1 ^ v3;
}
