// Rows 9, 10, 14 and 15 of the checklist: what the gate has no business with comes through as it is, and lists keep what isn't hidden.
import { beforeAll, describe, expect, test } from "vitest";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, type Message, messagesOf, openSession, type Session } from "./harness-wire.ts";

describe.each(TRANSPORTS)("before a server over %s, the gate", (transport) => {
  let setup: RecorderGate;
  let session: Session;

  beforeAll(async () => {
    setup = await startRecorderGate();
    session = await openSession(setup.gate.url(transport));
  });

  test.each([
    ["logging/setLevel", { level: "debug", "x-kept": [1] }],
    ["resources/subscribe", { uri: "test://watched" }],
    ["resources/unsubscribe", { uri: "test://watched" }],
    ["resources/templates/list", {}],
    ["prompts/list", { cursor: "c" }],
    ["prompts/get", { name: "p", arguments: { a: "b" } }],
    ["ping", { "x-kept": null }],
    ["vendor/echo", { deep: { list: [1, "2", { three: 3 }] } }],
  ])("hands %s and its answer on whole", async (method, params) => {
    const body = `{"jsonrpc":"2.0", "id":"whole", "method":"${method}", "params":${JSON.stringify(params)}, "x-top":{"kept":true}}`;
    const [answer] = await messagesOf(await session.post(body));
    expect(answer).toEqual({ jsonrpc: "2.0", id: "whole", result: { method, params } });
    expect(setup.recorded[transport].bodies()).toContain(body);
  });

  test("keeps unknown fields of an answer", async () => {
    const ref = { type: "ref/prompt", name: "p" };
    const answer = await session.ask("completion/complete", { ref, argument: { name: "a", value: "" } });
    expect(answer.result).toEqual({ completion: { values: ["one", "two"], total: 2, hasMore: false, "x-kept": 1 } });
    expect(session.opened).toMatchObject({ serverInfo: { name: "recorder" }, instructions: "Kept whole" });
  });

  test.each(["notifications/message", "notifications/resources/updated", "notifications/tools/list_changed"])(
    "hands %s on, in mid-call and unasked",
    async (method) => {
      const params = { level: "info", data: { "x-kept": [1] }, uri: "test://watched" };
      const call = await session.openStream({}, callBody("n", "notify", { method, params }));
      expect(await call.nextMessage()).toEqual({ jsonrpc: "2.0", method, params });
      const standing = await session.openStream();
      await session.post(callBody("u", "notify", { method, params, unsolicited: true }));
      expect(await standing.nextMessage()).toEqual({ jsonrpc: "2.0", method, params });
      standing.leave();
    },
  );

  test("hands 5 MB of a tool's answer on", async () => {
    const answer = await session.call("huge", { bytes: 5_000_000 });
    expect(JSON.stringify(answer.result)).toHaveLength(5_000_000 + '{"content":[{"type":"text","text":""}]}'.length);
  });

  test("leaves out of tools/list what a deny hides, and keeps everything else as it was, in order", async () => {
    const listed = await session.post('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    const tools = toolsOf(await messagesOf(listed));
    const names = tools.map((tool) => tool.name);
    expect(names.slice(0, 5)).toEqual(["echo", "limited", "read_file", "write_file", "mutable"]);
    expect(names.at(-1)).toBe("confirm");
    expect(tools[0]).toMatchObject({
      title: "Echo",
      inputSchema: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $defs: { word: { type: "string" } },
        properties: { text: { $ref: "#/$defs/word" }, region: { "x-mcp-header": "Region" } },
      },
      annotations: { readOnlyHint: true, "x-hint": [1, { deep: null }] },
      _meta: { "vendor.example/note": "kept" },
      "x-unknown": { kept: true },
    });
    expect(listed.text).toContain('"x-largest":9007199254740993');
    expect(listed.text).toContain('"vendor.example/page":0');
  });
});

