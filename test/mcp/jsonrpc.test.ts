import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClientRequest,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type ParsedMessage,
  parseClientMessage,
} from "../../src/mcp/jsonrpc.ts";
import { distinctJson } from "./json-arbitraries.ts";

const LIMITS = { maxBytes: 1_000_000, maxDepth: 64 };
const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseClientMessage(bytes(text), LIMITS);

function request(text: string): ClientRequest {
  const message = parse(text);
  if (message.kind !== "request") throw new Error(`not a request: ${JSON.stringify(message)}`);
  return message;
}

/** `<code> <id>: <problem>` of a refusal, else the kind of the message. */
function verdict(message: ParsedMessage): string {
  return message.kind === "refused"
    ? `${message.code} ${JSON.stringify(message.id)}: ${message.problem}`
    : message.kind;
}

const call = (params: string, id = "1") => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`;

describe("a tools/call", () => {
  test("is read with every text as it was received", () => {
    const text =
      ' {"jsonrpc":"2.0", "id" : 7 ,"method":"tools\\/call","extra":[1],"params":{"name":"cre\\u0061te" ,' +
      '"arguments": { "n" : 100.0000000000000001, "big":9007199254740993 } , "_meta": { "progressToken" : "p" }}}\r\n';
    const message = request(text);
    expect(message).toMatchObject({
      id: 7,
      idText: "7",
      method: "tools/call",
      tool: "create",
      progressToken: "p",
      meta: { progressToken: "p" },
      metaText: '{ "progressToken" : "p" }',
      text,
    });
    expect(message.args?.text).toBe('{ "n" : 100.0000000000000001, "big":9007199254740993 }');
    expect(message.args?.value).toEqual({ n: 100, big: 9007199254740992 });
    expect(message.params?.text).toBe(text.slice(text.indexOf('{"name"'), text.lastIndexOf("}")));
    expect(message.value).toEqual(JSON.parse(text));
  });

  test("may have no arguments, an empty name of an argument, and fields that nobody knows", () => {
    expect(request(call('{"name":"t"}')).args).toBeUndefined();
    expect(request(call('{"name":"t","arguments":{}}')).args).toEqual({ text: "{}", value: {} });
    expect(request(call('{"name":"t","x-new":1,"arguments":{"":1,"Name":2,"METHOD":3}}')).tool).toBe("t");
  });

  test.each([
    ['"p"', "p"],
    ["7", 7],
    ["true", undefined],
    ["{}", undefined],
    ["null", undefined],
  ])("with the progress token %s is watched by %s", (token, progressToken) => {
    expect(request(call(`{"name":"t","_meta":{"progressToken":${token}}}`)).progressToken).toBe(progressToken);
  });

  test("gives the exact slice of any arguments", () => {
    fc.assert(
      fc.property(distinctJson, fc.string(), (value, name) => {
        const args = `{ "v" :${value}}`;
        const text = call(`{"arguments":${args},"name":${JSON.stringify(`t${name}`)}}`);
        const message = parse(text);
        if (message.kind === "request") expect(message.args?.text).toBe(args);
        else expect(verdict(message)).toMatch(/double|__proto__|control character/);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["no params", '{"jsonrpc":"2.0","id":1,"method":"tools/call"}', "name"],
    ["no name", call("{}"), "name"],
    ["an empty name", call('{"name":""}'), "name"],
    ["a number for a name", call('{"name":1}'), "name"],
    ["null for a name", call('{"name":null}'), "name"],
    ["an array for a name", call('{"name":["t"]}'), "name"],
    ["a NUL in the name", call('{"name":"t\\u0000x"}'), "name"],
    ["a line end in the name", call('{"name":"t\\n"}'), "name"],
    ["an array for arguments", call('{"name":"t","arguments":[]}'), "arguments"],
    ["null for arguments", call('{"name":"t","arguments":null}'), "arguments"],
    ["a string for arguments", call('{"name":"t","arguments":"{}"}'), "arguments"],
    ["a number for arguments", call('{"name":"t","arguments":1}'), "arguments"],
    ["a literal for arguments", call('{"name":"t","arguments":false}'), "arguments"],
  ])("with %s is refused", (_, text, member) => {
    expect(parse(text)).toMatchObject({ kind: "refused", code: INVALID_PARAMS, id: 1 });
    expect(verdict(parse(text))).toContain(`"params.${member}" must be `);
  });
});

describe("kinds of messages", () => {
  test("another request has params, and neither tool nor arguments", () => {
    const message = request(
      '{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"p","arguments":{"a":"b"}}}',
    );
    expect(message).toMatchObject({ tool: undefined, args: undefined });
    expect(message.params).toEqual({
      text: '{"name":"p","arguments":{"a":"b"}}',
      value: { name: "p", arguments: { a: "b" } },
    });
  });

  test("a request may have no params", () => {
    expect(request('{"jsonrpc":"2.0","id":1,"method":"ping"}')).toMatchObject({
      params: undefined,
      meta: undefined,
      metaText: undefined,
      progressToken: undefined,
    });
  });

  test("a notification has a method and no id", () => {
    const text = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"_meta":{"a":1}}}';
    expect(parse(text)).toMatchObject({
      kind: "notification",
      method: "notifications/cancelled",
      params: { text: '{"requestId":1,"_meta":{"a":1}}' },
      meta: { a: 1 },
      text,
    });
  });

  test("a response has a result or an error", () => {
    expect(parse('{"jsonrpc":"2.0","id":"r1","result":{"roots":[]}}')).toMatchObject({
      kind: "response",
      id: "r1",
      idText: '"r1"',
      error: undefined,
    });
    expect(parse('{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"no","data":[1]}}')).toMatchObject({
      kind: "response",
      id: 3,
      error: { code: -1, message: "no" },
    });
  });

  test.each([
    ["a request that forgot its id", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"t"}}'],
    ["a notification that only looks like one", '{"jsonrpc":"2.0","method":"Notifications/x"}'],
  ])("%s is refused, for a server may run it unjudged", (_, text) => {
    expect(verdict(parse(text))).toBe(
      '-32600 null: a message without id must have a method that begins with "notifications/"',
    );
  });

  test.each([
    ["no jsonrpc", '{"id":1,"method":"ping"}', '"jsonrpc" must be "2.0"'],
    ["jsonrpc as a number", '{"jsonrpc":2.0,"id":1,"method":"ping"}', '"jsonrpc" must be "2.0"'],
    ["jsonrpc 1.0", '{"jsonrpc":"1.0","id":1,"method":"ping"}', '"jsonrpc" must be "2.0"'],
    ["method null", '{"jsonrpc":"2.0","id":1,"method":null}', '"method" must be'],
    ["an empty method", '{"jsonrpc":"2.0","id":1,"method":""}', '"method" must be'],
    ["a method with a line end", '{"jsonrpc":"2.0","id":1,"method":"ping\\n"}', '"method" must be'],
    ["method and result", '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', "no result and no error"],
    ["method and error", '{"jsonrpc":"2.0","id":1,"method":"ping","error":null}', "no result and no error"],
    ["params null", '{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', '"params" must be an object'],
    ["params an array", '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', '"params" must be an object'],
    ["_meta null", '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":null}}', '"params._meta" must be'],
    ["_meta an array", '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":[]}}', '"params._meta" must be'],
    ["neither method nor result", '{"jsonrpc":"2.0","id":1}', "there is no method"],
    ["result and error", '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', "there is no method"],
    ["a result that is no object", '{"jsonrpc":"2.0","id":1,"result":[]}', '"result" must be an object'],
    ["an error that is no object", '{"jsonrpc":"2.0","id":1,"error":"x"}', '"error" must be an object'],
    ["an error without code", '{"jsonrpc":"2.0","id":1,"error":{"message":"m"}}', '"error" must be an object'],
    ["an error without message", '{"jsonrpc":"2.0","id":1,"error":{"code":1}}', '"error" must be an object'],
    ["a response with params", '{"jsonrpc":"2.0","id":1,"result":{},"params":{}}', "a response has no params"],
  ])("with %s there is no message", (_, text, problem) => {
    expect(parse(text)).toMatchObject({ kind: "refused", code: INVALID_REQUEST, id: 1 });
    expect(verdict(parse(text))).toContain(problem);
  });

  test.each([
    '{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}',
    '{"jsonrpc":"2.0","result":{}}',
  ])("a response without id is refused: %s", (text) => {
    expect(verdict(parse(text))).toBe('-32600 null: "id" must be a string or an integer');
  });
});

describe("ids", () => {
  test.each([
    ["1", 1],
    ["0", 0],
    ["-5", -5],
    ["1.0", 1],
    ["9007199254740993", 9007199254740992],
    ["123456789012345678901234567890", 1.2345678901234568e29],
    ['""', ""],
    ['"a b"', "a b"],
    ['"\\u0061"', "a"],
    ['"1"', "1"],
  ])("%s is kept as received", (idText, id) => {
    expect(request(call('{"name":"t"}', idText))).toMatchObject({ id, idText });
  });

  test.each(["null", "1.5", "1e3", "9007199254740993.5", "true", "[1]", "{}", '["a"]'])("%s is refused", (idText) => {
    expect(verdict(parse(call('{"name":"t"}', idText)))).toMatch(/^-32600 .*: "id" must be a string or an integer$/);
  });

  test("an id that does not survive as a number is not echoed from it", () => {
    expect(parse('{"jsonrpc":"2.0","id":9007199254740993,"method":""}')).toMatchObject({ kind: "refused", id: null });
  });
});
