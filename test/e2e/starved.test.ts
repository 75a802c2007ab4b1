// A gate that lacks what it needs (files it may open, memory, room on its disk) or whose reader never reads: it refuses or waits, lets
// nothing out unjudged, and serves again when it has what it needs.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { waitFor, whenDone } from "./harness-process.ts";
import { callBody, isToolError, type Message, messagesOf, openSession, post, send, textOf } from "./harness-wire.ts";

const connectTo = (gate: Gate): Socket => {
  const { port, hostname } = new URL(gate.base);
  return connect(Number(port), hostname).on("error", () => {});
};

test("a gate that may open no more files turns callers away, and serves again when it may", async () => {
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({ servers: { recorder: { url: recorder.url } } });
  const session = await openSession(gate.url("recorder"));
  const before = openFiles(gate);
  execFileSync("prlimit", [`--pid=${gate.process.pid}`, `--nofile=${before + 20}:`]);
  const idle = Array.from({ length: 120 }, () => connectTo(gate));
  const closed: Socket[] = [];
  for (const socket of idle) socket.on("close", () => closed.push(socket)).resume();
  await waitFor("the gate to turn connections away", () => closed.length > 0);
  const answered = await Promise.allSettled(Array.from({ length: 10 }, () => session.call("denied")));
  expect(answered.filter(({ status }) => status === "fulfilled").every((one) => isToolError(answerOf(one)))).toBe(true);
  for (const socket of idle) socket.destroy();
  await waitFor("the gate to have files again", () => openFiles(gate) < before + 10);
  expect(isToolError(await (await openSession(gate.url("recorder"))).call("echo"))).toBe(false);
  expect(isToolError(await session.call("denied"))).toBe(true);
  expect(recorder.calls("denied")).toBe(0);
});

test("a gate with little memory refuses, serves or ends, and lets nothing out unjudged", async () => {
  const recorder = await startRecorder("--sessions");
  const env = { NODE_OPTIONS: "--max-old-space-size=96" };
  const gate = await startGate({ servers: { recorder: { url: recorder.url } }, env });
  const session = await openSession(gate.url("recorder"));
  const rows = Array.from({ length: 20_000 }, (_, row) => ({ row, text: "0123456789" }));
  const big = Array.from({ length: 24 }, (_, call) =>
    session.post(callBody(`big-${call}`, call % 2 === 0 ? "denied" : "echo", { rows })).then(messagesOf),
  );
  const answers = await Promise.allSettled(big);
  const allowed = answers.filter((one, call) => call % 2 === 1 && answerOf(one)?.[0]?.result !== undefined).length;
  expect(recorder.calls("denied")).toBe(0);
  expect(recorder.calls("echo")).toBeGreaterThanOrEqual(allowed);
});

