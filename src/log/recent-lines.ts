// The last lines of the decision log as they were written, masked and cut, for the console: so many, and of so many
// characters together. Whoever wants each line as it comes listens.

import { open } from "node:fs/promises";

/** The same object for as long as it is kept. */
export type RecentLine = { readonly text: string };

export interface RecentLines {
  push(text: string): void;
  /** The newest first. */
  recent(): readonly RecentLine[];
  /** @returns what ends the listening */
  onLine(listener: (line: RecentLine) => void): () => void;
}

const MAX_LINES = 2_000;
const MAX_CHARACTERS = 16_777_216;

export function createRecentLines(maxLines = MAX_LINES, maxCharacters = MAX_CHARACTERS): RecentLines {
  const lines: RecentLine[] = [];
  const listeners = new Set<(line: RecentLine) => void>();
  let characters = 0;

  return {
    push(text) {
      const line = { text };
      lines.push(line);
      characters += text.length;
      while (lines.length > maxLines || characters > maxCharacters) characters -= lines.shift()?.text.length ?? 0;
      for (const listener of listeners) listener(line);
    },
    recent: () => lines.toReversed(),
    onLine(listener) {
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
      for (const text of texts.slice(from === 0 ? 0 : 1, -1)) lines.push(text);
    } finally {
      await handle.close();
    }
  } catch {
    // as said above
  }
}
