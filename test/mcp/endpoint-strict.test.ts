// What is judged is what is forwarded: whatever two readers could read differently goes nowhere, and nothing else is changed.
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { callBody, parseMessage, post, send } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";

const denied = callBody(1, "denied");
const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;

const head = (length: number) =>
  `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

describe("a body that two readers could read differently", () => {
  test.each([
    ["a one-element batch around a denied call", `[${denied}]`, -32600],
    ["a one-element batch around an allowed call", `[${callBody(1, "echo")}]`, -32600],
    ["an empty batch", "[]", -32600],
    ["no JSON", "{", -32700],
    ["nothing", "", -32700],
    ["two messages", `${callBody(1, "echo")}\n${denied}`, -32700],
    ["a byte order mark", `\ufeff${callBody(1, "echo")}`, -32700],
    ["a tool's name twice", call('{"name":"echo","name":"denied"}'), -32600],
    ["a tool's name twice, one escaped", call(String.raw`{"name":"echo","n\u0061me":"denied"}`), -32600],
    ["a tool's name in another case too", call('{"name":"echo","NAME":"denied"}'), -32600],
    ["a method in another case too", `{"Method":"x",${callBody(1, "echo").slice(1)}`, -32600],
    ["arguments twice, deep inside", call('{"name":"echo","arguments":{"a":{"b":1,"b":2}}}'), -32600],
    ["a __proto__ key", call('{"name":"echo","arguments":{"__proto__":1}}'), -32600],
    ["half a surrogate pair", call(String.raw`{"name":"echo","arguments":{"a":"\udc00"}}`), -32600],
    ["a number beyond the finite ones", call('{"name":"echo","arguments":{"a":1e309}}'), -32600],
    ["arguments that are an array", call('{"name":"echo","arguments":[]}'), -32602],
    ["5,000 levels", call(`{"name":"echo","arguments":{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}}`), -32600],
    [
      "one level more than is allowed",
      call(`{"name":"echo","arguments":{"a":${"[".repeat(62)}${"]".repeat(62)}}}`),
      -32600,
    ],
    ["a request without an id", '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"denied"}}', -32600],
  ])("is refused with 400 and goes nowhere: %s", async (_title, body, code) => {
    const chain = await startChain();
    const answer = await post(chain.url, body);
    expect(answer.status).toBe(400);
    expect(parseMessage(answer.text)).toMatchObject({ jsonrpc: "2.0", error: { code } });
    expect(chain.server.received).toEqual([]);
    expect(chain.judged).toEqual([]);
  });

  test("is refused where it is not UTF-8", async () => {
    const chain = await startChain();
    const answer = await post(chain.url, Buffer.from(callBody(1, "echo", { text: "ÿ" }), "latin1"));
    expect(answer.status).toBe(400);
    expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: -32700 } });
    expect(chain.server.received).toEqual([]);
  });

  test("is refused with the id that it has, where one can be read", async () => {
    const { url } = await startChain();
    const answer = await post(url, '{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":7}}');
    expect(parseMessage(answer.text).id).toBe("mine");
  });
});

describe("a request that is no JSON in UTF-8", () => {
  test.each([
    [415, { "content-type": "text/plain" }],
    [415, { "content-type": "" }],
    [415, { "content-type": "application/json; charset=utf-16" }],
    [415, { "content-encoding": "gzip" }],
  ])("is refused with %i: %j", async (status, headers) => {
    const chain = await startChain();
    const answer = await post(chain.url, callBody(1, "echo"), headers);
    expect(answer).toMatchObject({ status, headers: { connection: "close" } });
    expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: 1004 } });
    expect(chain.server.received).toEqual([]);
  });

  test("is refused with 413 where it is too long, while it is still coming, and may go on coming", async () => {
    const chain = await startChain();
    const socket = connect(chain.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(`${head(10_000_000)}${"x".repeat(60_000)}`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    expect(String(answer)).toContain("the body is longer than 50000 bytes");
    // a connection that were reset would be an error here
    for (let sent = 60_000; sent < 10_000_000; sent += 70_000) {
      await new Promise<void>((resolve, reject) => {
        socket.write("x".repeat(70_000), (error) => (error ? reject(error) : resolve()));
      });
    }
    await once(socket, "end");
    expect(chain.server.received).toEqual([]);
  });

  test("is not read for ever after it was refused", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const chain = await startChain();
    const socket = connect(chain.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(head(10_000_000));
    await once(socket, "data");
    const closed = once(socket, "close");
    vi.advanceTimersByTime(5_000);
    await closed;
  });

  test("is refused with 413 where a client sends all of 10 MB before it reads", async () => {
    const { url } = await startChain();
    const answer = await post(url, callBody(1, "echo", { text: "x".repeat(10_000_000) }));
    expect(answer.status).toBe(413);
  });

  test.each(["PUT", "PATCH", "HEAD", "OPTIONS"] as const)("is refused with 405 and no body: %s", async (method) => {
    const chain = await startChain();
    const answer = await send(chain.url, method);
    expect(answer).toMatchObject({ status: 405, text: "", headers: { allow: "GET, POST, DELETE" } });
    expect(chain.server.received).toEqual([]);
  });
});

describe("an allowed call", () => {
  const BODY = String.raw`{ "params" : {"arguments":{"n":9007199254740993,"m":1.0,"e":1E2,"s":"\u00e9\/ é"},"name":"echo"},
 "method":"tools/call","id":90071992547409931, "jsonrpc":"2.0", "x-kept":null }`;

  test("reaches the server as it came, byte for byte, and its arguments are judged as they came", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    const answer = await session.post(BODY);
    expect(chain.server.bodiesOf("tools/call")).toEqual([BODY]);
    expect(chain.judged.at(-1)?.call.args?.text).toBe(
      String.raw`{"n":9007199254740993,"m":1.0,"e":1E2,"s":"\u00e9\/ é"}`,
    );
    expect(answer.text).toContain('"id":90071992547409931,');
  });

  test("is one message upstream, however it is cut on its way", async () => {
    const chain = await startChain();
    const body = callBody(1, "echo");
    const socket = connect(chain.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    for (const byte of head(body.length) + body) socket.write(byte);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
    expect(chain.server.bodiesOf("tools/call")).toEqual([body]);
  });

  test("goes to the configured URL, whatever its own says", async () => {
    const chain = await startChain();
    await post(`${chain.url}other?tenant=8`, callBody(1, "echo"));
    expect(chain.server.received.map(({ path }) => path)).toEqual(["/upstream?tenant=7", "/upstream?tenant=7"]);
  });
});

describe("headers that disagree with the body", () => {
  test.each([
    ["another tool", { "mcp-name": "echo" }],
    ["another tool, in Base64", { "mcp-name": `=?base64?${Buffer.from("echo").toString("base64")}?=` }],
    ["another method", { "mcp-method": "tools/list" }],
  ])("are refused with 400 and -32020 in the legacy era too: %s", async (_title, headers) => {
    const chain = await startChain();
    const answer = await post(chain.url, callBody("id", "denied"), headers);
    expect(answer.status).toBe(400);
    expect(parseMessage(answer.text)).toMatchObject({ id: "id", error: { code: -32020 } });
    expect(chain.server.received).toEqual([]);
  });
});
