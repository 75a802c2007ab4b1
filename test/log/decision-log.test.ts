import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type DecisionLog, type DecisionLogOptions, openDecisionLog } from "../../src/log/decision-log.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { Problem } from "../../src/problem.ts";
import { buildSources } from "../cli/built.ts";
import { makeTempDir, run, runToEnd, waitFor } from "../e2e/harness-process.ts";
import { makeEvent } from "./events.ts";

let file: string;
let problems: string[];
beforeEach(() => {
  file = join(makeTempDir(), "state/decisions.jsonl");
  problems = [];
});

const LABELS = { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" };
const KEY = Buffer.alloc(32, 7);
const NOW = Date.parse("2026-11-23T07:00:00.000Z");

function open(options: Partial<DecisionLogOptions> = {}) {
  return openDecisionLog({
    file,
    durable: false,
    onFailure: options.durable === true ? "refuse" : "continue",
    key: KEY,
    rotation: { maxBytes: 1_000_000_000, maxAgeMs: undefined },
    retention: { files: undefined, maxAgeMs: undefined },
    labels: LABELS,
    unixMs: () => NOW,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
}

/** The ids in the log, what it wrote about itself left out; fails where a line is no JSON. */
function ids(): string[] {
  return lines().flatMap(({ decision_id: id }) => (id === undefined ? [] : [String(id)]));
}

function lines(of = file): Record<string, unknown>[] {
  const text = readFileSync(of, "utf8");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** What a gate leaves that is killed now: the log as it is, in another folder. */
async function kill(log: DecisionLog): Promise<void> {
  await log.flush();
  const dir = join(makeTempDir(), "state");
  cpSync(dirname(file), dir, { recursive: true });
  await log.close();
  file = join(dir, basename(file));
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `call-${n}`);

describe("a log that is not durable", () => {
  test("writes all lines in order, at once after a flush", async () => {
    const log = await open();
    for (const id of numbered(1_000)) expect(log.record(makeEvent({ id }))).toBeUndefined();
    expect(ids()).toEqual([]);
    await log.flush();
    expect(ids()).toEqual(numbered(1_000));
    await log.close();
  });

  test("writes by itself, without a flush", async () => {
    const log = await open();
    void log.record(makeEvent({ id: "first" }));
    await waitFor("the first line", () => readFileSync(file, "utf8").includes("first"));
    void log.record(makeEvent({ id: "second" }));
    await waitFor("the second line", () => readFileSync(file, "utf8").includes("second"));
    await log.close();
  });

  test("flushes when it is closed", async () => {
    const log = await open();
    for (const id of numbered(3)) void log.record(makeEvent({ id }));
    await log.close();
    expect(ids()).toEqual(numbered(3));
  });

  test("counts and reports what it can't take any more", async () => {
    const log = await open();
    const args = { text: "x".repeat(1_000_000) };
    for (const id of numbered(100)) void log.record(makeEvent({ id, args }));
    expect(log.lost()).toBeGreaterThan(0);
    expect(problems).toEqual([
      "the decision log can't be written, decisions are being lost: the disk is slower than the calls",
    ]);
    await log.flush();
    expect(ids()).toHaveLength(100 - log.lost());
    expect(problems[1]).toBe(`the decision log is written again; so far ${log.lost()} decisions are missing from it`);
    await log.close();
  });

  test("loses only the event that it can't write, and says so", async () => {
    const log = await open();
    void log.record(makeEvent({ id: "before" }));
    void log.record(makeEvent({ id: "broken", startedUnixMs: Number.NaN }));
    void log.record(makeEvent({ id: "after" }));
    await log.close();
    expect(ids()).toEqual(["before", "after"]);
    expect(log.lost()).toBe(1);
    expect(problems[0]).toContain("Invalid time value");
  });

  test("takes nothing after it is closed", async () => {
    const log = await open();
    await log.close();
    expect(log.record(makeEvent())).toBeUndefined();
    expect(log.lost()).toBe(1);
    expect(ids()).toEqual([]);
  });
});

describe("a durable log", () => {
  test("has each line on disk when its record resolves", async () => {
    const log = await open({ durable: true });
    for (const id of numbered(20)) {
      await log.record(makeEvent({ id }));
      expect(ids().at(-1)).toBe(id);
    }
    await log.close();
  });

  test("takes many at once, each resolved, in order", async () => {
    const log = await open({ durable: true });
    await Promise.all(numbered(1_000).map((id) => log.record(makeEvent({ id }))));
    expect(ids()).toEqual(numbered(1_000));
    await log.close();
  });

  test("takes a record that is made the moment another is on disk", async () => {
    const log = await open({ durable: true });
    for (let n = 0; n < 100; n += 1) {
      await log.record(makeEvent({ id: `call-${n}` }));
      // as many turns of the microtask queue as a caller may take
      for (let turn = 0; turn < n % 10; turn += 1) await undefined;
    }
    expect(ids()).toEqual(numbered(100));
    await log.close();
  });

  test("refuses a record that it can't write, and one after it is closed", async () => {
    const log = await open({ durable: true });
    await expect(log.record(makeEvent({ startedUnixMs: Number.NaN }))).rejects.toThrow("Invalid time value");
    await log.close();
    await expect(log.record(makeEvent())).rejects.toThrow("closed");
  });
});

describe("who listens", () => {
  test.each([true, false])(
    "gets each line as it is written, and none that was refused (durable: %s)",
    async (durable) => {
      const told: string[] = [];
      const log = await open({ durable, onLines: (lines) => told.push(...lines) });
      await log.record(makeEvent({ id: "one" }));
      await Promise.resolve(log.record(makeEvent({ startedUnixMs: Number.NaN }))).catch(() => undefined);
      await log.record(makeEvent({ id: "two" }));
      await log.close();
      expect(told.map((line) => JSON.parse(line).decision_id)).toEqual(["one", "two"]);
      expect(ids()).toEqual(["one", "two"]);
    },
  );
});

describe("the file", () => {
  test("is its owner's alone, also where it was not", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "");
    chmodSync(file, 0o644);
    const log = await open();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await log.close();
  });

  test("is appended to by the next run", async () => {
    for (const id of ["one", "two"]) {
      const log = await open();
      expect(log.unclean).toBeUndefined();
      void log.record(makeEvent({ id }));
      await log.close();
    }
    expect(ids()).toEqual(["one", "two"]);
  });

  test.each([
    ["a folder", () => mkdirSync(file, { recursive: true })],
    ["below a file", () => writeFileSync(join(file, ".."), "")],
    [
      "no log",
      () => {
        mkdirSync(join(file, ".."));
        writeFileSync(file, Buffer.alloc(5_000_000));
      },
    ],
  ])("is refused where it is %s, with a remedy", async (_, prepare) => {
    prepare();
    const opened = open();
    await expect(opened).rejects.toThrow(Problem);
    await expect(opened).rejects.toThrow(/decisions\.jsonl: .*set log\.file in the configuration/);
  });

  test("is refused where it is a device", async () => {
    await expect(open({ file: "/dev/null" })).rejects.toThrow(Problem);
  });

  test("keeps no line in part: a torn one is moved aside and reported", async () => {
    const first = await open();
    void first.record(makeEvent({ id: "whole" }));
    await first.close();
    appendFileSync(file, '{"decision_id":"torn","input":{"pa');
    const log = await open();
    expect(log.unclean).toEqual({ fromUnixMs: NOW, toUnixMs: NOW, tornBytes: 34 });
    void log.record(makeEvent({ id: "next" }));
    await log.close();
    expect(ids()).toEqual(["whole", "next"]);
    expect(readFileSync(`${file}.torn`, "utf8")).toBe('{"decision_id":"torn","input":{"pa\n');
    expect(statSync(`${file}.torn`).mode & 0o777).toBe(0o600);
  });
});

describe("an unclean end", () => {
  test("is reported from when the writer was last known to have written everything", async () => {
    const first = await open({ unixMs: () => NOW - 90_000 });
    void first.record(makeEvent());
    await kill(first);
    const log = await open();
    expect(log.unclean).toEqual({ fromUnixMs: NOW - 90_000, toUnixMs: NOW, tornBytes: 0 });
    expect(log.missing).toBeUndefined();
    await log.close();
    const next = await open();
    expect(next.unclean).toBeUndefined();
    await next.close();
  });

  test("is reported from the last line where that is later", async () => {
    const first = await open({ unixMs: () => NOW - 90_000 });
    void first.record(makeEvent({ startedUnixMs: NOW - 60_000 }));
    await kill(first);
    const log = await open();
    expect(log.unclean).toEqual({ fromUnixMs: NOW - 60_000, toUnixMs: NOW, tornBytes: 0 });
    await log.close();
  });

  test("never begins in the future", async () => {
    await kill(await open({ unixMs: () => NOW + 90_000 }));
    const log = await open();
    expect(log.unclean).toEqual({ fromUnixMs: NOW, toUnixMs: NOW, tornBytes: 0 });
    await log.close();
  });

  test("of a Regate that left a mark, and no chain, is reported too", async () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${toLogLine(makeEvent(), { labels: LABELS, maskedKeys: new Set() })}\n`);
    writeFileSync(`${file}.open`, "");
    utimesSync(`${file}.open`, (NOW - 5_000) / 1000, (NOW - 5_000) / 1000);
    const log = await open();
    expect(log.unclean).toEqual({ fromUnixMs: NOW - 5_000, toUnixMs: NOW, tornBytes: 0 });
    expect(existsSync(`${file}.open`)).toBe(false);
    await log.close();
  });
});

describe("a process", () => {
  const dist = buildSources();
  const writer = join(import.meta.dirname, "writer.mjs");

  test("that is killed leaves whole lines, at least those that were durable, and is noticed", async () => {
    const killed = run(process.execPath, [writer, dist, file, "durable"]);
    await killed.printed(/recorded 50\n/);
    await killed.stop("SIGKILL");
    const recorded = killed.stdout().trim().split("\n").length;
    const log = await open({ unixMs: Date.now });
    expect(log.unclean).toBeDefined();
    await log.close();
    expect(ids().slice(0, recorded)).toEqual(numbered(recorded));
  });

  test("on a full disk loses lines, says how many, goes on, and leaves whole lines", async () => {
    // The shell's limit on a file's size stands for the end of the disk. Each line is written by itself: a batch that is larger
    // than all of the disk would be lost as one.
    const full = await runToEnd("/bin/sh", [
      "-c",
      'ulimit -f 16; exec "$0" "$@"',
      process.execPath,
      writer,
      dist,
      file,
      "flushed",
    ]);
    expect(full.code).toBe(0);
    expect(full.stdout).toMatch(/^problem the decision log can't be written, decisions are being lost: EFBIG/m);
    const lost = Number(/closed, lost (\d+)/.exec(full.stdout)?.[1]);
    expect(lost).toBeGreaterThan(0);
    const recorded = full.stdout.match(/^recorded/gm)?.length ?? 0;
    expect(ids()).toEqual(numbered(recorded).slice(0, recorded - lost));
  });

  test("on a full disk with a durable log refuses", async () => {
    const full = await runToEnd("/bin/sh", [
      "-c",
      'ulimit -f 16; exec "$0" "$@"',
      process.execPath,
      writer,
      dist,
      file,
      "durable",
    ]);
    expect(full.stdout).toMatch(/^problem the decision log can't be written, calls are refused: EFBIG/m);
    expect(full.stdout).toContain("refused EFBIG");
    const recorded = full.stdout.match(/^recorded/gm)?.length ?? 0;
    expect(recorded).toBeGreaterThan(0);
    expect(ids()).toEqual(numbered(recorded));
  });
});

test("a wait over 50 ms is refused at construction", async () => {
  await expect(open({ batchMs: 51 })).rejects.toThrow(RangeError);
  await expect(open({ batchMs: Number.NaN })).rejects.toThrow(RangeError);
});

test("what is recorded while it is noted that all is written is not said to be", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    let now = NOW;
    let isKept: () => void = () => {};
    const kept = new Promise<void>((resolve) => {
      isKept = resolve;
    });
    // asked once for the moment, and then by whoever looks whether the file is to be put away
    const asked: number[] = [];
    const log = await open({
      unixMs: () => {
        asked.push(now);
        if (now > NOW && asked.filter((one) => one === now).length === 2) {
          now += 1_000;
          void log.record(makeEvent({ id: "late" }));
          isKept();
        }
        return now;
      },
    });
    now = NOW + 5_000;
    asked.length = 0;
    vi.advanceTimersByTime(5_000);
    await kept;
    const noted = (): number => JSON.parse(readFileSync(`${file}.head`, "utf8")).unixMs;
    await waitFor("the note that all is written", () => noted() > NOW);
    expect(noted()).toBe(NOW + 5_000);
    await log.close();
  } finally {
    vi.useRealTimers();
  }
});
