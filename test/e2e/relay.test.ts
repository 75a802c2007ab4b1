// `regate stdio SERVER`, for clients that only speak stdio: it relays to the running gate, which judges as for any other client.
import { join } from "node:path";
import { Client as ClientV2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { beforeAll, describe, expect, test } from "vitest";
import { type Recording, startHttpFixture, startRecorder } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { ROOT, run, runToEnd, whenDone } from "./harness-process.ts";
import { callBody, LEGACY_VERSION, parseMessage } from "./harness-wire.ts";

const ABOUT = { name: "speaks-stdio", version: "1.0.0" };

describe("a client that only speaks stdio", () => {
  let gate: Gate;
  let recorded: Recording;

  beforeAll(async () => {
    const recorder = await startRecorder("--sessions");
    recorded = recorder;
    const modern = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
    gate = await startGate({ servers: { recorder: { url: recorder.url }, modern: { url: modern.url } } });
  });

  const commandFor = (server: string) => ({
    command: process.execPath,
    args: [join(ROOT, "dist/main.js"), "stdio", server, "-c", gate.configFile],
  });

  test("lists and calls, and is refused what is denied", async () => {
    const client = new ClientV1(ABOUT);
    await client.connect(new StdioV1(commandFor("recorder")));
    whenDone(() => client.close());
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain("echo");
    expect(names).not.toContain("denied");
    expect(await client.callTool({ name: "echo", arguments: { text: "hello" } })).toMatchObject({
      content: [{ text: '{"text":"hello"}' }],
    });
    expect(await client.callTool({ name: "denied", arguments: {} })).toMatchObject({ isError: true });
    expect(recorded.calls("denied")).toBe(0);
  });

  // By hand: the SDK's own client can lose a notification that comes in one piece with the answer after it.
  test("gets each message as one line, each step of a call before its answer", async () => {
    const { command, args } = commandFor("recorder");
    const relay = run(command, args);
    const params = { protocolVersion: LEGACY_VERSION, capabilities: {}, clientInfo: ABOUT };
    relay.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: "open", method: "initialize", params })}\n`);
    await relay.printed(/"id":"open"/);
    relay.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    relay.stdin.write(`${callBody("s", "slow", { steps: 3, ms: 1 }, { _meta: { progressToken: "t" } })}\n`);
    await relay.printed(/"id":"s".*\n/);
    relay.stdin.end();
    expect((await relay.exited).code).toBe(0);
    const [, ...lines] = relay.stdout().trim().split("\n").map(parseMessage);
    expect(lines.map(({ params, id }) => params?.progress ?? id)).toEqual([1, 2, 3, "s"]);
  });

  test("has the limits of a session of its own", async () => {
    const refused = async (client: ClientV1) =>
      (await client.callTool({ name: "limited", arguments: {} })).isError === true;
    const clients = [new ClientV1(ABOUT), new ClientV1(ABOUT)];
    for (const client of clients) {
      await client.connect(new StdioV1(commandFor("recorder")));
      whenDone(() => client.close());
      const refusals = [];
      for (let call = 0; call < 4; call += 1) refusals.push(await refused(client));
      expect(refusals).toEqual([false, false, false, true]);
    }
  });

  test("may be of the modern era", async () => {
    const client = new ClientV2(ABOUT, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
    await client.connect(new StdioV2(commandFor("modern")));
    whenDone(() => client.close());
    expect(await client.callTool({ name: "echo", arguments: { text: "hello" } })).toMatchObject({
      content: [{ text: "hello" }],
    });
    expect(await client.callTool({ name: "denied", arguments: {} })).toMatchObject({ isError: true });
  });

  test("is told in one line which servers there are where it names none of them", async () => {
    const { command, args } = commandFor("no such server");
    const { code, stdout, stderr } = await runToEnd(command, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
