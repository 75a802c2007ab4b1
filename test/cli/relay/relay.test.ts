import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { relay } from "../../../src/cli/relay/relay.ts";
import { readRunningGate, writeRunningGate } from "../../../src/config/running-gate.ts";
import { makeKey, sha256Hex } from "../../../src/http/bearer.ts";
import { makeProofSecret, prove } from "../../../src/http/prove.ts";
import { makeTempDir, waitFor, whenDone } from "../../e2e/harness-process.ts";
import { type Answer, type Came, type Front, startFront, type Written } from "../front.ts";
import { startImpostor } from "../impostor.ts";

const RELAY_ID = "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11";

/** A relay before `front`, its client the test. */
function startRelay(front: Pick<Front, "state">, apiKey?: string, relayId = RELAY_ID) {
  const input = new PassThrough();
  const output = new PassThrough();
  const stop = new AbortController();
  const logged: string[] = [];
  let printed = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const done = relay({
    locate: () => readRunningGate(front.state),
    server: "it",
    apiKey,
    relayId,
    input,
    output,
    log: (line) => logged.push(line),
    stop: stop.signal,
  });
  whenDone(async () => {
    stop.abort();
    await done;
  });
  const lines = (): string[] => printed.split("\n").slice(0, -1);
  return {
    done,
    stop,
    logged,
    lines,
    write: (line: string) => input.write(`${line}\n`),
    end: () => input.end(),
    raw: (bytes: Uint8Array) => input.write(bytes),
    /** The line that holds `text`, as soon as it is there. */
    line: (text: string) =>
      waitFor(`a line with ${text} in ${printed}`, () => lines().find((line) => line.includes(text))),
  };
}

