import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonNode, MAX_DEPTH, MAX_NODES, memberOf, scanJson } from "../../src/mcp/json-scan.ts";
import { anyJson, brokenJson, distinctJson, parses, spelledString } from "./json-arbitraries.ts";

const scan = (text: string) => scanJson(text, { maxDepth: 64 });
const scanTolerantly = (text: string) => scanJson(text, { maxDepth: 64, tolerant: true });

/** What was refused and where, or "scanned". */
function verdict(text: string): string {
  const result = scan(text);
  return result.kind === "scanned" ? "scanned" : `${result.defect} at ${result.at}`;
}

function rootOf(text: string): JsonNode {
  const result = scanTolerantly(text);
  if (result.kind === "refused") throw new Error(result.problem);
  return result.root;
}

/** The value that the tree's ranges spell, read without the parser of the whole. */
function valueIn(text: string, node: JsonNode): unknown {
  if (node.kind === "array") return node.items.map((item) => valueIn(text, item));
  if (node.kind !== "object") return JSON.parse(text.slice(node.start, node.end));
  return Object.fromEntries(node.members.map((member) => [member.key, valueIn(text, member.value)]));
}

describe("the tree", () => {
  test("gives each value and key its range in the text", () => {
    const text = ' { "a" : [ 1 , "x" ] , "\\u0062" : null } ';
    const root = rootOf(text);
    if (root.kind !== "object") throw new Error("no object");
    expect(root.members.map((member) => [member.key, text.slice(member.keyStart, member.keyStart + 3)])).toEqual([
      ["a", '"a"'],
      ["b", '"\\u'],
    ]);
    expect(text.slice(root.start, root.end)).toBe(text.trim());
    const array = memberOf(root, "a");
    expect(array && text.slice(array.start, array.end)).toBe('[ 1 , "x" ]');
    expect(memberOf(root, "c")).toBeUndefined();
  });

  test("spells the same value as JSON.parse reads, for any JSON without a key twice", () => {
    fc.assert(
      fc.property(distinctJson, (text) => {
        expect(valueIn(text, rootOf(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe("syntax", () => {
  test.each([
    ["", "syntax at 0"],
    [" ", "syntax at 1"],
    ["nul", "syntax at 0"],
    ["nulll", "syntax at 4"],
    ["01", "syntax at 1"],
    ["+1", "syntax at 0"],
    [".5", "syntax at 0"],
    ["1.", "syntax at 1"],
    ["1e", "syntax at 1"],
    ["-", "syntax at 0"],
    ["NaN", "syntax at 0"],
    ["[1,]", "syntax at 3"],
    ["[,1]", "syntax at 1"],
    ["[1 2]", "syntax at 3"],
    ["[1", "syntax at 2"],
    ['{"a":1,}', "syntax at 7"],
    ["{'a':1}", "syntax at 1"],
    ['{"a" 1}', "syntax at 5"],
    ['{"a":1 "b":2}', "syntax at 7"],
    ['{"a":}', "syntax at 5"],
    ['{"a":1', "syntax at 6"],
    ['"abc', "syntax at 4"],
    ['"a\tb"', "syntax at 2"],
    ['"a\nb"', "syntax at 2"],
    ['"\\x41"', "syntax at 1"],
    ['"\\u12g4"', "syntax at 1"],
    ['"\\', "syntax at 1"],
    ["1 2", "syntax at 2"],
    ["{}{}", "syntax at 2"],
    ["{} // note", "syntax at 3"],
    ["\u00a0{}", "syntax at 0"],
    ["\ufeff{}", "syntax at 0"],
    ["\u000b1", "syntax at 0"],
  ])("refuses %j", (text, expected) => {
    expect(verdict(text)).toBe(expected);
    expect(parses(text)).toBe(false);
  });

  test("takes DEL and line separators raw in strings, as JSON does", () => {
    expect(verdict('"\u007f\u2028\u2029"')).toBe("scanned");
  });

  test("refuses whatever JSON.parse refuses, and calls nothing a fault of syntax that JSON.parse takes", () => {
    fc.assert(
      fc.property(fc.oneof(brokenJson, anyJson, fc.string()), (text) => {
        const result = scan(text);
        if (result.kind === "scanned") expect(parses(text)).toBe(true);
        else if (result.defect === "syntax") expect(parses(text)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test("tolerantly takes exactly what JSON.parse takes, but for keys that appear twice", () => {
    fc.assert(
      fc.property(fc.oneof(brokenJson, distinctJson, anyJson, fc.string()), (text) => {
        const result = scanTolerantly(text);
        if (result.kind === "scanned") expect(parses(text)).toBe(true);
        else if (result.defect !== "duplicate_key") expect(parses(text)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("keys that appear twice", () => {
  test.each([
    ['{"a":1,"a":2}', "duplicate_key at 7"],
    ['{"a":1,"\\u0061":2}', "duplicate_key at 7"],
    ['{"\\u0061":1,"a":2}', "duplicate_key at 12"],
    ['{"x":[{"é":1,"\\u00e9":2}]}', "duplicate_key at 13"],
    ['{"":1,"":2}', "duplicate_key at 6"],
    ['{"\\/":1,"/":2}', "duplicate_key at 8"],
    ['{"😀":1,"\\ud83d\\ude00":2}', "duplicate_key at 8"],
  ])("refuses %s", (text, expected) => {
    expect(verdict(text)).toBe(expected);
    expect(scanTolerantly(text).kind).toBe("refused");
  });

  test("takes one key in two objects, and keys that only look alike", () => {
    expect(verdict('{"a":{"a":1},"b":{"a":1},"A":2,"а":3}')).toBe("scanned");
  });

  test("finds one among ten thousand keys, wherever it stands", () => {
    fc.assert(
      fc.property(fc.nat(9_999), (twice) => {
        const keys = Array.from({ length: 10_000 }, (_, index) => `"k${index}":0`);
        const text = `{${keys.join(",")},"k${twice}":1}`;
        expect(verdict(text)).toBe(`duplicate_key at ${text.lastIndexOf(`"k${twice}"`)}`);
      }),
      { numRuns: 20 },
    );
  });

  test("there are none where JSON.stringify gives the text back", () => {
    fc.assert(
      fc.property(anyJson, (text) => {
        fc.pre(JSON.stringify(JSON.parse(text)) === text);
        const result = scan(text);
        expect(result.kind === "scanned" ? "" : result.defect).not.toBe("duplicate_key");
      }),
      { numRuns: 2_000 },
    );
  });

  test("are found in any two spellings", () => {
    const twoSpellings = fc.string({ maxLength: 6 }).chain((key) => fc.tuple(spelledString(key), spelledString(key)));
    fc.assert(
      fc.property(twoSpellings, ([first, second]) => {
        expect(verdict(`{${first}:1,${second}:2}`)).toMatch(/^(duplicate_key|proto_key) at /);
      }),
    );
  });
});

describe("depth", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  test("takes as many levels as allowed, of either kind", () => {
    expect(scanJson(nested(MAX_DEPTH), { maxDepth: MAX_DEPTH }).kind).toBe("scanned");
    expect(scanJson('{"a":[1]}', { maxDepth: 2 }).kind).toBe("scanned");
    expect(scanJson("1", { maxDepth: 0 }).kind).toBe("scanned");
  });

  test("refuses one level more", () => {
    expect(scanJson(nested(MAX_DEPTH + 1), { maxDepth: MAX_DEPTH })).toMatchObject({ defect: "depth", at: MAX_DEPTH });
    expect(scanJson('{"a":{"b":{}}}', { maxDepth: 2 })).toMatchObject({ defect: "depth", at: 10 });
  });

  test("refuses 5,000 and 2,000,000 levels without overflowing the stack", () => {
    expect(verdict(nested(5_000))).toBe("depth at 64");
    expect(verdict(nested(2_000_000))).toBe("depth at 64");
    expect(verdict('{"a":'.repeat(5_000))).toBe("depth at 320");
  });

  test("counts levels, not brackets", () => {
    expect(verdict(`[${Array.from({ length: 1_000 }, () => "[[]]").join(",")}]`)).toBe("scanned");
  });

  test("throws for a bound that no stack is sure to bear", () => {
    expect(() => scanJson("1", { maxDepth: MAX_DEPTH + 1 })).toThrow(/at most 512/);
    expect(() => scanJson("1", { maxDepth: Number.NaN })).toThrow(/at most 512/);
  });
});

describe("the number of values", () => {
  test("may be as large as allowed, containers and scalars alike", () => {
    expect(scanJson('{"a":[1,"b",null]}', { maxDepth: 8, maxNodes: 5 }).kind).toBe("scanned");
    expect(scanJson('{"a":[1,"b",null]}', { maxDepth: 8, maxNodes: 4 })).toMatchObject({ defect: "nodes", at: 12 });
  });

  test("is bounded where nobody says how, for a tolerant scan too", () => {
    const ones = (count: number) => `[${"1,".repeat(count - 2)}1]`;
    expect(verdict(ones(MAX_NODES))).toBe("scanned");
    expect(scanTolerantly(ones(MAX_NODES + 1))).toMatchObject({ kind: "refused", defect: "nodes" });
  });
});

test("a refusal says in one sentence what is wrong and where", () => {
  expect(scan('{"a":1,"a":2}')).toEqual({
    kind: "refused",
    defect: "duplicate_key",
    problem: "a key appears twice in one object (character 7)",
    at: 7,
  });
});
