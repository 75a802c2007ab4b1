// Histories on a real disk: over restarts, kill -9, damage, and a disk that is full.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type HistoryJournal,
  type HistoryJournalOptions,
  type HistoryStore,
  openHistory,
} from "../../src/history/history-journal.ts";
import { openState, type State } from "../../src/state/state.ts";
import { buildSources } from "../cli/built.ts";
import { makeTempDir, type Running, run } from "../e2e/harness-process.ts";
import { makeEvent } from "../log/events.ts";
import { problemOf } from "../policy/support.ts";

const NOW = Date.parse("2026-11-23T07:20:00.000Z");
const { call, verdict } = makeEvent({ decision: { labels: ["secrets"] } });
const ONCE = { call, verdict, unixMs: NOW };

let dir: string;
let problems: string[];
beforeEach(() => {
  dir = join(makeTempDir(), "state");
  problems = [];
});

function open(state: State, options: Partial<HistoryJournalOptions> = {}): HistoryJournal {
  return openHistory({
    path: join(dir, "history.journal"),
    store: state.history,
    unixMs: () => NOW,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
}

/** A run of the gate on the folder. */
function withHistory<T>(use: (history: HistoryJournal) => T, options: Partial<HistoryJournalOptions> = {}): T {
  const state = openState(dir);
  const history = open(state, options);
  try {
    return use(history);
  } finally {
    history.close();
    state.close();
  }
}

describe("a history on disk", () => {
  test("is there again after a stop, its journal empty", () => {
    withHistory((history) => history.add(ONCE));
    expect(statSync(join(dir, "history.journal")).size).toBe(0);
    withHistory((history) => {
      history.add(ONCE);
      expect(history.read(call).labels).toEqual({ secrets: 2 });
    });
    withHistory((history) => expect(history.read(call).labels).toEqual({ secrets: 2 }));
  });

  test("that no policy reads is written many calls at a time, and at once when one reads it", () => {
    const size = () => statSync(join(dir, "history.journal")).size;
    withHistory((history) => {
      for (let left = 100; left > 0; left -= 1) history.add(ONCE, false);
      expect(size()).toBe(0);
      expect(history.read(call).labels).toEqual({ secrets: 100 });
      history.add(ONCE, true);
      expect(size()).toBeGreaterThan(0);
      history.add(ONCE, false);
    });
    withHistory((history) => expect(history.read(call).labels).toEqual({ secrets: 102 }));
  });

  test("is folded again and again while it is written, and is the same", () => {
    withHistory(
      (history) => {
        for (let left = 200; left > 0; left -= 1) history.add(ONCE);
        expect(statSync(join(dir, "history.journal")).size).toBeLessThan(4_000);
      },
      { foldBytes: 2_000 },
    );
    withHistory((history) => expect(history.read(call).tools).toEqual({ "files/read_file": 200 }));
  });

  test("is the same where a process died between saving and emptying", () => {
    const state = openState(dir);
    const history = open(state);
    history.add(ONCE);
    const journal = readFileSync(join(dir, "history.journal"));
    history.close();
    writeFileSync(join(dir, "history.journal"), journal);
    const again = open(state);
    expect(again.read(call).labels).toEqual({ secrets: 1 });
    again.close();
    state.close();
  });

  test("is forgotten on disk when it is too old", () => {
    withHistory((history) => history.add(ONCE));
    const later = NOW + 26 * 3_600_000;
    withHistory((history) => expect(history.read(call)).toEqual({ tools: {}, categories: {}, labels: {} }), {
      unixMs: () => later,
    });
    const state = openState(dir);
    expect(state.history.load()).toEqual([]);
    state.close();
  });

  test("keeps names that are no plain text", () => {
    const odd = makeEvent({ decision: { labels: ["\u0000a", "\ud800", '"'] } });
    withHistory((history) => history.add({ ...odd, unixMs: NOW }));
    withHistory((history) => expect(Object.keys(history.read(call).labels)).toEqual(["\u0000a", "\ud800", '"']));
  });

  test("that is damaged is refused, with what there is to do; a torn line is not", async () => {
    const path = join(dir, "history.journal");
    const state = openState(dir);
    const history = open(state);
    history.add(ONCE);
    const journal = readFileSync(path, "utf8");
    history.close();
    writeFileSync(path, `${journal}abc`);
    open(state).close();
    writeFileSync(path, journal.replace("secrets", "harmless"));
    expect((await problemOf(Promise.resolve().then(() => open(state))))[0]).toMatch(
      /history\.journal:1: the history's journal is damaged: restore it, or move it away/,
    );
    state.close();
  });

  test("goes on in memory while it can't be written, says so once, and is written when it can be", () => {
    const state = openState(dir);
    let isFull = true;
    // what a full disk does to it
    const store: HistoryStore = {
      load: () => state.history.load(),
      save(counts, oldestHour) {
        if (isFull && [...counts].length > 0) throw new Error("database or disk is full");
        state.history.save(counts, oldestHour);
      },
    };
    let now = NOW;
    const history = open(state, { store, foldBytes: 1, unixMs: () => now });
    for (let left = 3; left > 0; left -= 1) history.add(ONCE);
    expect(history.read(call).labels).toEqual({ secrets: 3 });
    expect(problems).toEqual([
      expect.stringMatching(/can't be written, and would be lost with this process: database or disk is full$/),
    ]);
    isFull = false;
    history.add(ONCE);
    expect(problems).toHaveLength(1);
    now += 1_000;
    for (let left = 2; left > 0; left -= 1) history.add(ONCE);
    expect(problems).toEqual([expect.anything(), expect.stringMatching(/the history is written again$/)]);
    history.close();
    state.close();
    withHistory((again) => expect(again.read(call).labels).toEqual({ secrets: 6 }));
  });

  /** How many calls the history on disk knows: each has a label of its own. */
  function countOnDisk(): number {
    return withHistory((history) => Object.keys(history.read(call).labels).length - 1, {
      maxNamesPerPrincipal: 10_000_000,
      maxNames: 10_000_000,
    });
  }

  /** What the last whole line says was counted; the one after it may be on disk too. */
  function countedBy(child: Running): number {
    return Number([...child.stdout().matchAll(/^counted (\d+)\n/gm)].at(-1)?.[1]);
  }

  const counter = join(import.meta.dirname, "counter.mjs");
  const dist = buildSources();

  test("loses no call to kill -9 that was counted before", async () => {
    const killed = run(process.execPath, [counter, dist, dir, "5000"]);
    await killed.printed(/counted 300\n/);
    await killed.stop("SIGKILL");
    expect(existsSync(join(dir, "history.journal"))).toBe(true);
    const told = countOnDisk();
    expect([countedBy(killed), countedBy(killed) + 1]).toContain(told);
  });

  test("has again, once there is room, what a full disk kept out", async () => {
    // the shell's limit on a file's size stands for the end of the disk
    const command = 'ulimit -S -f 400; exec "$0" "$@"';
    const killed = run("/bin/sh", ["-c", command, process.execPath, counter, dist, dir, "100000000"]);
    await killed.printed(/problem .*can't be written, and would be lost with this process: /);
    const counted = countedBy(killed);
    await killed.printed(new RegExp(`counted ${counted + 20}\n`));
    execFileSync("prlimit", [`--pid=${killed.pid}`, "--fsize=unlimited:"]);
    await killed.printed(/the history is written again/);
    await killed.stop("SIGKILL");
    const told = countOnDisk();
    expect([countedBy(killed), countedBy(killed) + 1]).toContain(told);
  });
});
