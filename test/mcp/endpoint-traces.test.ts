// The spans of messages over the chain: whose child each is, what it says of what became of the message, and that not a byte of the
// message is another one for it.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Approval } from "../../src/gate/gate.ts";
import { createTracing } from "../../src/traces/call-trace.ts";
import { createSampler, type SamplerConfig } from "../../src/traces/sampler.ts";
import type { Span } from "../../src/traces/span.ts";
import { callBody, messagesOf, modernRequest, openStream, post } from "../e2e/harness-wire.ts";
import { type ChainOptions, startChain, usualPolicy } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { sendRaw, signal } from "./chain/raw.ts";
import { beginEvents } from "./chain/scripted-server.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "00f067aa0ba902b7";
const HEADER = `00-${TRACE}-${PARENT}-01`;
const ALL: SamplerConfig = { ratio: 1, parentBased: true };

async function startTraced(options: ChainOptions = {}, sampling = ALL) {
  const spans: Span[] = [];
  const waiting = new Set<() => void>();
  const tracing = createTracing({
    server: { catalogue: "test.server", url: new URL("https://mcp.example.com/mcp") },
    sampler: createSampler(sampling),
    add(span) {
      spans.push(span);
      for (const look of waiting) look();
    },
    unixMs: () => 1_000,
    monotonicMs: () => performance.now(),
    newId: (bytes) => randomBytes(bytes).toString("hex"),
  });
  const chain = await startChain({ ...options, endpoint: { ...options.endpoint, tracing } });
  /** The spans of the first message of this method, once its gate span is there. */
  const spansOf = (method: string): Promise<{ gate: Span; server: Span | undefined }> =>
    new Promise((found) => {
      const look = (): void => {
        const own = spans.filter(({ attributes }) => attributes["mcp.method.name"] === method);
        const gate = own.find(({ kind }) => kind === "server");
        if (gate === undefined) return;
        waiting.delete(look);
        found({ gate, server: own.find(({ parentSpanId }) => parentSpanId === gate.context.spanId) });
      };
      waiting.add(look);
      look();
    });
  const callHeaders = () => chain.server.received.find(({ message }) => message.method === "tools/call")?.headers ?? {};
  return { chain, spans, spansOf, callHeaders };
}

const withMeta = (_meta: unknown, tool = "echo") => callBody(7, tool, { secret: "of-the-arguments" }, { _meta });
const spanIdOf = (traceparent: unknown) => String(traceparent).split("-")[2];

