import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createArgumentCheck, type ReviewedTool } from "../../src/arguments/argument-check.ts";

const DRAFT_07 = "http://json-schema.org/draft-07/schema#";
const DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema";

function toolOf(inputSchema: unknown): ReviewedTool {
  const text = JSON.stringify({ name: "t", inputSchema });
  return { server: "s", tool: "t", text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** What is wrong with arguments by a schema, and what was told of the schema. */
function checkOf(inputSchema: unknown, args?: unknown) {
  const told: string[] = [];
  const check = createArgumentCheck({ onLoose: (_tool, problem) => told.push(problem) });
  const received = args === undefined ? undefined : { text: JSON.stringify(args), value: args };
  return { problem: check.check(toolOf(inputSchema), received), told };
}
const problemOf = (inputSchema: unknown, args?: unknown) => checkOf(inputSchema, args).problem;

const ASSET = {
  type: "object",
  properties: { asset_name: { type: "string", minLength: 1 }, count: { type: "integer", maximum: 10 } },
  required: ["asset_name"],
  additionalProperties: false,
};

describe("arguments", () => {
  test("that fit pass, with what may be left out and without", () => {
    expect(problemOf(ASSET, { asset_name: "pump" })).toBeUndefined();
    expect(problemOf(ASSET, { asset_name: "pump", count: 10 })).toBeUndefined();
  });

  test.each([
    ["one is missing", {}, "the arguments must have required property 'asset_name'"],
    ["one has the wrong type", { asset_name: 7 }, "/asset_name must be string"],
    ["one is null", { asset_name: null }, "/asset_name must be string"],
    ["one is too large", { asset_name: "pump", count: 11 }, "/count must be <= 10"],
    ["one is a text where a number is due", { asset_name: "pump", count: "3" }, "/count must be integer"],
    ["one is a fraction where an integer is due", { asset_name: "pump", count: 1.5 }, "/count must be integer"],
    ["there is one more", { asset_name: "pump", Asset: 1 }, 'the arguments must not have the property "Asset"'],
  ])("are refused where %s", (_title, args, problem) => {
    expect(problemOf(ASSET, args)).toBe(problem);
  });

  test("that a call leaves out are an empty object", () => {
    expect(problemOf({ type: "object" })).toBeUndefined();
    expect(problemOf(ASSET)).toBe("the arguments must have required property 'asset_name'");
  });

  test("are not changed: no default is filled in, no type coerced, nothing removed", () => {
    const args = { count: 1, more: "x" };
    const schema = { properties: { count: { type: "number" }, region: { type: "string", default: "eu" } } };
    expect(problemOf(schema, args)).toBeUndefined();
    expect(args).toEqual({ count: 1, more: "x" });
  });

  test("are not mistaken for members that every object has", () => {
    expect(problemOf({ required: ["toString"] }, {})).toContain("'toString'");
    expect(problemOf({ properties: { constructor: { type: "string" } } }, {})).toBeUndefined();
    expect(problemOf({ properties: { constructor: { type: "string" } } }, { constructor: 1 })).toBe(
      "/constructor must be string",
    );
  });

  test("are told without their values, in a sentence of bounded length", () => {
    const secret = "s3cr3t-value";
    const schema = { properties: { a: { enum: ["x", "y"] }, b: { const: 3 }, c: { pattern: "^[0-9]+$" } } };
    for (const key of ["a", "b", "c"]) expect(problemOf(schema, { [key]: secret })).not.toContain(secret);
    expect(problemOf(schema, { a: secret })).toBe('/a must be one of ["x","y"]');
    expect(problemOf(schema, { b: secret })).toBe("/b must be 3");
    const long = problemOf({ additionalProperties: false }, { ["k".repeat(100_000)]: 1 });
    expect(long?.length).toBeLessThan(500);
    const deep = problemOf({ additionalProperties: { type: "string" } }, { ["k".repeat(100_000)]: 1 });
    expect(deep?.length).toBeLessThan(500);
  });

  test("that fit no branch are told what each wants", () => {
    const schema = { properties: { token: { anyOf: [{ type: "string" }, { type: "null" }] } } };
    expect(problemOf(schema, { token: 1 })).toBe("/token must be string, or /token must be null");
    expect(problemOf(schema, { token: null })).toBeUndefined();
    const many = { anyOf: Array.from({ length: 9 }, (_, n) => ({ required: [`p${n}`] })) };
    expect(problemOf(many, {})).toMatch(/ 'p3', or fit another of 9 forms$/);
  });

  test("are judged as JavaScript reads their numbers", () => {
    const exactly = (text: string, schema: unknown) =>
      createArgumentCheck({ onLoose: () => {} }).check(toolOf(schema), { text, value: JSON.parse(text) });
    const schema = { properties: { n: { type: "integer", maximum: 9007199254740992 } } };
    expect(exactly('{"n":9007199254740993}', schema)).toBeUndefined(); // a double rounds it to the maximum
    expect(exactly('{"n":9007199254740994}', schema)).toBe("/n must be <= 9007199254740992");
    expect(exactly('{"n":100.0000000000000001}', schema)).toBeUndefined();
    expect(exactly('{"n":1e2}', schema)).toBeUndefined();
    expect(problemOf({ properties: { n: { multipleOf: 0.1 } } }, { n: 0.3 })).toBeUndefined();
    expect(problemOf({ properties: { n: { multipleOf: 0.1 } } }, { n: 0.35 })).toBe("/n must be multiple of 0.1");
  });
});

describe("a dialect", () => {
  test("is 2020-12 where none is named", () => {
    const schema = { properties: { p: { prefixItems: [{ type: "string" }], items: false } } };
    expect(problemOf(schema, { p: [1] })).toBe("/p/0 must be string");
    expect(problemOf({ ...schema, $schema: DRAFT_2020 }, { p: ["a", 2] })).toContain("/p must NOT have more than 1");
    const closed = { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false };
    expect(problemOf(closed, { a: 1, b: 1 })).toBe('the arguments must not have the property "b"');
    expect(problemOf({ dependentRequired: { a: ["b"] } }, { a: 1 })).toContain("b");
  });

  test("may be draft-07, with its own keywords", () => {
    const tuple = { properties: { p: { items: [{ type: "string" }], additionalItems: false } } };
    expect(problemOf({ ...tuple, $schema: DRAFT_07 }, { p: [1] })).toBe("/p/0 must be string");
    expect(problemOf({ ...tuple, $schema: DRAFT_07 }, { p: ["a", 2] })).toContain("/p must NOT have more than 1");
    expect(problemOf({ dependencies: { a: ["b"] }, $schema: DRAFT_07 }, { a: 1 })).toContain("b");
    const referring = {
      definitions: { t: { type: "string" } },
      properties: { p: { $ref: "#/definitions/t", maxLength: 1 } },
    };
    // in draft-07 nothing beside a reference counts
    expect(problemOf({ ...referring, $schema: DRAFT_07 }, { p: "abc" })).toBeUndefined();
    expect(problemOf(referring, { p: "abc" })).toBe("/p must NOT have more than 1 characters");
  });

  test.each(["http://json-schema.org/draft-04/schema#", "https://json-schema.org/draft/2019-09/schema", 7])(
    "that is another checks nothing, and that is told: %s",
    ($schema) => {
      const { problem, told } = checkOf({ ...ASSET, $schema }, {});
      expect(problem).toBeUndefined();
      expect(told).toEqual(["its inputSchema can't be used: its $schema is neither draft-07 nor 2020-12"]);
    },
  );
});

describe("a schema that can't be held", () => {
  const nested = (levels: number): unknown => (levels === 0 ? {} : { properties: { a: nested(levels - 1) } });
  const wide = (count: number) => ({
    properties: Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, {}])),
  });

  test.each([
    ["there is none", undefined, "it is no object"],
    ["it is true", true, "it is no object"],
    ["it is a list", [{}], "it is no object"],
    ["a type is unknown", { type: "objekt" }, "it is no 2020-12 schema: data/type"],
    ["a bound is a text", { minProperties: "1" }, "data/minProperties must be integer"],
    ["a keyword is of draft-04", { properties: { n: { exclusiveMinimum: true } } }, "exclusiveMinimum must be number"],
    ["properties is a list", { properties: [] }, "data/properties must be object"],
    ["a subschema is a text", { properties: { p: "string" } }, "data/properties/p must be object,boolean"],
    [
      "a reference is remote",
      { $ref: "https://schemas.example/a" },
      "can't resolve reference https://schemas.example/a",
    ],
    ["a reference is to a file", { properties: { p: { $ref: "file:///etc/passwd" } } }, "can't resolve reference"],
    ["a reference leads nowhere", { $ref: "#/$defs/none" }, "can't resolve reference #/$defs/none"],
    ["a reference leads into what is no schema", { $ref: "#/x", x: { type: "string" } }, "can't resolve reference #/x"],
    ["an id is no URL", { $id: 7 }, "data/$id must be string"],
    [
      "two parts have one id",
      { properties: { a: { $id: "a" }, b: { $id: "a", type: "null" } } },
      "resolves to more than one",
    ],
    ["a reference is dynamic", { $dynamicAnchor: "a", properties: { p: { $dynamicRef: "#a" } } }, "it has $dynamicRef"],
    ["what items were looked at counts", { properties: { p: { unevaluatedItems: false } } }, "it has unevaluatedItems"],
    [
      "what a condition looked at counts",
      { if: { properties: { a: true } }, unevaluatedProperties: false },
      "it has unevaluatedProperties and if, which is not supported",
    ],
    ["it is deep", nested(40), "it is nested more than 32 levels deep"],
    ["it has many parts", wide(1_000), "it has more than 1000 subschemas"],
    ["it is long", { properties: { a: { const: "x".repeat(300_000) } } }, "it is longer than 262144 characters"],
    [
      "a name's pattern is not linear",
      { patternProperties: { "^(?=x)": {} } },
      "can't be checked in linear time: ^(?=x)",
    ],
    [
      "dropping its pattern would make it stricter",
      { not: { properties: { p: { pattern: "(?=x)" } }, required: ["p"] } },
      "it has not, and a pattern that can't be checked in linear time: (?=x)",
    ],
  ])("checks nothing, and that is told: %s", (_title, schema, problem) => {
    const { problem: found, told } = checkOf(schema, {});
    expect(found).toBeUndefined();
    expect(told).toEqual([expect.stringContaining(problem)]);
    expect(told[0]?.length).toBeLessThan(2_000);
  });

  test("is looked at once for all its calls", () => {
    const told: string[] = [];
    const check = createArgumentCheck({ onLoose: ({ tool }, problem) => told.push(`${tool} ${problem}`) });
    for (let call = 0; call < 3; call += 1) check.check(toolOf({ type: 7 }), undefined);
    expect(told).toHaveLength(1);
  });

  test("may hold what ajv would take for more than JSON Schema says", () => {
    expect(problemOf({ properties: { p: { type: "string", nullable: true } } }, { p: null })).toBe("/p must be string");
    expect(problemOf({ $async: true, properties: { p: { type: "string" } } }, { p: 1 })).toBe("/p must be string");
    expect(problemOf({ properties: { p: { type: "string", format: "email" } } }, { p: "x" })).toBeUndefined();
    expect(problemOf({ type: "object", "regate:cost": -1e9, unheard: { of: [] } }, {})).toBeUndefined();
  });

  test("with names of an object's own members is taken for what it is", () => {
    const schema = JSON.parse(
      '{"properties":{"__proto__":{"type":"string"},"p":{"type":"string"}},"__proto__":{"type":"null"}}',
    );
    expect(problemOf(schema, { p: 1 })).toBe("/p must be string");
    expect(problemOf(schema, { p: "a" })).toBeUndefined();
  });
});

