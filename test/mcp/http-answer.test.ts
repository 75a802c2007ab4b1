// Whole answers through the chain: kept as they are where they can be, and one error where the server fails.
import { describe, expect, test } from "vitest";
import { callBody, parseMessage, post } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { pageOf } from "./chain/mcp-script.ts";
import { answerText, beginEvents, type Script } from "./chain/scripted-server.ts";

const JSON_TYPE = { "content-type": "application/json" };
const answers =
  (status: number, headers: Record<string, string | string[]>, body: string | Buffer = ""): Script =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };
const says = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE) => answers(200, headers, body);

async function callThrough(script: Script, headers = {}) {
  const chain = await startChain({ server: { calls: { echo: script } } });
  const session = await openSession(chain);
  return { chain, answer: await session.post(callBody("c", "echo"), headers) };
}

describe("an answer in JSON", () => {
  test("is kept byte for byte, with its headers", async () => {
    const body = ' {"result":{"n":9007199254740993,"m":1.0,"s":"\\u00e9\\/ é"},\n"id":"c","jsonrpc":"2.0","x":null}\n';
    const { answer } = await callThrough(says(body, { ...JSON_TYPE, "x-kept": "yes" }));
    expect(answer).toMatchObject({ status: 200, text: body, headers: { "x-kept": "yes" } });
    expect(answer.headers["content-length"]).toBe(String(Buffer.byteLength(body)));
  });

  test("keeps header values of any bytes that HTTP lets pass", async () => {
    const { answer } = await callThrough(
      says('{"jsonrpc":"2.0","id":"c","result":{}}', { ...JSON_TYPE, "x-note": "caf\u00e9" }),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers["x-note"]).toBe("caf\u00e9");
  });

  test("may have its id as text where a number asked", async () => {
    const chain = await startChain({ server: { calls: { echo: says('{"jsonrpc":"2.0","id":"1","result":{}}') } } });
    expect((await post(chain.url, callBody(1, "echo"))).text).toBe('{"jsonrpc":"2.0","id":"1","result":{}}');
  });

  test("loses the hidden tools whatever call it answers, and no other byte", async () => {
    const tools = (names: string[]) => `{"jsonrpc":"2.0","id":"c","result":${pageOf(names, "more")}}`;
    const { answer } = await callThrough(says(tools(["echo", "denied", "limited"])));
    expect(answer.text).toBe(tools(["echo", "limited"]));
    expect(answer.headers["content-length"]).toBe(String(answer.text.length));
  });

  test("may come with two Connection headers", async () => {
    const { answer } = await callThrough(
      answers(
        200,
        { ...JSON_TYPE, connection: ["close", "x-hop"], "x-hop": "1" },
        '{"jsonrpc":"2.0","id":"c","result":{}}',
      ),
    );
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"jsonrpc":"2.0","id":"c","result":{}}');
    expect(answer.headers).not.toHaveProperty("x-hop");
  });

  test("may come after an announcement of it", async () => {
    const early: Script = (_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      answerText(response, '{"jsonrpc":"2.0","id":"c","result":{}}');
    };
    expect((await callThrough(early)).answer).toMatchObject({
      status: 200,
      text: '{"jsonrpc":"2.0","id":"c","result":{}}',
    });
  });
});

describe("an answer that is an HTTP error", () => {
  test.each([
    [
      400,
      { "content-type": "application/json" },
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad"}}',
    ],
    [400, { "content-type": "application/json" }, '{"error":"invalid_request"}'],
    [400, { "content-type": "text/html; charset=utf-8" }, "<p>é</p>"],
    [403, { "content-type": "text/html" }, "<p>no</p>"],
    [404, { "content-type": "text/plain" }, "Session not found"],
    [405, { allow: "POST" }, ""],
    [429, { "retry-after": "7" }, "slow down"],
    [503, { "retry-after": "9" }, Buffer.from([0xff, 0xfe])],
  ])("is kept: %i", async (status, headers, body) => {
    const { answer } = await callThrough(answers(status, headers, body));
    expect(answer).toMatchObject({ status, headers, text: Buffer.from(body).toString("utf8") });
  });

  test("names no charset but the one that it was screened in", async () => {
    const { answer } = await callThrough(answers(400, { "content-type": "application/json; charset=utf-7" }, "{}"));
    expect(answer).toMatchObject({ status: 400, headers: { "content-type": "application/json" }, text: "{}" });
  });

  test("loses hidden tools like any other", async () => {
    const text = `{"jsonrpc":"2.0","id":"c","result":${pageOf(["denied"])}}`;
    const { answer } = await callThrough(answers(500, JSON_TYPE, text));
    expect(answer.status).toBe(500);
    expect(answer.text).toBe('{"jsonrpc":"2.0","id":"c","result":{"tools":[]}}');
  });
});

