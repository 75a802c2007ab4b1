// One endpoint for all servers: their tools under SERVER__TOOL, judged as each server's own, whichever server is slow or dead.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { beforeAll, describe, expect, test } from "vitest";
import { connectV1, connectV2, drivePython } from "./harness-clients.ts";
import {
  fixturePath,
  prepareStdioRecorder,
  type Recording,
  startHttpFixture,
  startRecorder,
} from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { makeTempDir, ROOT, run, waitFor } from "./harness-process.ts";
import {
  callBody,
  isToolError,
  messagesOf,
  modernRequest,
  openSession,
  openStream,
  post,
  textOf,
} from "./harness-wire.ts";

const node = process.execPath;
const DEAD = "http://127.0.0.1:9/mcp";

function principalOf({ principal }: Record<string, unknown>): unknown {
  return typeof principal === "object" && principal !== null && "id" in principal ? principal.id : undefined;
}

/** Names at the endpoint of all servers, as one client of it sees them. */
function namesIn(result: Record<string, unknown> | undefined): string[] {
  const tools = Array.isArray(result?.tools) ? result.tools : [];
  return tools.map(({ name }) => String(name));
}

describe("real clients before real servers, under the shipped policy", () => {
  let gate: Gate;
  let all: string;
  let readNotes: { name: string; arguments: { path: string } };

  beforeAll(async () => {
    const folder = makeTempDir();
    writeFileSync(join(folder, "notes.txt"), "what a client reads");
    readNotes = { name: "files__read_text_file", arguments: { path: join(folder, "notes.txt") } };
    const packages = join(ROOT, "node_modules/@modelcontextprotocol");
    gate = await startGate({
      servers: {
        everything: { command: node, args: [join(packages, "server-everything/dist/index.js"), "stdio"] },
        files: {
          command: node,
          args: [join(packages, "server-filesystem/dist/index.js"), folder],
          catalogue: "filesystem",
        },
        dead: { url: DEAD },
      },
      bundle: join(ROOT, "bundles/regate.tar.gz"),
    });
    all = `${gate.base}/mcp`;
  });

  test.each([
    ["v1", connectV1],
    ["v2", (url: string) => connectV2(url, "legacy")],
  ])("the %s client lists, calls and is refused", async (_, connect) => {
    const client = await connect(all);
    expect(client.getInstructions()).toContain("everything, files, dead");
    const { tools, _meta: meta } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["everything__echo", "files__read_text_file"]));
    expect(meta).toMatchObject({ "regate/servers": { left_out: [{ server: "dead" }] } });
    const echoed = await client.callTool({ name: "everything__echo", arguments: { message: "hello" } });
    expect(JSON.stringify(echoed.content)).toContain("hello");
    expect(JSON.stringify((await client.callTool(readNotes)).content)).toContain("what a client reads");
    const refused = await client.callTool({ name: "files__read_text_file", arguments: { path: 7 } });
    expect(JSON.stringify(refused.content)).toMatch(/Invalid arguments: read_text_file on filesystem/);
    await expect(client.callTool({ name: "dead__read", arguments: {} })).rejects.toMatchObject({ code: 1002 });
  });

  test("the Python client lists and calls", async () => {
    const seen = await drivePython(all, [{ tool: readNotes.name, args: readNotes.arguments }]);
    expect(seen.server).toBe("regate");
    expect(seen.tools).toEqual(expect.arrayContaining(["everything__echo", "files__read_text_file"]));
    expect(seen.results[0]?.content[0]?.text).toBe("what a client reads");
  });

  test("regate stdio without a server relays all of them, and serve prints where they are", async () => {
    expect(gate.process.stdout()).toContain(`${gate.base}/mcp  all of them`);
    const relay = run(node, [join(ROOT, "dist/main.js"), "stdio", "-c", gate.configFile]);
    const say = (message: object) => relay.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    const clientInfo = { name: "by-hand", version: "1" };
    say({ id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo } });
    await relay.printed(/"id":1,"result".*"2025-06-18"/);
    say({ method: "notifications/initialized" });
    say({ id: 2, method: "tools/call", params: { name: readNotes.name, arguments: readNotes.arguments } });
    await relay.printed(/what a client reads/);
    relay.stdin.end();
    expect(await relay.exited).toMatchObject({ code: 0 });
  });
});

