// The era of 2026-07-28 over the chain: no sessions, headers that say what the body says, questions answered by a retry.
import { describe, expect, test } from "vitest";
import { isToolError, messagesOf, modernRequest, openStream, parseMessage, post, textOf } from "../e2e/harness-wire.ts";
import { type Chain, startChain, usualPolicy } from "./chain/chain.ts";
import { signal } from "./chain/raw.ts";
import { answerResult, beginEvents, type Received, type Script } from "./chain/scripted-server.ts";

type Request = ReturnType<typeof modernRequest>;
const call = (tool: string, args: Readonly<Record<string, unknown>> = {}, id: unknown = 1) =>
  modernRequest(id, "tools/call", { name: tool, arguments: args });
const send = async ({ url }: Chain, { body, headers }: Request, more: Record<string, string> = {}) =>
  await post(url, body, { ...headers, ...more });
const messageOf = async (chain: Chain, request: Request) => (await messagesOf(await send(chain, request)))[0];

describe("a modern request", () => {
  test("has no session: no id goes upstream, none comes back, and the principal's buckets count", async () => {
    const initializes: Script = (received, response) => {
      response.setHeader("mcp-session-id", "smuggled");
      answerResult(received, response, '{"content":[],"resultType":"complete"}');
    };
    const chain = await startChain({ server: { calls: { limited: initializes } } });
    const answer = await send(chain, call("limited"), { "mcp-session-id": "whatever" });
    expect(answer.headers).not.toHaveProperty("mcp-session-id");
    expect(chain.server.received.every(({ headers }) => !("mcp-session-id" in headers))).toBe(true);
    expect(chain.sessions()).toEqual(["principal:ann"]);
    await send(chain, call("limited"), { "mcp-session-id": "another" });
    expect(isToolError(await messageOf(chain, call("limited")))).toBe(true);
  });

  test("that listens ends with the token that it came with, and an answer that is under way does not", async () => {
    const over = signal();
    const chain = await startChain({
      server: {
        on: { "subscriptions/listen": (_, response) => void beginEvents(response) },
        calls: {
          slow: async (received, response) => {
            await over.fired;
            answerResult(received, response, '{"content":[],"resultType":"complete"}');
          },
        },
      },
    });
    const expires = { "x-test-expires": String(Date.now() + 100) };
    const slow = send(chain, call("slow"), expires);
    const { body, headers } = modernRequest("s", "subscriptions/listen", { notifications: {} });
    const listening = openStream(chain.url, { ...headers, ...expires }, body);
    await expect(listening.then((stream) => stream.nextMessage())).rejects.toThrow();
    over.fire();
    expect((await messagesOf(await slow))[0]).toMatchObject({ id: 1, result: { resultType: "complete" } });
  });

  test("that is refused is told so in a result that is complete", async () => {
    const chain = await startChain();
    expect(await messageOf(chain, call("denied"))).toMatchObject({
      id: 1,
      result: { resultType: "complete", isError: true },
    });
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });

  test("goes on with its headers and body as they came", async () => {
    const chain = await startChain();
    const request = call("echo", { n: 1 });
    const name = `=?base64?${Buffer.from("echo").toString("base64")}?=`;
    await send(chain, request, { "mcp-name": name });
    expect(chain.server.bodiesOf("tools/call")).toEqual([request.body]);
    expect(chain.server.received.at(-1)?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    });
  });

  test.each([
    ["another tool", { "mcp-name": "echo" }],
    ["no tool", { "mcp-name": "" }],
    ["another method", { "mcp-method": "tools/list" }],
    ["no method", { "mcp-method": "" }],
    ["another revision", { "mcp-protocol-version": "2025-11-25" }],
    ["no revision", { "mcp-protocol-version": "" }],
  ])("is refused with 400 and -32020 where its headers say %s", async (_title, headers) => {
    const chain = await startChain();
    const answer = await send(chain, call("denied"), headers);
    expect(answer.status).toBe(400);
    expect(parseMessage(answer.text)).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(chain.server.received).toEqual([]);
  });

  test("has the gate list the tools with the meta and the headers that this era needs", async () => {
    const chain = await startChain();
    const request = call("echo");
    await send(chain, request);
    const listing = chain.server.received.find(({ message }) => message.method === "tools/list");
    const meta = parseMessage(request.body).params?._meta;
    expect(listing?.message.params).toEqual({ _meta: meta });
    expect(listing?.headers).toMatchObject({ "mcp-method": "tools/list", "mcp-protocol-version": "2026-07-28" });
    expect(listing?.headers).not.toHaveProperty("mcp-name");
  });

  test("may be a subscription: what the server acknowledges comes at once, and stays open", async () => {
    const listens: Script = ({ message }, response) => {
      beginEvents(response).write(
        `data: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"id":${JSON.stringify(message.id)}}}\n\n`,
      );
    };
    const chain = await startChain({ server: { on: { "subscriptions/listen": listens } } });
    const { body, headers } = modernRequest("s-1", "subscriptions/listen", { notifications: {} });
    const stream = await openStream(chain.url, headers, body);
    expect((await stream.nextMessage()).params).toEqual({ id: "s-1" });
    stream.leave();
  });
});

