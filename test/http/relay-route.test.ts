// A gate's own server, and a client that speaks what a relay speaks, and what it does not.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ApiKey } from "../../src/config/schema.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { makeKey, sha256Hex } from "../../src/http/bearer.ts";
import { createLateApp } from "../../src/http/late-app.ts";
import { listen } from "../../src/http/listen.ts";
import { createOriginCheck } from "../../src/http/origin.ts";
import type { Endpoint } from "../../src/mcp/endpoint.ts";
import { FRAME, type FrameKind, FrameReader, FrameWriter } from "../../src/mcp/frames.ts";
import type { Incoming, Outgoing } from "../../src/mcp/outgoing.ts";
import { readJsonBody } from "../../src/mcp/read-body.ts";
import { writeJson } from "../../src/mcp/write-answer.ts";

const MAX_BODY_BYTES = 1_000;
const TYPES = { "content-type": "application/json", accept: "application/json" };

type Came = { readonly incoming: Incoming; readonly outgoing: Outgoing; readonly principal: string; body: string };
type Piece = { readonly kind: FrameKind; readonly exchange: number; readonly head: unknown; readonly body: string };

async function startGate(answer: (came: Came) => void, keys: readonly ApiKey[] = []) {
  const came: Came[] = [];
  const address = { host: "127.0.0.1", port: 0 };
  const endpoint: Endpoint = async (incoming, outgoing, { id }) => {
    const read = await readJsonBody(incoming, MAX_BODY_BYTES);
    if (read.kind === "refused") return writeJson(outgoing, read.status, JSON.stringify(read.problem));
    const one = {
      incoming,
      outgoing,
      principal: id,
      body: read.kind === "read" ? Buffer.from(read.bytes).toString() : "",
    };
    came.push(one);
    answer(one);
  };
  const parts = {
    instance: "the-instance",
    endpoints: new Map([["it", endpoint]]),
    all: endpoint,
    originCheck: createOriginCheck({ listen: address, allowedHosts: [], allowedOrigins: [] }),
    authenticator: createAuthenticator(keys),
    maxBodyBytes: MAX_BODY_BYTES,
    log: () => {},
  };
  const app = createLateApp(parts, () => Promise.reject(new Error("nobody asks for another route")));
  const listening = await listen(app, address);
  onTestFinished(() => listening.close(0));
  return { came, listening, port: Number(new URL(listening.url).port) };
}

async function open(port: number, lines: readonly string[], target = "relay.regate:1") {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const closed = once(socket, "close");
  socket.on("error", () => {});
  socket.write(`CONNECT ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`);
  let text = "";
  while (!text.includes("\r\n\r\n")) text += String((await once(socket, "data"))[0]);
  // what came behind the head is the first frame's
  const rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  socket.pause();
  if (rest !== "" && !text.includes("content-length")) socket.unshift(Buffer.from(rest));
  return { socket, text, closed };
}

