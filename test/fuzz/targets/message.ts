// The parser of a client's message: what it accepts is read the same by JSON.parse, by Python's json, and by every reader of
// readers.ts; and it is exactly the bytes that came.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect } from "vitest";
import { type ClientMessage, parseClientMessage } from "../../../src/mcp/jsonrpc.ts";
import { distinctJson, spelledString } from "../../mcp/json-arbitraries.ts";
import { type Form, pythonJson } from "../python.ts";
import { lenientForm, membersOf, READERS } from "../readers.ts";
import type { Target } from "../target.ts";

const LIMITS = { maxBytes: 100_000, maxDepth: 64 };
const META = '"_meta":{"progressToken":1,"io.modelcontextprotocol/protocolVersion":"2026-07-28"}';
const SEEDS = [
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":[1,2.50,"x\\u0041"]},${META}}}`,
  '{"jsonrpc":"2.0","id":"s","method":"tools/list","params":{"cursor":"c"}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}',
  '{"jsonrpc":"2.0","id":2,"result":{"action":"accept","content":{"n":9007199254740993}}}',
  '{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"m"}}',
];
const WORDS = [
  ...['"name"', '"Name"', '"n\\u0061me"', '"method"', '"METHOD"', '"params"', '"paramſ"', '"arguments"', '"id"'],
  ...['"name\\u0000"', '"__proto__"', '"constructor"', '"prototype"', '"task_id"', '"requestState"', '"ｎame"', '"ID"'],
  ...['"tools/call"', '"delete"', ":", ",", "{", "}", "[", "]", '"', "\\", "1e400", "-0", "1.0", "NaN", "//", "/*"],
  ...["\ufeff", "\u2028", "\\ud800", "\\u0000", "\r", "\n", "\0"],
];

const KEYS = ["jsonrpc", "id", "method", "params", "result", "error"];
const PARAM_KEYS = ["name", "arguments", "_meta", "task", "cursor", "requestState", "protocolVersion"];
/** How else a key may be written: most of them are other keys, which some reader takes for it. */
const spelling = (key: string) =>
  fc.constantFrom(
    key,
    key,
    key.toUpperCase(),
    key.charAt(0).toUpperCase() + key.slice(1),
    key.replace("s", "ſ").replace("k", "\u212a"),
    `${key}\0`,
    `${key}\0x`,
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    `${key.slice(0, 2)}_${key.slice(2)}`,
    key.replace(/^./, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
    `x-${key}`,
    "__proto__",
    "constructor",
  );
type Member = readonly [key: string, valueText: string];

/** An object of these members and some more with keys that are like `keys`, in any order. */
function objectOf(members: fc.Arbitrary<Member[]>, keys: readonly string[], values: fc.Arbitrary<string>) {
  const more = fc.array(fc.tuple(fc.constantFrom(...keys).chain(spelling), values), { maxLength: 2 });
  return fc
    .tuple(members, more)
    .chain(([own, others]) => fc.shuffledSubarray([...own, ...others], { minLength: own.length + others.length }))
    .chain((all) => fc.tuple(...all.map(([key, text]) => spelledString(key).map((spelt) => `${spelt}:${text}`))))
    .map((written) => `{${written.join(",")}}`);
}

const params = objectOf(
  fc.constant([
    ["name", '"echo"'],
    ["arguments", '{"a":1}'],
  ]),
  PARAM_KEYS,
  fc.constantFrom('"delete"', '{"a":2}', '{"prototype":{"name":"delete"}}', "1"),
);
const made = objectOf(
  params.map((text) => [
    ["jsonrpc", '"2.0"'],
    ["id", "1"],
    ["method", '"tools/call"'],
    ["params", text],
  ]),
  KEYS,
  fc.oneof(fc.constantFrom('"ping"', "2", '{"name":"delete"}'), params, distinctJson),
);

export const clientMessage: Target = {
  name: "client-message",
  seeds: SEEDS.map((seed) => Buffer.from(seed)),
  words: WORDS,
  made: made.map((text) => Uint8Array.from(Buffer.from(text))),
  runs: 1_500,
  async check(input) {
    const message = parseClientMessage(input, LIMITS);
    if (message.kind === "refused") {
      expect(message.problem).toMatch(/^[^\n]+$/);
      return;
    }
    expect(Buffer.from(message.text).equals(input)).toBe(true);
    expect(isDeepStrictEqual(JSON.parse(message.text), message.value)).toBe(true);
    const form = lenientForm(message.text);
    expect(form).toEqual(await pythonJson(input));
    for (const reader of READERS) readsTheSame(message, form, reader);
  },
};

function readsTheSame(message: ClientMessage, form: Form | undefined, { name, get }: (typeof READERS)[number]): void {
  const top = membersOf(form) ?? [];
  const params = membersOf(get(top, "params")) ?? [];
  const isRequest = message.kind === "request";
  const read = {
    method: get(top, "method"),
    id: get(top, "id")?.[1],
    tool: isRequest && message.method === "tools/call" ? get(params, "name") : undefined,
    args: isRequest && message.method === "tools/call" ? get(params, "arguments") : undefined,
  };
  expect({ reader: name, ...read }).toEqual({
    reader: name,
    method: message.kind === "response" ? undefined : ["s", message.method],
    id: message.kind === "notification" ? undefined : idOf(message),
    tool: isRequest && message.tool !== undefined ? ["s", message.tool] : undefined,
    args: isRequest && message.args !== undefined ? lenientForm(message.args.text) : undefined,
  });
}

function idOf({ id, idText }: Extract<ClientMessage, { readonly id: unknown }>): string {
  return typeof id === "string" ? id : idText;
}
