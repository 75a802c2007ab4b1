import { describe, expect, test } from "vitest";
import { describeDefinition, MAX_DESCRIPTION_CHARACTERS } from "../../src/scan/describe-definition.ts";

function described(definition: unknown) {
  return describeDefinition({ name: "t", text: JSON.stringify(definition), sha256: "" });
}

const parametersOf = (inputSchema: unknown) => described({ name: "t", inputSchema }).parameters;

describe("the parameters of a tool", () => {
  test("have their types, what they are for, and whether they are required", () => {
    expect(
      parametersOf({
        type: "object",
        properties: {
          path: { type: "string", description: "Where" },
          limit: { anyOf: [{ type: "integer" }, { type: "null" }], description: "How many" },
          mode: { enum: ["a", 1, null] },
          either: { type: ["string", "array"] },
          shape: { $ref: "#/$defs/Shape" },
          all: { allOf: [{ $ref: "#/$defs/Shape" }] },
          fixed: { const: true },
          any: {},
          open: { anyOf: [{ type: "string" }, {}] },
          list: { items: {} },
        },
        required: ["path", "shape"],
        $defs: { Shape: { type: "object", description: "A shape" } },
      }),
    ).toEqual({
      path: { required: true, type: "string", description: "Where" },
      limit: { required: false, type: "integer|null", description: "How many" },
      mode: { required: false, type: "integer|null|string" },
      either: { required: false, type: "array|string" },
      shape: { required: true, type: "object", description: "A shape" },
      all: { required: false, type: "object" },
      fixed: { required: false, type: "boolean" },
      any: { required: false, type: "any" },
      open: { required: false, type: "any" },
      list: { required: false, type: "array" },
    });
  });

  test("are those of the whole schema, wherever it says them", () => {
    const A = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    expect(parametersOf({ $ref: "#/$defs/A", $defs: { A } })).toEqual({ a: { required: true, type: "string" } });
    expect(parametersOf({ allOf: [A] })).toEqual({ a: { required: true, type: "string" } });
    // another branch does without it
    expect(parametersOf({ oneOf: [A, { type: "object" }] })).toEqual({ a: { required: false, type: "string" } });
  });

  test.each([
    undefined,
    null,
    true,
    7,
    "object",
    [],
    {},
    { type: "array" },
    { $ref: "#" },
    { $ref: "http://127.0.0.1:9/" },
  ])("are none where the schema is %j", (schema) => {
    expect(parametersOf(schema)).toEqual({});
  });

  test("are bounded in number and length", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 1_500 }, (_, n) => [`p${n}`, { description: "x".repeat(5_000) }]),
    );
    const parameters = parametersOf({ type: "object", properties });
    expect(Object.keys(parameters)).toHaveLength(1_000);
    expect(parameters.p0?.description).toMatch(/^x{2000} \[cut: 2000 of 5000 characters\]$/);
  });

  test("do not take a minute where branches lead to branches", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 8 }, (_, n) => [
        `D${n}`,
        { anyOf: Array.from({ length: 90 }, () => ({ $ref: `#/$defs/D${n + 1}` })) },
      ]),
    );
    expect(parametersOf({ type: "object", properties: { x: { $ref: "#/$defs/D0" } }, $defs })).toEqual({
      x: { required: false, type: "any" },
    });
  });
});

describe("a description", () => {
  test("is kept as it is", () => {
    expect(described({ name: "t", description: " Reads\n\u202e it " }).description).toBe(" Reads\n\u202e it ");
  });

  test("is empty where there is none, or no text", () => {
    for (const description of [undefined, null, 7, ["a"]])
      expect(described({ name: "t", description }).description).toBe("");
  });

  test("is cut where nobody would read on, between characters, and says so", () => {
    const whole = `${"x".repeat(MAX_DESCRIPTION_CHARACTERS - 1)}\u{1f600}${"y".repeat(1_000_000)}`;
    const { description } = described({ name: "t", description: whole });
    expect(description).toBe(
      `${"x".repeat(MAX_DESCRIPTION_CHARACTERS - 1)} [cut: 65535 of ${whole.length} characters]`,
    );
  });
});