describe("a pattern", () => {
  test("is checked, in time linear in the text", () => {
    const evil = { properties: { p: { pattern: "^(a+)+$" } } };
    expect(problemOf(evil, { p: "aaa" })).toBeUndefined();
    expect(problemOf(evil, { p: `${"a".repeat(100_000)}b` })).toBe('/p must match pattern "^(a+)+$"');
    const keys = { patternProperties: { "^(x+)+$": { type: "string" } }, additionalProperties: false };
    expect(problemOf(keys, { [`${"x".repeat(10_000)}!`]: 1 })).toContain("must not have the property");
    expect(problemOf(keys, { xx: 1 })).toBe("/xx must be string");
  });

  test("is checked for each of several patterns", () => {
    const schema = { properties: { a: { pattern: "^a" }, b: { pattern: "^b" } } };
    expect(problemOf(schema, { a: "a", b: "b" })).toBeUndefined();
    expect(problemOf(schema, { a: "a", b: "a" })).toBe('/b must match pattern "^b"');
  });

  test("that RE2 can't run is left out, the rest is checked, and that is told", () => {
    const schema = { properties: { p: { type: "string", pattern: "^(?!x)y" } } };
    expect(checkOf(schema, { p: "x" })).toEqual({
      problem: undefined,
      told: ["RE2 lacks what these patterns of its inputSchema need: ^(?!x)y"],
    });
    expect(problemOf(schema, { p: 1 })).toBe("/p must be string");
    expect(checkOf({ pattern: "x".repeat(1_001) }).told).toHaveLength(1);
    expect(checkOf({ pattern: "((a{1000}){1000}){1000}" }).told).toHaveLength(1);
  });
});

