// What goes upstream over HTTP: the judged bytes, the server's own session and credentials, nothing of the client's.
import { describe, expect, test } from "vitest";
import { createDefinitions } from "../../src/mcp/definitions.ts";
import { callBody, openStream, parseMessage, post, send } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { pageOf, UPSTREAM_SESSION } from "./chain/mcp-script.ts";
import { answerResult, beginEvents, type Script } from "./chain/scripted-server.ts";

/** What a careless client sends along. */
const SECRETS = {
  authorization: "Bearer of-the-client",
  cookie: "session=of-the-client",
  "proxy-authorization": "Basic of-the-client",
  "x-api-key": "of-the-client",
};

describe("a request that is forwarded", () => {
  test("has the configured credentials and none of the client's, whatever its method", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    await session.post(callBody(1, "echo"), SECRETS);
    const stream = await openStream(chain.url, { ...session.headers, ...SECRETS });
    stream.leave();
    await send(chain.url, "DELETE", { ...session.headers, ...SECRETS });
    expect(chain.server.received.map(({ method }) => method)).toEqual(["POST", "POST", "POST", "GET", "DELETE"]);
    for (const { headers } of chain.server.received) {
      expect(headers.authorization).toBe("Bearer of-the-gate");
      expect(headers["accept-encoding"]).toBe("identity");
      expect(JSON.stringify(headers)).not.toContain("of-the-client");
    }
  });

  test("has what MCP needs of the client's headers", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    const { traceparent, ...more } = { traceparent: "00-1", "mcp-param-region": "kept", "user-agent": "client/1" };
    await session.post('{"jsonrpc":"2.0","id":1,"method":"ping"}', { traceparent, ...more });
    expect(chain.server.received.at(-1)?.headers).toMatchObject({
      traceparent,
      ...more,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      "mcp-session-id": UPSTREAM_SESSION,
    });
  });

  test("has the host of its own URL", async () => {
    const chain = await startChain();
    await post(chain.url, '{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(chain.server.received[0]?.headers.host).toBe(chain.server.url.host);
  });

  test("is sent once, and not again where it fails", async () => {
    const chain = await startChain({ server: { calls: { echo: (_, response) => response.destroy() } } });
    const session = await openSession(chain);
    await session.call("other");
    await session.call("echo");
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(2);
  });

  test.each([
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":90071992547409931}}',
    '{"jsonrpc":"2.0","id":"q","result":{"action":"accept","content":{"n":1.0}}}',
    '{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"User rejected sampling"}}',
  ])("may be no request: 202 and an empty body for %s", async (body) => {
    const chain = await startChain();
    const session = await openSession(chain);
    expect(await session.post(body)).toMatchObject({ status: 202, text: "" });
    expect(String(chain.server.received.at(-1)?.body)).toBe(body);
  });

  test("may have a method and fields that nobody knows, and keeps all of them", async () => {
    const chain = await startChain();
    const body = '{"jsonrpc":"2.0","id":1,"method":"vendor/x","params":{"task":{"ttl":1.0},"_meta":{"a":[]}},"x":null}';
    expect(parseMessage((await post(chain.url, body)).text)).toMatchObject({ id: 1, result: { done: true } });
    expect(chain.server.bodiesOf("vendor/x")).toEqual([body]);
  });
});

describe("the gate's own listing", () => {
  test("goes in the client's session, with the configured credentials, and its answer reaches nobody", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    const answer = await session.post(callBody(1, "echo"), { ...SECRETS, "last-event-id": "e", traceparent: "00-1" });
    expect(parseMessage(answer.text)).toMatchObject({ id: 1, result: { content: [] } });
    const listing = chain.server.received.find(({ message }) => message.method === "tools/list");
    expect(String(listing?.body)).toMatch(
      /^\{"jsonrpc":"2\.0","id":"regate-[-0-9a-f]{36}","method":"tools\/list","params":\{\}\}$/,
    );
    expect(listing?.headers).toMatchObject({
      authorization: "Bearer of-the-gate",
      "mcp-session-id": UPSTREAM_SESSION,
      "mcp-protocol-version": "2025-11-25",
      accept: "application/json, text/event-stream",
    });
    for (const name of ["last-event-id", "traceparent", "cookie"]) expect(listing?.headers).not.toHaveProperty(name);
  });

  test("may be answered with a stream on which other messages come first", async () => {
    const listing: Script = ({ message }, response) => {
      beginEvents(response);
      response.write(': c\n\nid: 1\ndata:\n\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n');
      response.write(`data: {"jsonrpc":"2.0","id":"other","result":${pageOf([])}}\n\n`);
      // it is enough that the answer came: the stream need not end
      response.write(`data: {"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${pageOf(["echo"])}}\n\n`);
    };
    const chain = await startChain({ server: { on: { "tools/list": listing } } });
    const session = await openSession(chain);
    expect((await session.call("echo")).result).toEqual({ content: [] });
    expect(chain.judged.at(-1)?.call.definition).toBeDefined();
  });

  test.each([
    ["an HTTP error", "HTTP status 500", (_, response) => response.writeHead(500).end()],
    ["a redirect", "HTTP status 307", (_, response) => response.writeHead(307, { location: "/" }).end()],
    ["a stream that ends without it", "without an answer", (_, response) => beginEvents(response).end("data: {}\n\n")],
    ["a stream that breaks", "the connection broke", (_, response) => beginEvents(response).destroy()],
    ["a broken connection", "the connection broke", (_, response) => response.destroy()],
    ["text", "a JSON value is expected", (_, response) => response.end("hello")],
    [
      "too much",
      "longer than 100000 bytes",
      (received, response) => answerResult(received, response, pageOf(["x".repeat(100_000)])),
    ],
    [
      "an event that is too long",
      "longer than 100000 bytes",
      (_, response) => beginEvents(response).write(`data: ${"x".repeat(100_000)}`),
    ],
  ] satisfies [string, string, Script][])(
    "that is answered with %s refuses the call: the complete step failed",
    async (_title, problem, script) => {
      const chain = await startChain({ server: { on: { "tools/list": script } } });
      const session = await openSession(chain);
      const refused = await session.call("limited");
      expect(refused.result).toMatchObject({ isError: true });
      expect(JSON.stringify(refused)).toContain("the complete step failed");
      expect(chain.judged.at(-1)?.verdict).toMatchObject({
        kind: "failed",
        step: "complete",
        problem: expect.stringContaining(problem),
      });
      expect(chain.server.bodiesOf("tools/call")).toEqual([]);
      expect(chain.taken()).toBe(0);
    },
  );

  test("that takes too long refuses the call, and the server is cut off", async () => {
    let close = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const silent: Script = (_, response) => {
      beginEvents(response).on("close", close);
    };
    const chain = await startChain({
      server: { on: { "tools/list": silent } },
      endpoint: { definitions: createDefinitions(20) },
    });
    const session = await openSession(chain);
    expect(JSON.stringify(await session.call("echo"))).toContain("the complete step failed");
    await closed;
    expect(chain.judged.at(-1)?.verdict).toMatchObject({ problem: expect.stringMatching(/no answer within 0\.02 s/) });
  });
});
