import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffJson } from "../../src/scan/diff-json.ts";
import { formatJson, formatString } from "../../src/scan/format-json.ts";

describe("JSON that is written into a repository", () => {
  test("has short lists and objects on one line, long ones and the outermost on several", () => {
    const long = "x".repeat(115);
    expect(
      formatJson({ a: [], b: {}, c: ["x", 1], d: { e: true }, f: [long, "y"], g: [{ h: 1 }], i: undefined }),
    ).toBe(`{
  "a": [],
  "b": {},
  "c": ["x", 1],
  "d": { "e": true },
  "f": [
    "${long}",
    "y"
  ],
  "g": [
    { "h": 1 }
  ]
}
`);
    expect(formatJson({})).toBe("{}\n");
    expect(formatJson({ type: "object" })).toBe('{\n  "type": "object"\n}\n');
  });

  test("breaks a line that would be longer than 120 columns, and no shorter one", () => {
    const lineOf = (length: number) => formatJson({ k: { v: "x".repeat(length) } }).split("\n")[1] ?? "";
    const longest = 120 - '  "k": { "v": "" },'.length;
    expect(`${lineOf(longest)},`).toHaveLength(120);
    expect(lineOf(longest + 1)).toBe('  "k": {');
  });

  test("says the same as the value, whatever it is, with every character that can't be seen as an escape", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = formatJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u007f-\u009f]/u);
      }),
    );
  });

  test("spells out what hides, and in names every letter that is not ASCII", () => {
    expect(formatString("a\u202e\u200b\u{e0041}\ufe0f\u0007é")).toBe('"a\\u202e\\u200b\\udb40\\udc41\\ufe0f\\u0007é"');
    expect(formatJson({ "re\u0430d": "\u0430" })).toBe('{\n  "re\\u0430d": "\u0430"\n}\n');
  });
});

describe("the difference of two values", () => {
  test("is none where they say the same in another order of keys", () => {
    expect(diffJson({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 })).toEqual([]);
  });

  test("is each place that differs, by its path", () => {
    expect(diffJson({ a: 1, b: { "c d": [1], e: null } }, { b: { "c d": [2], e: {} }, f: 0 })).toEqual([
      { path: "$.a", before: 1, after: undefined },
      { path: '$.b["c d"]', before: [1], after: [2] },
      { path: "$.b.e", before: null, after: {} },
      { path: "$.f", before: undefined, after: 0 },
    ]);
  });

  test("is no longer than anyone reads", () => {
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]));
    expect(diffJson({}, wide)).toHaveLength(1_000);
  });

  test("takes nothing from a prototype", () => {
    expect(diffJson({}, { constructor: 1, toString: 2 })).toEqual([
      { path: "$.constructor", before: undefined, after: 1 },
      { path: "$.toString", before: undefined, after: 2 },
    ]);
  });
});
