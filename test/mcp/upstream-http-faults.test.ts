// A server that fails: the caller gets one error for its own request, tokens go back only where nothing was written, and
// the gate stays up.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { callBody, messagesOf, parseMessage, post } from "../e2e/harness-wire.ts";
import { type ChainOptions, startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { beginEvents, type Script } from "./chain/scripted-server.ts";

const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}';
const PING = '{"jsonrpc":"2.0","id":"p","method":"ping"}';
const limitedBody = callBody("c", "limited");

async function limitedThrough(limited: Script, options: ChainOptions = {}) {
  const chain = await startChain({ server: { calls: { limited } }, ...options });
  const session = await openSession(chain);
  return { chain, session, answer: await session.post(limitedBody) };
}

/** A server that says raw bytes once it was sent something. */
async function startRawServer(bytes: string | Buffer): Promise<URL> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

describe("a server that can't be reached", () => {
  test("is one error, whose tokens go back, and which tells no address", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    await session.call("echo");
    await chain.server.stop();
    for (let count = 0; count < 5; count += 1) {
      const answer = await session.post(limitedBody);
      expect(answer.status).toBe(200);
      const message = parseMessage(answer.text);
      expect(message).toMatchObject({ id: "c", error: { code: 1002 } });
      expect(message.error?.message).toBe("The server scripted failed: it can't be reached (ECONNREFUSED)");
    }
    expect(chain.taken()).toBe(0);
    expect(chain.log[0]).toContain(chain.server.url.port);
  });

  test("is 502 for what expects no answer", async () => {
    const chain = await startChain();
    await chain.server.stop();
    const answer = await post(chain.url, '{"jsonrpc":"2.0","method":"notifications/x"}');
    expect(answer.status).toBe(502);
    expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: 1002 } });
  });

  test("because the gate ends answers whoever waits", async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const chain = await startChain({ server: { calls: { limited: () => arrive() } } });
    const session = await openSession(chain);
    const waiting = session.post(limitedBody);
    await arrived;
    await chain.closeUpstream();
    expect(parseMessage((await waiting).text)).toMatchObject({ id: "c", error: { code: 1002 } });
    expect(parseMessage((await post(chain.url, PING)).text)).toMatchObject({ id: "p", error: { code: 1002 } });
  });
});

describe("a server that breaks the connection", () => {
  test.each([
    ["before it answers", () => {}],
    [
      "after its headers",
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).flushHeaders(),
    ],
    [
      "in its answer",
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).write('{"jsonrpc"'),
    ],
  ] satisfies [string, (received: unknown, response: ServerResponse) => unknown][])(
    "%s is one error, and its tokens stay taken",
    async (_title, begin) => {
      const { chain, answer } = await limitedThrough((received, response) => {
        begin(received, response);
        setImmediate(() => response.destroy());
      });
      expect(answer.status).toBe(200);
      const message = parseMessage(answer.text);
      expect(message).toMatchObject({ id: "c", error: { code: 1002 } });
      expect(message.error?.message).toMatch(/the connection broke before it had answered/);
      expect(chain.taken()).toBe(1);
    },
  );

  test("in a stream is an error after what came before", async () => {
    const { chain, answer } = await limitedThrough((_, response) => {
      beginEvents(response).write(`data: ${PROGRESS}\n\ndata: {"jsonrpc"`, () => response.destroy());
    });
    expect(await messagesOf(answer)).toEqual([
      parseMessage(PROGRESS),
      { jsonrpc: "2.0", id: "c", error: { code: 1002, message: expect.stringContaining("the connection broke") } },
    ]);
    expect(chain.taken()).toBe(1);
  });

  test("in a stream that can be resumed ends it without a word: its client comes back", async () => {
    const { answer } = await limitedThrough((_, response) => {
      beginEvents(response).write(`id: 1\ndata: ${PROGRESS}\n\n`, () => response.destroy());
    });
    expect(answer.text).toBe(`id: 1\ndata: ${PROGRESS}\n\n`);
  });

  test("after its answer is no fault", async () => {
    const answered = 'data: {"jsonrpc":"2.0","id":"c","result":{}}\n\n';
    const { answer } = await limitedThrough((_, response) => {
      beginEvents(response).write(answered, () => response.destroy());
    });
    expect(answer.text).toBe(answered);
  });
});