describe("the work that arguments make", () => {
  const TOO_COSTLY = "the arguments take too many steps to be held against the schema";
  const nest = (levels: number, inner: unknown): unknown => (levels === 0 ? inner : { next: nest(levels - 1, inner) });

  test("is bounded where a schema visits one value in many ways", () => {
    const branch = (kind: number) => ({ properties: { next: { $ref: "#/$defs/node" }, kind: { const: kind } } });
    const schema = { $ref: "#/$defs/node", $defs: { node: { anyOf: [1, 2, 3].map(branch) } } };
    const node = (levels: number): unknown => (levels === 0 ? {} : { next: node(levels - 1), kind: 9 });
    expect(problemOf(schema, node(4))).toContain("/next/next/next/kind must be 1");
    expect(problemOf(schema, node(60))).toBe(TOO_COSTLY);
  });

  test("is bounded where a schema refers to itself", () => {
    expect(problemOf({ $ref: "#" }, {})).toBe(TOO_COSTLY);
    expect(problemOf({ $ref: "#", $schema: DRAFT_07 }, {})).toBe(TOO_COSTLY);
    const list = { properties: { next: { $ref: "#" }, n: { type: "number" } } };
    expect(problemOf(list, nest(3, { n: "x" }))).toBe("/next/next/next/n must be number");
    expect(problemOf(list, nest(100, {}))).toBeUndefined();
  });

  test("is bounded where a small schema is a large one", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`d${n}`, { anyOf: [1, 2].map(() => ({ $ref: `#/$defs/d${n + 1}` })) }]),
    );
    // the leaves fail before anything else of them is looked at
    expect(problemOf({ $ref: "#/$defs/d0", $defs: { ...$defs, d40: { type: "string" } } }, {})).toBe(TOO_COSTLY);
  });

  test("is bounded where a pattern costs much for each character", () => {
    const schema = { properties: { p: { pattern: "(.*a){200}$" } } };
    expect(problemOf(schema, { p: "a".repeat(300) })).toBeUndefined();
    expect(problemOf(schema, { p: `${"a".repeat(200_000)}b` })).toBe(TOO_COSTLY);
  });

  test("is bounded where each of many items is held against many constants", () => {
    const schema = { properties: { p: { items: { enum: Array.from({ length: 5_000 }, (_, n) => `value ${n}`) } } } };
    expect(problemOf(schema, { p: Array.from({ length: 50 }, () => "value 4999") })).toBeUndefined();
    expect(problemOf(schema, { p: Array.from({ length: 5_000 }, () => "value 4999") })).toBe(TOO_COSTLY);
  });

  test("is linear for unique items, whatever they are", () => {
    const schema = { properties: { p: { uniqueItems: true } } };
    const items = Array.from({ length: 100_000 }, (_, n) => ({ n, m: [n] }));
    expect(problemOf(schema, { p: items })).toBeUndefined();
    expect(
      problemOf(schema, {
        p: [
          { a: 1, b: [2] },
          { b: [2], a: 1 },
        ],
      }),
    ).toBe("/p must not have the same item twice");
    expect(problemOf(schema, { p: [1, "1", true, "true", null, "null", [1], { 0: 1 }] })).toBeUndefined();
  });

  test("does not refuse what is merely long", () => {
    const schema = {
      properties: { p: { items: { type: "object", properties: { n: { type: "number" } }, required: ["n"] } } },
    };
    const items = Array.from({ length: 100_000 }, (_, n) => ({ n }));
    expect(problemOf(schema, { p: items })).toBeUndefined();
    expect(problemOf(schema, { p: [...items, { n: "x" }] })).toBe("/p/100000/n must be number");
    const text = { properties: { p: { type: "string", maxLength: 2_000_000, pattern: "^[a-z]+$" } } };
    expect(problemOf(text, { p: "a".repeat(1_000_000) })).toBeUndefined();
  });
});

