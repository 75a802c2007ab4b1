// The 2026-07-28 era over stdio: no initialize and no sessions; the v2 SDK's client before the v2 SDK's server, and raw bytes.
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, onTestFinished, test } from "vitest";
import type { StdioUpstreamOptions } from "../../src/mcp/upstream-stdio.ts";
import {
  answerOf,
  eventsOf,
  isAlive,
  makeRecorder,
  messagesOf,
  RawClient,
  startHarness,
  until,
} from "./stdio-harness.ts";

const MODERN_SERVER = fileURLToPath(new URL("../fixtures/modern-server.mjs", import.meta.url));
const VERSION = "2026-07-28";
const META = {
  "io.modelcontextprotocol/protocolVersion": VERSION,
  "io.modelcontextprotocol/clientCapabilities": {},
};

async function connect() {
  const harness = await startHarness({ server: "modern", args: [MODERN_SERVER, "--stdio"] });
  const capabilities = { elicitation: {} };
  const client = new Client(
    { name: "v2", version: "1.0.0" },
    { capabilities, versionNegotiation: { mode: { pin: VERSION } } },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ada" } }));
  await client.connect(new StreamableHTTPClientTransport(harness.url));
  onTestFinished(() => client.close());
  return { client, harness };
}

describe("the v2 client before a v2 server", () => {
  test("discovers, lists and calls, without initialize", async () => {
    const { client, harness } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("echo");
    const result = await client.callTool({ name: "echo", arguments: { text: "hi" } });
    expect(result.content).toEqual([{ type: "text", text: "hi" }]);
    expect(harness.log).toEqual([]);
  });

  test("gets progress before the answer, in order", async () => {
    const { client } = await connect();
    const seen: number[] = [];
    const params = { name: "progress", arguments: { steps: 5 } };
    await client.callTool(params, { onprogress: ({ progress }) => void seen.push(progress) });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test("answers what the server needs to know with the requestState it was given", async () => {
    const { client } = await connect();
    const result = await client.callTool({ name: "elicit", arguments: {} });
    expect(result.content).toEqual([{ type: "text", text: "hello Ada, state intact" }]);
  });

  test("subscribes: the acknowledgement comes first, changes on that stream only, and closing it tells the server", async () => {
    const { client, harness } = await connect();
    const changes: string[] = [];
    client.setNotificationHandler("notifications/tools/list_changed", () => void changes.push("tools"));
    client.setNotificationHandler("notifications/resources/updated", ({ params }) => void changes.push(params.uri));
    const subscription = await client.listen({ toolsListChanged: true, resourceSubscriptions: ["test://watched"] });
    await client.callTool({ name: "change", arguments: {} });
    await until(() => changes.length === 2);
    expect(changes.sort()).toEqual(["test://watched", "tools"]);
    await subscription.close();
    await client.callTool({ name: "change", arguments: {} });
    expect(changes).toHaveLength(2);
    expect(harness.log).toEqual([]);
  });

  test("holds a subscription longer than the time for an answer, and its acknowledgement is the first event", async () => {
    const harness = await startHarness({ server: "modern", args: [MODERN_SERVER, "--stdio"], answerTimeoutMs: 2000 });
    const raw = new RawClient(harness.url);
    const params = { notifications: { toolsListChanged: true }, _meta: META };
    const listen = { jsonrpc: "2.0", id: "s", method: "subscriptions/listen", params };
    const events = eventsOf(await raw.post(listen, modernHeaders("subscriptions/listen")));
    expect((await events.next()).value?.data).toContain("notifications/subscriptions/acknowledged");
    await new Promise((resolve) => setTimeout(resolve, 2200));
    const change = { jsonrpc: "2.0", id: "c", method: "tools/call", params: { name: "change", _meta: META } };
    await raw.post(change, { ...modernHeaders("tools/call"), "mcp-name": "change" }).then(answerOf);
    expect((await events.next()).value?.data).toContain("notifications/tools/list_changed");
  });

  test("learns of a method that is not there with HTTP 404", async () => {
    const { harness } = await connect();
    const raw = new RawClient(harness.url);
    const response = await raw.post(
      { jsonrpc: "2.0", id: 1, method: "no/such", params: { _meta: META } },
      modernHeaders("no/such"),
    );
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ id: 1, error: expect.objectContaining({ code: -32601 }) }),
    ]);
  });
});

function modernHeaders(method: string) {
  return { "mcp-protocol-version": VERSION, "mcp-method": method };
}

async function startRaw(options: Partial<StdioUpstreamOptions> = {}) {
  const recorder = await makeRecorder();
  const harness = await startHarness({ args: recorder.args, ...options });
  const pids = () => [...new Set(recorder.lines().map(({ pid }) => pid))];
  const call = async (
    id: unknown,
    name: string,
    more: object = {},
    headers = {},
    signal?: AbortSignal,
    principal = "p1",
  ) => {
    const client = new RawClient(harness.url, { "x-principal": principal });
    const { arguments: args = {}, ...meta } = { arguments: {}, ...more };
    const params = { name, arguments: args, _meta: { ...META, ...meta } };
    const message = { jsonrpc: "2.0", id, method: "tools/call", params };
    return await client.post(message, { ...modernHeaders("tools/call"), "mcp-name": name, ...headers }, signal);
  };
  return { recorder, harness, pids, call };
}

