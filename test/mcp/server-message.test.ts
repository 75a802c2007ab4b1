import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseServerMessage } from "../../src/mcp/jsonrpc.ts";
import { anyJson, distinctJson, spelledString } from "./json-arbitraries.ts";

/** The kind of the message, or why it is unreadable. */
function verdict(text: string): string {
  const message = parseServerMessage(text);
  return message.kind === "unreadable" ? `unreadable: ${message.problem}` : message.kind;
}

describe("a message from a server", () => {
  test("is a response, with its id as received", () => {
    const text = ' {"jsonrpc":"2.0","id":9007199254740993,"result":{"x":1},"extra":true} ';
    expect(parseServerMessage(text)).toEqual({
      kind: "response",
      id: 9007199254740992,
      idText: "9007199254740993",
      error: undefined,
      value: JSON.parse(text),
      text,
      root: expect.objectContaining({ kind: "object", start: 1, end: text.length - 1 }),
    });
  });

  test("is a response with an error, which may answer nothing in particular", () => {
    const error = '"error":{"code":-32601,"message":"no","data":null}';
    const expected = { kind: "response", error: { code: -32601, message: "no" } };
    expect(parseServerMessage(`{"jsonrpc":"2.0","id":"a",${error}}`)).toMatchObject({
      ...expected,
      id: "a",
      idText: '"a"',
    });
    expect(parseServerMessage(`{"jsonrpc":"2.0","id":null,${error}}`)).toMatchObject({ ...expected, id: undefined });
    expect(parseServerMessage(`{"jsonrpc":"2.0",${error}}`)).toMatchObject({ ...expected, idText: undefined });
  });

  test("is a request of its own, with its params as received", () => {
    const text = '{"jsonrpc":"2.0","id":"s1","method":"sampling/createMessage","params":{"maxTokens":1.0}}';
    expect(parseServerMessage(text)).toMatchObject({
      kind: "request",
      id: "s1",
      method: "sampling/createMessage",
      params: { text: '{"maxTokens":1.0}', value: { maxTokens: 1 } },
    });
  });

  test("is a notification, of any method", () => {
    expect(parseServerMessage('{"jsonrpc":"2.0","method":"x/y"}')).toMatchObject({
      kind: "notification",
      method: "x/y",
      params: undefined,
    });
  });

  test.each([
    ["a result that cuts a character in two", '{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"\\ud83d"}]}}'],
    ["a result with a number beyond doubles", '{"jsonrpc":"2.0","id":1,"result":{"n":1e400}}'],
    ["a result with __proto__", '{"jsonrpc":"2.0","id":1,"result":{"__proto__":{}}}'],
    ["a result of 400 levels", `{"jsonrpc":"2.0","id":1,"result":{"a":${"[".repeat(400)}${"]".repeat(400)}}}`],
  ])("may be %s", (_, text) => {
    expect(verdict(text)).toBe("response");
  });

  test.each([
    ["no JSON", "{"],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"result":{}}]'],
    ["two messages", '{"jsonrpc":"2.0","id":1,"result":{}} {"jsonrpc":"2.0","id":1,"result":{}}'],
    ["a string", '"x"'],
    ["an id that appears twice", '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}'],
    ["a result that appears twice", '{"jsonrpc":"2.0","id":1,"result":{},"res\\u0075lt":{"tools":[]}}'],
    ["a duplicate deep in the result", '{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":1,"b":2}]}}'],
    ["a result in another case beside the result", '{"jsonrpc":"2.0","id":1,"result":{},"Result":{"tools":[]}}'],
    ["a method in another case", '{"jsonrpc":"2.0","id":1,"Method":"sampling/createMessage"}'],
    ["a result and a method", '{"jsonrpc":"2.0","id":1,"result":{},"method":"ping"}'],
    ["a result and an error", '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}'],
    ["a result without id", '{"jsonrpc":"2.0","result":{}}'],
    ["an id that is an array", '{"jsonrpc":"2.0","id":[1],"error":{"code":1,"message":""}}'],
    ["another version", '{"jsonrpc":"1.0","id":1,"result":{}}'],
    ["600 levels", "[".repeat(600) + "]".repeat(600)],
  ])("is unreadable: %s", (_, text) => {
    expect(verdict(text)).toMatch(/^unreadable: ./);
  });

  test.each([
    ["__proto__ in its params", '{"__proto__":{}}'],
    ["a lone surrogate in its params", '{"a":"\\ud800"}'],
    ["a number beyond doubles in its params", '{"a":1e999}'],
    ["params with a key in another case", '{"Messages":[]}'],
    ["_meta that is no object", '{"_meta":1}'],
  ])("is unreadable where it is a request with %s, for that is judged", (_, params) => {
    expect(verdict(`{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":${params}}`)).toMatch(
      /^unreadable: ./,
    );
  });

  test("keeps its kind however its keys are escaped", () => {
    const keys = fc.tuple(spelledString("jsonrpc"), spelledString("id"), spelledString("method"));
    fc.assert(
      fc.property(keys, ([jsonrpc, id, method]) => {
        expect(verdict(`{${jsonrpc}:"2.0",${id}:1,${method}:"roots/list"}`)).toBe("request");
      }),
    );
  });

  test("is a response whatever its result holds, unless a key appears twice in it", () => {
    fc.assert(
      fc.property(fc.oneof(distinctJson, anyJson), (value) => {
        const text = `{"jsonrpc":"2.0","id":1,"result":{"v":${value}}}`;
        expect(verdict(text)).toMatch(/^(response|unreadable: a key appears twice .*)$/);
      }),
      { numRuns: 1_000 },
    );
  });
});
