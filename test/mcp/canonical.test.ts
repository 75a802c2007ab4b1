import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, sha256OfDefinition } from "../../src/mcp/canonical.ts";
import { distinctJson } from "./json-arbitraries.ts";

describe("the canonical form", () => {
  test("has sorted keys at every level, and no white space", () => {
    expect(canonicalJson(' { "b" : [ { "y" : 1, "x" : true } ] , "a" : null } ')).toBe(
      '{"a":null,"b":[{"x":true,"y":1}]}',
    );
  });

  test("sorts keys by UTF-16 code units, numbers among them as text", () => {
    expect(canonicalJson('{"10":0,"9":0,"é":0,"z":0,"Z":0,"":0,"\uffff":0,"😀":0}')).toBe(
      '{"":0,"10":0,"9":0,"Z":0,"z":0,"é":0,"😀":0,"\uffff":0}',
    );
  });

  test("keeps the order of arrays and the lexemes of numbers", () => {
    expect(canonicalJson("[3, 1, 1.0, 1e2, -0, 9007199254740993]")).toBe("[3,1,1.0,1e2,-0,9007199254740993]");
  });

  test("writes strings and keys with the fewest escapes", () => {
    expect(canonicalJson('{"\\u0061\\/":"\\u00e9\\u2028\\u0001\\n\\"\\\\\\ud83d\\ude00"}')).toBe(
      '{"a/":"é\u2028\\u0001\\n\\"\\\\😀"}',
    );
  });

  test("keeps apart what only a lone surrogate tells apart", () => {
    expect(canonicalJson('"\\uD800"')).toBe('"\\ud800"');
    expect(sha256OfDefinition('"\\ud800"')).not.toBe(sha256OfDefinition('"\\ud801"'));
    expect(sha256OfDefinition('"\\ud800"')).not.toBe(sha256OfDefinition('"\\ufffd"'));
  });

  test("is its own canonical form and means what the text means", () => {
    fc.assert(
      fc.property(distinctJson, (text) => {
        const canonical = canonicalJson(text);
        expect(canonicalJson(canonical)).toBe(canonical);
        expect(JSON.parse(canonical)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["an unfinished text", "{"],
    ["a key that appears twice", '{"a":1,"a":1}'],
    ["600 levels", "[".repeat(600) + "]".repeat(600)],
  ])("does not exist for %s", (_, text) => {
    expect(() => canonicalJson(text)).toThrow(/^no canonical form: /);
  });
});

describe("the hash of a definition", () => {
  const definition = '{"name":"t","inputSchema":{"type":"object","properties":{"n":{"maximum":10}}}}';

  test("is the SHA-256 of its canonical form in UTF-8", () => {
    const canonical = '{"name":"é"}';
    expect(sha256OfDefinition('{ "name": "\\u00e9" }')).toBe(
      createHash("sha256").update(canonical, "utf8").digest("hex"),
    );
  });

  test("does not change with the order of keys, white space or escapes", () => {
    const other = '{ "inputSchema": {"properties":{"n":{"maximum":10}}, "type":"obj\\u0065ct"},\n "name": "t" }';
    expect(sha256OfDefinition(other)).toBe(sha256OfDefinition(definition));
  });

  test.each([
    ["a number's spelling", definition.replace("10", "10.0")],
    ["a value", definition.replace("10", "11")],
    ["a key", definition.replace("maximum", "minimum")],
    ["one more member", definition.replace('"name":"t"', '"name":"t","title":""')],
    ["null in place of nothing", definition.replace('"name":"t"', '"name":"t","annotations":null')],
  ])("changes with %s", (_, other) => {
    expect(sha256OfDefinition(other)).not.toBe(sha256OfDefinition(definition));
  });
});

test("members of the outermost object can be left out, and only those", () => {
  expect(canonicalJson('{"b":{"_meta":1},"_meta":{"progressToken":7},"c":0,"a":1.0}', ["_meta", "c"])).toBe(
    '{"a":1.0,"b":{"_meta":1}}',
  );
  expect(canonicalJson('["_meta"]', ["_meta"])).toBe('["_meta"]');
});
