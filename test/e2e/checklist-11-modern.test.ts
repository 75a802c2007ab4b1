// Rows 2, 11, 12 and 14 of the checklist, in the era of 2026-07-28: no sessions, headers that say what the body says, questions
// answered by a retry, subscriptions in place of a standing stream.
import { beforeAll, describe, expect, test } from "vitest";
import { connectV2 } from "./harness-clients.ts";
import { fixturePath, type Recording, startHttpFixture, startRecorder } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { isToolError, messagesOf, modernRequest, openStream, post, textOf } from "./harness-wire.ts";

/** As test/fixtures/lib/recorder-answers.mjs writes it: with escapes that no serializer would choose. */
const REQUEST_STATE_JSON = String.raw`"\u00e9tat\/1 \"quoted\" \\ \u2028 €="`;

describe("before a recording server of the modern era, the gate", () => {
  let gate: Gate;
  let recorded: Recording;

  beforeAll(async () => {
    const recorder = await startRecorder("--answer", "json");
    recorded = recorder;
    gate = await startGate({ servers: { recorder: { url: recorder.url } } });
  });

  const send = async (request: ReturnType<typeof modernRequest>, more: Record<string, string> = {}) =>
    await post(gate.url("recorder"), request.body, { ...request.headers, ...more });

  const echo = modernRequest(1, "tools/call", { name: "echo", arguments: {} });
  const denied = modernRequest(1, "tools/call", { name: "denied", arguments: {} });
  const base64 = (text: string) => `=?base64?${Buffer.from(text).toString("base64")}?=`;

  test.each([
    ["a tool name", denied, { "mcp-name": "echo" }],
    ["a tool name, the other way round", echo, { "mcp-name": "denied" }],
    ["a tool name in base64", denied, { "mcp-name": base64("echo") }],
    ["a method", denied, { "mcp-method": "tools/list" }],
    ["a revision", echo, { "mcp-protocol-version": "2025-11-25" }],
  ])("refuses a call whose headers and body disagree on %s", async (_title, request, headers) => {
    const before = recorded.bodies().length;
    const answer = await send(request, headers);
    expect(answer.status).toBe(400);
    expect((await messagesOf(answer))[0]?.error?.code).toBe(-32020);
    expect(recorded.bodies()).toHaveLength(before);
  });

  test("takes a name that its header says in base64, and hands both on as they came", async () => {
    expect(isToolError((await messagesOf(await send(echo, { "mcp-name": base64("echo") })))[0])).toBe(false);
    const sent = recorded.entries().findLast((entry) => entry.kind === "request");
    expect(sent?.headers).toMatchObject({ "mcp-name": base64("echo"), "mcp-method": "tools/call" });
    expect(recorded.bodies()).toContain(echo.body);
  });

  test("says of a refusal that it is complete, and issues no session", async () => {
    const answer = await send(denied);
    expect(answer.status).toBe(200);
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
    expect(await messagesOf(answer)).toMatchObject([{ id: 1, result: { resultType: "complete", isError: true } }]);
    expect(recorded.calls("denied")).toBe(0);
  });

  test("makes a filtered list private to its reader, and keeps the rest of what the server says of caching", async () => {
    const [answer] = await messagesOf(await send(modernRequest(1, "tools/list")));
    expect(answer?.result).toMatchObject({ cacheScope: "private", ttlMs: 60_000, resultType: "complete" });
    expect(JSON.stringify(answer?.result)).not.toContain("denied");
  });

  test("hands requestState on byte for byte both ways, and takes one token for question and retry together", async () => {
    const ask = modernRequest(1, "tools/call", { name: "confirm", arguments: { what: 1 } });
    const asked = await send(ask);
    expect(asked.text).toContain(`"requestState":${REQUEST_STATE_JSON}`);
    const answers = '"inputResponses":{"sure":{"action":"accept","content":{"ok":true}}}';
    const retryOf = (body: string) =>
      body.replace('"params":{', `"params":{${answers},"requestState":${REQUEST_STATE_JSON},`);
    const retry = { ...ask, body: retryOf(ask.body).replace('"id":1', '"id":2') };
    const [confirmed] = await messagesOf(await send(retry));
    expect(isToolError(confirmed)).toBe(false);
    expect(recorded.bodies()).toContain(retry.body);
    // The limit is one a minute: the same retry again, and the question again, are calls of their own.
    for (const again of [retry, ask]) {
      expect(textOf((await messagesOf(await send(again)))[0])).toMatch(
        /^Rate limit: confirm on recorder allows 1 call/,
      );
    }
    expect(recorded.calls("confirm")).toBe(2);
  });

  test("counts one bucket for a principal, however many clients it has", async () => {
    const call = modernRequest(1, "tools/call", { name: "limited", arguments: {} });
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(call)));
    const results = (await Promise.all(answers.map(messagesOf))).flat();
    expect(results.filter((result) => !isToolError(result))).toHaveLength(3);
    expect(recorded.calls("limited")).toBe(3);
  });
});