describe("one session with several servers", () => {
  let gate: Gate;
  let all: string;
  let http: Recording & { readonly url: string };
  let child: Recording;

  beforeAll(async () => {
    http = await startRecorder("--sessions");
    const prepared = prepareStdioRecorder();
    child = prepared;
    const modern = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
    gate = await startGate({
      servers: {
        http: { url: http.url, catalogue: "recorder" },
        child: { ...prepared.entry, catalogue: "recorder" },
        modern: { url: modern.url, catalogue: "modern" },
      },
    });
    all = `${gate.base}/mcp`;
  });

  test("is one server to its client, which lists what every server of its era lets it see", async () => {
    const session = await openSession(all);
    expect(session.opened).toMatchObject({
      protocolVersion: "2025-11-25",
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: "regate" },
    });
    const { result } = await session.ask("tools/list");
    const names = namesIn(result);
    expect(names).toEqual(expect.arrayContaining(["http__echo", "child__echo"]));
    expect(names).not.toContain("http__denied");
    const problem = "Unsupported protocol version: 2025-11-25";
    expect(result?._meta).toEqual({ "regate/servers": { left_out: [{ server: "modern", problem }] } });
  });

  test("calls are judged as each server's own, and what is forwarded is the client's bytes but for the name", async () => {
    const session = await openSession(all);
    expect(textOf(await session.call("http__denied"))).toMatch(/^Policy violation: denied on recorder is denied/);
    expect(http.calls("denied") + child.calls("denied")).toBe(0);
    const body = `{ "jsonrpc":"2.0", "method":"tools/call","id":"b-1",\n "params":{"arguments":{"number": 9007199254740995, "e":"\\u00e9"},"_meta":{},  "name" : "ht\\u0074p__echo"} }`;
    const answer = await session.post(body);
    expect((await messagesOf(answer)).at(-1)).toMatchObject({ id: "b-1", result: { content: expect.any(Array) } });
    expect(http.bodies()).toContain(body.replace('"ht\\u0074p__echo"', '"echo"'));
    const exact = body.replace("9007199254740995", "9007199254740993");
    expect(textOf((await messagesOf(await session.post(exact))).at(-1))).toMatch(/This very number is denied/);
    expect(http.bodies()).not.toContain(exact.replace('"ht\\u0074p__echo"', '"echo"'));
  });

  test("limits per session count what one session does, at /mcp as at each server's own endpoint", async () => {
    const session = await openSession(all);
    const refusedOf = async (calls: number, name: string): Promise<number> => {
      let refused = 0;
      for (let made = 0; made < calls; made += 1) refused += isToolError(await session.call(name)) ? 1 : 0;
      return refused;
    };
    // both keys are one server to the policy, and one session has one bucket for it
    expect(await refusedOf(2, "http__limited")).toBe(0);
    expect(await refusedOf(2, "child__limited")).toBe(1);
    expect(await refusedOf(1, "http__limited")).toBe(1);
    const other = await openSession(all);
    expect(isToolError(await other.call("http__limited"))).toBe(false);
  });

  test("questions of servers reach the client under their own names, and its answers the one that asked", async () => {
    const client = await connectV1(all);
    const asked: string[] = [];
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params.message);
      return { action: "accept", content: { said: params.message } };
    });
    const ask = (server: string) => {
      const params = { message: `from ${server}`, mode: "form", requestedSchema: { type: "object", properties: {} } };
      const args = { method: "elicitation/create", params };
      return client.callTool({ name: `${server}__ask`, arguments: args });
    };
    const [one, other] = await Promise.all([ask("http"), ask("child")]);
    expect(JSON.stringify(one?.content)).toContain("from http");
    expect(JSON.stringify(other?.content)).toContain("from child");
    expect(asked.toSorted()).toEqual(["from child", "from http"]);
  });

  test("progress comes in order, and a cancelled call is cancelled at its server", async () => {
    const client = await connectV1(all);
    const steps: number[] = [];
    const options = { onprogress: ({ progress }: { progress: number }) => steps.push(progress) };
    await client.callTool({ name: "child__slow", arguments: { steps: 3, ms: 5 } }, undefined, options);
    expect(steps).toEqual([1, 2, 3]);
    for (const [server, recording] of Object.entries({ http, child })) {
      const abort = new AbortController();
      const call = client.callTool({ name: `${server}__slow`, arguments: {} }, undefined, { signal: abort.signal });
      const before = recording.calls("slow");
      await waitFor(`${server} to begin`, () => recording.calls("slow") > before);
      abort.abort();
      await expect(call).rejects.toThrow();
      await recording.until("cancelled");
    }
  });

  test("a held call says so while it waits, and goes out once a person approved it", async () => {
    const session = await openSession(all);
    const body = callBody("held", "http__write_file", { path: "/held/a" }, { _meta: { progressToken: "p" } });
    const stream = await openStream(all, session.headers, body);
    const progress = await stream.nextMessage();
    const id = /[0-9a-z]{4,}-?[0-9a-z-]*(?=\))/.exec(String(progress.params?.message))?.[0] ?? "";
    expect(await operate(gate, "approvals", "approve", id)).toMatchObject({ code: 0 });
    const answer = await stream.nextMessage((message) => message.id === "held");
    expect(isToolError(answer)).toBe(false);
    expect(http.calls("write_file")).toBe(1);
  });

  test.each([
    ["no separator", "tools/call", { name: "echo" }, -32602, /names no tool of a server: names here begin with http__/],
    ["an unknown server", "tools/call", { name: "other__echo" }, -32602, /names no tool of a server/],
    ["a server in another case", "tools/call", { name: "HTTP__echo" }, -32602, /names no tool of a server/],
    ["no tool", "tools/call", { name: "http__" }, -32602, /names no tool of a server/],
    ["a hash of no tool", "tools/call", { name: "http__x-0123456789abcdef" }, -32602, /names no tool of http/],
    ["a task", "tools/call", { name: "http__echo", task: { ttl: 1 } }, -32602, /tasks are not offered here/],
    ["a cursor", "tools/list", { cursor: "1" }, -32602, /one page only/],
    ["resources", "resources/list", {}, -32601, /tools only are offered here/],
    ["tasks", "tasks/get", { taskId: "1" }, -32601, /tools only are offered here/],
  ])("a request with %s is refused in one sentence", async (_, method, params, code, message) => {
    const session = await openSession(all);
    expect(await session.ask(method, params)).toMatchObject({
      error: { code, message: expect.stringMatching(message) },
    });
  });

  test.each([
    ["a name that is no string", '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', -32602],
    ["a name given twice", callBody(1, "http__echo").replace('"name"', '"name":"http__denied","name"'), -32600],
    ["a name in another case", callBody(1, "http__echo").replace('"name"', '"Name":"http__denied","name"'), -32600],
    ["a batch", `[${callBody(1, "http__echo")}]`, -32600],
    ["an answer to nobody", '{"jsonrpc":"2.0","id":"other:1","result":{}}', -32600],
  ])("a message with %s reaches no server", async (_, body, code) => {
    const session = await openSession(all);
    const before = http.entries().length;
    const answer = await session.post(body);
    expect({ status: answer.status, code: (await messagesOf(answer))[0]?.error?.code }).toEqual({ status: 400, code });
    expect(http.bodies().slice(before).join()).not.toContain("tools/call");
  });

  test.each([
    ["no version", {}, "protocolVersion"],
    ["a version that is no text", { protocolVersion: 7 }, "protocolVersion"],
    ["too much to keep", { protocolVersion: "2025-11-25", clientInfo: "x".repeat(70_000) }, "is longer than 65536"],
  ])("an initialize with %s opens nothing", async (_, params, problem) => {
    const answer = await post(all, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }));
    expect(answer.headers).not.toHaveProperty("mcp-session-id");
    expect((await messagesOf(answer))[0]?.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining(problem),
    });
  });

  test("sessions are the client's own, end for all servers, and are needed", async () => {
    expect((await post(all, callBody(1, "http__echo"))).status).toBe(400);
    const session = await openSession(all);
    await session.call("child__echo");
    expect((await post(gate.url("http"), callBody(1, "echo"), session.headers)).status).toBe(404);
    const foreign = await openSession(gate.url("http"));
    expect((await post(all, callBody(1, "http__echo"), foreign.headers)).status).toBe(404);
    const deletes = () =>
      http.entries().filter((entry) => entry.kind === "request" && entry.method === "DELETE").length;
    const before = { deletes: deletes(), ends: child.entries().filter(({ kind }) => kind === "end").length };
    const ended = await fetch(all, { method: "DELETE", headers: session.headers });
    expect(ended.status).toBe(200);
    await waitFor("both servers to hear of it", () => {
      const ends = child.entries().filter(({ kind }) => kind === "end").length;
      return deletes() > before.deletes && ends > before.ends;
    });
    expect((await session.post(callBody(1, "http__echo"))).status).toBe(404);
  });

  test("the newest era lists and calls the servers that speak it, with the header that repeats the name", async () => {
    const client = await connectV2(all);
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["modern__echo", "child__echo"]));
    expect(names).not.toContain("modern__denied");
    expect(await client.callTool({ name: "modern__echo", arguments: { text: "hello" } })).toMatchObject({
      content: [{ text: "hello" }],
    });
    expect(await client.callTool({ name: "modern__headed", arguments: { region: "eu" } })).toMatchObject({
      content: [{ text: "eu" }],
    });
    const call = modernRequest(1, "tools/call", { name: "modern__echo", arguments: { text: "x" } });
    for (const name of ["echo", "modern__denied"]) {
      const answer = await post(all, call.body, { ...call.headers, "mcp-name": name });
      expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("-32020") });
    }
    const other = modernRequest(2, "resources/list");
    expect((await post(all, other.body, other.headers)).status).toBe(404);
  });

  test("the newest era is told of changes on a subscription, and asks through answers", async () => {
    const listen = modernRequest("l", "subscriptions/listen", {
      notifications: { toolsListChanged: true, promptsListChanged: true },
    });
    const stream = await openStream(all, listen.headers, listen.body);
    expect(await stream.nextMessage()).toMatchObject({
      method: "notifications/subscriptions/acknowledged",
      params: {
        notifications: { toolsListChanged: true },
        _meta: { "io.modelcontextprotocol/subscriptionId": "l" },
      },
    });
    const change = modernRequest(3, "tools/call", { name: "modern__change", arguments: {} });
    let isTold = false;
    const changed = stream
      .nextMessage(({ method }) => method === "notifications/tools/list_changed")
      .finally(() => {
        isTold = true;
      });
    // the gate's own subscription at the server may begin later than the client's at the gate
    for (; !isTold; await sleep(50)) await post(all, change.body, change.headers);
    expect(await changed).toMatchObject({ params: { _meta: { "io.modelcontextprotocol/subscriptionId": "l" } } });
    stream.leave();
    const elicit = modernRequest(4, "tools/call", { name: "modern__elicit", arguments: {} });
    const [question] = await messagesOf(await post(all, elicit.body, elicit.headers));
    expect(question?.result).toMatchObject({ resultType: "input_required" });
  });
});

