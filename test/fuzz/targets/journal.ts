// The journal of takes: damaged in any line it is refused, and never read as other levels than were written; what a process did
// not finish writing is no damage.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { openJournal } from "../../../src/limits/journal.ts";
import { encodeLine, type StoredLevel } from "../../../src/limits/journal-line.ts";
import { Problem } from "../../../src/problem.ts";
import { makeTempDir } from "../../e2e/harness-process.ts";
import type { Target } from "../target.ts";

const level = (key: string, used: number) => ({ key, principal: "p", used, windowMs: 60_000, max: 3 });
const LINES = [
  encodeLine(1_000, [level("a", 0.5), level("b", 1)]),
  encodeLine(2_000, [[0, 0.75]]),
  encodeLine(3_000, [[1, 0.25], level("c\u2028\n", 0.1)]),
];
/** What is known after each number of lines. */
const AFTER: readonly ReadonlyMap<string, number>[] = [
  new Map(),
  new Map([
    ["a", 0.5],
    ["b", 1],
  ]),
  new Map([
    ["a", 0.75],
    ["b", 1],
  ]),
  new Map([
    ["a", 0.75],
    ["b", 0.25],
    ["c\u2028\n", 0.1],
  ]),
];
let path: string | undefined;

export const journal: Target = {
  name: "journal",
  seeds: [Buffer.from(LINES.join("")), Buffer.from(LINES.slice(0, 2).join(""))],
  words: [...LINES, "\n", "\r\n", " ", "[", "]", ",", "1e999", "-1", "null", "0,0"],
  runs: 600,
  check(input) {
    path ??= join(makeTempDir(), "takes.journal");
    writeFileSync(path, input);
    const whole = Buffer.from(input)
      .subarray(0, Buffer.from(input).lastIndexOf("\n") + 1)
      .toString("latin1");
    const lines = whole === "" ? [] : whole.slice(0, -1).split("\n");
    const levels = read(path);
    const written = LINES.map((line) => Buffer.from(line.slice(0, -1)).toString("latin1"));
    const isWritten = lines.every((line) => written.includes(line));
    // no line but those that were written is taken for one
    if (!isWritten) return void expect(levels).toBeUndefined();
    const inOrder = lines.every((line, index) => line === written[index]);
    if (inOrder) expect(new Map(levels?.map(({ key, used }) => [key, used]))).toEqual(AFTER[lines.length]);
  },
};

function read(file: string): readonly StoredLevel[] | undefined {
  const saved = new Map<string, StoredLevel>();
  const store = {
    save(levels: Iterable<StoredLevel>): void {
      for (const level of levels) saved.set(level.key, level);
    },
    load: () => [...saved.values()],
  };
  try {
    openJournal({ path: file, store, unixMs: () => 4_000, onFoldFailed: () => undefined }).close();
    return store.load();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.lines[0]).toMatch(/takes\.journal:\d+: the journal of takes is damaged/);
    return undefined;
  }
}