const initialize =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}';
const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
const ping = (id: number | string): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"ping"}`;

function answerJson(outgoing: Written, body: string, headers: Record<string, string> = {}): void {
  outgoing.writeHead(200, { "content-type": "application/json", ...headers }).end(body);
}

function idOf({ body }: Came): string {
  return JSON.stringify(JSON.parse(body).id);
}

/** A legacy server in few words; `more` answers what it doesn't. */
function legacy(more: Answer): Answer {
  return (came, outgoing, incoming) => {
    if (came.method === "DELETE") outgoing.writeHead(200).end();
    else if (came.method === "POST" && came.body.includes('"initialize"')) {
      answerJson(
        outgoing,
        '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}',
        { "mcp-session-id": "s-1" },
      );
    } else if (came.method === "POST" && !came.body.includes('"id"')) outgoing.writeHead(202).end();
    else return more(came, outgoing, incoming);
  };
}

const noStream: Answer = (came, outgoing) =>
  void (came.method === "GET"
    ? outgoing.writeHead(405).end()
    : answerJson(outgoing, `{"jsonrpc":"2.0","id":${idOf(came)},"result":{}}`));

describe("what a client writes", () => {
  test("goes out as the very bytes of the line, with the headers of a client and the relay's own", async () => {
    const front = await startFront({ target: noStream });
    const client = startRelay(front);
    const line =
      ' {"jsonrpc":"2.0",  "id":1,"method":"tools/call","params":{"name":"t","arguments":{"n":9007199254740993,"x":1.0e2,"u":"\\u00e9é"}}}\t';
    client.write(line);
    await client.line('"id":1');
    expect(front.came).toHaveLength(1);
    expect(front.came[0]?.body).toBe(line);
    expect(front.came[0]?.headers).toMatchObject({
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "regate-stdio": RELAY_ID,
    });
    for (const absent of ["authorization", "mcp-session-id", "mcp-protocol-version", "mcp-method"])
      expect(front.came[0]?.headers).not.toHaveProperty(absent);
  });

  test("is read line by line, however it is cut into chunks, and blank lines are passed over", async () => {
    const front = await startFront({ target: noStream });
    const client = startRelay(front);
    const bytes = Buffer.from(`\n \r\n${ping("é")}\r\n${ping(2)}\n${ping(3)}`);
    for (const byte of bytes) client.raw(Buffer.of(byte));
    client.end();
    await client.done;
    expect(front.came.map(({ body }) => body.trim())).toEqual([ping("é"), ping(2), ping(3)]);
    expect(client.lines()).toHaveLength(3);
  });

  test("may be larger than any buffer on the way, as may its answer", async () => {
    const front = await startFront({
      target: (came, outgoing) =>
        answerJson(outgoing, `{"jsonrpc":"2.0","id":1,"result":${JSON.stringify(JSON.parse(came.body).params)}}`),
    });
    const client = startRelay(front);
    const text = "é".repeat(1_000_000);
    client.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "echo", params: { text } }));
    expect(JSON.parse(await client.line('"id":1')).result.text).toBe(text);
  });

  test("arrives in order: no notification overtakes, and requests wait only for what was written before them", async () => {
    const front = await startFront({ target: legacy(noStream) });
    const client = startRelay(front);
    const lines: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      lines.push(
        n % 3 === 0
          ? ping(n)
          : `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":${n}}}`,
      );
    }
    for (const line of lines) client.write(line);
    await waitFor("all of them", () => front.came.length === lines.length);
    const notifications = (bodies: readonly string[]) => bodies.filter((body) => !body.includes('"ping"'));
    expect(notifications(front.came.map(({ body }) => body))).toEqual(notifications(lines));
    for (const [index, { body }] of front.came.entries()) {
      if (!body.includes('"ping"')) continue;
      // each request stands behind the notifications that were written before it
      expect(notifications(front.came.slice(0, index).map((came) => came.body)).length).toBeGreaterThanOrEqual(
        notifications(lines.slice(0, lines.indexOf(body))).length,
      );
    }
  });

  test("is answered side by side: a slow request holds up no other", async () => {
    let release = (): void => {};
    const front = await startFront({
      target: (came, outgoing) => {
        const answer = () => answerJson(outgoing, `{"jsonrpc":"2.0","id":${idOf(came)},"result":{}}`);
        if (idOf(came) === "1") release = answer;
        else answer();
      },
    });
    const client = startRelay(front);
    for (const id of [1, 2, 3]) client.write(ping(id));
    await client.line('"id":2');
    await client.line('"id":3');
    release();
    await client.line('"id":1');
  });

  test.each([
    ["no JSON", "{nope", -32700],
    ["a batch", `[${ping(1)}]`, -32600],
    ["no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), -32700],
    ["a key twice", '{"jsonrpc":"2.0","id":7,"method":"ping","method":"pong"}', -32600],
  ])("is sent on where it is %s, and the gate's refusal comes back as one line", async (_, line, code) => {
    const front = await startFront({
      target: (_came, outgoing) => {
        outgoing
          .writeHead(400, { "content-type": "application/json" })
          .end(`{"jsonrpc":"2.0",\n"id":null,"error":{"code":${code},"message":"refused by the gate"}}`);
      },
    });
    const client = startRelay(front);
    client.raw(Buffer.concat([Buffer.from(line), Buffer.from("\n")]));
    const answer = JSON.parse(await client.line("refused by the gate"));
    expect(answer.error).toEqual({ code, message: "refused by the gate" });
    expect(front.came).toHaveLength(1);
    expect(client.lines()).toHaveLength(1);
  });
});

