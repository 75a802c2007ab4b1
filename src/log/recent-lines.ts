// The last lines of the decision log as they were written, masked and cut, for the console: so many, and of so many bytes
// together. They lie as bytes in one buffer, which is written round and round: texts that live on for a while are much work for the
// garbage collector. Whoever wants to know when lines come listens.

import { open } from "node:fs/promises";

/** The same object for as long as it is kept. */
export type RecentLine = { readonly text: string };

export interface RecentLines {
  push(texts: readonly string[]): void;
  /** The newest first. */
  recent(): readonly RecentLine[];
  /** @returns what ends the listening */
  onLines(listener: () => void): () => void;
}

const MAX_LINES = 2_000;
const MAX_BYTES = 2_097_152;

export function createRecentLines(maxLines = MAX_LINES, maxBytes = MAX_BYTES): RecentLines {
  const bytes = Buffer.alloc(maxBytes);
  /** Where each line lies in it; line `n` of all that came is at `n % maxLines`. */
  const [starts, ends] = [new Uint32Array(maxLines), new Uint32Array(maxLines)];
  const read: (RecentLine | undefined)[] = new Array(maxLines).fill(undefined);
  /** The numbers of the first line that is kept, and of the next that comes. */
  let [first, next] = [0, 0];
  let at = 0;
  const listeners = new Set<() => void>();

  /** Those that begin in there are the oldest. */
  function dropWithin(from: number, to: number): void {
    for (; first < next; first += 1) {
      const start = starts[first % maxLines] ?? 0;
      if (start < from || start >= to) return;
    }
  }

  function keep(text: string): void {
    const length = Buffer.byteLength(text);
    if (length === 0 || length > maxBytes) return;
    if (at + length > maxBytes) {
      dropWithin(at, maxBytes);
      at = 0;
    }
    dropWithin(at, at + length);
    if (next - first >= maxLines) first += 1;
    const slot = next % maxLines;
    bytes.write(text, at);
    starts[slot] = at;
    at += length;
    ends[slot] = at;
    read[slot] = undefined;
    next += 1;
  }

  function lineAt(slot: number): RecentLine {
    const line = read[slot] ?? { text: bytes.toString("utf8", starts[slot], ends[slot]) };
    read[slot] = line;
    return line;
  }

  return {
    push(texts) {
      for (const text of texts) keep(text);
      if (texts.length > 0) for (const listener of listeners) listener();
    },
    recent: () => Array.from({ length: next - first }, (_, back) => lineAt((next - 1 - back) % maxLines)),
    onLines(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Of the end of a log: what is before it is not read again after a restart. */
const MAX_TAIL_BYTES = 4_194_304;

/** Takes the last lines of a log that is there already; of one that can't be read there are none. */
export async function recallLines(file: string, lines: Pick<RecentLines, "push">): Promise<void> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const from = Math.max(0, size - MAX_TAIL_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      const texts = buffer.subarray(0, bytesRead).toString("utf8").split("\n");
      // what is before the first line feed began earlier, what is after the last one was cut short
      lines.push(texts.slice(from === 0 ? 0 : 1, -1));
    } finally {
      await handle.close();
    }
  } catch {
    // as said above
  }
}
