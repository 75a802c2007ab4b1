import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernTransport } from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import * as mcp from "@modelcontextprotocol/sdk/types.js";
import { beforeAll, describe, expect, test } from "vitest";
import { findGate } from "../../src/cli/find-gate.ts";
import { readRunningGate } from "../../src/config/running-gate.ts";
import { makeKey } from "../../src/http/bearer.ts";
import { makeProofSecret } from "../../src/http/prove.ts";
import { fixturePath, startHttpFixture } from "../e2e/harness-fixtures.ts";
import { makeTempDir, run, runToEnd, waitFor, whenDone } from "../e2e/harness-process.ts";
import { buildDist } from "./built.ts";
import { startFront } from "./front.ts";
import { startImpostor } from "./impostor.ts";

const main = join(buildDist(), "main.js");
const ABOUT = { name: "regate-test", version: "1.0.0" };

describe("a legacy client behind regate stdio", () => {
  let client: Client;
  const notified: mcp.ServerNotification[] = [];

  beforeAll(async () => {
    const { url } = await startHttpFixture("everything-server.mjs", ["--http", "0"]);
    const front = await startFront({ target: new URL(url) });
    client = new Client(ABOUT, { capabilities: { sampling: {}, elicitation: {} } });
    client.setRequestHandler(mcp.CreateMessageRequestSchema, () => ({
      model: "m",
      role: "assistant",
      content: { type: "text", text: "sampled" },
    }));
    client.setRequestHandler(mcp.ElicitRequestSchema, () => ({
      action: "accept",
      content: { username: "ann", email: "a@example.com" },
    }));
    client.fallbackNotificationHandler = async (notification) => {
      notified.push(mcp.ServerNotificationSchema.parse(notification));
    };
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [main, "stdio", "it"], cwd: front.dir }),
    );
    whenDone(() => client.close());
  });

  const textOf = async (name: string, args: Record<string, unknown> = {}): Promise<string> => {
    const { content } = mcp.CallToolResultSchema.parse(await client.callTool({ name, arguments: args }));
    return content.map((part) => (part.type === "text" ? part.text : part.type)).join();
  };

  test("lists and calls tools, and reads resources", async () => {
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("test_simple_text");
    expect(await textOf("test_simple_text")).toBe("This is a simple text response for testing.");
    expect((await client.readResource({ uri: "test://static-text" })).contents).toHaveLength(1);
  });

  test("gets progress in order before the answer", async () => {
    const seen: number[] = [];
    await client.callTool({ name: "test_tool_with_progress", arguments: {} }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    expect(seen).toEqual([0, 50, 100]);
  });

  test("gets log messages", async () => {
    await textOf("test_tool_with_logging");
    expect(notified.filter(({ method }) => method === "notifications/message")).toHaveLength(3);
  });

  test("is asked by the server, and answers", async () => {
    expect(await textOf("test_sampling", { prompt: "p" })).toBe("LLM response: sampled");
    expect(await textOf("test_elicitation", { message: "m" })).toContain('"username":"ann"');
  });

  test("gets an answer whose stream the server closes in between", async () => {
    expect(await textOf("test_reconnection")).toContain("the answer came after the stream was closed");
  });

  test("makes many calls at once, each with its own answer", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
    const answers = await Promise.all(names.map((name) => textOf("json_schema_2020_12_tool", { name })));
    expect(answers.map((answer) => JSON.parse(answer).name)).toEqual(names);
  });

  test("gets the server's errors as they are", async () => {
    await expect(client.callTool({ name: "none" })).rejects.toThrow("Tool not found: none");
  });
});