describe("what the gate answers", () => {
  test("becomes one line, line ends in it made spaces", async () => {
    const front = await startFront({
      target: (_came, outgoing) =>
        answerJson(outgoing, '{\r\n  "jsonrpc": "2.0",\n  "id": 1,\r  "result": {"text": "a\\nb"}\n}'),
    });
    const client = startRelay(front);
    client.write(ping(1));
    expect(await client.line('"id"')).toBe('{    "jsonrpc": "2.0",   "id": 1,   "result": {"text": "a\\nb"} }');
    expect(client.lines()).toHaveLength(1);
  });

  test("comes event by event from a stream, each a line, comments and other events left out", async () => {
    const front = await startFront({
      target: (_came, outgoing) => {
        outgoing.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
        outgoing.write(': hello\n\nid: 1\ndata: \n\nevent: other\ndata: {"no":1}\n\n');
        outgoing.write(
          'data: {"jsonrpc":"2.0",\r\ndata: "method":"notifications/progress","params":{"progressToken":1,"progress":1}}\r\n\r\n',
        );
        outgoing.end('event: message\ndata: {"jsonrpc":"2.0","id":"1","result":{"n":9007199254740993}}\n\n');
      },
    });
    const client = startRelay(front);
    client.write(ping("1"));
    await client.line('"id":"1"');
    expect(client.lines()).toEqual([
      '{"jsonrpc":"2.0", "method":"notifications/progress","params":{"progressToken":1,"progress":1}}',
      '{"jsonrpc":"2.0","id":"1","result":{"n":9007199254740993}}',
    ]);
  });

  test.each([
    [
      401,
      '{"jsonrpc":"2.0","id":null,"error":{"code":1004,"message":"an API key is needed"}}',
      "an API key is needed; regate stdio takes it from REGATE_API_KEY",
      1004,
    ],
    [
      404,
      '{"jsonrpc":"2.0","id":null,"error":{"code":1003,"message":"the session is over"}}',
      "the session is over",
      1003,
    ],
    [413, "", "the gate answered with status 413 and no message", 1004],
    [500, "<html>", "the gate answered with status 500 and no message", 1004],
    [302, "", "the gate answered with status 302 and no message", 1004],
    [202, "", "the gate answered with status 202 and no message", 1004],
    [200, '{"jsonrpc":"2.0","id":2,"result":{}}', "the gate answered with status 200 and no message", 1004],
  ])("with status %i is an error for the request, with its own id", async (status, body, message, code) => {
    const front = await startFront({
      target: (_came, outgoing) =>
        void outgoing
          .writeHead(status, { location: "http://example.com/", "content-type": "application/json" })
          .end(body),
    });
    const client = startRelay(front);
    client.write('{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}');
    expect(await client.line('"error"')).toBe(
      `{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":${code},"message":${JSON.stringify(message)}}}`,
    );
  });

  test("to a notification is nothing, and a refusal is told on the side", async () => {
    const front = await startFront({
      target: (came, outgoing) => void outgoing.writeHead(came.body.includes("bad") ? 403 : 202).end(),
    });
    const client = startRelay(front);
    client.write('{"jsonrpc":"2.0","method":"notifications/fine"}');
    client.write('{"jsonrpc":"2.0","method":"notifications/bad"}');
    await waitFor("the log", () => client.logged.length > 0);
    expect(client.logged).toEqual(["a message was not taken: the gate answered with status 403 and no message"]);
    expect(client.lines()).toEqual([]);
  });
});

describe("a gate that goes away", () => {
  const hang: Answer = () => {};

  test("leaves no request without an answer", async () => {
    const front = await startFront({
      target: (came, outgoing) => {
        if (idOf(came) !== "2") return hang(came, outgoing, came as never);
        outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      },
    });
    const client = startRelay(front);
    for (const id of [1, 2, 3]) client.write(ping(id));
    await waitFor("all three", () => front.came.length === 3);
    await front.die();
    for (const id of [1, 2, 3])
      expect(JSON.parse(await client.line(`"id":${id}`)).error).toMatchObject({
        code: 1004,
        message: expect.stringContaining(`the gate at ${front.url} gave no answer`),
      });
    client.write(ping(4));
    expect(JSON.parse(await client.line('"id":4')).error.message).toContain("ECONNREFUSED");
    client.write("{nope");
    expect(JSON.parse(await client.line('"id":null')).error.message).toContain("ECONNREFUSED");
  });

  test("while it answers leaves an error, not half a line", async () => {
    const front = await startFront({
      target: (_came, outgoing) => {
        outgoing.writeHead(200, { "content-type": "application/json", "content-length": "100" });
        outgoing.write('{"jsonrpc":"2.0",');
        setImmediate(() => outgoing.destroy());
      },
    });
    const client = startRelay(front);
    client.write(ping(1));
    await client.line('"error"');
    expect(client.lines()).toHaveLength(1);
  });
});

