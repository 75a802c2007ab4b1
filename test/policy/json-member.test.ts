import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compactJson, listMembers, replaceMember, sliceMember } from "../../src/policy/json-member.ts";

describe("a member of an object's text", () => {
  test.each([
    ["a number as it is written", '{"a":1,"b":100.0000000000000001}', "b", "100.0000000000000001"],
    ["the last of several", '{"a":1,"a":2}', "a", "2"],
    ["an object, its own members aside", '{"b":{"a":1},"a":{"b":2}}', "a", '{"b":2}'],
    ["a list", '{"a":[{"a":1},"a"],"b":0}', "a", '[{"a":1},"a"]'],
    ["by a key with escapes", '{"\\u0061":1}', "a", "1"],
    ["behind strings that look like something else", '{"x":"}\\"a\\":1,{","a":"\\\\"}', "a", '"\\\\"'],
    ["with the white space around it", '{ "a" : 1 , "b":2 }', "a", " 1 "],
  ])("is %s", (_, text, key, expected) => {
    expect(sliceMember(text, key)).toBe(expected);
  });

  test("is nothing where there is none", () => {
    for (const text of ["{}", '{"b":{"a":1}}', '{"b":"a"}']) expect(sliceMember(text, "a")).toBeUndefined();
  });

  test("can be replaced, and nothing else changes", () => {
    expect(replaceMember('{"a":1,"b":{"a":2},"c":3}', "b", "null")).toBe('{"a":1,"b":null,"c":3}');
    expect(replaceMember('{"a":1}', "b", "null")).toBe('{"a":1}');
  });

  test("is what JSON.parse finds, for any object", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(4), (object, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        const found = listMembers(text).map(({ key, start, end }) => [key, JSON.parse(text.slice(start, end))]);
        expect(found).toEqual(Object.entries(JSON.parse(text)));
        expect(compactJson(text)).toBe(JSON.stringify(object));
      }),
    );
  });
});