test("servers come and go while a session goes on, and each change is told", async () => {
  const [one, two] = [await startRecorder("--sessions"), await startRecorder("--sessions")];
  const gate = await startGate({ servers: { one: { url: one.url, catalogue: "recorder" } } });
  const client = await connectV1(`${gate.base}/mcp`);
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    changes += 1;
  });
  const names = async () => (await client.listTools()).tools.map(({ name }) => name);
  expect(await names()).toContain("one__echo");
  await one.until("request", ({ method }) => method === "GET");
  await client.callTool({ name: "one__listchanged", arguments: {} });
  await waitFor("what the server says to be told", () => changes > 0);
  const { tools } = await client.listTools();
  expect(tools.find(({ name }) => name === "one__mutable")?.description).toBe("Version 2");

  changes = 0;
  await operate(gate, "servers", "add", "two", "--url", two.url, "--catalogue", "recorder");
  expect(await operate(gate, "reload")).toMatchObject({ code: 0 });
  await waitFor("the new server to be told of", () => changes > 0);
  expect(await names()).toEqual(expect.arrayContaining(["one__echo", "two__echo"]));
  await operate(gate, "servers", "remove", "one");
  expect(await operate(gate, "reload")).toMatchObject({ code: 0 });
  await waitFor("its end to be told of", () => changes > 1);
  expect((await names()).filter((name) => name.startsWith("one__"))).toEqual([]);
  await expect(client.callTool({ name: "one__echo" })).rejects.toThrow(/names no tool of a server/);
  expect(await client.callTool({ name: "two__echo" })).not.toMatchObject({ isError: true });
});