test("a client that never reads 50 MB holds its server up, and nobody else; when it goes, all of it goes", async () => {
  const server = await startFlood(50);
  const gate = await startGate({ servers: { recorder: { url: server.url } } });
  const session = await openSession(gate.url("recorder"));
  const before = residentMiB(gate);
  const socket = connectTo(gate).pause();
  const body = callBody("never", "echo", { flood: true });
  const head = Object.entries({
    ...session.headers,
    host: new URL(gate.base).host,
    "content-type": "application/json",
  });
  const headers = head.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const accept = "accept: application/json, text/event-stream\r\n";
  socket.write(
    `POST /mcp/recorder HTTP/1.1\r\n${headers}${accept}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  await waitFor("the server to be held up", () => server.isHeldUp());
  for (let call = 0; call < 20; call += 1) expect(isToolError(await session.call("echo"))).toBe(false);
  await waitFor("the server to be held up still", () => server.isHeldUp());
  expect(server.writtenMiB()).toBeLessThan(25);
  expect(residentMiB(gate) - before).toBeLessThan(60);
  socket.destroy();
  await waitFor("the server to be left", () => server.wasLeft());
});

describe("a gate whose disk takes nothing more", () => {
  test("refuses what must be written first, in words, and goes on when there is room", async () => {
    const recorder = await startRecorder("--sessions");
    const gate = await startGate({ servers: { recorder: { url: recorder.url } } });
    const session = await openSession(gate.url("recorder"));
    const other = await openSession(gate.url("recorder"));
    await session.call("limited");
    // the system fails each write that makes a file longer, as a full disk does
    execFileSync("prlimit", [`--pid=${gate.process.pid}`, "--fsize=1:"]);
    expect(textOf(await session.call("limited"))).toContain("the limit step failed");
    expect(textOf(await session.call("write_file", { path: "/outside" }))).toContain("the approve step failed");
    expect(isToolError(await session.call("echo"))).toBe(false);
    expect((await send(gate.url("recorder"), "DELETE", other.headers)).status).toBe(200);
    expect((await post(gate.url("recorder"), callBody(1, "echo"), other.headers)).status).toBe(404);
    await expect(openSession(gate.url("recorder"))).rejects.toThrow(/503.*New sessions can't be counted now/);
    await gate.process.printed(/the decision log can't be written, decisions are being lost: EFBIG/);
    await gate.process.printed(/a session ended, and that can't be written yet/);
    expect((await operate(gate, "status")).stdout).toMatch(/decisions? (?:is|are) missing|missing/);
    expect(recorder.calls("limited")).toBe(1);

    execFileSync("prlimit", [`--pid=${gate.process.pid}`, "--fsize=unlimited:"]);
    expect(isToolError(await session.call("limited"))).toBe(false);
    await gate.process.printed(/the decision log is written again/);
    expect(await gate.process.stop()).toEqual({ code: 0, signal: null });
    expect((await operate(gate, "log", "verify")).code).toBe(0);
    expect(gate.process.stderr()).not.toContain("internal error");
    // what could not be written then was written later
    const next = await startGate({ servers: { recorder: { url: recorder.url } }, dir: gate.dir });
    expect((await post(next.url("recorder"), callBody(1, "echo"), other.headers)).status).toBe(404);
    expect((await post(next.url("recorder"), callBody(1, "echo"), session.headers)).status).toBe(200);
  });
});

function answerOf<T>(settled: PromiseSettledResult<T> | undefined): T | undefined {
  return settled?.status === "fulfilled" ? settled.value : undefined;
}

function openFiles({ process: { pid } }: Gate): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function residentMiB({ process: { pid } }: Gate): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
}

/** An MCP server that answers a call with `flood` by so many events of a megabyte each, as fast as they are taken. */
async function startFlood(events: number) {
  let [written, isWaiting, wasLeft] = [0, false, false];
  const event = `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x".repeat(1_048_576) } })}\n\n`;
  const server = createServer(async (incoming, outgoing) => {
    const message: Message = JSON.parse(Buffer.concat(await incoming.toArray()).toString() || "{}");
    if (message.id === undefined) return void outgoing.writeHead(202, { "content-length": 0 }).end();
    const result =
      message.method === "initialize"
        ? { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "flood", version: "1" } }
        : message.method === "tools/list"
          ? { tools: [{ name: "echo", description: "Echo", inputSchema: { type: "object" } }] }
          : { content: [{ type: "text", text: "done" }] };
    const answer = JSON.stringify({ jsonrpc: "2.0", id: message.id, result });
    const args = message.params?.arguments;
    if (!(args instanceof Object && "flood" in args)) {
      outgoing.writeHead(200, { "content-type": "application/json" }).end(answer);
      return;
    }
    outgoing.on("close", () => {
      wasLeft = true;
    });
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    for (let left = events; left > 0 && !wasLeft; left -= 1) {
      written += 1;
      if (outgoing.write(event)) continue;
      isWaiting = true;
      await new Promise((resolve) => outgoing.once("drain", resolve).once("close", resolve));
      isWaiting = false;
    }
    outgoing.end(`data: ${answer}\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenDone(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  let seen = -1;
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    /** It waits, and has written no more since it was asked the last time. */
    isHeldUp() {
      const isStill = isWaiting && written === seen;
      seen = written;
      return isStill;
    },
    writtenMiB: () => written,
    wasLeft: () => wasLeft,
  };
}