describe.each(["http", "stdio"] as const)("before a modern SDK server over %s, the gate", (transport) => {
  let gate: Gate;

  beforeAll(async () => {
    const { url } = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
    const stdio = { command: process.execPath, args: [fixturePath("modern-server.mjs"), "--stdio"] };
    gate = await startGate({
      servers: { http: { url, catalogue: "modern" }, stdio: { ...stdio, catalogue: "modern" } },
    });
  });

  test("lets a v2 client list and call, and refuses what is denied", async () => {
    const client = await connectV2(gate.url(transport));
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual(["echo", "limited", "headed", "progress", "elicit", "change"]);
    expect(await client.callTool({ name: "echo", arguments: { text: "hello" } })).toMatchObject({
      content: [{ text: "hello" }],
    });
    expect(await client.callTool({ name: "headed", arguments: { region: "eu é" } })).toMatchObject({
      content: [{ text: "eu é" }],
    });
    expect(await client.callTool({ name: "denied", arguments: {} })).toMatchObject({ isError: true });
  });

  test("says 400 to a request that does not say what its client can do, and 200 to one whose params are wrong", async () => {
    const discover = modernRequest(1, "server/discover");
    const silent = discover.body.replace(/,"io.modelcontextprotocol\/clientCapabilities":\{[^}]*\{\}\}/, "");
    expect(silent).not.toContain("clientCapabilities");
    const refused = await post(gate.url(transport), silent, discover.headers);
    expect(refused.status).toBe(400);
    expect(await messagesOf(refused)).toMatchObject([{ id: 1, error: { code: -32602 } }]);
    const wrong = modernRequest(2, "resources/read", { uri: "test://nowhere" });
    const answered = await post(gate.url(transport), wrong.body, wrong.headers);
    expect(await messagesOf(answered)).toMatchObject([{ id: 2, error: { code: -32602 } }]);
    expect(answered.status).toBe(200);
  });

  test("lets a server ask in mid-call, and its client retry, for one token", async () => {
    const client = await connectV2(gate.url(transport));
    client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ann" } }));
    const greeted = await client.callTool({ name: "elicit", arguments: {} });
    expect(greeted).toMatchObject({ content: [{ text: "hello Ann, state intact" }] });
    expect(await client.callTool({ name: "elicit", arguments: {} })).toMatchObject({ isError: true });
  });

  test("hands each step of a call on, in order", async () => {
    const call = modernRequest(1, "tools/call", { name: "progress", arguments: { steps: 3 } });
    const body = call.body.replace('"_meta":{', '"_meta":{"progressToken":"p",');
    const stream = await openStream(gate.url(transport), call.headers, body);
    for (const progress of [1, 2, 3]) {
      expect((await stream.nextMessage()).params).toEqual({ progressToken: "p", progress, total: 3 });
    }
    expect(textOf(await stream.nextMessage())).toBe("3 steps");
  });

  test("keeps a subscription open: the acknowledgement first, then what changes, until the client leaves", async () => {
    const notifications = { toolsListChanged: true, resourceSubscriptions: ["test://watched"] };
    const listen = modernRequest("listen-1", "subscriptions/listen", { notifications });
    const stream = await openStream(gate.url(transport), listen.headers, listen.body);
    expect(await stream.nextMessage()).toMatchObject({
      method: "notifications/subscriptions/acknowledged",
      params: { notifications },
    });
    const change = modernRequest(2, "tools/call", { name: "change", arguments: {} });
    await post(gate.url(transport), change.body, change.headers);
    const changes = [await stream.nextMessage(), await stream.nextMessage()];
    expect(changes.map(({ method }) => method).toSorted()).toEqual([
      "notifications/resources/updated",
      "notifications/tools/list_changed",
    ]);
    stream.leave();
  });

  test("translates no era: a legacy client gets the server's own refusal", async () => {
    const initialize =
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"n","version":"1"}}}';
    const answer = await post(gate.url(transport), initialize);
    expect(answer.headers["mcp-session-id"]).toBeUndefined();
    expect((await messagesOf(answer)).at(-1)).toMatchObject({ id: 1, error: { data: { supported: ["2026-07-28"] } } });
  });
});
