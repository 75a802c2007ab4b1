// Faults that a person mends: wrong use, bad input, a broken file. The command line prints one line and exits with 2.
// Bugs are plain errors; they are never turned into a Problem.

/** A fault in what a person gave: the message names what is wrong, where, and the remedy, each problem on one line. */
export class Problem extends Error {
  override readonly name = "Problem";

  /** @param lines one sentence for each fault found, all of them at once; at least one */
  constructor(readonly lines: readonly [string, ...string[]]) {
    super(lines.join("\n"));
  }
}

/** What a caught value says of itself: the message of an error, anything else as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
