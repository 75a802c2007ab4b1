import { describe, expect, test } from "vitest";
import { projectSchema } from "../../src/scan/project-schema.ts";

const object = (properties: Readonly<Record<string, unknown>>, more = {}) => ({ type: "object", properties, ...more });
const STRING = { type: "string" };

describe("a projection", () => {
  test("keeps properties, items, plain types, what is required and short enums", () => {
    const schema = object(
      {
        path: { type: "string", description: "where", minLength: 1 },
        mode: { enum: ["a", "b", "a"] },
        size: { type: "integer", enum: [1, 2], default: 1 },
        list: { type: "array", items: object({ k: { type: "boolean" } }) },
        any: {},
      },
      {
        required: ["path", "nowhere"],
        additionalProperties: false,
        $schema: "http://json-schema.org/draft-07/schema#",
      },
    );
    expect(projectSchema(schema)).toEqual({
      type: "object",
      properties: {
        path: STRING,
        mode: { type: "string", enum: ["a", "b"] },
        size: { type: "integer", enum: [1, 2] },
        list: { type: "array", items: { type: "object", properties: { k: { type: "boolean" } } } },
        any: {},
      },
      required: ["path"],
    });
  });

  test("inlines references within the schema, under any of its keys", () => {
    const schema = object(
      {
        a: { $ref: "#/$defs/A" },
        b: { $ref: "#/definitions/x~1y~0z" },
        c: { $ref: "#/properties/a" },
        d: { $ref: "#/$defs/a%20b" },
      },
      { $defs: { A: object({ k: STRING }), "a b": { type: "number" } }, definitions: { "x/y~z": { type: "boolean" } } },
    );
    const inlined = { type: "object", properties: { k: STRING } };
    expect(projectSchema(schema).properties).toEqual({
      a: inlined,
      b: { type: "boolean" },
      c: inlined,
      d: { type: "number" },
    });
  });

  test.each([
    ["a remote reference", { $ref: "http://127.0.0.1:9/schema.json" }],
    ["a reference to a file", { $ref: "file:///etc/passwd" }],
    ["one to another document", { $ref: "other.json#/a" }],
    ["one that only looks like a pointer", { $ref: "x/properties/y" }],
    ["one to nothing", { $ref: "#/$defs/nothing" }],
    ["one to a prototype", { $ref: "#/constructor" }],
    ["one that is no text", { $ref: 7 }],
    ["one that can't be decoded", { $ref: "#/%" }],
    ["one to itself", { $ref: "#/properties/x" }],
    ["a union of types", { type: ["string", "null"] }],
    ["one value or another", { anyOf: [STRING, { type: "number" }] }],
    ["an object or nothing", { oneOf: [object({ k: STRING }), { type: "null" }] }],
    ["nothing", { type: "null" }],
    ["true", true],
    ["a text", "string"],
    ["a list", []],
    ["a type of no kind", { type: "strnig" }],
  ])("makes %s any value", (_title, schema) => {
    expect(projectSchema(object({ x: schema, y: STRING })).properties).toEqual({ x: {}, y: STRING });
  });

  test("cuts recursion, direct and through others", () => {
    expect(projectSchema({ $ref: "#" })).toEqual({});
    const tree = object({ children: { type: "array", items: { $ref: "#" } } });
    expect(projectSchema(tree).properties).toEqual({ children: { type: "array" } });
    const $defs = { A: object({ b: { $ref: "#/$defs/B" } }), B: object({ a: { $ref: "#/$defs/A" }, s: STRING }) };
    expect(projectSchema(object({ a: { $ref: "#/$defs/A" } }, { $defs })).properties).toEqual({
      a: { type: "object", properties: { b: { type: "object", properties: { a: {}, s: STRING } } } },
    });
  });

  test("is bounded where references multiply", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 15 }, (_, depth) => [
        `D${depth}`,
        object(Object.fromEntries([..."abcdefgh"].map((key) => [key, { $ref: `#/$defs/D${depth + 1}` }]))),
      ]),
    );
    const text = JSON.stringify(projectSchema(object({ x: { $ref: "#/$defs/D0" } }, { $defs })));
    expect(text.length).toBeGreaterThan(10_000);
    expect(text.length).toBeLessThan(1_000_000);
  });

  test("is bounded where branches multiply", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 6 }, (_, depth) => [
        `D${depth}`,
        {
          ...object({ [`p${depth}`]: STRING }),
          anyOf: Array.from({ length: 40 }, () => ({ $ref: `#/$defs/D${depth + 1}` })),
        },
      ]),
    );
    expect(
      projectSchema({ ...object({ p: STRING }), anyOf: [{ $ref: "#/$defs/D0" }], $defs }).properties,
    ).toMatchObject({ p0: STRING });
  });

  test("of a deep schema ends in any value", () => {
    let schema: unknown = STRING;
    for (let depth = 0; depth < 100; depth += 1) schema = object({ in: schema });
    expect(JSON.stringify(projectSchema(schema))).toMatch(/^(\{"type":"object","properties":\{"in":){16}\{\}/);
  });

  test("lets keys through where an object wants more of them", () => {
    for (const more of [
      { additionalProperties: true },
      { additionalProperties: STRING },
      { patternProperties: { "^x": STRING } },
    ]) {
      expect(projectSchema(object({ x: object({ k: STRING }, more) })).properties).toEqual({ x: { type: "object" } });
    }
    expect(projectSchema({ type: "object" })).toEqual({ type: "object" });
  });

  test("takes the fields of all branches together", () => {
    const allOf = [object({ a: STRING }, { required: ["a"] }), { $ref: "#/$defs/B" }];
    const $defs = { B: object({ b: { type: "number" } }) };
    const merged = { type: "object", properties: { a: STRING, b: { type: "number" } }, required: ["a"] };
    expect(projectSchema({ allOf, $defs })).toEqual(merged);
    expect(projectSchema(object({ c: { allOf } }, { $defs })).properties).toEqual({ c: merged });
    const anyOf = [object({ a: STRING, k: STRING }, { required: ["k"] }), object({ b: STRING, k: { type: "number" } })];
    expect(projectSchema(object({ base: STRING }, { anyOf, required: ["base"] }))).toEqual({
      type: "object",
      properties: { base: STRING, a: STRING, k: {}, b: STRING },
      required: ["base"],
    });
    expect(
      projectSchema(object({ a: STRING, b: STRING }, { anyOf: [{ required: ["a"] }, { required: ["b"] }] })).properties,
    ).toEqual({
      a: STRING,
      b: STRING,
    });
  });

  test("leaves out enums that OPA would refuse or nobody reads", () => {
    const values = Array.from({ length: 101 }, (_, value) => `v${value}`);
    for (const list of [[], ["a", 1], values, [{}]]) {
      expect(projectSchema(object({ x: { type: "string", enum: list } })).properties).toEqual({ x: STRING });
    }
  });

  test("keeps names that mean something in a schema, or in JavaScript", () => {
    const names = ["$ref", "properties", "type", "enum", "constructor", "toString"];
    const properties = Object.fromEntries(names.map((name) => [name, STRING]));
    expect(projectSchema(object(properties)).properties).toEqual(properties);
    const odd = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}');
    expect(JSON.stringify(projectSchema(odd))).toBe('{"type":"object","properties":{"__proto__":{"type":"string"}}}');
  });
});