describe("a legacy session", () => {
  test("keeps the id and the version that the server answered, on everything that follows", async () => {
    const front = await startFront({ target: legacy(noStream) });
    const client = startRelay(front);
    client.write(initialize);
    await client.line("serverInfo");
    client.write(initialized);
    client.write(ping(1));
    await client.line('"id":1');
    await waitFor("the stream", () => front.came.some(({ method }) => method === "GET"));
    client.end();
    await client.done;
    expect(
      front.came.map(({ method, headers }) => [method, headers["mcp-session-id"], headers["mcp-protocol-version"]]),
    ).toEqual([
      ["POST", undefined, undefined],
      ["POST", "s-1", "2025-06-18"],
      ...Array.from({ length: 2 }, () => [expect.stringMatching(/POST|GET/), "s-1", "2025-06-18"]),
      ["DELETE", "s-1", "2025-06-18"],
    ]);
    expect(front.came.every(({ headers }) => headers["regate-stdio"] === RELAY_ID)).toBe(true);
  });

  test("begins anew with another initialize, which names no session", async () => {
    const front = await startFront({ target: legacy(noStream) });
    const client = startRelay(front);
    for (const count of [1, 2]) {
      client.write(initialize);
      await waitFor("the answer", () => client.lines().length === count);
    }
    expect(front.came[1]?.headers).not.toHaveProperty("mcp-session-id");
    expect(front.came[1]?.headers).not.toHaveProperty("mcp-protocol-version");
  });

  test("opens the server's own stream, and resumes it where it breaks off", async () => {
    let connections = 0;
    const front = await startFront({
      target: legacy((came, outgoing) => {
        if (came.method !== "GET") return;
        connections += 1;
        if (connections === 2) return void outgoing.writeHead(503).end();
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        outgoing.write(
          `retry: 10\nid: e${connections}\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"n":${connections}}}\n\n`,
        );
        if (connections === 1) setImmediate(() => outgoing.destroy());
        if (connections === 3) outgoing.end();
      }),
    });
    const client = startRelay(front);
    client.write(initialize);
    await client.line("serverInfo");
    client.write(initialized);
    for (const n of [1, 3, 4]) await client.line(`"n":${n}`);
    expect(front.came.filter(({ method }) => method === "GET").map(({ headers }) => headers["last-event-id"])).toEqual([
      undefined,
      "e1",
      "e1",
      "e3",
    ]);
  });

  test("takes it where the server has no such stream", async () => {
    const front = await startFront({ target: legacy(noStream) });
    const client = startRelay(front);
    client.write(initialize);
    await client.line("serverInfo");
    client.write(initialized);
    await waitFor("the attempt", () => front.came.some(({ method }) => method === "GET"));
    client.write(ping(1));
    await client.line('"id":1');
    expect(client.logged).toEqual([]);
  });

  test("follows an answer over as many connections as the server makes of it", async () => {
    let connections = 0;
    const front = await startFront({
      target: (came, outgoing) => {
        connections += 1;
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        if (connections < 4) outgoing.end(`id: e${connections}\nretry: 10\ndata: \n\n`);
        else outgoing.end('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
        if (came.method === "GET") expect(came.headers["last-event-id"]).toBe(`e${connections - 1}`);
      },
    });
    const client = startRelay(front);
    client.write(ping(1));
    await client.line('"id":1,"result"');
    expect(front.came.map(({ method }) => method)).toEqual(["POST", "GET", "GET", "GET"]);
  });

  test("answers in the gate's place where a stream can't be resumed", async () => {
    const ends: readonly [string, (came: Came, outgoing: Written) => void, string][] = [
      ["has no ids", (_came, outgoing) => void outgoing.end(": nothing\n\n"), "the stream ended without the answer"],
      [
        "is refused",
        (came, outgoing) =>
          void (came.method === "GET" ? outgoing.destroy() : outgoing.end("id: 1\nretry: 10\ndata: \n\n")),
        "the stream broke off and can't be resumed",
      ],
    ];
    for (const [, end, message] of ends) {
      const front = await startFront({
        target: (came, outgoing) => {
          outgoing.writeHead(200, { "content-type": "text/event-stream" });
          end(came, outgoing);
        },
      });
      const client = startRelay(front);
      client.write(ping(1));
      expect(JSON.parse(await client.line('"error"')).error.message).toContain(message);
    }
  });

  test("cancels by notification, and waits for the answer no longer", async () => {
    const front = await startFront({ target: legacy(() => {}) });
    const client = startRelay(front);
    client.write(ping("slow"));
    await waitFor("the request", () => front.came.length === 1);
    client.write('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow"}}');
    client.write('{"jsonrpc":"2.0","method":"notifications/after"}');
    await waitFor("the notifications", () => front.came.length === 3);
    client.end();
    await client.done;
    expect(client.lines()).toEqual([]);
    expect(front.came[1]?.body).toContain("notifications/cancelled");
  });
});

describe("a modern request", () => {
  const meta =
    '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
  const call = (id: number, name: string, args: string): string =>
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":${JSON.stringify(name)},"arguments":${args},${meta}}}`;
  const tools = JSON.stringify([
    {
      name: "headed",
      inputSchema: {
        type: "object",
        properties: {
          region: { type: "string", "x-mcp-header": "Region" },
          deep: { properties: { n: { type: "integer", "x-mcp-header": "N" } } },
          on: { type: "boolean", "x-mcp-header": "On" },
        },
      },
    },
  ]);
  const server: Answer = (came, outgoing) =>
    answerJson(outgoing, `{"jsonrpc":"2.0","id":${idOf(came)},"result":{"tools":${tools}}}`);

  test("repeats in headers what its body says", async () => {
    const front = await startFront({ target: server });
    const client = startRelay(front);
    client.write(call(1, "écho ", "{}"));
    client.write(`{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"file:///a","name":"b",${meta}}}`);
    client.write(`{"jsonrpc":"2.0","id":3,"method":"server/discover","params":{${meta}}}`);
    client.write('{"jsonrpc":"2.0","method":"notifications/x"}');
    await waitFor("all", () => front.came.length === 4 && client.lines().length === 3);
    expect(
      front.came
        .map(({ headers }) => [headers["mcp-protocol-version"], headers["mcp-method"], headers["mcp-name"]])
        .sort(),
    ).toEqual([
      ["2026-07-28", undefined, undefined],
      ["2026-07-28", "resources/read", "file:///a"],
      ["2026-07-28", "server/discover", undefined],
      ["2026-07-28", "tools/call", `=?base64?${Buffer.from("écho ").toString("base64")}?=`],
    ]);
    expect(front.came.some(({ headers }) => "mcp-session-id" in headers)).toBe(false);
  });

  test("repeats the arguments that the listed definition wants repeated", async () => {
    const front = await startFront({ target: server });
    const client = startRelay(front);
    client.write(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${meta}}}`);
    await client.line('"id":1');
    client.write(call(2, "headed", '{"region":"eu","deep":{"n":5},"on":false}'));
    client.write(call(3, "headed", '{"region":"=?base64?x?=","deep":{"n":9007199254740993},"on":null}'));
    client.write(call(4, "other", '{"region":"eu"}'));
    await client.line('"id":4');
    const paramsOf = (id: number) => {
      const { headers } = front.came.find(({ body }) => body.includes(`"id":${id},`)) ?? { headers: {} };
      return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("mcp-param-")));
    };
    await client.line('"id":3');
    expect(paramsOf(2)).toEqual({ "mcp-param-region": "eu", "mcp-param-n": "5", "mcp-param-on": "false" });
    expect(paramsOf(3)).toEqual({ "mcp-param-region": `=?base64?${Buffer.from("=?base64?x?=").toString("base64")}?=` });
    expect(paramsOf(4)).toEqual({});
  });

  test("is cancelled by closing its stream, and by nothing else", async () => {
    let closed = false;
    const front = await startFront({
      target: (_came, outgoing) => {
        outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        outgoing.on("close", () => {
          closed = true;
        });
      },
    });
    const client = startRelay(front);
    client.write(call(1, "slow", "{}"));
    await waitFor("the request", () => front.came.length === 1);
    client.write('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}');
    await waitFor("the end of the stream", () => closed);
    expect(front.came).toHaveLength(1);
    expect(client.lines()).toEqual([]);
  });
});

describe("the end", () => {
  test("of the input lets requests on their way be answered, then ends the session", async () => {
    const front = await startFront({ target: legacy(noStream) });
    const client = startRelay(front);
    client.write(initialize);
    await client.line("serverInfo");
    client.write(ping(1));
    client.end();
    await client.done;
    expect(client.lines()).toHaveLength(2);
    expect(front.came.at(-1)?.method).toBe("DELETE");
  });

  test("does not wait for a server that hangs, in a request or at the end", async () => {
    const front = await startFront({
      target: (came, outgoing, incoming) =>
        came.method === "DELETE" ? undefined : legacy(() => {})(came, outgoing, incoming),
    });
    const client = startRelay(front);
    client.write(initialize);
    await client.line("serverInfo");
    client.write(ping(1));
    client.end();
    await client.done;
    expect(client.lines()).toHaveLength(1);
  });

  test("by a signal ends the session too", async () => {
    const front = await startFront({ target: legacy(() => {}) });
    const client = startRelay(front);
    client.write(initialize);
    await client.line("serverInfo");
    client.stop.abort();
    await client.done;
    expect(front.came.at(-1)?.method).toBe("DELETE");
  });
});

describe("the connection to the gate", () => {
  test("is proven once, and kept for what follows", async () => {
    const front = await startFront({ target: noStream });
    const client = startRelay(front);
    for (const id of [1, 2, 3, 4]) {
      client.write(ping(id));
      expect(await client.line(`"id":${id}`)).toContain('"result"');
    }
    expect(front.came).toHaveLength(4);
    expect(front.proved).toHaveLength(1);
  });
});

test("a gate of a version that knows no such connection is named, with what to do", async () => {
  const state = makeTempDir();
  const secret = makeProofSecret();
  let url = "";
  const impostor = await startImpostor(0, ({ url: path = "" }, outgoing) => {
    const nonce = new URL(path, url).searchParams.get("nonce") ?? "";
    outgoing.end(JSON.stringify({ proof: prove(secret, { nonce, url }) }));
  });
  url = impostor.url;
  writeRunningGate(state, { pid: process.pid, url, instance: randomUUID(), secret, startedUnixMs: 0 });
  const client = startRelay({ state });
  client.write(ping(1));
  expect(JSON.parse(await client.line('"id":1')).error).toMatchObject({
    code: 1004,
    message: expect.stringContaining("if it is of another version, restart it"),
  });
});

test("a gate that lets go gets what follows on another connection, and what is under way on the old one", async () => {
  let finish = (): void => {};
  const front = await startFront({
    target: (came, outgoing) => {
      const answer = (): void => answerJson(outgoing, `{"jsonrpc":"2.0","id":${idOf(came)},"result":{}}`);
      if (came.body.includes("slow")) finish = answer;
      else answer();
    },
  });
  const client = startRelay(front);
  client.write('{"jsonrpc":"2.0","id":"slow","method":"ping"}');
  await waitFor("the request", () => front.came.length === 1);
  front.letGo();
  // what is sent before the relay knows goes out on the old one
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const id of [1, 2]) {
    client.write(ping(id));
    await client.line(`"id":${id}`);
  }
  // each new connection is let go as well
  expect(front.proved).toHaveLength(3);
  finish();
  expect(await client.line('"slow"')).toContain('"result"');
});

describe("a client that reads nothing", () => {
  /** Waits until `count` stays what it is. */
  async function settled(count: () => number): Promise<number> {
    for (let before = 0; ; before = count()) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (before > 0 && before === count()) return before;
    }
  }

  function startUnread({ state }: Front) {
    const input = new PassThrough();
    const output = new PassThrough();
    const stop = new AbortController();
    const options = { server: "it", apiKey: undefined, relayId: RELAY_ID, log: () => {}, stop: stop.signal };
    const done = relay({ ...options, locate: () => readRunningGate(state), input, output });
    whenDone(async () => {
      output.resume();
      stop.abort();
      await done;
    });
    return { input, output };
  }

  test("is sent no more than there is room for", async () => {
    let written = 0;
    const front = await startFront({
      target: async (came, outgoing) => {
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        for (let n = 0; n < 200; n += 1) {
          const event = `data: {"jsonrpc":"2.0","method":"n","params":{"x":"${"x".repeat(100_000)}"}}\n\n`;
          written += event.length;
          if (!outgoing.write(event)) await new Promise<void>((resolve) => outgoing.once("drain", resolve));
        }
        outgoing.end(`data: {"jsonrpc":"2.0","id":${idOf(came)},"result":{}}\n\n`);
      },
    });
    const { input, output } = startUnread(front);
    input.write(`${ping(1)}\n`);
    // what the relay holds, and what the system's own buffers do
    expect(await settled(() => written)).toBeLessThan(15_000_000);
    output.resume();
    await waitFor("all of it", () => written > 20_000_000);
  });

  test("is read from no longer where the gate has to wait", async () => {
    const front = await startFront({
      target: (came, outgoing) =>
        answerJson(outgoing, `{"jsonrpc":"2.0","id":${idOf(came)},"result":{"x":"${"x".repeat(1_000_000)}"}}`),
    });
    const { input, output } = startUnread(front);
    for (let id = 1; id <= 200; id += 1)
      input.write(`${JSON.stringify({ jsonrpc: "2.0", id, method: "m", params: { x: "x".repeat(100_000) } })}\n`);
    expect(await settled(() => front.came.length)).toBeLessThan(100);
    expect(input.readableLength + input.writableLength).toBeGreaterThan(5_000_000);
    output.resume();
    await waitFor("all of it", () => front.came.length === 200);
  });
});

describe("a gate that is killed", () => {
  const key = makeKey("rgk");
  const keys = [{ name: "claude", sha256: sha256Hex(key), groups: [] }];

  test("leaves its port to one who is shown neither the key nor a message", async () => {
    const front = await startFront({ target: noStream, keys });
    const client = startRelay(front, key);
    client.write(ping(1));
    expect(await client.line('"id":1')).toContain('"result"');
    await front.die();
    const impostor = await startImpostor(Number(new URL(front.url).port), (_incoming, outgoing) =>
      answerJson(outgoing, JSON.stringify({ jsonrpc: "2.0", id: 2, result: {}, proof: makeProofSecret() })),
    );
    // on the connection to the gate that is dead: nobody reads it
    client.write(ping(2));
    expect(JSON.parse(await client.line('"id":2')).error).toMatchObject({ code: 1004 });
    client.write(ping(3));
    expect(JSON.parse(await client.line('"id":3')).error).toMatchObject({
      code: 1004,
      message: expect.stringContaining(`what listens at ${front.url} did not prove to be the gate`),
    });
    client.write(initialized);
    await waitFor("the log", () => client.logged.length > 0);
    expect(client.logged[0]).toContain("then start regate serve");
    expect(new Set(impostor.asked)).toEqual(new Set(["GET /v1/prove"]));
    expect(impostor.keys).toEqual([]);
  });

  test("is missed until another runs on the same state, at whatever port", async () => {
    const front = await startFront({ target: noStream, keys });
    const client = startRelay(front, key);
    rmSync(join(front.state, "gate.json"));
    client.write(ping(1));
    expect(JSON.parse(await client.line('"id":1')).error.message).toBe(
      "the gate of this configuration does not run any more; start regate serve",
    );
    const next = await startFront({ target: noStream, keys });
    cpSync(join(next.state, "gate.json"), join(front.state, "gate.json"));
    client.write(ping(2));
    expect(await client.line('"id":2')).toContain('"result"');
    expect(front.came).toEqual([]);
    expect(next.came).toHaveLength(1);
  });
});

test("a gate with keys is shown the key, and no one else's", async () => {
  const key = makeKey("rgk");
  const front = await startFront({ target: noStream, keys: [{ name: "claude", sha256: sha256Hex(key), groups: [] }] });
  const client = startRelay(front, key);
  client.write(ping(1));
  expect(await client.line('"id":1')).toContain('"result"');
  const stranger = startRelay(front);
  stranger.write(ping(1));
  expect(JSON.parse(await stranger.line('"id":1')).error.message).toContain("REGATE_API_KEY");
  expect(front.came).toHaveLength(1);
});

test("what follows a large request comes after it", async () => {
  const front = await startFront({ target: noStream });
  const client = startRelay(front);
  client.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "large", params: { text: "x".repeat(32_000_000) } }));
  client.write('{"jsonrpc":"2.0","id":2,"method":"small"}');
  await client.line('"id":2');
  expect(front.came.map(({ body }) => JSON.parse(body).method)).toEqual(["large", "small"]);
});

test("a client that reads slowly holds the gate up, and loses nothing", async () => {
  const front = await startFront({
    target: (_came, outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      for (let n = 0; n < 2_000; n += 1)
        outgoing.write(
          `data: {"jsonrpc":"2.0","method":"notifications/n","params":{"n":${n},"x":"${"x".repeat(500)}"}}\n\n`,
        );
      outgoing.end('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
    },
  });
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 1_024 });
  const stop = new AbortController();
  const done = relay({
    locate: () => readRunningGate(front.state),
    server: "it",
    apiKey: undefined,
    relayId: RELAY_ID,
    input,
    output,
    log: () => {},
    stop: stop.signal,
  });
  input.write(`${ping(1)}\n`);
  await once(output, "readable");
  // others get through meanwhile, so this one has had its chance to read all
  const other = startRelay(await startFront({ target: noStream }));
  for (let n = 0; n < 50; n += 1) other.write(ping(n));
  for (let n = 0; n < 50; n += 1) await other.line(`"id":${n},`);
  expect(output.writableLength + output.readableLength).toBeLessThan(20_000);
  const numbers: number[] = [];
  let text = "";
  for await (const chunk of output) {
    text += String(chunk);
    if (text.includes('"id":1')) break;
  }
  for (const line of text.split("\n")) if (line.includes("notifications/n")) numbers.push(JSON.parse(line).params.n);
  expect(numbers).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
  stop.abort();
  await done;
});
