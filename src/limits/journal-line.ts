// One line of the journal: what the buckets of one call hold after it. A line says what is, not what changed, so reading
// it twice does no harm. It begins with the CRC-32 of the rest: a damaged line is never read as something else.
import { crc32 } from "node:zlib";
import { z } from "zod";
import type { BucketLevel } from "./bucket.ts";

/** A level with the wall-clock time at which it held, Unix time in milliseconds. */
export type StoredLevel = BucketLevel & { readonly atUnixMs: number };

const LINE = z.tuple([
  z.number(),
  z.array(z.tuple([z.string(), z.string(), z.number().min(0), z.number().positive(), z.number().positive()])),
]);

/** The line for `levels`, with its newline. */
export function encodeLine(atUnixMs: number, levels: readonly BucketLevel[]): string {
  const json = JSON.stringify([
    atUnixMs,
    levels.map(({ key, principal, used, windowMs, max }) => [key, principal, used, windowMs, max]),
  ]);
  return encodeChecked(json);
}

/** A line of any journal, with its newline. */
export function encodeChecked(json: string): string {
  return `${checksum(json)} ${json}\n`;
}

/** The value of a line without its newline; undefined where it is not what `encodeChecked` wrote. */
export function decodeChecked(line: string): unknown {
  const json = line.slice(9);
  return line.slice(0, 9) === `${checksum(json)} ` ? parseJson(json) : undefined;
}

/** The levels of a line without its newline; undefined where it is not what `encodeLine` wrote. */
export function decodeLine(line: string): StoredLevel[] | undefined {
  const parsed = LINE.safeParse(decodeChecked(line));
  if (!parsed.success) return undefined;
  const [atUnixMs, levels] = parsed.data;
  return levels.map(([key, principal, used, windowMs, max]) => ({ key, principal, used, windowMs, max, atUnixMs }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
