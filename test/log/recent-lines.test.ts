import { expect, test } from "vitest";
import { createRecentLines } from "../../src/log/recent-lines.ts";

test("keeps the last lines, the newest first, the same object each time", () => {
  const lines = createRecentLines(3);
  for (const text of ["a", "b", "c", "d"]) lines.push(text);
  expect(lines.recent().map(({ text }) => text)).toEqual(["d", "c", "b"]);
  expect(lines.recent()[0]).toBe(lines.recent()[0]);
});

test("keeps so many characters together, however few lines that is", () => {
  const lines = createRecentLines(1_000, 10);
  for (const text of ["aaaa", "bbbb", "cccc"]) lines.push(text);
  expect(lines.recent().map(({ text }) => text)).toEqual(["cccc", "bbbb"]);
  lines.push("d".repeat(100));
  expect(lines.recent()).toEqual([]);
});

test("tells each line to who listens, until they end it", () => {
  const lines = createRecentLines();
  const heard: string[] = [];
  const end = lines.onLine(({ text }) => heard.push(text));
  lines.push("a");
  end();
  lines.push("b");
  expect(heard).toEqual(["a"]);
});
