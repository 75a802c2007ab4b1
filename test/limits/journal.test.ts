// The journal on real files and a real SQLite store.
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type BucketStore, type Journal, openJournal } from "../../src/limits/journal.ts";
import { JournalFile } from "../../src/limits/journal-file.ts";
import { encodeLine } from "../../src/limits/journal-line.ts";
import { createLimiter, type Limiter } from "../../src/limits/limiter.ts";
import { Problem } from "../../src/problem.ts";
import { openState, type State } from "../../src/state/state.ts";
import { Clock, charge, drain, scratchFolder, usedShares } from "./support.ts";

let dir: string;
let path: string;
let state: State;
let clock: Clock;
let foldProblems: string[];

beforeEach(() => {
  dir = scratchFolder();
  path = join(dir, "takes.journal");
  state = openState(dir);
  onTestFinished(() => state.close());
  clock = new Clock(1_800_000_000_000);
  foldProblems = [];
});

type Started = { readonly limiter: Limiter; readonly journal: Journal };

/** What a gate does at its start. Without `close` before the next one, it is as if it had been killed. */
function start(options: { path?: string; store?: BucketStore; foldBytes?: number } = {}): Started {
  const journal = openJournal({
    path,
    store: state.buckets,
    unixMs: clock.read,
    onFoldFailed: (problem) => foldProblems.push(problem),
    ...options,
  });
  const limiter = createLimiter({
    // The monotonic clock begins anew with each process.
    monotonicMs: monotonicFrom(clock.ms),
    journal,
    maxBucketsPerPrincipal: 100,
    restore: journal.restored(),
  });
  return { limiter, journal };
}

function monotonicFrom(startMs: number): () => number {
  return () => clock.ms - startMs;
}

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
  return "nothing was thrown";
}

describe("a restart", () => {
  test.each(["closed", "killed"])("of a gate that was %s refills no bucket", (how) => {
    const { limiter, journal } = start();
    drain(limiter, charge("a"));
    drain(limiter, charge("b"), "bob", 4);
    if (how === "closed") journal.close();
    const again = start().limiter;
    expect(drain(again, charge("a"))).toBe(0);
    expect(drain(again, charge("b"))).toBe(6);
    expect([...again.buckets()].map(({ principal }) => principal)).toEqual(["ann", "bob"]);
  });

  test("counts the time that the gate was down", () => {
    drain(start().limiter, charge("a"));
    clock.ms += 12_000;
    expect(drain(start().limiter, charge("a"))).toBe(2);
  });

  test("after the clock stepped back refills nothing, and never counts below 0", () => {
    drain(start().limiter, charge("a"));
    clock.ms -= 3_600_000;
    const { limiter, journal } = start();
    expect(limiter.take([charge("a")], "ann")).toMatchObject({ kind: "exhausted", retryAfterSeconds: 6 });
    clock.ms += 6000;
    expect(drain(limiter, charge("a"))).toBe(1);
    journal.close();
    expect(drain(start().limiter, charge("a"))).toBe(0);
  });

  test("after the clock stepped back a little knows what a large bucket gave since", () => {
    const many = charge("many", { max: 1_000_000, window: 600 });
    const { limiter } = start();
    limiter.take([many], "ann");
    clock.ms -= 40;
    limiter.take([charge("many", { max: 1_000_000, window: 600, cost: 100 })], "ann");
    const [level] = [...start().limiter.buckets()];
    expect((level?.used ?? 0) * 1_000_000).toBeGreaterThanOrEqual(101);
  });

  test("knows refunds", () => {
    const { limiter } = start();
    const taken = limiter.take([charge("a", { cost: 10 })], "ann");
    if (taken.kind === "taken") limiter.refund(taken.receipt);
    expect(drain(start().limiter, charge("a"))).toBe(10);
  });

  test("keeps the refill of a window that changed while the bucket was empty", () => {
    const { limiter } = start();
    drain(limiter, charge("a", { window: 10 }));
    limiter.take([charge("a", { window: 3600 })], "ann");
    clock.ms += 10_000;
    expect(drain(start().limiter, charge("a", { window: 3600 }))).toBe(0);
  });

  test("keeps keys and principals of any text", () => {
    const odd = 'line\nbreak "quoted" \\ \u0000 \u{1f511} \ud800 ü';
    drain(start().limiter, charge(odd), odd);
    const again = start().limiter;
    expect([...again.buckets()]).toMatchObject([{ key: odd, principal: odd }]);
    expect(drain(again, charge(odd), odd)).toBe(0);
  });
});

