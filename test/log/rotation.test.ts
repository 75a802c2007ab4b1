// When a file of the log is put away, what goes with it, and what happens where that can't be done.
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findDecision } from "../../src/log/find-decision.ts";
import { listRotated, withRotated } from "../../src/log/log-files.ts";
import { readLog } from "../../src/log/read-log.ts";
import { Problem } from "../../src/problem.ts";
import { waitFor } from "../e2e/harness-process.ts";
import { makeEvent } from "./events.ts";
import { makeLog, NOW, type TestLog } from "./logs.ts";

const HOUR_MS = 3_600_000;

let log: TestLog;
beforeEach(() => {
  log = makeLog();
});

function names(): string[] {
  return readdirSync(dirname(log.file)).sort();
}

/** The ids of all decisions, the oldest first. */
async function ids(): Promise<string[]> {
  const found: string[] = [];
  await readLog(
    { file: log.file, shown: "decisions.jsonl" },
    { see: (bytes) => found.push(...idOf(bytes?.toString() ?? "{}")), pause: () => undefined },
  );
  return found;
}

function idOf(line: string): string[] {
  const id: unknown = JSON.parse(line).decision_id;
  return typeof id === "string" ? [id] : [];
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `call-${n}`);

describe("a file is put away", () => {
  test("before it grows longer than it may, whole, with its mode", async () => {
    await log.run(30, { rotation: { maxBytes: 6_000, maxAgeMs: undefined } });
    const rotated = await listRotated(log.file);
    expect(rotated.length).toBeGreaterThan(2);
    for (const { file } of rotated) {
      expect(statSync(file).size).toBeLessThan(7_000);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(await ids()).toEqual(numbered(30));
    expect((await log.verify()).findings).toEqual([]);
  });

  test("when it is old, counted from its first line over restarts", async () => {
    const options = { rotation: { maxBytes: 1_000_000, maxAgeMs: HOUR_MS } };
    await log.run(1, options);
    log.unixMs = NOW + HOUR_MS - 1;
    await log.run(1, options);
    expect(await listRotated(log.file)).toEqual([]);
    log.unixMs = NOW + HOUR_MS;
    await log.run(1, options);
    expect(names()).toContain("decisions.000001.jsonl");
    log.unixMs += HOUR_MS - 1;
    await log.run(1, options);
    expect(await listRotated(log.file)).toHaveLength(1);
  });

  test("never where it holds no decision", async () => {
    const options = { rotation: { maxBytes: 1_000_000, maxAgeMs: HOUR_MS } };
    const opened = await log.open(options);
    log.unixMs = NOW + 2 * HOUR_MS;
    void opened.record(makeEvent());
    await opened.flush();
    expect(await listRotated(log.file)).toEqual([]);
    void opened.record(makeEvent());
    await opened.close();
    expect(await listRotated(log.file)).toHaveLength(1);
  });

  test("and the numbers go on where the oldest are gone", async () => {
    const options = { rotation: { maxBytes: 1, maxAgeMs: undefined } };
    await log.run(3, options);
    rmSync(join(dirname(log.file), "decisions.000001.jsonl"));
    await log.run(1, options);
    expect((await listRotated(log.file)).map(({ number }) => number)).toEqual([2, 3]);
    expect(names()).not.toContain("decisions.000001.jsonl");
  });

  test("also where a run ended between putting one away and beginning the next", async () => {
    await log.run(3, { rotation: { maxBytes: 1, maxAgeMs: undefined } });
    rmSync(log.file);
    writeFileSync(`${log.file}.head`, "");
    rmSync(`${log.file}.head`);
    const before = await log.verify("decisions.000002.jsonl");
    expect(before.findings).toEqual([]);
    await log.run(1);
    const verified = await log.verify();
    expect(verified.files.map(({ file }) => file).at(-1)).toBe("decisions.jsonl");
    // FILE.head was removed with it here, and only that is told
    expect(verified.findings.map(({ kind }) => kind)).toEqual(["reported"]);
  });
});

describe("files that were put away", () => {
  const rotation = { maxBytes: 1, maxAgeMs: undefined };

  test("are kept to so many, the newest", async () => {
    await log.run(8, { rotation, retention: { files: 3, maxAgeMs: undefined } });
    expect((await listRotated(log.file)).map(({ number }) => number)).toEqual([5, 6, 7]);
    expect((await log.verify()).findings).toEqual([]);
  });

  test("are kept for so long, counted from when they were put away", async () => {
    const retention = { files: undefined, maxAgeMs: 24 * HOUR_MS };
    await log.run(4, { rotation, retention });
    log.unixMs = NOW + 24 * HOUR_MS;
    await log.run(2, { rotation, retention });
    expect((await listRotated(log.file)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    log.unixMs += 1;
    await log.run(1, { rotation, retention });
    expect((await listRotated(log.file)).map(({ number }) => number)).toEqual([4, 5, 6]);
    expect((await log.verify()).findings).toEqual([]);
  });

  test("stay all where nothing else is said", async () => {
    await log.run(8, { rotation });
    expect(await listRotated(log.file)).toHaveLength(7);
  });

  test("are read with their log, each once, and by a name of their own alone", async () => {
    await log.run(3, { rotation });
    const own = { file: log.file, shown: "state/decisions.jsonl" };
    const [first, ...others] = await withRotated([own]);
    expect(first?.shown).toBe("state/decisions.000001.jsonl");
    expect(others).toHaveLength(2);
    const both = await withRotated([...(first === undefined ? [] : [first]), own]);
    expect(both.map(({ shown }) => shown)).toEqual([first, ...others].map((one) => one?.shown));
    expect(first && (await withRotated([first]))).toEqual([first]);
    expect((await findDecision("call-0", [own])).id).toBe("call-0");
  });

  test("are not taken for those of another log beside it", async () => {
    await log.run(1);
    for (const name of [
      "decisions.jsonl.000001",
      "decisions.1.jsonl",
      "decisions.0000001.jsonl",
      "other.000001.jsonl",
      "decisions..jsonl",
    ]) {
      writeFileSync(join(dirname(log.file), name), "");
    }
    expect(await listRotated(log.file)).toEqual([]);
  });
});

test("where a file can't be put away, the log goes on in it, says so once, and again when it can", async () => {
  const opened = await log.open({ rotation: { maxBytes: 1, maxAgeMs: undefined } });
  const inTheWay = join(dirname(log.file), "decisions.000001.jsonl");
  mkdirSync(join(inTheWay, "not empty"), { recursive: true });
  for (let left = 3; left > 0; left -= 1) {
    void opened.record(makeEvent());
    await opened.flush();
  }
  expect(log.problems).toEqual([expect.stringMatching(/^the decision log can't be rotated, and grows: /)]);
  rmSync(inTheWay, { recursive: true });
  // not at each batch
  void opened.record(makeEvent());
  await opened.flush();
  expect(await listRotated(log.file)).toEqual([]);
  log.unixMs += 60_000;
  void opened.record(makeEvent({ id: "after" }));
  await opened.close();
  expect(log.problems).toEqual([expect.anything(), "the decision log is rotated again"]);
  expect(opened.lost()).toBe(0);
  expect((await log.verify()).findings).toEqual([]);
  expect(await listRotated(log.file)).toHaveLength(1);
});

test("a log that can't be opened for its rotated file is no log", async () => {
  mkdirSync(dirname(log.file), { recursive: true });
  const rotated = join(dirname(log.file), "decisions.000001.jsonl");
  writeFileSync(rotated, Buffer.alloc(5_000_000));
  await expect(log.open()).rejects.toThrow(Problem);
  chmodSync(rotated, 0o600);
});

test("who follows sees each decision once, over rotations, and nothing that is not ended", async () => {
  await log.run(2);
  const seen: string[] = [];
  const ended: string[][] = [];
  const following = new AbortController();
  const reading = readLog(
    { file: log.file, shown: "decisions.jsonl" },
    {
      see: (bytes) => seen.push(...idOf(bytes?.toString() ?? "{}")),
      pause: () => undefined,
      onEnd: () => void ended.push([...seen]),
      follow: following.signal,
    },
  );
  await waitFor("what was there", () => ended.length > 0);
  expect(ended).toEqual([numbered(2)]);
  const opened = await log.open({ rotation: { maxBytes: 1, maxAgeMs: undefined } });
  for (let number = 2; number < 12; number += 1) {
    void opened.record(makeEvent({ id: `call-${number}` }));
    await opened.flush();
    if (number % 4 === 0) await waitFor("the latest", () => seen.includes(`call-${number}`));
  }
  await waitFor("the last", () => seen.includes("call-11"));
  expect(seen).toEqual(numbered(12));
  following.abort();
  await reading;
  expect(ended).toHaveLength(1);
  await opened.close();
});
