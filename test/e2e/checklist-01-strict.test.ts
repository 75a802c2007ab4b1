// Row 1 of the checklist: one fixed decision on what two readers could read differently; what is forwarded is what was judged.
import { Readable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import { prepareStdioRecorder, startRecorder } from "./harness-fixtures.ts";
import { run } from "./harness-process.ts";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, isToolError, messagesOf, openSession, parseMessage, post } from "./harness-wire.ts";

const denied = callBody(1, "denied");
const params = (text: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${text}}`;
const nested = (levels: number) =>
  params(`{"name":"echo","arguments":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`);

/** No reader may carry these out: the answer is 400, and nothing goes upstream. */
const AMBIGUOUS: readonly (readonly [string, string | Uint8Array])[] = [
  ["a one-element batch around a denied call", `[${denied}]`],
  ["a one-element batch around an allowed call", `[${callBody(1, "echo")}]`],
  ["a batch of an allowed and a denied call", `[${callBody(1, "echo")},${denied}]`],
  ["an empty batch", "[]"],
  ["a body that is not JSON", '{"jsonrpc":"2.0",'],
  ["an empty body", ""],
  ["two messages in one body", `${callBody(1, "echo")}\n${denied}`],
  ["a number", "1"],
  ["a duplicate tool name", params('{"name":"echo","name":"denied"}')],
  ["a duplicate tool name behind an escape", params(String.raw`{"name":"echo","n\u0061me":"denied"}`)],
  ["a duplicate method", '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"denied"}}'],
  ["a duplicate key deep in the arguments", params('{"name":"echo","arguments":{"a":{"b":1,"b":2}}}')],
  [
    "a method in another case",
    '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"denied"}}',
  ],
  ["a tool name in another case", params('{"name":"echo","Name":"denied"}')],
  ["arguments in another case", params('{"name":"echo","arguments":{},"Arguments":{"a":1}}')],
  ["a __proto__ key", params('{"name":"echo","arguments":{"__proto__":{"a":1}}}')],
  ["a lone surrogate", params(String.raw`{"name":"echo","arguments":{"text":"\ud800"}}`)],
  ["a number beyond the finite ones", params('{"name":"echo","arguments":{"a":1e400}}')],
  ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(callBody(1, "echo"))])],
  ["bytes that are not UTF-8", Buffer.from(callBody(1, "echo", { text: "\u00ff" }), "latin1")],
  ["5,000 levels of arguments", nested(5_000)],
  ["arguments that are an array", params('{"name":"echo","arguments":["a"]}')],
  ["a tool name that is no string", params('{"name":["denied"]}')],
  ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"echo"}}'],
  ["another version of JSON-RPC", '{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"echo"}}'],
];

/** Each of them reads the body in another way than the gate does. */
const RECODED: readonly (readonly [string, Record<string, string>])[] = [
  ["compressed", { "content-encoding": "gzip" }],
  ["said to be UTF-16", { "content-type": "application/json; charset=utf-16" }],
  ["said to be a form", { "content-type": "application/x-www-form-urlencoded" }],
];

describe.each(TRANSPORTS)("before a server over %s, the gate", (transport) => {
  let setup: RecorderGate;
  let url: string;

  beforeAll(async () => {
    setup = await startRecorderGate();
    url = setup.gate.url(transport);
  });

  test.each(AMBIGUOUS)("refuses %s", async (_title, body) => {
    const session = await openSession(url);
    const before = setup.recorded[transport].bodies().length;
    const answer = await session.post(body);
    expect(answer.status).toBe(400);
    expect([-32700, -32600, -32602]).toContain(parseMessage(answer.text).error?.code);
    expect(setup.recorded[transport].bodies()).toHaveLength(before);
  });

  test.each(RECODED)("refuses a body that is %s", async (_title, headers) => {
    const session = await openSession(url);
    const before = setup.recorded[transport].bodies().length;
    const answer = await session.post(callBody(1, "echo"), headers);
    expect([400, 415]).toContain(answer.status);
    expect(setup.recorded[transport].bodies()).toHaveLength(before);
  });

  test("answers 413 to 10 MB of arguments, also where nobody said how long they are", async () => {
    const session = await openSession(url);
    const before = setup.recorded[transport].bodies().length;
    const body = callBody(1, "echo", { text: "x".repeat(10_000_000) });
    expect((await session.post(body)).status).toBe(413);
    expect((await session.post(Readable.from([body.slice(0, 5_000_000), body.slice(5_000_000)]))).status).toBe(413);
    expect(setup.recorded[transport].bodies()).toHaveLength(before);
  });

  test("forwards an allowed call as it was written, byte for byte", async () => {
    const session = await openSession(url);
    const body = String.raw`{ "params" : {"arguments":{"n":9007199254740993,"m":1.0,"e":1E2,"text":"\u00e9\/ é"},"name":"echo"},  "method":"tools/call","id":7, "jsonrpc":"2.0", "x-kept":null}`;
    const [answer] = await messagesOf(await session.post(body));
    expect(isToolError(answer)).toBe(false);
    expect(setup.recorded[transport].bodies()).toContain(body);
  });

  test("judges numbers beyond 2^53 as they were written", async () => {
    const session = await openSession(url);
    const send = (number: string) => session.post(params(`{"name":"echo","arguments":{"number":${number}}}`));
    const [refused] = await messagesOf(await send("9007199254740993"));
    expect(isToolError(refused)).toBe(true);
    const [allowed] = await messagesOf(await send("9007199254740992"));
    expect(isToolError(allowed)).toBe(false);
    const bodies = setup.recorded[transport].bodies().join("\n");
    expect(bodies).toContain("9007199254740992");
    expect(bodies).not.toContain('"number":9007199254740993');
  });

  test("has carried out no call of the denied tool", async () => {
    expect(setup.recorded[transport].calls("denied")).toBe(0);
  });
});

describe("before a server over stdio, the gate", () => {
  test("makes one line of a body that has raw newlines in it", async () => {
    const { gate, recorded } = await startRecorderGate();
    const session = await openSession(gate.url("stdio"));
    const call = callBody(1, "echo", { text: "over lines" });
    const body = call.replaceAll(",", ",\r\n").replaceAll(":", ":\n");
    const [answer] = await messagesOf(await session.post(body));
    expect(answer?.id).toBe(1);
    expect(isToolError(answer)).toBe(false);
    expect(recorded.stdio.bodies()).toContain(body.replace(/[\r\n]/g, " "));
    expect(recorded.stdio.calls()).toBe(1);
  });

  test("never hands on what follows a newline as a message of its own", async () => {
    const { gate, recorded } = await startRecorderGate();
    const answer = await post(gate.url("stdio"), `${callBody(1, "echo")}\n${denied}\n`);
    expect(answer.status).toBe(400);
    expect(recorded.stdio.calls()).toBe(0);
  });
});

// What the tests above stand on: the recording servers are as careless as the servers that the gate protects.
describe("without a gate", () => {
  test.each(AMBIGUOUS.slice(0, 1).concat(AMBIGUOUS.filter(([title]) => title.startsWith("a duplicate tool name"))))(
    "the recording server carries out the denied call in %s",
    async (_title, body) => {
      const recorder = await startRecorder();
      await post(recorder.url, body);
      expect(recorder.calls("denied")).toBe(1);
    },
  );

  test("the recording stdio server carries out what follows a newline", async () => {
    const { entry, calls } = prepareStdioRecorder();
    const server = run(entry.command, entry.args);
    server.stdin.end(`${callBody(1, "echo")}\n${denied}\n`);
    await server.exited;
    expect([calls("echo"), calls("denied")]).toEqual([1, 1]);
  });
});
