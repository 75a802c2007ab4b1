// Real clients of both SDKs in front of real servers from npm, through nothing but the stdio upstream.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Harness, startHarness, until } from "./stdio-harness.ts";

const require = createRequire(import.meta.url);
const everything = join(
  dirname(require.resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist/index.js",
);

async function connectLegacy(): Promise<{
  client: Client;
  harness: Harness;
  transport: StreamableHTTPClientTransport;
}> {
  const harness = await startHarness({ server: "everything", args: [everything, "stdio"] });
  const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } };
  const client = new Client({ name: "v1", version: "1.0.0" }, { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: "none",
    role: "assistant",
    content: { type: "text", text: "sampled words" },
  }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
  const transport = new StreamableHTTPClientTransport(harness.url);
  // The SDK's own types disagree about undefined here.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  onTestFinished(() => client.close());
  return { client, harness, transport };
}

describe("the v1 client before server-everything", () => {
  test("lists, calls, reads, completes and gets prompts", async () => {
    const { client } = await connectLegacy();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("echo");
    expect(await client.callTool({ name: "echo", arguments: { message: "hi" } })).toMatchObject({
      content: [{ text: "Echo: hi" }],
    });
    const { resources } = await client.listResources();
    expect((await client.readResource({ uri: resources[0]?.uri ?? "" })).contents).toHaveLength(1);
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
    await client.ping();
  });

  test("gets progress before the answer, in order", async () => {
    const { client } = await connectLegacy();
    const seen: number[] = [];
    const params = { name: "trigger-long-running-operation", arguments: { duration: 0.5, steps: 5 } };
    const result = await client.callTool(params, undefined, { onprogress: ({ progress }) => seen.push(progress) });
    expect(result.isError).toBeFalsy();
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("answers the server's sampling and elicitation requests in mid-call", async () => {
    const { client } = await connectLegacy();
    await until(() => client.getServerCapabilities() !== undefined);
    const { tools } = await client.listTools();
    const sampling = tools.find(({ name }) => name === "trigger-sampling-request");
    expect(sampling).toBeDefined();
    const sampled = await client.callTool({ name: "trigger-sampling-request", arguments: { prompt: "say" } });
    expect(JSON.stringify(sampled.content)).toContain("sampled words");
    const elicited = await client.callTool({ name: "trigger-elicitation-request", arguments: {} });
    expect(JSON.stringify(elicited.content)).toContain("decline");
  });

  test("hears on its GET stream what concerns no request", async () => {
    const { client } = await connectLegacy();
    let logged = 0;
    client.setNotificationHandler(LoggingMessageNotificationSchema, () => {
      logged += 1;
    });
    let updated = 0;
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => {
      updated += 1;
    });
    const { resources } = await client.listResources();
    await client.subscribeResource({ uri: resources[0]?.uri ?? "" });
    await client.callTool({ name: "toggle-simulated-logging", arguments: {} });
    await client.callTool({ name: "toggle-subscriber-updates", arguments: {} });
    await until(() => logged > 0 && updated > 0);
  });

  test("is refused by name once its session is ended", async () => {
    const { client, transport, harness } = await connectLegacy();
    const id = transport.sessionId;
    await transport.terminateSession();
    expect(harness.ended).toEqual([id]);
    const late = await fetch(harness.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": id ?? "",
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    expect([late.status, await late.json()]).toEqual([
      404,
      expect.objectContaining({ error: { code: 1003, message: "Session not found: initialize again" } }),
    ]);
    await client.close();
  });

  test("learns why a server can't be started", async () => {
    const harness = await startHarness({
      server: "absent",
      command: "no-such-command-anywhere",
      args: ["--token", "hunter2"],
    });
    const client = new Client({ name: "v1", version: "1.0.0" });
    const transport = new StreamableHTTPClientTransport(harness.url) as Parameters<Client["connect"]>[0];
    await expect(client.connect(transport)).rejects.toThrow(
      "The server absent failed: it can't be started: the command no-such-command-anywhere was not found",
    );
    expect(harness.nothingWritten).toEqual([0]);
    expect(harness.log.join()).not.toContain("hunter2");
  });
});

describe("the v2 client", () => {
  test("finds out that server-everything speaks the older era, and calls it", async () => {
    const harness = await startHarness({ server: "everything", args: [everything, "stdio"] });
    const client = new ModernClient({ name: "v2", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new ModernTransport(harness.url));
    onTestFinished(() => client.close());
    const result = await client.callTool({ name: "echo", arguments: { message: "hi" } });
    expect(result.content).toEqual([{ type: "text", text: "Echo: hi" }]);
  });
});
