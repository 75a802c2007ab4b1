// Rows 16 and 17 of the checklist: a server or a policy that fails. The caller gets one error for its own request, nothing hangs,
// the call is refused where the policy failed, and the gate stays up.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startHttpFixture, startRecorder } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";
import { startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, isToolError, messagesOf, openSession, post, type Session, textOf } from "./harness-wire.ts";

const UPSTREAM_FAILED = 1002;

describe.each([
  ["an HTTP server that answers JSON", "http", ["--answer", "json", "--sse", "plain"]],
  ["an HTTP server that answers events", "http", ["--sse", "plain"]],
  ["a stdio server", "stdio", []],
] as const)("before %s, the gate", (_title, transport, flags) => {
  // A gate for each: one that sees a server crash again and again waits longer and longer before it starts it anew.
  test.each(["before", "headers", "stream"])("answers an error where the connection dies: %s", async (when) => {
    const { gate, recorded } = await startRecorderGate(...flags);
    const session = await openSession(gate.url(transport));
    const messages = await messagesOf(await session.post(callBody("dies", "die", { when })));
    expect(messages.at(-1)).toMatchObject({ id: "dies", error: { code: UPSTREAM_FAILED } });
    expect(recorded[transport].calls("die")).toBe(1);
    expect((await (await openSession(gate.url(transport))).call("echo")).result).toBeDefined();
  });
});

describe("before a stdio server, the gate", () => {
  test("answers each of two calls under way with an error of its own where the server dies", async () => {
    const { gate, recorded } = await startRecorderGate();
    const session = await openSession(gate.url("stdio"));
    const waiting = session.post(callBody("waits", "slow", { steps: 1 }));
    await recorded.stdio.until("call", ({ tool }) => tool === "slow");
    const dying = session.post(callBody("dies", "die"));
    const answers = [...(await messagesOf(await waiting)), ...(await messagesOf(await dying))];
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      ["waits", UPSTREAM_FAILED],
      ["dies", UPSTREAM_FAILED],
    ]);
  });

  test("hands nothing on that is no message, and still gives the answer", async () => {
    const { gate } = await startRecorderGate();
    const session = await openSession(gate.url("stdio"));
    const stream = await session.openStream({}, callBody("g", "garbage", { as: "json" }));
    await session.call("echo");
    await session.post('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"g"}}');
    expect((await stream.next())?.data ?? "").not.toContain("this is not JSON");
    expect((await session.call("echo")).result).toBeDefined();
    stream.leave();
  });
});

describe("before an HTTP server, the gate", () => {
  let session: Session;

  beforeAll(async () => {
    const { gate } = await startRecorderGate("--answer", "json");
    session = await openSession(gate.url("http"));
  });

  test.each(["json", "sse", "truncated", "plain", "wrong-id"])("hands no garbage on: %s", async (as) => {
    const answer = await session.post(callBody("g", "garbage", { as }));
    expect(await messagesOf(answer)).toMatchObject([{ id: "g", error: { code: UPSTREAM_FAILED } }]);
    expect(answer.text).not.toMatch(/this is not JSON|nobody-asked/);
  });

  test("says of a server that is not there that it can't be reached, and takes no token for it", async () => {
    const recorder = await startHttpFixture("recording-http-server.mjs", ["--log", join(makeTempDir(), "log")]);
    const gate = await startGate({ servers: { recorder: { url: recorder.url } } });
    const down = await openSession(gate.url("recorder"));
    await down.ask("tools/list");
    await recorder.process.stop();
    for (let call = 0; call < 5; call += 1) {
      expect((await down.call("limited")).error).toMatchObject({ code: UPSTREAM_FAILED });
    }
    const port = new URL(recorder.url).port;
    await startHttpFixture("recording-http-server.mjs", ["--log", join(makeTempDir(), "log"), "--port", port]);
    const answers = [];
    for (let call = 0; call < 4; call += 1) answers.push(isToolError(await down.call("limited")));
    expect(answers).toEqual([false, false, false, true]);
  });
});

describe("under a policy that fails, the gate", () => {
  let gate: Gate;
  let calls: () => number;

  beforeAll(async () => {
    const recorder = await startRecorder("--sessions");
    calls = () => recorder.calls();
    gate = await startGate({ servers: { faulty: { url: recorder.url } } });
  });

  test.each([
    ["runs for minutes", "slow", {}],
    ["contradicts itself", "echo", {}],
    ["gives an action that is none", "limited", { action: "permit" }],
    ["gives an action that is no text", "limited", { action: ["allow"] }],
  ])("refuses a call where its rule %s, and judges the next", async (_title, tool, args) => {
    const session = await openSession(gate.url("faulty"));
    const before = calls();
    const refusal = await session.call(tool, args);
    expect(isToolError(refusal)).toBe(true);
    expect(textOf(refusal)).not.toMatch(/permit|\bat \w+ \(/);
    expect(calls()).toBe(before);
    expect(isToolError(await session.call("read_file", { path: "x" }))).toBe(false);
    expect(calls()).toBe(before + 1);
  });
});

describe("without a bundle that it can trust, the gate", () => {
  test.each([
    ["is missing", undefined],
    ["is empty", ""],
    ["is no archive", "this is not a bundle"],
  ])("does not start where the bundle %s, and says in one line which file and what to do", async (_title, content) => {
    const dir = makeTempDir();
    const bundle = join(dir, "broken.tar.gz");
    if (content !== undefined) writeFileSync(bundle, content);
    const config = join(dir, "regate.yaml");
    writeFileSync(config, `listen: 127.0.0.1:0\nbundle: ${bundle}\nservers: {}\n`);
    const { code, stderr } = await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "serve", "-c", config]);
    expect(code).toBe(2);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("broken.tar.gz");
  });
});

describe.each(TRANSPORTS)("before a server over %s that is not what it says, the gate", (transport) => {
  test("stays up, and says which server failed", async () => {
    const nothing = transport === "http" ? { url: "http://127.0.0.1:9/mcp" } : { command: "/nonexistent/program" };
    const gate = await startGate({ servers: { gone: { ...nothing, catalogue: "recorder" } } });
    const answer = await post(
      gate.url("gone"),
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"n","version":"1"}}}',
    );
    expect(await messagesOf(answer)).toMatchObject([{ id: 1, error: { code: UPSTREAM_FAILED } }]);
    expect((await post(`${gate.base}/mcp/other`, "{}")).status).toBe(404);
  });
});