describe("before a server over http, the gate", () => {
  let setup: RecorderGate;
  let session: Session;

  beforeAll(async () => {
    setup = await startRecorderGate();
    session = await openSession(setup.gate.url("http"));
  });

  test("filters tools/list page by page and keeps each cursor", async () => {
    const { gate } = await startRecorderGate("--page-size", "2");
    const paged = await openSession(gate.url("http"));
    const pages: string[][] = [];
    let cursor: unknown;
    do {
      const answer = await paged.ask("tools/list", cursor === undefined ? {} : { cursor });
      pages.push(toolsOf([answer]).map((tool) => tool.name));
      cursor = answer.result?.nextCursor;
    } while (cursor !== undefined);
    // `denied` is the third tool: its page is one shorter, and no other page moves.
    expect(pages.slice(0, 3)).toEqual([["echo", "limited"], ["read_file"], ["write_file", "mutable"]]);
    expect(pages).toHaveLength(9);
  });

  test.each([
    [403, {}],
    [404, {}],
    [405, { allow: "POST" }],
    [429, { "retry-after": "7" }],
    [503, { "retry-after": "9" }],
  ])("keeps the server's status %i and the headers that go with it", async (status, headers) => {
    const answer = await session.post(callBody(1, "http_status", { status, headers, body: "as it was" }));
    expect(answer).toMatchObject({ status, headers, text: "as it was" });
  });

  test("keeps what a server asks the gate for to itself: its own authorization server is nobody's but the gate's", async () => {
    const headers = { "www-authenticate": 'Bearer resource_metadata="http://127.0.0.1:9/upstream"' };
    const forbidden = await session.post(callBody(1, "http_status", { status: 403, headers }));
    const unauthorized = await session.post(callBody(2, "http_status", { status: 401, headers }));
    expect(await messagesOf(unauthorized)).toMatchObject([{ id: 2, error: { code: 1002 } }]);
    expect(unauthorized.text).toContain("does not take the gate's credentials (401)");
    expect(forbidden.status).toBe(403);
    expect(JSON.stringify([forbidden, unauthorized])).not.toContain('upstream"');
    expect([forbidden, unauthorized].filter((one) => "www-authenticate" in one.headers)).toEqual([]);
  });

  test("keeps a connection's own headers, cookies and redirects to itself", async () => {
    const headers = { connection: "close, x-hop", "x-hop": "1", "set-cookie": "a=b", "x-kept": "yes" };
    const answer = await session.post(callBody(1, "http_status", { status: 404, headers }));
    expect(answer.headers).toMatchObject({ "x-kept": "yes" });
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(["x-hop"]));
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(["set-cookie"]));
    const location = { status: 307, headers: { location: "http://127.0.0.1:9/elsewhere" } };
    const redirected = await session.post(callBody(2, "http_status", location));
    expect(redirected.headers.location).toBeUndefined();
    expect(await messagesOf(redirected)).toMatchObject([{ id: 2, error: { code: 1002 } }]);
  });

  test("hands a server's 405 to GET and DELETE on, empty", async () => {
    const { gate } = await startRecorderGate("--no-stream");
    const stream = await (await openSession(gate.url("http"))).openStream();
    expect(stream.status).toBe(405);
    expect(await stream.next()).toBeUndefined();
  });

  test("sends none of the client's credentials, cookies or forwarding headers upstream", async () => {
    await session.post(callBody(1, "echo"), { authorization: "Bearer of-the-client", cookie: "a=b", "x-api-key": "k" });
    const sent = setup.recorded.http.entries().findLast((entry) => entry.kind === "request");
    expect(sent?.headers).toMatchObject({ "mcp-protocol-version": "2025-11-25", "accept-encoding": "identity" });
    for (const name of ["authorization", "cookie", "x-api-key"]) expect(sent?.headers).not.toHaveProperty(name);
  });
});

function toolsOf(messages: readonly Message[]): { name: string }[] {
  const tools = messages.find((message) => message.result?.tools !== undefined)?.result?.tools;
  if (!Array.isArray(tools)) throw new Error(`no tools in ${JSON.stringify(messages)}`);
  return tools;
}
