// A key as 32-bit words, to be compared, hashed and stored without a string: its bytes in UTF-8, then 0xFF, which no such byte is,
// to the end of the word. So a key's last word, and only that, ends in 0xFF; and two keys have the same words only where they are
// the same.
import { MAX_KEY_LENGTH, shortKey } from "./bucket-key.ts";

/** UTF-8 has no lone surrogates: text with some goes as JSON, behind a byte that is not UTF-8's. */
const AS_JSON = 0xfe;
const END = 0xff;
/** Of the longest key: six bytes for a code unit in JSON, its quotes, AS_JSON, and the end. */
export const MAX_KEY_WORDS = Math.ceil((MAX_KEY_LENGTH * 6 + 4) / 4);

const utf8 = new TextEncoder();

/**
 * Writes `given` to the beginning of `bytes`, of which there are 4 * MAX_KEY_WORDS. A key over MAX_KEY_LENGTH is written as
 * its hash, so that none is too long to be counted. @returns how many words it has
 */
export function writeKey(given: string, bytes: Buffer): number {
  const key = shortKey(given);
  const isText = key.isWellFormed();
  let written = isText ? utf8.encodeInto(key, bytes).written : bytes.write(JSON.stringify(key), 1) + 1;
  if (!isText) bytes[0] = AS_JSON;
  do bytes[written++] = END;
  while (written % 4 !== 0);
  return written / 4;
}

/** How many words the key has that begins at `bytes[start]`. */
export function countKeyWords(bytes: Buffer, start: number): number {
  let last = start + 3;
  while (bytes[last] !== END) last += 4;
  return (last + 1 - start) / 4;
}

/** The key that begins at `bytes[start]`. */
export function readKey(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(END, start);
  if (bytes[start] !== AS_JSON) return bytes.toString("utf8", start, end);
  return String(JSON.parse(bytes.toString("utf8", start + 1, end)));
}
