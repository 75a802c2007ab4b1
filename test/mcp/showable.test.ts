import { describe, expect, test } from "vitest";
import { showable, splitShowable } from "../../src/mcp/showable.ts";

const HIDDEN: readonly (readonly [what: string, char: string])[] = [
  ["a direction override", "\u202e"],
  ["a direction isolate", "\u2066"],
  ["a zero width space", "\u200b"],
  ["a byte order mark", "\ufeff"],
  ["the escape of ANSI codes", "\u001b"],
  ["the one-byte form of it", "\u009b"],
  ["a NUL", "\u0000"],
  ["a line feed", "\n"],
  ["a line separator", "\u2028"],
  ["a tag character", "\u{e0041}"],
  ["a variation selector", "\ufe01"],
  ["one beyond 16 bits", "\u{e0100}"],
  ["a Hangul filler", "\u3164"],
  ["a combining joiner", "\u034f"],
  ["an empty Braille pattern", "\u2800"],
  ["a soft hyphen", "\u00ad"],
  ["private use", "\ue000"],
  ["a lone surrogate", "\ud83d"],
  ["what no standard knows", "\u0378"],
];

describe("what does not show", () => {
  test.each(HIDDEN)("is named: %s", (_, char) => {
    const codePoint = char.codePointAt(0) ?? 0;
    expect(splitShowable(`a${char}b`)).toEqual(["a", codePoint, "b"]);
    expect(showable(`a${char}b`)).toBe(`a\\u{${codePoint.toString(16).padStart(4, "0")}}b`);
  });

  test("is named at the ends, and many in a row", () => {
    expect(splitShowable("\u200b\u200ba\u202e")).toEqual([0x200b, 0x200b, "a", 0x202e]);
    expect(splitShowable("")).toEqual([]);
  });

  test("is not what people write: letters of all scripts, marks, emoji", () => {
    for (const text of ["größe", "имя", "名前", "नमस्ते", "a\u0301", "🔑", "⚠\ufe0f stop", "a\u00a0b"]) {
      expect(splitShowable(text)).toEqual([text]);
      expect(showable(text)).toBe(text);
    }
  });

  test("is a picture's selector where there is no picture", () => {
    expect(splitShowable("a\ufe0f")).toEqual(["a", 0xfe0f]);
    expect(splitShowable("⚠\ufe0f\ufe0f")).toEqual(["⚠\ufe0f", 0xfe0f]);
  });
});

test("a long text is cut, and says so", () => {
  expect(showable("x".repeat(201))).toBe(`${"x".repeat(200)}...`);
  expect(showable("🔑🔑🔑", 2)).toBe("🔑🔑...");
});