describe("a stream that ends without an answer", () => {
  const ended =
    (text: string): Script =>
    (_, response) =>
      beginEvents(response).end(text);

  test.each([
    ["nothing was said", "", /ended the stream without an answer/],
    [
      "another request was answered",
      'data: {"jsonrpc":"2.0","id":"d","result":{}}\n\n',
      /an answer to no request of this exchange/,
    ],
    ["the server only asked", 'data: {"jsonrpc":"2.0","id":"c","method":"ping"}\n\n', /without an answer/],
    ["the answer could not be read", 'data: {"jsonrpc":"2.0","id":"c","result":{},"result":{}}\n\n', /twice/],
    [
      "so, though events had ids",
      'id: 1\ndata: {"jsonrpc":"2.0","id":"c","result":[]}\n\n',
      /"result" must be an object/,
    ],
    ["the event was too long", `id: 1\ndata:\n\nid: 2\ndata: ${"x".repeat(100_001)}\n\n`, /longer than 100000 bytes/],
  ])("is an error for its request where %s", async (_title, text, problem) => {
    const { answer } = await limitedThrough(ended(text));
    const last = (await messagesOf(answer)).at(-1);
    expect(last).toMatchObject({ id: "c", error: { code: 1002 } });
    expect(last?.error?.message).toMatch(problem);
  });

  test("is left to its client where it can be resumed", async () => {
    const { answer } = await limitedThrough(ended("id: 1\nretry: 10\ndata:\n\n"));
    expect(answer.text).toBe("id: 1\nretry: 10\ndata:\n\n");
  });
});

describe("a server that is no HTTP server", () => {
  test.each([
    ["says something else", "SSH-2.0-OpenSSH\r\n"],
    [
      "says a header that no header can be",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX: a\x01b\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ["says too many headers", `HTTP/1.1 200 OK\r\n${"X-Many: 1\r\n".repeat(10_000)}\r\n`],
    [
      "says a body shorter than it is",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}",
    ],
    ["switches protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"],
    ["closes without a word", ""],
    ["says bytes", Buffer.from([0, 1, 2, 255])],
  ])("but %s is one error", async (_title, bytes) => {
    const url = await startRawServer(bytes);
    const chain = await startChain({ upstream: { url } });
    const answer = await post(chain.url, PING);
    expect(answer.status).toBe(200);
    expect(parseMessage(answer.text)).toMatchObject({ id: "p", error: { code: 1002 } });
    expect(answer.text).not.toContain("undefined");
  });

  test("is called so", async () => {
    const chain = await startChain({ upstream: { url: await startRawServer("SSH-2.0-OpenSSH\r\n") } });
    const { error } = parseMessage((await post(chain.url, PING)).text);
    expect(error?.message).toBe("The server scripted failed: what it answered is not HTTP");
  });

  test("but of HTTP 1.0, which ends an answer by closing, is one", async () => {
    const body = '{"jsonrpc":"2.0","id":"p","result":{}}';
    const url = await startRawServer(`HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n${body}`);
    const chain = await startChain({ upstream: { url } });
    expect((await post(chain.url, PING)).text).toBe(body);
  });
});

describe("a server that is silent", () => {
  test("in the middle of an answer is an error after the time that it has to end it", async () => {
    const { answer } = await limitedThrough(
      (_, response) => response.writeHead(200, { "content-type": "application/json" }).write('{"jsonrpc"'),
      { upstream: { answerTimeoutMs: 300 } },
    );
    expect(parseMessage(answer.text)).toMatchObject({
      id: "c",
      error: { message: "The server scripted failed: it did not finish its answer in time" },
    });
  });

  test("is an error after the time that it has to begin its answer", async () => {
    const { chain, answer } = await limitedThrough(() => {}, { upstream: { answerTimeoutMs: 300 } });
    expect(parseMessage(answer.text)).toMatchObject({
      id: "c",
      error: { message: "The server scripted failed: it did not answer in time" },
    });
    expect(chain.taken()).toBe(1);
  });
});