describe("servers that are slow, dead or odd", () => {
  test("one that never lists is waited for once, left out and named; what is odd gets a name that leads back", async () => {
    const [none, odd] = [join(makeTempDir(), "none.json"), join(makeTempDir(), "odd.json")];
    const named = ["files.read", "read a file", "x".repeat(70), "get-0123456789abcdef", "Read", "read"];
    const tools = named.map((name) => ({ name, inputSchema: { type: "object" } }));
    writeFileSync(none, "[]");
    writeFileSync(odd, JSON.stringify([JSON.stringify({ tools })]));
    const listing = fixturePath("listing-server.mjs");
    const gate = await startGate({
      servers: {
        hangs: { command: node, args: [listing, none, "--silent", "tools/list"] },
        a__odd: { command: node, args: [listing, odd], mode: "observe" },
      },
    });
    const session = await openSession(`${gate.base}/mcp`);
    const { result } = await session.ask("tools/list");
    const problem = "it has not answered yet; its tools are announced when it has";
    expect(result?._meta).toEqual({ "regate/servers": { left_out: [{ server: "hangs", problem }] } });
    const names = namesIn(result);
    expect(names).toHaveLength(named.length);
    for (const name of names) expect(name).toMatch(/^a_odd-[0-9a-f]{8}__[A-Za-z0-9_-]+$/);
    expect(names.slice(-2).map((name) => name.split("__")[1])).toEqual(["Read", "read"]);
    expect(namesIn((await session.ask("tools/list")).result)).toEqual(names);
    for (const [index, tool] of named.entries()) {
      const call = await session.openStream({}, callBody(`call-${index}`, names[index] ?? ""));
      await logLine(gate, ({ input }) => input.tool === tool);
      call.leave();
    }
  });

  test("one that was dead is announced when it is there, and one that was started again is gone on with", async () => {
    const recorder = (port: string) => {
      const log = join(makeTempDir(), "recorded.jsonl");
      return startHttpFixture("recording-http-server.mjs", ["--log", log, "--sessions", "--port", port]);
    };
    const first = await recorder("0");
    await first.process.stop("SIGKILL");
    const gate = await startGate({ servers: { back: { url: first.url, catalogue: "recorder" } } });
    const client = await connectV1(`${gate.base}/mcp`);
    let changes = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      changes += 1;
    });
    expect(await client.listTools()).toMatchObject({ tools: [], _meta: { "regate/servers": { left_out: [{}] } } });
    const { port } = new URL(first.url);
    const second = await recorder(port);
    await waitFor("the server to be announced", () => changes > 0);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("back__echo");
    await second.process.stop("SIGKILL");
    await recorder(port);
    expect(await client.callTool({ name: "back__echo", arguments: { a: 1 } })).toMatchObject({
      content: [{ text: '{"a":1}' }],
    });
  });

  test("callers who choose the same name for their relay are told apart", async () => {
    const modern = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
    const keyOf = (name: string) => `rgk_${`${name}-`.padEnd(43, "x")}`;
    const keys = ["ann", "bob"].map((name) => ({
      name,
      sha256: createHash("sha256").update(keyOf(name)).digest("hex"),
    }));
    const gate = await startGate({ servers: { modern: { url: modern.url } }, config: { keys } });
    const relay = { "regate-stdio": "00000000-0000-4000-8000-000000000001" };
    for (const name of ["ann", "bob"]) {
      const call = modernRequest(name, "tools/call", { name: "modern__echo", arguments: { text: name } });
      const headers = { ...call.headers, ...relay, authorization: `Bearer ${keyOf(name)}` };
      expect(textOf((await messagesOf(await post(`${gate.base}/mcp`, call.body, headers))).at(-1))).toBe(name);
      await logLine(
        gate,
        ({ input }) => JSON.stringify(input).includes(`"text":"${name}"`) && principalOf(input) === name,
      );
    }
  });

  test("calls under way count for the session over all servers", async () => {
    const [one, two] = [await startRecorder("--sessions"), prepareStdioRecorder()];
    const servers = { one: { url: one.url, catalogue: "recorder" }, two: { ...two.entry, catalogue: "recorder" } };
    const gate = await startGate({ servers, config: { limits: { inFlightPerSession: 1 } } });
    const session = await openSession(`${gate.base}/mcp`);
    const slow = await session.openStream({}, callBody("slow", "one__slow", {}, { _meta: { progressToken: "p" } }));
    await one.until("call");
    expect(textOf(await session.call("two__echo"))).toMatch(/^Rate limit: .* 1 request is under way in this session/);
    expect(two.calls()).toBe(0);
    slow.leave();
  });
});