/** What comes on `socket`, frame by frame. */
function speak(socket: Socket) {
  const reader = new FrameReader(10_000_000);
  const writer = new FrameWriter(socket);
  const pieces: Piece[] = [];
  const waiting = new Set<() => void>();
  socket.on("data", (chunk: Buffer) => {
    for (const { kind, exchange, head, body } of reader.push(chunk))
      pieces.push({
        kind,
        exchange,
        head: head.length === 0 ? undefined : JSON.parse(head.toString()),
        body: String(body),
      });
    for (const look of waiting) look();
  });
  socket.resume();
  return {
    pieces,
    ask: (exchange: number, body: string, more: object = {}) =>
      writer.write(
        FRAME.request,
        exchange,
        JSON.stringify({ method: "POST", headers: TYPES, ...more }),
        Buffer.from(body),
      ),
    giveUp: (exchange: number) => writer.write(FRAME.givenUp, exchange, ""),
    raw: (bytes: Buffer) => socket.write(bytes),
    until: (count: number) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (pieces.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

const echo = ({ outgoing, body }: Came): void => writeJson(outgoing, 200, body, { "mcp-session-id": "s" });
const HOST = "host: 127.0.0.1";
const NOT_EXPECTED = (): never => {
  throw new Error("not expected");
};

describe("a connection is refused, and closed", () => {
  const key = makeKey("rgk");
  const keys = [{ name: "ann", sha256: sha256Hex(key), groups: [] }];

  test.each([
    [
      "to anything but the gate itself",
      [HOST],
      "example.com:443",
      "404",
      "CONNECT leads to regate stdio's own entry alone",
    ],
    ["under a name that is not the gate's", ["host: evil.example"], undefined, "403", "no name of this gate"],
    ["without a key where there are keys", [HOST], undefined, "401", "an API key is needed"],
    ["with another key", [HOST, `authorization: Bearer ${makeKey("rgk")}`], undefined, "401", "not one of this gate's"],
  ])("%s", async (_, lines, target, status, problem) => {
    const { came, port } = await startGate(NOT_EXPECTED, keys);
    const { text, closed, socket } = await open(port, lines, target);
    expect(text).toContain(`HTTP/1.1 ${status} `);
    expect(text).toContain(problem);
    speak(socket).ask(1, "{}", { headers: { ...TYPES, authorization: `Bearer ${key}` } });
    await closed;
    expect(came).toEqual([]);
  });

  test("where what comes is no frame", async () => {
    const { came, port } = await startGate(NOT_EXPECTED);
    const { socket, closed } = await open(port, [HOST]);
    socket.resume();
    socket.write("POST /mcp/it HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}");
    await closed;
    expect(came).toEqual([]);
  });

  test.each([
    ["no JSON", "{nope"],
    ["another method", '{"method":"PUT","headers":{}}'],
    ["a header that is no text", '{"method":"POST","headers":{"mcp-session-id":["a","b"]}}'],
    ["a header with a line end", '{"method":"POST","headers":{"mcp-session-id":"a\\r\\nb: c"}}'],
    ["a header's name in another case", '{"method":"POST","headers":{"Mcp-Session-Id":"a"}}'],
    ["a name that none can have", '{"method":"POST","headers":{"a b":"a"}}'],
  ])("where a request's head is %s", async (_, head) => {
    const { came, port } = await startGate(NOT_EXPECTED);
    const { socket, closed } = await open(port, [HOST]);
    socket.resume();
    new FrameWriter(socket).write(FRAME.request, 1, head, Buffer.from("{}"));
    await closed;
    expect(came).toEqual([]);
  });

  test("where a number is used again before its answer is over, or a gate's own frame comes", async () => {
    for (const kind of [FRAME.request, FRAME.answer]) {
      const { came, port } = await startGate(() => {});
      const { socket, closed } = await open(port, [HOST]);
      const relay = speak(socket);
      relay.ask(1, "{}");
      new FrameWriter(socket).write(kind, 1, JSON.stringify({ method: "POST", headers: TYPES }));
      await closed;
      expect(came.length).toBeLessThan(2);
    }
  });
});

describe("on one connection", () => {
  test("requests are answered as they would be over HTTP, side by side, each by who its own key is", async () => {
    const [ann, bob] = [makeKey("rgk"), makeKey("rgk")];
    const keys = [
      { name: "ann", sha256: sha256Hex(ann), groups: [] },
      { name: "bob", sha256: sha256Hex(bob), groups: [] },
    ];
    const { came, port } = await startGate(echo, keys);
    const { socket } = await open(port, [HOST, "regate-server: it", `authorization: Bearer ${ann}`]);
    const relay = speak(socket);
    const as = (key: string) => ({ headers: { ...TYPES, authorization: `Bearer ${key}` } });
    relay.ask(1, '{"n":1}', as(ann));
    relay.ask(2, '{"n":2}', as(bob));
    relay.ask(3, '{"n":3}');
    await relay.until(3);
    expect(came.map(({ principal }) => principal)).toEqual(["ann", "bob"]);
    const answers = new Map(relay.pieces.map(({ exchange, head, body }) => [exchange, { head, body }]));
    expect(answers.get(1)).toEqual({ head: { status: 200, type: "application/json", session: "s" }, body: '{"n":1}' });
    expect(answers.get(2)?.body).toBe('{"n":2}');
    expect(answers.get(3)?.head).toMatchObject({ status: 401 });
  });

  test("what names a server that is not there, and what is too long, is refused, and the next goes on", async () => {
    const { port } = await startGate(echo);
    const missing = speak((await open(port, [HOST, "regate-server: other"])).socket);
    missing.ask(1, "{}");
    await missing.until(1);
    expect(missing.pieces[0]).toMatchObject({ head: { status: 404 } });
    const relay = speak((await open(port, [HOST, "regate-server: it"])).socket);
    relay.ask(1, `"${"x".repeat(MAX_BODY_BYTES)}"`);
    relay.ask(2, "{}");
    relay.ask(3, "{}", { headers: { "content-type": "text/plain" } });
    await relay.until(3);
    const status = new Map(relay.pieces.map(({ exchange, head }) => [exchange, Object(head).status]));
    expect([1, 2, 3].map((exchange) => status.get(exchange))).toEqual([413, 200, 415]);
  });

  test("a stream comes piece by piece, and one that breaks off is not taken for whole", async () => {
    const { port } = await startGate(({ outgoing, body }) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.write("data: 1\n\n");
      if (body === '"whole"') outgoing.end("data: 2\n\n");
      else outgoing.destroy();
    });
    const relay = speak((await open(port, [HOST])).socket);
    relay.ask(1, '"whole"');
    await relay.until(3);
    relay.ask(2, '"broken"');
    await relay.until(6);
    expect(relay.pieces.map(({ kind, exchange, body }) => [kind, exchange, body])).toEqual([
      [FRAME.begins, 1, ""],
      [FRAME.piece, 1, "data: 1\n\n"],
      [FRAME.ends, 1, "data: 2\n\n"],
      [FRAME.begins, 2, ""],
      [FRAME.piece, 2, "data: 1\n\n"],
      [FRAME.broken, 2, ""],
    ]);
  });

  test.each([
    ["that breaks", (socket: Socket) => void socket.destroy()],
    ["on which no more is said", (socket: Socket) => void socket.end()],
  ])("a request that is given up closes its answer alone; a connection %s closes all", async (_, end) => {
    const { came, port } = await startGate(() => {});
    const { socket } = await open(port, [HOST]);
    const relay = speak(socket);
    relay.ask(1, "1");
    relay.ask(2, "2");
    await expect.poll(() => came.length).toBe(2);
    relay.giveUp(1);
    await expect.poll(() => came[0]?.outgoing.closed).toBe(true);
    expect(came[0]?.outgoing.destroyed).toBe(true);
    expect(came[1]?.outgoing.closed).toBe(false);
    end(socket);
    await expect.poll(() => came[1]?.outgoing.closed).toBe(true);
    expect(relay.pieces).toEqual([]);
  });

  test("a relay that reads nothing is read from no longer, and goes on when it does", async () => {
    const { came, port } = await startGate(({ outgoing }) => writeJson(outgoing, 200, `"${"x".repeat(1_000_000)}"`));
    const { socket } = await open(port, [HOST]);
    socket.pause();
    const writer = new FrameWriter(socket);
    const head = JSON.stringify({ method: "POST", headers: TYPES });
    for (let exchange = 1; exchange <= 100; exchange += 1) {
      writer.write(FRAME.request, exchange, head, Buffer.from(`${exchange}`.padStart(900)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const answered = came.length;
    expect(answered).toBeLessThan(100);
    const relay = speak(socket);
    await relay.until(100);
    expect(came).toHaveLength(100);
  });
});

describe("a gate that stops", () => {
  test("lets go: what is under way ends here, what is new is told to go elsewhere", async () => {
    const { came, port, listening } = await startGate(() => {});
    const { socket, closed } = await open(port, [HOST]);
    const relay = speak(socket);
    relay.ask(1, "1");
    await expect.poll(() => came.length).toBe(1);
    listening.letGo();
    await relay.until(1);
    expect(relay.pieces[0]?.kind).toBe(FRAME.last);
    came[0]?.outgoing.writeHead(200);
    came[0]?.outgoing.end("done");
    await relay.until(2);
    expect(relay.pieces.at(-1)).toMatchObject({ kind: FRAME.answer, exchange: 1, body: "done" });
    // what was sent before the relay knew is answered
    relay.ask(2, "2");
    await expect.poll(() => came.length).toBe(2);
    came[1]?.outgoing.writeHead(200);
    came[1]?.outgoing.end("done too");
    await relay.until(3);
    expect(relay.pieces.at(-1)).toMatchObject({ exchange: 2, body: "done too" });
    socket.end();
    await closed;
    // one that is opened meanwhile is told at once
    const late = speak((await open(port, [HOST])).socket);
    await late.until(1);
    expect(late.pieces[0]?.kind).toBe(FRAME.last);
  });

  test("ends who only listens, waits for a call, and cuts what takes too long", async () => {
    const { came, port, listening } = await startGate(({ outgoing, incoming }) => {
      if (incoming.method !== "GET") return;
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.flushHeaders();
    });
    const { socket, closed } = await open(port, [HOST]);
    const relay = speak(socket);
    relay.ask(1, "", { method: "GET", headers: { ...TYPES, accept: "text/event-stream" } });
    relay.ask(2, "2");
    await expect.poll(() => came.length).toBe(2);
    const stopped = listening.close(200);
    await expect.poll(() => came[0]?.outgoing.writableEnded).toBe(true);
    expect(came[1]?.outgoing.closed).toBe(false);
    await Promise.all([stopped, closed]);
    expect(came[1]?.outgoing.closed).toBe(true);
  });
});
