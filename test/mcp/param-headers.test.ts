import { describe, expect, test } from "vitest";
import { parseClientMessage } from "../../src/mcp/jsonrpc.ts";
import { checkHeaders } from "../../src/mcp/message-headers.ts";
import { paramHeadersOf } from "../../src/mcp/param-headers.ts";

const SCHEMA = {
  type: "object",
  properties: {
    region: { type: "string", "x-mcp-header": "Region" },
    count: { type: "integer", "x-mcp-header": "Count" },
    dry: { type: "boolean", "x-mcp-header": "Dry" },
    where: { type: "object", properties: { zone: { type: "string", "x-mcp-header": "Zone" } } },
    plain: { type: "string" },
  },
};
const VERSION = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };

/** What is wrong with these headers on a call with these arguments. */
function problem(args: object, given: Record<string, string>, era: "modern" | "legacy" = "modern"): string | undefined {
  const params = { name: "t", arguments: args, ...(era === "modern" && { _meta: VERSION }) };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const message = parseClientMessage(new TextEncoder().encode(body), { maxBytes: 10_000, maxDepth: 20 });
  if (message.kind === "refused") throw new Error(message.problem);
  const standard =
    era === "modern" ? { "mcp-protocol-version": ["2026-07-28"], "mcp-method": ["tools/call"], "mcp-name": ["t"] } : {};
  const own = Object.fromEntries(Object.entries(given).map(([name, value]) => [`mcp-param-${name}`, [value]]));
  const fault = checkHeaders(message, { ...standard, ...own }, paramHeadersOf(SCHEMA));
  if (fault !== undefined) expect(fault).toMatchObject({ code: -32020, status: 400 });
  return fault?.problem;
}

describe("what a definition wants repeated", () => {
  test("is found along chains of properties, under names in lower case", () => {
    expect(paramHeadersOf(SCHEMA)).toEqual([
      { header: "mcp-param-region", path: ["region"], numeric: false },
      { header: "mcp-param-count", path: ["count"], numeric: true },
      { header: "mcp-param-dry", path: ["dry"], numeric: false },
      { header: "mcp-param-zone", path: ["where", "zone"], numeric: false },
    ]);
  });

  test.each([
    ["nothing", undefined],
    ["a schema that is no object", [SCHEMA]],
    ["an annotation at the root", { "x-mcp-header": "Root" }],
    ["an annotation under items", { properties: { a: { items: { "x-mcp-header": "A" } } } }],
    ["an annotation under anyOf", { anyOf: [{ properties: { a: { "x-mcp-header": "A" } } }] }],
    ["a name with a space", { properties: { a: { "x-mcp-header": "A B" } } }],
    ["a name with a line end", { properties: { a: { "x-mcp-header": "A\r\nB" } } }],
    ["an empty name", { properties: { a: { "x-mcp-header": "" } } }],
    ["a name that is no string", { properties: { a: { "x-mcp-header": 1 } } }],
  ])("is nothing in %s", (_, schema) => {
    expect(paramHeadersOf(schema)).toEqual([]);
  });
});

describe("repeated arguments", () => {
  test.each([
    ["a string", { region: "us-west1" }, { region: "us-west1" }],
    ["a string in Base64", { region: "Zürich" }, { region: "=?base64?WsO8cmljaA==?=" }],
    ["an integer", { count: 42 }, { count: "42" }],
    ["an integer spelt otherwise", { count: 42 }, { count: "42.0" }],
    ["a boolean", { dry: false }, { dry: "false" }],
    ["a nested value", { where: { zone: "a" } }, { zone: "a" }],
    ["no value and no header", {}, {}],
    ["null and no header", { region: null }, {}],
    ["a value that no header can carry", { region: { a: 1 } }, {}],
    ["an integer that no double carries", { count: 2 ** 60 }, {}],
    ["an argument that is not repeated", { plain: "x" }, {}],
  ])("that agree are let through: %s", (_, args, given) => {
    expect(problem(args, given)).toBeUndefined();
  });

  test.each([
    ["another value", { region: "a" }, { region: "b" }, "mcp-param-region is not arguments.region of the body"],
    ["another number", { count: 42 }, { count: "43" }, "mcp-param-count is not arguments.count of the body"],
    ["a number in hexadecimal", { count: 16 }, { count: "0x10" }, "is not arguments.count"],
    ["no digits for zero", { count: 0 }, { count: "" }, "is not arguments.count"],
    ["a string that only counts as the same", { region: "42" }, { region: "42.0" }, "is not arguments.region"],
    ["a boolean in another case", { dry: true }, { dry: "True" }, "is not arguments.dry"],
    ["a header for no value", {}, { region: "a" }, "is not arguments.region"],
    ["a header for null", { region: null }, { region: "null" }, "is not arguments.region"],
    ["a header for an object", { region: {} }, { region: "[object Object]" }, "is not arguments.region"],
    ["a header for what every object has", { where: {} }, { zone: "x" }, "is not arguments.where.zone"],
    ["broken Base64", { region: "Hello" }, { region: "=?base64?SGVsbG8?=" }, "is not valid Base64"],
    ["no header for a value", { region: "a" }, {}, "mcp-param-region is missing, though the body has arguments.region"],
    ["no header for false", { dry: false }, {}, "mcp-param-dry is missing"],
  ])("that disagree are refused: %s", (_, args, given, expected) => {
    expect(problem(args, given)).toContain(expected);
  });

  test("may be missing in the legacy era, but not differ", () => {
    expect(problem({ region: "a" }, {}, "legacy")).toBeUndefined();
    expect(problem({ region: "a" }, { region: "b" }, "legacy")).toContain("is not arguments.region");
  });
});
