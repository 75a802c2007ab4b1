// The parts that inputs are made from: drafts, combinations, candidates, shapes.
import { describe, expect, test } from "vitest";
import type { Comparison } from "../../../src/policy/conditions.ts";
import { chooseCandidates } from "../../../src/policy/probe/candidates.ts";
import { combine } from "../../../src/policy/probe/combine.ts";
import { ABSENT, type Draft, put, readLiteral, write } from "../../../src/policy/probe/draft.ts";
import { boundariesOf, readShape, sampleOf, shapeAt, UNKNOWN_SHAPE } from "../../../src/policy/probe/shape.ts";

describe("a draft", () => {
  const at = (draft: Draft, path: readonly (string | null)[], value: Draft | typeof ABSENT): unknown => {
    const made = put(draft, path, value);
    return made === ABSENT ? ABSENT : JSON.parse(write(made));
  };

  test("takes a value at a path, and what is missing on the way", () => {
    expect(at({ a: 1 }, ["b", "c"], 2)).toEqual({ a: 1, b: { c: 2 } });
    expect(at({ a: 1 }, ["a", "c"], 2)).toEqual({ a: { c: 2 } });
    expect(at({ a: [{ b: 1 }, 2] }, ["a", "0", "b"], 3)).toEqual({ a: [{ b: 3 }, 2] });
    expect(at({ a: [] }, ["a", "2"], 3)).toEqual({ a: [null, null, 3] });
  });

  test("takes it at the first key where any will do, or in an array of one", () => {
    expect(at({ a: { x: 1, y: 2 } }, ["a", null], 3)).toEqual({ a: { x: 3, y: 2 } });
    expect(at({ a: [1, 2] }, ["a", null], 3)).toEqual({ a: [3, 2] });
    expect(at({}, ["a", null, "b"], 3)).toEqual({ a: [{ b: 3 }] });
  });

  test("loses what is absent", () => {
    expect(at({ a: 1, b: 2 }, ["a"], ABSENT)).toEqual({ b: 2 });
    expect(at({ a: [1, 2] }, ["a", "0"], ABSENT)).toEqual({ a: [2] });
    expect(at({ b: 2 }, ["a", "c"], ABSENT)).toEqual({ a: {}, b: 2 });
  });

  test("writes numbers as the policy does, and keys whatever they are called", () => {
    expect(write(readLiteral("9007199254740993"))).toBe("9007199254740993");
    expect(write(put({}, ["__proto__", "x"], readLiteral("1.50")) as Draft)).toBe('{"__proto__":{"x":1.50}}');
  });
});

describe("combinations", () => {
  test("are all of them, where they are few", () => {
    const all = combine([2, 3, 2], 12).map((choices) => choices.join(""));
    expect(new Set(all).size).toBe(12);
  });

  test("are a bounded number, where they are many, with each pair of choices of some", () => {
    const some = combine([4, 4, 4, 4], 100);
    expect(some).toHaveLength(100);
    expect(new Set(some.map((choices) => choices.join())).size).toBe(100);
    const pairs = new Set(
      some.flatMap((choices) =>
        choices.flatMap((a, i) => choices.slice(i + 1).map((b, j) => `${i} ${a} ${i + 1 + j} ${b}`)),
      ),
    );
    expect(pairs.size).toBe(6 * 16);
    expect(combine([4, 4, 4, 4], 100)).toEqual(some);
  });

  test("are none where a list has no choice, and one where there is no list", () => {
    expect(combine([2, 0], 10)).toEqual([]);
    expect(combine([], 10)).toEqual([[]]);
  });
});

describe("values near a literal", () => {
  const near = (how: Comparison, literal: string, made: readonly string[] = []): readonly string[] => {
    const makings = made.length === 0 ? [] : [{ path: ["a"], literals: made }];
    const { main, near: around } = chooseCandidates([{ path: ["a"], how, literal }], makings, UNKNOWN_SHAPE);
    return [...main, ...around].map(write);
  };

  test.each<[string, Comparison, string, readonly string[]]>([
    ["a number", "order", "100", ["99", "100", "101", "100.5", "99.5", '"100"']],
    ["a number with decimals", "order", "99.99", ["99.98", "99.99", "100"]],
    ["a number below zero", "equal", "-5", ["-4", "-5", "-6", "5"]],
    [
      "a number that no double holds",
      "equal",
      "9007199254740993",
      ["9007199254740992", "9007199254740993", "9007199254740994"],
    ],
    ["a text", "equal", '"Eur"', ['"Eur"', '"eur"', '"Eurx"', '"xEur"', '"Eu"']],
    ["a start", "prefix", '"/srv/"', ['"/srv/"', '"/srv/x"', '"/srv"', '"x/srv/"']],
    ["an end", "suffix", '".txt"', ['"x.txt"', '".txt"', '".tx"']],
    ["a size", "count", "2", ['["x0","x1"]', '["x0","x1","x2"]', '["x0"]', '"xx"', '{"k0":0,"k1":1}']],
    ["a network", "equal", '"10.1.0.0/16"', ['"10.1.0.0"', '"10.1.255.255"', '"10.0.255.255"', '"10.2.0.0"']],
    ["a pattern", "regex", '"^[A-Z]{3}$"', ['"AAA"', '"AA"', '"AAAx"']],
    ["true", "equal", "true", ["true", "false"]],
  ])("that is %s", (_, how, literal, expected) => {
    expect(near(how, literal)).toEqual(expect.arrayContaining([...expected]));
  });

  test("count in what is made of the value before it is compared", () => {
    expect(near("order", "5000", ["100"])).toEqual(
      expect.arrayContaining(["50", "51", "49", "500000", "4900", "5100"]),
    );
    expect(near("equal", '"corp.example"', ['"@"'])).toEqual(
      expect.arrayContaining(['"x@corp.example"', '"corp.example@x"']),
    );
  });

  test("hold one of each type, and none twice", () => {
    const all = near("equal", '"x"');
    expect(all).toEqual(expect.arrayContaining(["null", "false", "true", "0", '""', "[]", "{}"]));
  });
});

describe("the shape of a parameter", () => {
  test("is read from the catalogue's form and from a schema alike", () => {
    expect(readShape({ type: "null|string", required: true })).toMatchObject({
      types: ["null", "string"],
      required: true,
    });
    const schema = {
      type: "object",
      required: ["a"],
      properties: { a: { type: ["integer"], minimum: 3 }, b: { enum: ["x", "y"] } },
    };
    const shape = readShape(schema);
    expect(sampleOf(shape)).toEqual({ a: 3, b: "x" });
    expect(boundariesOf(shapeAt(shape, ["a"]))).toEqual(expect.arrayContaining([2, 3, 4, 0]));
    expect(shape.fields.get("a")?.required).toBe(true);
  });

  test("is unknown where nothing sensible is said", () => {
    for (const given of [null, 7, "string", [], { type: 7, enum: "x", minimum: "y", properties: [] }]) {
      expect(readShape(given)).toMatchObject({ types: [], choices: [] });
    }
    const endless: Record<string, unknown> = { type: "array" };
    endless.items = endless;
    expect(sampleOf(readShape(endless))).toEqual([[[[["x"]]]]]);
  });
});
