// One line of the journal: what the buckets of one call hold after it. A line says what is, not what changed, so reading
// it twice does no harm. A bucket is written out where it comes first in a file; from then on its place stands for it. A line
// begins with the CRC-32 of the rest: a damaged line is never read as something else.
import { crc32 } from "node:zlib";
import { z } from "zod";
import type { BucketLevel } from "./bucket.ts";

/** A level with the wall-clock time at which it held, Unix time in milliseconds. */
export type StoredLevel = BucketLevel & { readonly atUnixMs: number };

/** A level, or the place of its bucket among those that were written out before in the file, and the share that is used now. */
export type LineEntry = BucketLevel | readonly [place: number, used: number];

const FULL = z.tuple([z.string(), z.string(), z.number().min(0), z.number().positive(), z.number().positive()]);
const SHORT = z.tuple([z.int().min(0), z.number().min(0)]);
const LINE = z.tuple([z.number(), z.array(z.union([FULL, SHORT]))]);

/** The line for `entries`, with its newline. */
export function encodeLine(atUnixMs: number, entries: readonly LineEntry[]): string {
  let json = `[${atUnixMs},[`;
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index];
    if (entry === undefined) continue;
    if (index > 0) json += ",";
    if ("key" in entry) {
      const { key, principal, used, windowMs, max } = entry;
      json += JSON.stringify([key, principal, used, windowMs, max]);
    } else json += `[${entry[0]},${entry[1]}]`;
  }
  json += "]]";
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

/**
 * The levels of a line without its newline; undefined where it is not what `encodeLine` wrote.
 * @param written the buckets that were written out in the lines before it; those of this one are added
 */
export function decodeLine(line: string, written: BucketLevel[]): StoredLevel[] | undefined {
  const parsed = LINE.safeParse(decodeChecked(line));
  if (!parsed.success) return undefined;
  const [atUnixMs, entries] = parsed.data;
  const levels: StoredLevel[] = [];
  for (const entry of entries) {
    if (entry.length === 2) {
      const known = written[entry[0]];
      if (known === undefined) return undefined;
      levels.push({ ...known, used: entry[1], atUnixMs });
    } else {
      const [key, principal, used, windowMs, max] = entry;
      const level = { key, principal, used, windowMs, max };
      written.push(level);
      levels.push({ ...level, atUnixMs });
    }
  }
  return levels;
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