describe("folding", () => {
  test("happens from time to time, and keeps the file small", () => {
    const { limiter } = start({ foldBytes: 2000 });
    for (let index = 0; index < 500; index += 1) {
      limiter.take([charge(`k${index % 90}`)], "ann");
      clock.ms += 50;
    }
    expect(statSync(path).size).toBeLessThan(2200);
    expect(foldProblems).toEqual([]);
    expect(usedShares(start().limiter)).toEqual(usedShares(limiter));
  });

  test("drops buckets that are full again from the store", () => {
    const first = start();
    drain(first.limiter, charge("short", { window: 10 }));
    drain(first.limiter, charge("long", { window: 1000 }));
    first.journal.close();
    expect(state.buckets.load().length).toBe(2);
    clock.ms += 10_000;
    start();
    expect(state.buckets.load().map(({ key }) => key)).toEqual(["long"]);
  });

  test("a gate that dies between saving and emptying the file counts no take twice", () => {
    const { limiter, journal } = start();
    drain(limiter, charge("a"), "ann", 6);
    const unfolded = join(dir, "unfolded");
    copyFileSync(path, unfolded);
    journal.close();
    expect(readFileSync(path, "utf8")).toBe("");
    copyFileSync(unfolded, path);
    expect(drain(start().limiter, charge("a"))).toBe(4);
  });

  test("that fails loses no take, is reported, and is tried again later", () => {
    let broken = true;
    const store: BucketStore = {
      load: () => state.buckets.load(),
      save(levels, nowUnixMs) {
        if (broken && [...levels].length > 0) throw new Error("database or disk is full");
        state.buckets.save(levels, nowUnixMs);
      },
    };
    const { limiter } = start({ store, foldBytes: 300 });
    drain(limiter, charge("a"), "ann", 9);
    expect(foldProblems.length).toBeGreaterThan(0);
    expect(foldProblems.length).toBeLessThan(4);
    expect(foldProblems[0]).toContain(`${path}: takes could not be folded into the store: database or disk is full`);
    broken = false;
    drain(limiter, charge("b"), "ann", 9);
    expect(statSync(path).size).toBeLessThan(400);
    expect(usedShares(start().limiter)).toEqual(usedShares(limiter));
  });

  test("that fails at the start refuses the start", () => {
    drain(start().limiter, charge("a"));
    const store: BucketStore = {
      load: () => [],
      save() {
        throw new Error("database or disk is full");
      },
    };
    expect(problemOf(() => start({ store }))).toContain("(database or disk is full): is the disk full?");
    expect(drain(start().limiter, charge("a"))).toBe(0);
  });
});

describe("a damaged file", () => {
  test("whose last line is torn loses that line only, wherever it was cut", () => {
    drain(start().limiter, charge("a"), "ann", 3);
    const whole = readFileSync(path);
    const lastLineAt = whole.lastIndexOf("\n", whole.length - 2) + 1;
    for (let length = lastLineAt; length < whole.length; length += 5) {
      const other = openState(scratchFolder());
      const cut = join(other.dir, "takes.journal");
      writeFileSync(cut, whole.subarray(0, length));
      expect(drain(start({ path: cut, store: other.buckets }).limiter, charge("a"))).toBe(8);
      other.close();
    }
  });

  test("that holds nothing but a torn line begins anew", () => {
    writeFileSync(path, "9a1b2c3d [18000");
    drain(start().limiter, charge("a"), "ann", 3);
    expect(drain(start().limiter, charge("a"))).toBe(7);
  });

  test("that ends in zeros, as after a power cut, loses that end only", () => {
    drain(start().limiter, charge("a"), "ann", 3);
    truncateSync(path, statSync(path).size + 5000);
    expect(drain(start().limiter, charge("a"))).toBe(7);
  });

  test("goes on after a torn end without joining lines", () => {
    drain(start().limiter, charge("a"), "ann", 3);
    truncateSync(path, statSync(path).size - 5);
    drain(start().limiter, charge("a"), "ann", 3);
    expect(drain(start().limiter, charge("a"))).toBe(5);
  });

  test.each([
    ["a flipped digit", (text: string) => text.replace("0.2", "0.1")],
    ["a missing newline", (text: string) => text.replace("\n", "")],
    ["an empty line", (text: string) => text.replace("\n", "\n\n")],
    ["text of something else", (text: string) => `${text}hello\n`],
  ])("with %s refuses the start, names file and line, and what to do", (_, damage) => {
    drain(start().limiter, charge("a"), "ann", 3);
    const damaged = damage(readFileSync(path, "utf8"));
    writeFileSync(path, damaged);
    expect(problemOf(start)).toMatch(
      /takes\.journal:[124]: the journal of takes is damaged: restore it, or move it away/,
    );
    expect(readFileSync(path, "utf8")).toBe(damaged);
  });

  test("with whole lines that say nonsense refuses the start", () => {
    const level = { key: "a", principal: "ann", used: 0.5, windowMs: 1000, max: 10 };
    for (const nonsense of [{ used: -1 }, { used: Number.NaN }, { windowMs: 0 }, { max: -1 }]) {
      writeFileSync(path, encodeLine(clock.ms, [{ ...level, ...nonsense }]));
      expect(problemOf(start)).toContain("takes.journal:1: ");
    }
  });

  test("that is a folder is named", () => {
    expect(problemOf(() => start({ path: dir }))).toContain(`${dir}: the journal of takes cannot be opened (EISDIR`);
  });
});

describe("a file that cannot be written", () => {
  test("refuses each take and takes nothing", () => {
    const { limiter } = start({ path: "/dev/full" });
    expect(() => limiter.take([charge("a")], "ann")).toThrow(/^\/dev\/full: the take could not be written: ENOSPC/);
    expect(() => limiter.take([charge("a")], "ann")).toThrow("the take could not be written");
    expect(usedShares(limiter)).toEqual({});
  });

  test("is readable and writable by the gate's user alone", () => {
    start();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("JournalFile reads what it wrote, and begins anew after empty", () => {
    const file = new JournalFile(join(dir, "lines"));
    file.append("one\n");
    file.append("zwei ü\n");
    expect(file.lines()).toEqual(["one", "zwei ü"]);
    expect(file.bytes).toBe(12);
    file.empty();
    file.append("three\n");
    expect(file.lines()).toEqual(["three"]);
    file.close();
  });

  test("JournalFile cuts a torn line off before it writes the next", () => {
    const torn = join(dir, "lines");
    writeFileSync(torn, "one\ntw");
    const file = new JournalFile(torn);
    file.append("three\n");
    expect(file.lines()).toEqual(["one", "three"]);
    expect(readFileSync(torn, "utf8")).toBe("one\nthree\n");
    file.close();
  });
});