describe("a call with a context", () => {
  test("has a span of the gate's below its client's, and one of the server's below that, which the server is told", async () => {
    const { chain, spansOf, callHeaders } = await startTraced();
    const { id, post: send } = await openSession(chain);
    await send(callBody(7, "echo", { secret: "x" }), { traceparent: HEADER, tracestate: "a=1", baggage: "k=v" });
    const { gate, server } = await spansOf("tools/call");
    expect(gate).toMatchObject({
      context: { traceId: TRACE, flags: 1, tracestate: "a=1" },
      parentSpanId: PARENT,
      kind: "server",
      name: "tools/call echo",
      links: [],
      isError: false,
    });
    expect(gate.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "mcp.protocol.version": "2025-11-25",
      "mcp.session.id": expect.stringMatching(/^[0-9a-f]{32}$/),
      "jsonrpc.request.id": "7",
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "echo",
      "network.transport": "tcp",
      "network.protocol.name": "http",
      "regate.server": "test.server",
      "regate.verdict": "forward",
      "regate.decision.id": "decision-2",
      "regate.rules": ["policy.test/allow"],
      "regate.revision": "r1",
    });
    // the session's name, of no use to who reads a trace
    expect(gate.attributes["mcp.session.id"]).not.toBe(id);
    expect(server).toMatchObject({
      context: { traceId: TRACE },
      kind: "client",
      name: "tools/call echo",
      isError: false,
    });
    expect(server?.attributes).toMatchObject({ "server.address": "mcp.example.com", "server.port": 443 });
    expect(server?.attributes).not.toHaveProperty("regate.verdict");
    expect(callHeaders()).toMatchObject({
      traceparent: `00-${TRACE}-${server?.context.spanId}-01`,
      tracestate: "a=1",
      baggage: "k=v",
    });
    const times = [gate.startUnixMs, server?.startUnixMs ?? 0, server?.endUnixMs ?? 0];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(server?.endUnixMs).toBe(gate.endUnixMs);
  });

  test("in its _meta is a child of that, and goes on with the bytes that it came with", async () => {
    const { chain, spansOf, callHeaders } = await startTraced();
    const { post: send } = await openSession(chain);
    const body = withMeta({ traceparent: HEADER, tracestate: "m=1", baggage: "k=v" });
    await send(body);
    const { gate, server } = await spansOf("tools/call");
    expect(gate).toMatchObject({ context: { traceId: TRACE, tracestate: "m=1" }, parentSpanId: PARENT, links: [] });
    expect(chain.server.bodiesOf("tools/call")).toEqual([body]);
    expect(callHeaders()).toMatchObject({ traceparent: `00-${TRACE}-${server?.context.spanId}-01`, tracestate: "m=1" });
    expect(callHeaders()).not.toHaveProperty("baggage");
  });

  test("in its _meta and another one in its headers is a child of the first, linked to the second", async () => {
    const { chain, spansOf, callHeaders } = await startTraced();
    const { post: send } = await openSession(chain);
    await send(withMeta({ traceparent: HEADER }), { traceparent: `00-${OTHER_TRACE}-${PARENT}-00`, tracestate: "h=1" });
    const { gate, server } = await spansOf("tools/call");
    expect(gate).toMatchObject({ context: { traceId: TRACE, tracestate: undefined }, parentSpanId: PARENT });
    expect(gate.links).toEqual([{ traceId: OTHER_TRACE, spanId: PARENT, flags: 0, tracestate: "h=1" }]);
    expect(server?.links).toEqual([]);
    // a state of the other trace is none of this one
    expect(callHeaders()).not.toHaveProperty("tracestate");
  });

  test("in the same words in both is linked to nothing", async () => {
    const { chain, spansOf } = await startTraced();
    const { post: send } = await openSession(chain);
    await send(withMeta({ traceparent: HEADER }), { traceparent: HEADER });
    expect((await spansOf("tools/call")).gate).toMatchObject({ parentSpanId: PARENT, links: [] });
  });

  test.each([
    ["a number in _meta", withMeta({ traceparent: 1, tracestate: {} }), {}],
    ["what is none in both", withMeta({ traceparent: "00-x" }), { traceparent: "nonsense", tracestate: "a=1" }],
    ["two headers", withMeta({}), { traceparent: `${HEADER}, ${HEADER}` }],
    ["nothing", withMeta({}), {}],
  ])("that is %s begins a trace of its own", async (_what, body, headers) => {
    const { chain, spansOf, callHeaders } = await startTraced();
    const { post: send } = await openSession(chain);
    await send(body, headers);
    const { gate, server } = await spansOf("tools/call");
    expect(gate.parentSpanId).toBeUndefined();
    expect(gate.context.traceId).not.toBe(TRACE);
    expect(callHeaders().traceparent).toBe(`00-${gate.context.traceId}-${server?.context.spanId}-01`);
    expect(callHeaders()).not.toHaveProperty("tracestate");
    expect(chain.server.bodiesOf("tools/call")).toEqual([body]);
  });

  test("that is recorded elsewhere, but not here, says so to the server", async () => {
    const { chain, spans, callHeaders } = await startTraced({}, { ratio: 0, parentBased: false });
    await (await openSession(chain)).post(callBody(7, "echo"), { traceparent: HEADER });
    expect(callHeaders().traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(spans).toEqual([]);
  });

  test("that nobody records is passed on as unrecorded, and is no span", async () => {
    const { chain, spans, callHeaders } = await startTraced();
    const { post: send } = await openSession(chain);
    await send(callBody(7, "echo"), { traceparent: HEADER.replace(/01$/, "00") });
    await send('{"jsonrpc":"2.0","id":8,"method":"ping"}');
    expect(callHeaders().traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(spanIdOf(callHeaders().traceparent)).not.toBe(PARENT);
    expect(spans.filter(({ context }) => context.traceId === TRACE)).toEqual([]);
  });
});

test("without tracing, what the client says of its trace goes on as it came", async () => {
  const chain = await startChain();
  const { post: send } = await openSession(chain);
  const context = { traceparent: HEADER, tracestate: "a=1", baggage: "k=v" };
  await send(callBody(7, "echo"), context);
  expect(chain.server.received.find(({ message }) => message.method === "tools/call")?.headers).toMatchObject(context);
});

describe("a span says how it ended:", () => {
  test("a refused call is a tool's error, with the rules behind it, and never reaches the server", async () => {
    const { chain, spansOf } = await startTraced();
    await (await openSession(chain)).call("denied", { secret: "of-the-arguments" });
    const { gate, server } = await spansOf("tools/call");
    expect(server).toBeUndefined();
    expect(gate).toMatchObject({ isError: true, name: "tools/call denied" });
    expect(gate.attributes).toMatchObject({
      "error.type": "tool_error",
      "regate.verdict": "denied",
      "regate.rules": ["policy.test/no"],
    });
    expect(gate.attributes).not.toHaveProperty("rpc.response.status_code");
    expect(JSON.stringify(gate)).not.toContain("of-the-arguments");
  });

  test("a refused request is an error with the gate's code", async () => {
    const { chain, spansOf } = await startTraced({
      policy: ({ method }) => (method === "prompts/get" ? { action: "deny" } : {}),
    });
    await post(chain.url, '{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"review"}}');
    const { gate } = await spansOf("prompts/get");
    expect(gate.name).toBe("prompts/get");
    expect(gate.attributes).toMatchObject({
      "gen_ai.prompt.name": "review",
      "error.type": "1001",
      "rpc.response.status_code": "1001",
    });
  });

  test("a call that takes what is no tool, and a method that is none, don't name their spans", async () => {
    const { chain, spansOf } = await startTraced();
    await (await openSession(chain)).call(`made-up-${"x".repeat(1_000)}`);
    await post(chain.url, '{"jsonrpc":"2.0","id":1,"method":"made/up"}');
    const { gate } = await spansOf("tools/call");
    expect(gate.name).toBe("tools/call");
    expect(gate.attributes["gen_ai.tool.name"]).toHaveLength(256);
    expect((await spansOf("made/up")).gate.name).toBe("(other)");
  });

  test.each([
    ["a result that is an error", '{"isError":true,"content":[]}', "tool_error", undefined],
    [
      "a result that only quotes one",
      '{"content":[{"type":"text","text":"\\"isError\\":true \\"error\\""}]}',
      undefined,
      undefined,
    ],
  ])("%s", async (_what, result, errorType, code) => {
    const { chain, spansOf } = await startTraced({ server: { calls: { echo: result } } });
    await (await openSession(chain)).call("echo");
    const { gate, server } = await spansOf("tools/call");
    for (const span of [gate, server]) {
      expect(span?.attributes["error.type"]).toBe(errorType);
      expect(span?.attributes["rpc.response.status_code"]).toBe(code);
      expect(span?.isError).toBe(errorType !== undefined);
    }
  });

  test("an error of the server's, in a stream, after what it said before", async () => {
    const { chain, spansOf } = await startTraced({
      server: {
        calls: {
          echo: (_received, response) => {
            const stream = beginEvents(response);
            stream.write(
              'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":{"error":{"code":1}}}}\n\n',
            );
            stream.end('data: {"jsonrpc":"2.0","id":"call","error":{"code":-32602,"message":"secret"}}\n\n');
          },
        },
      },
    });
    await (await openSession(chain)).call("echo");
    const { gate, server } = await spansOf("tools/call");
    for (const span of [gate, server])
      expect(span?.attributes).toMatchObject({ "error.type": "-32602", "rpc.response.status_code": "-32602" });
    expect(JSON.stringify([gate, server])).not.toContain("secret");
  });

  test("a server that hangs up gave no answer, and its client got an error of the gate's", async () => {
    const { chain, spansOf } = await startTraced({ server: { calls: { echo: (_, response) => response.destroy() } } });
    await (await openSession(chain)).call("echo");
    const { gate, server } = await spansOf("tools/call");
    expect(server?.attributes["error.type"]).toBe("no_answer");
    expect(gate.attributes).toMatchObject({ "error.type": "1002", "rpc.response.status_code": "1002" });
  });

  test("an answer to what was never asked is none", async () => {
    const { chain, spansOf } = await startTraced({
      server: {
        calls: {
          echo: (_, response) => beginEvents(response).end('data: {"jsonrpc":"2.0","id":"another","result":{}}\n\n'),
        },
      },
    });
    await (await openSession(chain)).call("echo");
    const { gate, server } = await spansOf("tools/call");
    expect(server?.attributes["error.type"]).toBe("no_answer");
    expect(gate.attributes["error.type"]).toBe("1002");
  });

  test("a client that leaves has cancelled", async () => {
    const called = signal();
    const { chain, spansOf } = await startTraced({ server: { calls: { echo: () => called.fire() } } });
    const { headers } = await openSession(chain);
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = sendRaw(chain, callBody(7, "echo"), "POST", more.join(""));
    await called.fired;
    socket.destroy();
    const { gate, server } = await spansOf("tools/call");
    expect([gate, server].map((span) => span?.attributes["error.type"])).toEqual(["cancelled", "cancelled"]);
  });

  test("what is wrong with a session is an error by its status, and was not judged", async () => {
    const { chain, spansOf } = await startTraced({
      server: { on: { "tools/list": (_, response) => response.writeHead(404).end() } },
    });
    await (await openSession(chain)).post(callBody(7, "echo"));
    const { gate, server } = await spansOf("tools/call");
    expect(server).toBeUndefined();
    expect(gate.attributes["error.type"]).toBe("404");
    expect(gate.attributes).not.toHaveProperty("regate.verdict");
  });

  test("a notification that is taken is no error", async () => {
    const { chain, spansOf } = await startTraced();
    await (await openSession(chain)).post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    const { gate, server } = await spansOf("notifications/initialized");
    expect([gate.isError, server?.isError]).toEqual([false, false]);
    expect(gate.attributes).not.toHaveProperty("jsonrpc.request.id");
  });

  test("a subscription whose client has heard enough is none", async () => {
    const { chain, spansOf } = await startTraced({
      server: { on: { "subscriptions/listen": (_, response) => void beginEvents(response).write(": there\n\n") } },
    });
    const { body, headers } = modernRequest(1, "subscriptions/listen", { notifications: {} });
    const stream = await openStream(chain.url, headers, body);
    stream.leave();
    const { gate, server } = await spansOf("subscriptions/listen");
    expect([gate.isError, server?.isError]).toEqual([false, false]);
  });

  test("a call that was held says for which approval, and for how long", async () => {
    const note = {
      id: "approval-1",
      state: "approved",
      askedUnixMs: 0,
      decided: { by: "a person's name", unixMs: 0, reason: undefined, grantMinutes: undefined },
      byGrant: false,
      waitedMs: 1234.5,
      leftSeconds: 300,
      url: undefined,
    } as const;
    const approved: Approval = { kind: "approved", note };
    const { chain, spansOf } = await startTraced({ ports: { approve: () => approved } });
    await (await openSession(chain)).call("asked");
    const { gate } = await spansOf("tools/call");
    expect(gate.attributes).toMatchObject({
      "regate.verdict": "forward",
      "regate.approval.id": "approval-1",
      "regate.approval.state": "approved",
      "regate.approval.waited_ms": 1235,
    });
    expect(JSON.stringify(gate)).not.toContain("a person's name");
  });

  test("what would have become of a call on a server that is observed", async () => {
    const { chain, spansOf } = await startTraced({ policy: usualPolicy, endpoint: { mode: "observe" } });
    const answer = await (await openSession(chain)).call("denied");
    expect(answer.result?.isError).toBeUndefined();
    const { gate } = await spansOf("tools/call");
    expect(gate.attributes).toMatchObject({ "regate.verdict": "forward", "regate.observed_verdict": "denied" });
  });
});

test("a modern call has no session in its spans", async () => {
  const { chain, spansOf } = await startTraced();
  const { body, headers } = modernRequest("a", "tools/call", { name: "echo", arguments: {} });
  expect(await messagesOf(await post(chain.url, body, headers))).toHaveLength(1);
  const { gate } = await spansOf("tools/call");
  expect(gate.attributes).toMatchObject({ "mcp.protocol.version": "2026-07-28", "jsonrpc.request.id": "a" });
  expect(gate.attributes).not.toHaveProperty("mcp.session.id");
});
