// The last lines of the decision log as they were written, masked and cut, for the console: so many, and of so many
// characters together. Whoever wants each line as it comes listens.

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