describe("an argument that the tool's definition wants repeated in a header", () => {
  const schema = '{"properties":{"region":{"type":"string","x-mcp-header":"Region"}}}';
  const pages = [`{"tools":[{"name":"echo","inputSchema":${schema}}]}`];

  test("must be what the body says: 400 and -32020, and no token is taken", async () => {
    const chain = await startChain({ server: { pages } });
    const request = call("echo", { region: "eu" });
    for (const headers of [{ "mcp-param-region": "us" }, {}] as Record<string, string>[]) {
      const answer = await send(chain, request, headers);
      expect(answer.status).toBe(400);
      expect(parseMessage(answer.text)).toMatchObject({ id: 1, error: { code: -32020 } });
    }
    expect(chain.judged).toEqual([]);
    expect((await send(chain, request, { "mcp-param-region": "eu" })).status).toBe(200);
    expect(chain.server.received.at(-1)?.headers["mcp-param-region"]).toBe("eu");
  });
});

describe("a call that the server answers with a question", () => {
  const STATE = String.raw`"\u00e9tat\/1 €"`;
  const question = (rest = '"inputRequests":{"a":{"method":"elicitation/create","params":{"n":9007199254740993}}}') =>
    `{"resultType":"input_required",${rest},"requestState":${STATE}}`;
  const retryOf = (request: Request, change = (body: string) => body): Request => ({
    ...request,
    body: change(request.body.replace('"params":{', `"params":{"inputResponses":{},"requestState":${STATE},`)),
  });
  const asks: Script = (received, response) => {
    const isRetry = String(received.body).includes("requestState");
    answerResult(received, response, isRetry ? '{"content":[],"resultType":"complete"}' : question());
  };

  test("is asked on, byte for byte, and the retry takes no second token, once", async () => {
    const chain = await startChain({ server: { calls: { limited: asks } } });
    const first = call("limited", { a: 1 });
    expect((await send(chain, first)).text).toContain(question());
    expect(chain.taken()).toBe(1);
    const retry = retryOf(first, (body) => body.replace('"id":1', '"id":2'));
    expect(isToolError(await messageOf(chain, retry))).toBe(false);
    expect(chain.server.bodiesOf("tools/call").at(-1)).toBe(retry.body);
    expect(chain.taken()).toBe(1);
    expect(chain.judged.map(({ call }) => [call.method, call.continued])).toEqual([
      ["tools/call", undefined],
      ["elicitation/create", undefined],
      ["tools/call", true],
    ]);
    await send(chain, retry);
    expect(chain.taken()).toBe(2);
    expect(textOf(await messageOf(chain, retry))).toMatch(/^Rate limit: /);
  });

  test.each([
    ["other arguments", (body: string) => body.replace('"a":1', '"a":2')],
    ["another state", (body: string) => body.replace(String.raw`\u00e9tat`, "other")],
  ])("takes a second token for a retry with %s", async (_title, change) => {
    const chain = await startChain({ server: { calls: { limited: asks } } });
    const first = call("limited", { a: 1 });
    await send(chain, first);
    await send(chain, retryOf(first, change));
    expect(chain.taken()).toBe(2);
  });

  test("takes a second token for a retry of another principal's, or of another relay's", async () => {
    const chain = await startChain({ server: { calls: { limited: asks } } });
    const first = call("limited", { a: 1 });
    await send(chain, first);
    await send(chain, retryOf(first), { "x-test-principal": "bob" });
    await send(chain, retryOf(first), { "regate-stdio": "0b6d8f5e-3a3b-4c1d-9e2f-000000000001" });
    expect(chain.taken()).toBe(3);
  });

  test("is judged again at the retry: a denied one does not go out", async () => {
    let isDenied = false;
    const chain = await startChain({
      server: { calls: { limited: asks } },
      policy: (one) => (isDenied && one.tool === "limited" ? { action: "deny" } : usualPolicy(one)),
    });
    const first = call("limited");
    await send(chain, first);
    isDenied = true;
    expect(isToolError(await messageOf(chain, retryOf(first)))).toBe(true);
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(1);
  });

  test.each([
    ["in JSON", (received: Received, response: Parameters<Script>[1]) => answerResult(received, response, question())],
    [
      "on a stream",
      (_: Received, response: Parameters<Script>[1]) =>
        beginEvents(response).end(`data: {"jsonrpc":"2.0","id":1,"result":${question()}}\n\n`),
    ],
  ])("is refused where one of its questions is denied, %s", async (_title, limited) => {
    const chain = await startChain({
      server: { calls: { limited } },
      policy: ({ direction }) => (direction === "from_server" ? { action: "deny", reasons: ["No questions"] } : {}),
    });
    const answer = await send(chain, call("limited"));
    expect(await messagesOf(answer)).toMatchObject([{ id: 1, error: { code: 1001 } }]);
    expect(answer.text).toContain("No questions");
    expect(answer.text).not.toContain("requestState");
    expect(chain.judged.at(-1)?.call.params?.text).toBe('{"n":9007199254740993}');
  });

  test("is an error where its questions can't be read for certain", async () => {
    const limited = question('"inputRequests":{"a":{"method":"roots/list","Method":"sampling/createMessage"}}');
    const chain = await startChain({ server: { calls: { limited } } });
    expect(await messageOf(chain, call("limited"))).toMatchObject({ id: 1, error: { code: 1002 } });
  });
});
