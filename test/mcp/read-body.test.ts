import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Body, readJsonBody } from "../../src/mcp/read-body.ts";

/** A server that reads one body, and what it made of it. */
async function bench(maxBytes = 10) {
  let tell: (body: Body) => void = () => {};
  const body = new Promise<Body>((resolve) => {
    tell = resolve;
  });
  let arrived: (incoming: IncomingMessage) => void = () => {};
  const incoming = new Promise<IncomingMessage>((resolve) => {
    arrived = resolve;
  });
  const server = createServer(async (message, response) => {
    arrived(message);
    tell(await readJsonBody(message, maxBytes));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const send = (headers: Record<string, string>, ...chunks: string[]) => {
    const message = request({ port, host: "127.0.0.1", method: "POST", headers });
    message.on("error", () => {});
    for (const chunk of chunks) message.write(chunk);
    message.end();
    return body;
  };
  return { port, send, body, incoming };
}

const JSON_HEADERS = { "content-type": "application/json" };

describe("a body of JSON", () => {
  test.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
    'application/json ; charset = "utf-8"',
    "application/json;",
  ])("is read as it came where its type is %j", async (type) => {
    const { send } = await bench();
    expect(await send({ "content-type": type }, '{"a"', ":1}")).toEqual({
      kind: "read",
      bytes: Buffer.from('{"a":1}'),
    });
  });

  test("may be empty, or as long as the bound", async () => {
    expect(await (await bench()).send(JSON_HEADERS)).toEqual({ kind: "read", bytes: Buffer.alloc(0) });
    expect(await (await bench()).send(JSON_HEADERS, "12345", "67890")).toMatchObject({ kind: "read" });
  });

  test("may say that it is not encoded", async () => {
    const { send } = await bench();
    expect(await send({ ...JSON_HEADERS, "content-encoding": "Identity" }, "{}")).toMatchObject({ kind: "read" });
  });
});

describe("a body that another reader could read otherwise", () => {
  test.each([
    [undefined],
    ["text/plain"],
    ["application/jsonp"],
    ["application/json-rpc"],
    ["application/x-www-form-urlencoded"],
    ["multipart/form-data; boundary=application/json"],
    ["text/plain; application/json"],
    ["application/json; charset=utf-16"],
    ["application/json; charset=latin1"],
    ['application/json; charset="utf-8'],
    ["application/json; charset=utf-8; charset=utf-16"],
    ["application/json; profile=x"],
    ["application/json, text/plain"],
    [`application/json;${" ".repeat(1_024)}charset=utf-8`],
  ])("is refused for its type %j", async (type) => {
    const { send } = await bench();
    const body = await send(type === undefined ? {} : { "content-type": type }, "{}");
    expect(body).toMatchObject({ kind: "refused", status: 415, problem: expect.stringContaining("Content-Type") });
  });

  test.each(["gzip", "br", "deflate", "identity, gzip", ""])("is refused for its encoding %j", async (encoding) => {
    const { send } = await bench();
    const body = await send({ ...JSON_HEADERS, "content-encoding": encoding }, "{}");
    expect(body).toMatchObject({ kind: "refused", status: 415, problem: expect.stringContaining("Content-Encoding") });
  });
});

describe("a body that is too long", () => {
  test("is refused by the length that it says, before a byte of it came", async () => {
    const { port, body } = await bench();
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n");
    expect(await body).toMatchObject({ kind: "refused", status: 413, problem: "the body is longer than 10 bytes" });
  });

  test("is refused at the first byte too many where nothing says how long it is", async () => {
    const { port, body } = await bench();
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    socket.write(`${head}6\r\n123456\r\n5\r\n78901\r\n`);
    expect(await body).toMatchObject({ kind: "refused", status: 413 });
  });
});

describe("a client that goes away before its body is whole", () => {
  test.each(["Content-Length: 9", "Transfer-Encoding: chunked"])("leaves nothing to judge: %s", async (header) => {
    const { port, body, incoming } = await bench();
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${header}\r\n\r\n`);
    await incoming;
    socket.destroy();
    expect(await body).toEqual({ kind: "gone" });
  });
});
