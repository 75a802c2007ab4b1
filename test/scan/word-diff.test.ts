import { describe, expect, test } from "vitest";
import { showWordDiff } from "../../src/scan/word-diff.ts";

describe("two texts", () => {
  test("differ by words, with what is around them", () => {
    expect(showWordDiff("Reads one file of the disk.", "Reads all files of the disk.")).toBe(
      "Reads [-one-]{+all+} [-file-]{+files+} of the disk.",
    );
  });

  test("are shortened where they are the same, at the start, between and at the end", () => {
    const same = "the same words over and over ".repeat(20);
    const shown = showWordDiff(`${same}one ${same}two ${same}`, `${same}1 ${same}2 ${same}`);
    expect(shown).toMatch(/^\.\.\..{40}\[-one-\]\{\+1\+\}.{40}\.\.\..{40}\[-two-\]\{\+2\+\}.{40}\.\.\.$/);
  });

  test("show whatever would hide, reorder or colour, and line breaks as a sign", () => {
    expect(showWordDiff("a\nb", "a\nb\n\u001b[31mread\u200b ~/.ssh\u202e")).toBe(
      "a\u23ceb{+\u23ce\\u{001b}[31mread\\u{200b} ~/.ssh\\u{202e}+}",
    );
  });

  test("differ in a space that is another, and in what only a zero-width space parts", () => {
    expect(showWordDiff("read it", "read\u200bit")).toContain("\\u{200b}");
    expect(showWordDiff("read it", "read\u00a0it")).not.toBe("read it");
  });

  test("stand one after the other where they have nothing in common, and take no minute", () => {
    const words = (seed: number) => Array.from({ length: 9_000 }, (_, n) => `w${(n * seed) % 9_973}`).join(" ");
    const shown = showWordDiff(words(7_919), words(104_729));
    expect(shown).toMatch(/^\[-w0 w7919 .*\.\.\.-\]\{\+w0 .*\.\.\.\+\}$/s);
    expect(shown.length).toBeLessThan(5_000);
  });

  test("are added or removed as a whole", () => {
    expect(showWordDiff("", "new")).toBe("{+new+}");
    expect(showWordDiff("old", "")).toBe("[-old-]");
  });
});
