// Strings and numbers that are JSON, and that readers of JSON make different things of.
import { describe, expect, test } from "vitest";
import { scanJson } from "../../src/mcp/json-scan.ts";

const scan = (text: string) => scanJson(text, { maxDepth: 64 });
const scanTolerantly = (text: string) => scanJson(text, { maxDepth: 64, tolerant: true });

/** What was refused and where, or "scanned". */
function verdict(text: string): string {
  const result = scan(text);
  return result.kind === "scanned" ? "scanned" : `${result.defect} at ${result.at}`;
}

describe("what readers disagree on", () => {
  test.each([
    ['{"__proto__":1}', "proto_key at 1"],
    ['{"a":{"\\u005f_proto__":{}}}', "proto_key at 6"],
    ['"\ud800"', "lone_surrogate at 1"],
    ['"a\udc00"', "lone_surrogate at 2"],
    ['"\udc00\ud800"', "lone_surrogate at 1"],
    ['"\\ud800"', "lone_surrogate at 1"],
    ['"\\udc00"', "lone_surrogate at 1"],
    ['"\\ud800\\ud800"', "lone_surrogate at 1"],
    ['"\\ud800x"', "lone_surrogate at 1"],
    ['"\\ud83d\ude00"', "lone_surrogate at 1"],
    ['"\ud83d\\ude00"', "lone_surrogate at 1"],
    ['{"\\uDC00":1}', "lone_surrogate at 2"],
    ['"\udfff"', "lone_surrogate at 1"],
    ['"\\udbff"', "lone_surrogate at 1"],
    ["1e309", "number_range at 0"],
    ["1e400", "number_range at 0"],
    ["1e-309", "number_range at 0"],
    ["0e999", "number_range at 0"],
    ["9e308", "number_range at 0"],
    [`1${"0".repeat(309)}`, "number_range at 0"],
    [`-1${"0".repeat(309)}`, "number_range at 0"],
    ["1e00000000000000000309", "number_range at 0"],
  ])("is refused: %j", (text, expected) => {
    expect(verdict(text)).toBe(expected);
    expect(scanTolerantly(text).kind).toBe("scanned");
  });

  test.each([
    '"😀\u{10000}\u{10ffff}"',
    '"\\ud800\\udc00\\uDBFF\\uDFFF"',
    '"\ud7ff\ue000\\ud7ff\\ue000"',
    "1e308",
    "1e-308",
    `1${"0".repeat(308)}`,
    `0.${"0".repeat(400)}1`,
    "9007199254740993",
    "100.0000000000000001",
    '{"constructor":1,"proto":2,"_proto_":3}',
  ])("is not %j", (text) => {
    expect(verdict(text)).toBe("scanned");
  });
});

test.each([
  ['"a', "a string does not end (character 2)"],
  ['"a\n"', "a control character is not escaped (character 2)"],
  ["[", "the text ends too early (character 1)"],
  ["[?", "a JSON value is expected (character 1)"],
])("a refusal says what is wrong with %j", (text, problem) => {
  expect(scan(text)).toMatchObject({ problem });
});