describe("an answer that is none", () => {
  const message = (text: string) => `{"jsonrpc":"2.0",${text}}`;
  test.each([
    ["text that is no JSON", says("<html>"), /JSON value is expected/],
    ["JSON cut short", says('{"jsonrpc":"2.0","id":"c"'), /./],
    ["an event stream said to be JSON", says('data: {"jsonrpc":"2.0","id":"c","result":{}}\n\n'), /./],
    ["a batch", says(`[${message('"id":"c","result":{}')}]`), /not one JSON-RPC object/],
    ["duplicate keys", says(message('"id":"c","result":{},"result":{"tools":[]}')), /twice/],
    ["bytes that are not UTF-8", says(Buffer.from(message('"id":"c","result":{"a":"\u00ff"}'), "latin1")), /not UTF-8/],
    ["nothing", says(""), /empty/],
    ["nothing, with 202", answers(202, {}), /content type none/],
    ["nothing, with 204", answers(204, {}), /empty/],
    ["nothing, with 204, as an event stream", answers(204, { "content-type": "text/event-stream" }), /empty/],
    ["what no client reads, with 205", answers(205, JSON_TYPE, message('"id":"c","result":{}')), /empty/],
    ["a web page", says("<html>", { "content-type": "text/html" }), /content type text\/html/],
    [
      "JSON of another type",
      says(message('"id":"c","result":{}'), { "content-type": "application/json-rpc" }),
      /content type/,
    ],
    ["JSON that says no type", answers(200, {}, message('"id":"c","result":{}')), /content type none/],
    [
      "the answer to another request",
      says(message('"id":"other","result":{}')),
      /an answer to no request of this exchange/,
    ],
    ["a notification", says(message('"method":"notifications/x"')), /no answer to this request/],
    ["a request with the same id", says(message('"id":"c","method":"ping"')), /no answer to this request/],
    ["a redirect", answers(307, { location: "http://127.0.0.1:9/" }), /redirect \(307\)/],
    ["a redirect of old", answers(302, { location: "/other" }), /redirect \(302\)/],
    [
      "another charset",
      says(message('"id":"c","result":{}'), { "content-type": 'application/json; charset="UTF-7"' }),
      /charset utf-7/,
    ],
    [
      "a stream in another charset",
      says("data: {}\n\n", { "content-type": "text/event-stream;charset=utf-16" }),
      /charset utf-16/,
    ],
    [
      "two content types",
      answers(200, { "content-type": ["application/json", "text/plain"] }, message('"id":"c","result":{}')),
      /two content types/,
    ],
    ["two content encodings", answers(200, { ...JSON_TYPE, "content-encoding": ["identity", "gzip"] }, "x"), /gzip/],
    [
      "a type with control characters",
      says("x", { "content-type": "text/x\u009b31m" }),
      /content type text\/x\\u\{009b}31m/,
    ],
    [
      "a charset with control characters",
      says("x", { "content-type": "application/json; charset=\u009b" }),
      /\\u\{009b}/,
    ],
    ["an encoding with control characters", says("x", { ...JSON_TYPE, "content-encoding": "\u009b" }), /\\u\{009b}/],
    ["compressed", answers(200, { ...JSON_TYPE, "content-encoding": "gzip" }, "x"), /content-encoding gzip/],
    [
      "longer than is held",
      says(message(`"id":"c","result":{"a":"${"x".repeat(100_000)}"}`)),
      /longer than 100000 bytes/,
    ],
  ])("becomes one error for its request: %s", async (_title, script, problem) => {
    const { chain, answer } = await callThrough(script);
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
    expect(answer.headers).not.toHaveProperty("location");
    const told = parseMessage(answer.text);
    expect(told).toMatchObject({ jsonrpc: "2.0", id: "c", error: { code: 1002 } });
    expect(told.error?.message).toMatch(/^The server scripted failed: /);
    expect(told.error?.message).toMatch(problem);
    expect(chain.log).toHaveLength(1);
    expect(chain.log.join("")).not.toMatch(/\p{Cc}/u);
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(1);
  });

  test("is not held in memory beyond the bound: the server is cut off", async () => {
    let sent = 0;
    let close = () => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const flood: Script = (_, response) => {
      response.writeHead(200, JSON_TYPE);
      const pour = () => {
        while (!response.destroyed) {
          sent += 10_000;
          if (!response.write("x".repeat(10_000))) break;
        }
      };
      response.on("drain", pour);
      response.on("close", close);
      pour();
    };
    const { answer } = await callThrough(flood);
    expect(parseMessage(answer.text)).toMatchObject({ id: "c", error: { code: 1002 } });
    await closed;
    expect(sent).toBeLessThan(50_000_000);
  });
});

describe("an answer to what is no request", () => {
  const NOTIFICATION = '{"jsonrpc":"2.0","method":"notifications/x"}';
  const notify = async (script: Script) => {
    const { url } = await startChain({ server: { on: { "notifications/x": script } } });
    return await post(url, NOTIFICATION);
  };

  test.each([
    ["202 and nothing", answers(202, {}), 202, ""],
    ["202 and text", answers(202, { "content-type": "text/plain" }, "Accepted"), 202, "Accepted"],
    ["200 and JSON that is no message, which is left out", says('{"ok":true}'), 200, ""],
    ["204", answers(204, {}), 204, ""],
    [
      "400 and why",
      answers(400, JSON_TYPE, '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}'),
      400,
      /"m"/,
    ],
  ])("is handed on: %s", async (_title, script, status, text) => {
    const answer = await notify(script);
    expect(answer.status).toBe(status);
    expect(answer.text).toEqual(typeof text === "string" ? text : expect.stringMatching(text));
  });

  test("is screened where it is a stream", async () => {
    const answer = await notify((_, response) => {
      beginEvents(response);
      response.end('data: hello\n\ndata: {"jsonrpc":"2.0","method":"notifications/y"}\n\n');
    });
    expect(answer.text).toBe('data: {"jsonrpc":"2.0","method":"notifications/y"}\n\n');
  });

  test("is 502 where the server fails", async () => {
    const answer = await notify(answers(307, { location: "/" }));
    expect(answer.status).toBe(502);
    expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: 1002 } });
  });
});
