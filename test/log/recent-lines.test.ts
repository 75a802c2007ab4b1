import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRecentLines, recallLines } from "../../src/log/recent-lines.ts";
import { makeTempDir } from "../e2e/harness-process.ts";

test("keeps the last lines, the newest first, the same object each time", () => {
  const lines = createRecentLines(3);
  for (const text of ["a", "b", "c", "d"]) lines.push([text]);
  expect(lines.recent().map(({ text }) => text)).toEqual(["d", "c", "b"]);
  expect(lines.recent()[0]).toBe(lines.recent()[0]);
});

test("keeps so many bytes together, however few lines that is", () => {
  const lines = createRecentLines(1_000, 10);
  lines.push(["aaaa", "bbbb", "cccc"]);
  expect(lines.recent().map(({ text }) => text)).toEqual(["cccc", "bbbb"]);
  lines.push(["d".repeat(100)]);
  expect(lines.recent().map(({ text }) => text)).toEqual(["cccc", "bbbb"]);
  lines.push(["e".repeat(10)]);
  expect(lines.recent().map(({ text }) => text)).toEqual(["eeeeeeeeee"]);
});

test("keeps the very lines that came last, of whatever lengths they are", () => {
  const [maxLines, maxBytes] = [7, 64];
  const lines = createRecentLines(maxLines, maxBytes);
  const all: string[] = [];
  for (let n = 1; n < 500; n += 1) {
    const text = `${n}:${"é€x".repeat((n * 7919) % 6)}`;
    all.push(text);
    lines.push([text]);
    const kept = lines.recent().map((line) => line.text);
    expect(kept).toEqual(all.toReversed().slice(0, kept.length));
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(kept.length).toBeLessThanOrEqual(maxLines);
  }
});

test("tells who listens of each batch, until they end it", () => {
  const lines = createRecentLines();
  const heard: (string | undefined)[] = [];
  const end = lines.onLines(() => heard.push(lines.recent()[0]?.text));
  lines.push([]);
  lines.push(["a", "b"]);
  end();
  lines.push(["c"]);
  expect(heard).toEqual(["b"]);
});

test("begins with the end of the log that is there, without what was cut short", async () => {
  const file = join(makeTempDir(), "decisions.jsonl");
  const long = "x".repeat(1_000_000);
  writeFileSync(file, `first ${long}\n${long}\n${long}\n${long}\nwörd\nlast\ntorn`);
  const lines = createRecentLines(2_000, 8_388_608);
  await recallLines(file, lines);
  expect(lines.recent().map(({ text }) => text.slice(0, 5))).toEqual([
    "last",
    "wörd",
    "xxxxx",
    "xxxxx",
    "xxxxx",
    "first",
  ]);
  writeFileSync(file, `first ${long}\n${long}\n${long}\n${long}\n${long}\nlast\n`);
  const fewer = createRecentLines(2_000, 8_388_608);
  await recallLines(file, fewer);
  expect(fewer.recent().map(({ text }) => text.slice(0, 5))).toEqual(["last", "xxxxx", "xxxxx", "xxxxx", "xxxxx"]);
});

test("begins with nothing where there is no log", async () => {
  const lines = createRecentLines();
  await recallLines(join(makeTempDir(), "none.jsonl"), lines);
  expect(lines.recent()).toEqual([]);
});