describe("processes without sessions", () => {
  test("are shared by a principal's requests, and by nobody else's", async () => {
    const { call, pids } = await startRaw();
    const response = await call(1, "echo");
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    await response.text();
    await answerOf(await call(2, "echo"));
    expect(pids()).toHaveLength(1);
    await answerOf(await call(1, "echo", {}, {}, undefined, "p2"));
    expect(pids()).toHaveLength(2);
  });

  test("never hold two requests of one id or of one progress token", async () => {
    const { call, pids, recorder, harness } = await startRaw();
    const first = call(1, "hold", { progressToken: "t" });
    await until(() => pids().length === 1);
    const sameId = call(1, "hold", {});
    await until(() => pids().length === 2);
    const sameToken = call(2, "hold", { progressToken: "t" });
    await until(() => recorder.lines().length === 3);
    const [one, two] = pids();
    expect(recorder.lines().map(({ pid }) => pid)).toEqual([one, two, two]);
    await answerOf(await call(3, "release"));
    expect(await answerOf(await first)).toBe("released");
    // Those in the second process fail when it closes.
    await harness.close();
    expect(await answerOf(await sameId)).toContain("shutting down");
    expect(await answerOf(await sameToken)).toContain("shutting down");
  });

  test("are capped: a request that none can take is refused, and its tokens go back", async () => {
    const { call, harness } = await startRaw({ maxChildrenPerPrincipal: 1 });
    const held = call(1, "hold");
    await answerOf(await call(2, "echo"));
    const refused = await call(1, "echo");
    expect(await answerOf(refused)).toContain("this principal's 1 processes of it are in use");
    expect(harness.nothingWritten).toEqual([1]);
    await answerOf(await call(3, "release"));
    expect(await answerOf(await held)).toBe("released");
  });

  test("never hear of a request that was frozen while they started, and its tokens go back", async () => {
    const { call, harness, recorder } = await startRaw();
    const asked = call(1, "echo");
    harness.stopped = '{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"type":"text","text":"frozen"}]}}';
    expect(await answerOf(await asked)).toBe("frozen");
    expect(harness.nothingWritten).toEqual([1]);
    harness.stopped = undefined;
    await answerOf(await call(2, "echo"));
    expect(recorder.lines().map(({ text }) => JSON.parse(text).id)).toEqual([2]);
  });

  test("hear of a client that leaves, in the era's own words", async () => {
    const { call, recorder } = await startRaw();
    const leave = new AbortController();
    const left = call(1, "hold", {}, {}, leave.signal).catch(() => "left");
    await until(() => recorder.lines().length === 1);
    leave.abort();
    expect(await left).toBe("left");
    await until(() => recorder.lines().length === 2);
    expect(JSON.parse(recorder.lines()[1]?.text ?? "")).toEqual({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: 1, reason: "the client disconnected", _meta: META },
    });
  });

  test("get a cancellation only where it is clear which one it is for", async () => {
    const { harness, call, recorder, pids } = await startRaw();
    const client = new RawClient(harness.url);
    const cancel = (requestId: number) =>
      client.post(
        { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId, _meta: META } },
        modernHeaders("x"),
      );
    const held = call(1, "hold");
    void call(2, "hold");
    await until(() => recorder.lines().length === 2);
    void call(2, "hold");
    await until(() => pids().length === 2);
    for (const id of [1, 2, 3]) expect((await cancel(id)).status).toBe(202);
    expect(await answerOf(await held)).toContain("the request was cancelled");
    await answerOf(await call(4, "echo"));
    const cancelled = recorder.lines().filter(({ text }) => text.includes("notifications/cancelled"));
    expect(cancelled.map(({ text }) => JSON.parse(text).params.requestId)).toEqual([1]);
  });

  test("send nothing to the client that the era does not know", async () => {
    const { call, harness, recorder } = await startRaw();
    const messages = await messagesOf(await call(9, "ask"));
    expect(messages.map(({ id }) => id)).toEqual([9]);
    expect(recorder.lines().at(-1)?.text).toContain('"error":{"code":-32601');
    await answerOf(await call(10, "later", { arguments: { text: "unasked" } }));
    await until(() => harness.log.some((line) => line.includes("dropped: a message that concerns no request")));
  });

  test("have no streams to GET and none to DELETE", async () => {
    const { harness } = await startRaw();
    const client = new RawClient(harness.url, { "mcp-protocol-version": VERSION });
    for (const method of ["GET", "DELETE"]) {
      const response = await client.send(method, undefined);
      expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([405, "POST", ""]);
    }
  });

  test("stream what comes before the answer", async () => {
    const { call } = await startRaw();
    const response = await call(1, "flood", { arguments: { messages: 2, size: 1 } });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const ids = [];
    for await (const { id } of eventsOf(response)) ids.push(id);
    expect(ids).toEqual([undefined, undefined, undefined]);
  });

  test("answer the gate's own requests, and are gone when it closes", async () => {
    const { call, harness, pids } = await startRaw();
    await answerOf(await call(1, "echo"));
    expect(await harness.ask(undefined, "tools/list", 5000)).toMatchObject({ kind: "answered" });
    expect(pids()).toHaveLength(1);
    await harness.close();
    expect(pids().filter(isAlive)).toEqual([]);
  });
});