describe("a modern client behind regate stdio", () => {
  test("calls tools, with progress, input and headers", async () => {
    const { url } = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
    const front = await startFront({ target: new URL(url) });
    const client = new ModernClient(ABOUT, {
      capabilities: { elicitation: {} },
      versionNegotiation: { mode: { pin: "2026-07-28" } },
    });
    client.setRequestHandler("elicitation/create", () => ({ action: "accept" as const, content: { name: "Ann" } }));
    const transport = new ModernTransport({ command: process.execPath, args: [main, "stdio", "it"], cwd: front.dir });
    await client.connect(transport);
    whenDone(() => client.close());

    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("headed");
    expect(await client.callTool({ name: "echo", arguments: { text: "é\n€" } })).toMatchObject({
      content: [{ text: "é\n€" }],
    });
    expect(await client.callTool({ name: "headed", arguments: { region: "eu-1" } })).toMatchObject({
      content: [{ text: "eu-1" }],
    });
    expect(await client.callTool({ name: "elicit", arguments: {} })).toMatchObject({
      content: [{ text: "hello Ann, state intact" }],
    });
    // as they come on the pipe: the SDK drops progress that comes in one piece with the answer
    const { onmessage } = transport;
    const progress: unknown[] = [];
    transport.onmessage = (message) => {
      if ("method" in message && message.method === "notifications/progress") progress.push(message.params?.progress);
      else progress.push("result" in message);
      onmessage?.(message);
    };
    await client.callTool({ name: "progress", arguments: { steps: 3 } }, { onprogress: () => {} });
    expect(progress).toEqual([1, 2, 3, true]);
    // the SDK's client probes with a process of its own
    const calls = front.came.filter(({ body }) => body.includes("tools/call"));
    expect(new Set(calls.map(({ headers }) => headers["regate-stdio"])).size).toBe(1);
  });
});

describe("where no gate runs", () => {
  const dir = makeTempDir();
  const bundle = join(dir, "bundle.tar.gz");

  beforeAll(async () => {
    const built = await runToEnd(process.execPath, [main, "build", fixturePath("policy"), "-o", bundle]);
    expect(built).toMatchObject({ code: 0 });
  }, 60_000);

  /** Whether the process is there. */
  function isRunning(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }

  /** Ends the gate that a relay started: it is no child of the test's. */
  function endGate(state: string): void {
    const gate = readRunningGate(state);
    if (gate !== undefined && isRunning(gate.pid)) process.kill(gate.pid);
  }

  test("one is started, which outlives the client and serves the next; two clients at once share it", async () => {
    const home = makeTempDir();
    const state = join(home, ".regate");
    const server = { command: process.execPath, args: [fixturePath("everything-server.mjs"), "--stdio"] };
    writeFileSync(
      join(home, "regate.yaml"),
      JSON.stringify({ listen: "127.0.0.1:0", bundle, servers: { everything: server } }),
    );
    whenDone(() => endGate(state));
    const key = makeKey("rgk");
    const connect = async () => {
      const client = new Client(ABOUT);
      const args = [main, "stdio", "everything"];
      const env = { ...getDefaultEnvironment(), REGATE_API_KEY: key };
      await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: home, env }));
      return client;
    };
    const clients = await Promise.all([connect(), connect()]);
    const first = readRunningGate(state);
    expect(await findGate(state)).toMatchObject({ kind: "ready" });
    for (const client of clients) {
      expect((await client.listTools()).tools.length).toBeGreaterThan(0);
      await client.close();
    }
    const next = await connect();
    expect(readRunningGate(state)).toEqual(first);
    await next.close();
    expect(readFileSync(join(state, "serve.log"), "utf8")).not.toContain("rgo_");
    // the agent's key is not handed to the gate (where the system shows what was handed)
    const environment = `/proc/${first?.pid}/environ`;
    if (existsSync(environment)) expect(readFileSync(environment, "utf8")).not.toContain(key);
    expect(statSync(join(state, "serve.log")).mode & 0o777).toBe(0o600);
  }, 60_000);

  test("one that is started is spoken of in one line; killed, it leaves its port to one who is sent no key", async () => {
    const home = makeTempDir();
    const state = join(home, ".regate");
    writeFileSync(join(home, "regate.yaml"), JSON.stringify({ listen: "127.0.0.1:0", bundle, servers: {} }));
    whenDone(() => endGate(state));
    const starter = await runToEnd(process.execPath, [main, "stdio", "everything"], { cwd: home });
    const gate = readRunningGate(state);
    if (gate === undefined) throw new Error("no gate");
    expect(starter.stderr).toBe(
      `regate stdio: no gate ran on ${join(home, "regate.yaml")}, so one was started in the background: its log is ${join(state, "serve.log")}, kill ${gate.pid} stops it\n`,
    );
    const next = await runToEnd(process.execPath, [main, "stdio", "everything"], { cwd: home });
    expect(next).toMatchObject({ code: 0, stderr: "" });

    process.kill(gate.pid, "SIGKILL");
    await waitFor("the end of the gate", () => !isRunning(gate.pid));
    const impostor = await startImpostor(Number(new URL(gate.url).port), (_, outgoing) => {
      outgoing.setHeader("regate-instance", gate.instance);
      outgoing.end(JSON.stringify({ status: "ready", proof: makeProofSecret() }));
    });
    const env = { REGATE_OPERATOR_KEY: "operator-key-that-nobody-may-see", REGATE_API_KEY: makeKey("rgk") };
    const reloaded = await runToEnd(process.execPath, [main, "reload"], { cwd: home, env });
    expect(reloaded).toMatchObject({ code: 2, stdout: "" });
    expect(reloaded.stderr).toContain(`what listens at ${gate.url} did not prove to be the gate of this configuration`);
    // a relay has a gate of its own started, at another port
    const relayed = await runToEnd(process.execPath, [main, "stdio", "everything"], { cwd: home, env });
    expect(relayed).toMatchObject({ code: 0, stdout: "" });
    expect(relayed.stderr).toContain("one was started in the background");
    expect(readRunningGate(state)?.url).not.toBe(gate.url);
    expect(impostor.asked.length).toBeGreaterThan(0);
    expect(impostor.keys).toEqual([]);
  }, 60_000);

  test("and none can be started, it says why and exits with 2", async () => {
    const home = makeTempDir();
    writeFileSync(join(home, "regate.yaml"), "bundle: none.tar.gz\nlisten: 127.0.0.1:0\nservers: {}\n");
    const { code, stdout, stderr } = await runToEnd(process.execPath, [main, "stdio", "everything"], { cwd: home });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^no gate can judge on .*regate\.yaml: it did not answer\n/);
    expect(stderr).toContain("none.tar.gz");
    rmSync(home, { recursive: true });
  }, 60_000);
});

