// Bodies that are meant to be judged as one thing and executed as another: each is refused before anything is judged.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INVALID_REQUEST, PARSE_ERROR, type ParsedMessage, parseClientMessage } from "../../src/mcp/jsonrpc.ts";
import { distinctJson, spelledString } from "./json-arbitraries.ts";

const LIMITS = { maxBytes: 1_000_000, maxDepth: 64 };
const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseClientMessage(bytes(text), LIMITS);

/** `<code> <id>: <problem>` of a refusal, else the kind of the message. */
function verdict(message: ParsedMessage): string {
  return message.kind === "refused"
    ? `${message.code} ${JSON.stringify(message.id)}: ${message.problem}`
    : message.kind;
}

const call = (params: string, id = "1") => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`;

describe("one JSON object in UTF-8", () => {
  test.each([
    ["nothing", ""],
    ["white space", " \n"],
    ["half a message", '{"jsonrpc":"2.0"'],
    ["two messages", '{"jsonrpc":"2.0","id":1,"method":"ping"}\n{"jsonrpc":"2.0","id":2,"method":"ping"}'],
    ["a comment", '{"jsonrpc":"2.0",/* */"id":1,"method":"ping"}'],
    ["a NaN", '{"jsonrpc":"2.0","id":NaN,"method":"ping"}'],
    ["a raw line end in a string", '{"jsonrpc":"2.0","id":1,"method":"pi\nng"}'],
  ])("%s is refused as no JSON", (_, text) => {
    expect(parse(text)).toMatchObject({ kind: "refused", code: PARSE_ERROR, id: null });
  });

  test.each([
    ["an empty batch", "[]"],
    ["a one-element batch around a call", `[${call('{"name":"delete_asset"}')}]`],
    ["a batch with white space before it", ` \n[${call('{"name":"t"}')},${call('{"name":"t"}')}]`],
  ])("%s is refused", (_, text) => {
    expect(verdict(parse(text))).toBe("-32600 null: batches are not accepted: send one JSON-RPC message");
  });

  test.each(['"text"', "1", "null", "true"])("%s is refused", (text) => {
    expect(verdict(parse(text))).toBe("-32600 null: the message must be one JSON-RPC object");
  });

  test("a byte order mark is refused", () => {
    const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes(call('{"name":"t"}'))]);
    expect(verdict(parseClientMessage(body, LIMITS))).toBe("-32700 null: the message begins with a byte order mark");
  });

  test.each([
    ["an overlong quote", [0xc0, 0xa2]],
    ["half a character", [0xe2, 0x82]],
    ["an encoded surrogate", [0xed, 0xa0, 0x80]],
    ["Latin-1", [0xe9]],
    ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
  ])("%s is not UTF-8, and refused", (_, sequence) => {
    const [before, after] = call('{"name":"t|"}').split("|");
    const body = Buffer.concat([bytes(before ?? ""), Buffer.from(sequence), bytes(after ?? "")]);
    expect(verdict(parseClientMessage(body, LIMITS))).toBe("-32700 null: the message is not UTF-8");
  });

  test("UTF-16 is refused", () => {
    expect(parseClientMessage(Buffer.from(call('{"name":"t"}'), "utf16le"), LIMITS)).toMatchObject({
      code: PARSE_ERROR,
    });
  });
});

describe("what two readers could read differently", () => {
  const evil = '{"name":"read","name":"delete"}';
  test.each([
    ["a tool named twice", call(evil), "appears twice"],
    ["a tool named twice, once in escapes", call('{"name":"read","n\\u0061me":"delete"}'), "appears twice"],
    ["a method given twice", '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', "appears twice"],
    ["arguments given twice", call('{"name":"t","arguments":{},"arguments":{"x":1}}'), "appears twice"],
    ["an argument given twice, deep inside", call('{"name":"t","arguments":{"a":[{"b":1,"b":2}]}}'), "appears twice"],
    ["__proto__ in the arguments", call('{"name":"t","arguments":{"__proto__":{"admin":true}}}'), "__proto__"],
    ["__proto__ in escapes", call('{"name":"t","arguments":{"\\u005f_proto__":1}}'), "__proto__"],
    [
      "constructor.prototype in the arguments",
      call('{"name":"t","arguments":{"constructor":{"prototype":{"a":1}}}}'),
      "constructor",
    ],
    ["constructor.prototype in escapes", call('{"name":"t","constr\\u0075ctor":{"prototyp\\u0065":1}}'), "constructor"],
    ["__proto__ at the top", '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{}}', "__proto__"],
    ["a lone surrogate", call('{"name":"t","arguments":{"a":"\\ud800"}}'), "surrogate"],
    ["a lone surrogate in a key", call('{"name":"t","arguments":{"\\udfff":1}}'), "surrogate"],
    ["a number that is infinite", call('{"name":"t","arguments":{"a":1e400}}'), "range"],
    ["a number that some readers make zero", call('{"name":"t","arguments":{"a":1e-400}}'), "range"],
    ["65 levels", call(`{"name":"t","arguments":{"a":${"[".repeat(62)}${"]".repeat(62)}}}`), "nested"],
    ["5,000 levels", call(`{"name":"t","arguments":{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}}`), "nested"],
  ])("is refused: %s", (_, text, problem) => {
    expect(parse(text)).toMatchObject({ kind: "refused", code: INVALID_REQUEST, id: 1 });
    expect(verdict(parse(text))).toContain(problem);
  });

  test("is refused where a request has the method of a notification", () => {
    expect(verdict(parse('{"jsonrpc":"2.0","id":7,"method":"notifications/cancelled","params":{"requestId":1}}'))).toBe(
      '-32600 7: a message with the method of a notification has no "id"',
    );
  });

  test("is refused though the message is exactly what JSON.stringify writes", () => {
    const value = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", arguments: { a: "\ud800" } } };
    expect(verdict(parse(JSON.stringify(value)))).toContain("surrogate");
  });

  test("is refused with no id where the rest is no JSON", () => {
    expect(verdict(parse('{"id":1,"a":1,"a":2'))).toMatch(/^-32600 null: .* appears twice/);
  });
});

test("a message of more than 200,000 values is refused before it is read", () => {
  const list = (count: number) => call(`{"name":"t","arguments":{"a":[${"1,".repeat(count - 1)}1]}}`);
  const limits = { ...LIMITS, maxBytes: 1_000_000 };
  expect(parseClientMessage(Buffer.from(list(199_000)), limits).kind).toBe("request");
  expect(parseClientMessage(Buffer.from(list(200_000)), limits)).toMatchObject({
    kind: "refused",
    code: INVALID_REQUEST,
  });
});

describe("other spellings of protocol keys", () => {
  const top = (key: string) => `{"jsonrpc":"2.0","id":1,"method":"ping",${JSON.stringify(key)}:"x"}`;
  const param = (key: string) => call(`{"name":"t",${JSON.stringify(key)}:"x"}`);
  const meta = (key: string) => call(`{"name":"t","_meta":{${JSON.stringify(key)}:"x"}}`);

  test.each([
    "Method",
    "METHOD",
    "ID",
    "Id",
    "Jsonrpc",
    "JSONRPC",
    "Params",
    "Result",
    "Error",
    "paramſ",
    "reſult",
    "İd",
    "ıd",
    "me_thod",
    "method\0",
    "ｍethod",
  ])("%j is refused at the top", (key) => {
    expect(verdict(parse(top(key)))).toMatch(
      /^-32600 1: a key is another spelling of "(method|id|jsonrpc|params|result|error)"$/,
    );
  });

  test.each([
    ["Name", "name"],
    ["NAME", "name"],
    ["name\0x", "name"],
    ["Arguments", "arguments"],
    ["argumentſ", "arguments"],
    ["_Meta", "_meta"],
    ["URI", "uri"],
    ["Cursor", "cursor"],
    ["protocolversion", "protocolVersion"],
    ["protocol_version", "protocolVersion"],
    ["request_state", "requestState"],
    ["taskID", "taskId"],
    ["tasK", "task"],
  ])("%j is refused in params", (key, meant) => {
    expect(verdict(parse(param(key)))).toBe(`-32600 1: a key is another spelling of "${meant}"`);
  });

  test.each([
    ["ProgressToken", "progressToken"],
    ["io.modelcontextprotocol/ProtocolVersion", "io.modelcontextprotocol/protocolVersion"],
    ["io.modelcontextprotocol/protocol_version", "io.modelcontextprotocol/protocolVersion"],
    ["IO.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/clientInfo"],
  ])("%j is refused in _meta", (key, meant) => {
    expect(verdict(parse(meta(key)))).toBe(`-32600 1: a key is another spelling of "${meant}"`);
  });

  test("is refused in a notification too", () => {
    const text = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"RequestId":1}}';
    expect(verdict(parse(text))).toBe('-32600 null: a key is another spelling of "requestId"');
  });

  test("is found however the key is escaped", () => {
    const spellings = fc.constantFrom("METHOD", "Method", "methoD").chain(spelledString);
    fc.assert(
      fc.property(spellings, (key) => {
        expect(verdict(parse(`{"jsonrpc":"2.0","id":1,"method":"ping",${key}:"tools/call"}`))).toContain('"method"');
      }),
    );
  });

  test.each(["names", "nam", "meta", "x-name", "näme", "toString", "constructor"])("%j is another key", (key) => {
    expect(verdict(parse(param(key)))).toBe("request");
    expect(verdict(parse(top(key)))).toBe("request");
  });

  test("exact keys are where they belong, and no business of each other", () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","id":"X","ID":"x"}}';
    expect(verdict(parse(text))).toBe("request");
  });
});

describe("size", () => {
  test("counts bytes, not characters", () => {
    const text = call('{"name":"t","arguments":{"a":"éé"}}');
    const size = bytes(text).length;
    expect(verdict(parseClientMessage(bytes(text), { ...LIMITS, maxBytes: size }))).toBe("request");
    expect(verdict(parseClientMessage(bytes(text), { ...LIMITS, maxBytes: size - 1 }))).toBe(
      `-32600 null: the message has ${size} bytes; at most ${size - 1} are accepted`,
    );
  });

  test("ten megabytes of arguments are refused unread", () => {
    const body = new Uint8Array(10_000_000).fill(0xff);
    expect(verdict(parseClientMessage(body, LIMITS))).toContain("10000000 bytes");
  });
});

test("never throws, and names one problem in one line, whatever the bytes", () => {
  const anyBody = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ unit: "binary" }).map(bytes),
    distinctJson.map(bytes),
    distinctJson.map((value) => bytes(call(value))),
    distinctJson.map((value) => bytes(`{"jsonrpc":"2.0","id":${value},"method":"ping","params":{"_meta":${value}}}`)),
  );
  fc.assert(
    fc.property(anyBody, (body) => {
      const message = parseClientMessage(body, LIMITS);
      if (message.kind === "refused") expect(message.problem).toMatch(/^[^\n]+$/);
      else expect(bytes(message.text)).toEqual(Uint8Array.from(body));
    }),
    { numRuns: 2_000 },
  );
});