describe("a schema that is prepared", () => {
  test("is compiled before its first call, and once", async () => {
    const told: string[] = [];
    const check = createArgumentCheck({ onLoose: ({ server, tool }) => told.push(`${tool} on ${server}`) });
    const tool = toolOf({ type: 7 });
    check.prepare(tool);
    check.prepare(tool);
    expect(told).toEqual([]);
    while (told.length === 0) await nextTurn();
    expect(told).toEqual(["t on s"]);
    expect(check.check(tool, undefined)).toBeUndefined();
    await nextTurn();
    expect(told).toHaveLength(1);
  });

  test("lets others have their turn between two", async () => {
    const order: string[] = [];
    const check = createArgumentCheck({ onLoose: (_, problem) => order.push(problem.slice(-7)) });
    check.prepare(toolOf({ type: 7, title: "a" }));
    check.prepare(toolOf({ type: 7, title: "b" }));
    while (order.filter((entry) => entry !== "turn").length < 2) {
      await nextTurn();
      order.push("turn");
    }
    expect(order.indexOf("turn")).toBeLessThan(order.length - 2);
    expect(order.filter((entry) => entry !== "turn")).toHaveLength(2);
    const [first, second] = order.flatMap((entry, at) => (entry === "turn" ? [] : [at]));
    expect(order.slice(first, second)).toContain("turn");
  });
});