describe("wrong use", () => {
  const home = makeTempDir();
  writeFileSync(join(home, "regate.yaml"), "servers: {}\n");

  test.each([
    [["a", "b"], {}, "use: regate stdio SERVER"],
    [["../a"], {}, '"../a" is no key of a server'],
    [
      ["a", "-c", "sub/none.yaml"],
      {},
      `sub/none.yaml: there is none in ${home}, where the client started regate stdio; name the file with -c /absolute/path/none.yaml\n`,
    ],
    [["a", "-c", "/none/none.yaml"], {}, "/none/none.yaml: no such file in /none"],
    [["a"], { REGATE_API_KEY: "rgo_x" }, "REGATE_API_KEY is neither an API key nor an issuer's token"],
  ])("%j %j is one line and 2", async (args, env, line) => {
    const { code, stdout, stderr } = await runToEnd(process.execPath, [main, "stdio", ...args], { cwd: home, env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

test("a client that closes its end, or ends the process, ends the session", async () => {
  const { url } = await startHttpFixture("everything-server.mjs", ["--http", "0"]);
  for (const how of ["end", "SIGTERM"] as const) {
    const front = await startFront({ target: new URL(url) });
    const relay = run(process.execPath, [main, "stdio", "it"], { cwd: front.dir });
    relay.stdin.write(
      '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\n',
    );
    await relay.printed(/"serverInfo"/);
    if (how === "end") relay.stdin.end();
    else process.kill(relay.pid, "SIGTERM");
    expect(await relay.exited).toEqual({ code: 0, signal: null });
    await waitFor("the end of the session", () => front.came.at(-1)?.method === "DELETE");
  }
});
