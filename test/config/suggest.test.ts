import { expect, test } from "vitest";
import { nearestWord } from "../../src/config/suggest.ts";

const known = ["serve", "dev", "stdio", "decide", "build", "reload", "keys"];

test.each([
  ["sevre", "serve"],
  ["srve", "serve"],
  ["bild", "build"],
  ["KEYS", "keys"],
  ["key", "keys"],
  ["relaod", "reload"],
  ["decde", "decide"],
  ["dve", "dev"],
])("takes %s for %s", (word, meant) => {
  expect(nearestWord(word, known)).toBe(meant);
});

test.each(["frobnicate", "x", "", "help", "v", "s".repeat(100_000)])("guesses nothing for %.12s", (word) => {
  expect(nearestWord(word, known)).toBeUndefined();
});

test("takes the nearest of several", () => {
  expect(nearestWord("log.fil", ["log.files", "log.file"])).toBe("log.file");
});
