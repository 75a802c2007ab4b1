// A real server that stops while clients are in the middle of everything.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { type Listening, listen } from "../../src/http/listen.ts";

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;
const FOREVER_MS = 60_000;

async function serve(handle: Handler): Promise<Listening & { readonly port: number }> {
  const app = Object.assign(new Hono<{ Bindings: HttpBindings }>(), {
    direct(incoming: IncomingMessage, outgoing: ServerResponse) {
      handle(incoming, outgoing);
      return true;
    },
  });
  const listening = await listen(app, { host: "127.0.0.1", port: 0 });
  return { ...listening, port: Number(new URL(listening.url).port) };
}

/** A connection on which `method` was asked; all that comes back until it closes. */
async function ask(port: number, method: string): Promise<{ readonly socket: Socket; readonly all: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += String(chunk);
  });
  const all = once(socket, "close").then(() => text);
  socket.write(`${method} / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`);
  return { socket, all };
}

function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve = (_: T): void => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

const STREAM = { "content-type": "text/event-stream" };

test("a call in flight is answered in full, and its connection closed; new connections are refused meanwhile", async () => {
  const asked = later<ServerResponse>();
  const server = await serve((_, outgoing) => asked.resolve(outgoing));
  const { all } = await ask(server.port, "POST");
  const outgoing = await asked.promise;
  const closed = server.close(FOREVER_MS);
  const refused = connect(server.port, "127.0.0.1");
  const [error] = await once(refused, "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  outgoing.end("whole");
  expect(await all).toMatch(/connection: close[\s\S]*whole$/i);
  await closed;
});

test("a stream that listens is ended at once with the word when to come back; who writes to it afterwards does no harm", async () => {
  const begun = later<ServerResponse>();
  const server = await serve((_, outgoing) => {
    // as each answer of the gate's
    outgoing.setHeader("regate-instance", "1");
    outgoing.writeHead(200, STREAM);
    outgoing.write("data: 1\n\n", () => begun.resolve(outgoing));
  });
  const { all } = await ask(server.port, "GET");
  const outgoing = await begun.promise;
  const closed = server.close(FOREVER_MS);
  outgoing.write("data: 2\n\n");
  expect(await all).toMatch(/data: 1\n\n[\s\S]*retry: 1000\n\n/);
  await closed;
});

test("a stream that carries the answer to a call goes on, and is ended with the same word when it takes too long", async () => {
  const begun = later<ServerResponse>();
  const server = await serve((_, outgoing) => {
    // as each answer of the gate's
    outgoing.setHeader("regate-instance", "1");
    outgoing.writeHead(200, STREAM);
    outgoing.write("data: 1\n\n", () => begun.resolve(outgoing));
  });
  const { all } = await ask(server.port, "POST");
  const outgoing = await begun.promise;
  const closed = server.close(150);
  outgoing.write("data: 2\n\n");
  expect(await all).toMatch(/data: 1\n\n[\s\S]*data: 2\n\n[\s\S]*retry: 1000\n\n/);
  await closed;
});

test("a call that never ends is cut", async () => {
  const asked = later<void>();
  const server = await serve(() => asked.resolve());
  const { all } = await ask(server.port, "POST");
  await asked.promise;
  await server.close(50);
  expect(await all).toBe("");
});

test("connections that were let go of serve no second request, and idle ones keep nobody waiting", async () => {
  const server = await serve((_, outgoing) => outgoing.end("ok"));
  const agent = new Agent({ keepAlive: true });
  const get = async (): Promise<string | undefined> => {
    const outgoing = request({ port: server.port, host: "127.0.0.1", agent }).end();
    const [answer]: IncomingMessage[] = await once(outgoing, "response");
    await answer?.resume().toArray();
    return answer?.headers.connection;
  };
  expect(await get()).toBe("keep-alive");
  server.letGo();
  expect(await get()).toBe("close");
  await ask(server.port, "HEAD");
  await server.close(FOREVER_MS);
  agent.destroy();
});
