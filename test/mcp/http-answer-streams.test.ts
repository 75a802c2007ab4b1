// Event streams through the chain: what comes is handed on at once and byte for byte, and nothing unscreened reaches the client.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { callBody, type EventStream, post, send } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { pageOf } from "./chain/mcp-script.ts";
import { beginEvents, type Script } from "./chain/scripted-server.ts";

const progress = (step: number) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":${step}}}`;
const result = (id: string, text = '{"content":[]}') => `{"jsonrpc":"2.0","id":${id},"result":${text}}`;
const list = result('"l"', pageOf(["echo", "denied", "limited"]));
const filteredList = result('"l"', pageOf(["echo", "limited"]));

/** A tool whose stream the test writes: `opened` resolves with its response. */
function streamedTool() {
  let open: (response: ServerResponse) => void = () => {};
  const opened = new Promise<ServerResponse>((resolve) => {
    open = resolve;
  });
  const tool: Script = (_, response) => {
    beginEvents(response);
    open(response);
  };
  return { tool, opened };
}

async function allEvents(stream: EventStream) {
  const events = [];
  for (let event = await stream.next(); event !== undefined; event = await stream.next()) events.push(event);
  return events;
}

describe("what only some readers take for a message", () => {
  const answered = async (type: string, body: string) => {
    const tool: Script = (_, response) => {
      response.writeHead(200, { "content-type": type }).end(body);
    };
    const session = await openSession(await startChain({ server: { calls: { echo: tool } } }));
    return await session.post(callBody("l", "echo"));
  };

  test("is a comment where a misread byte order mark hides its field", async () => {
    const answer = await answered("text/event-stream", `\u00ef\u00bb\u00bfdata: ${list}\n\ndata: ${list}\n\n`);
    expect(answer.text).not.toContain("denied");
    expect(answer.text).toContain(filteredList);
  });

  test("has no charset to be found in", async () => {
    const answer = await answered("text/event-stream; charset*=us-ascii''utf-7", `data: ${list}\n\n`);
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    expect(answer.text).toBe(`data: ${filteredList}\n\n`);
  });
});

describe("a call answered with a stream", () => {
  test("hands each event on before the server sends the next", async () => {
    const { tool, opened } = streamedTool();
    const session = await openSession(await startChain({ server: { calls: { echo: tool } } }));
    const stream = await session.stream({}, callBody("c", "echo"));
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    const response = await opened;
    for (const step of [1, 2, 3]) {
      response.write(`data: ${progress(step)}\n\n`);
      expect((await stream.next())?.data).toBe(progress(step));
    }
    response.end(`data: ${result('"c"')}\n\n`);
    expect((await allEvents(stream)).map(({ data }) => data)).toEqual([result('"c"')]);
  });

  test("hands its headers on before there is an event", async () => {
    const { tool } = streamedTool();
    const session = await openSession(await startChain({ server: { calls: { echo: tool } } }));
    expect(await session.stream({}, callBody("c", "echo"))).toMatchObject({ status: 200 });
  });

  test("keeps comments, ids, retry, event names and line ends byte for byte, and big numbers", async () => {
    const bytes = `: hello\n\nretry: 1500\nid: e-0\ndata:\n\nevent: message\r\nid: e-1\r\ndata: ${progress(1)}\r\n\r\nid: e-2\ndata: {"jsonrpc":"2.0","id":"c",\ndata: "result":{"n":9007199254740993,"m":1.0}}\n\n`;
    const tool: Script = (_, response) => {
      beginEvents(response);
      response.end(bytes);
    };
    const session = await openSession(await startChain({ server: { calls: { echo: tool } } }));
    expect((await session.post(callBody("c", "echo"))).text).toBe(bytes);
  });

  test("loses the hidden tools where such an answer comes on it, and no other byte", async () => {
    const escaped = list.replace('"tools"', String.raw`"\u0074ools"`);
    const tool: Script = (_, response) => {
      beginEvents(response);
      response.end(`id: 1\ndata: ${list}\n\nid: 2\ndata: ${escaped}\n\ndata: ${result('"l"')}\n\n`);
    };
    const session = await openSession(await startChain({ server: { calls: { echo: tool } } }));
    const filteredEscaped = filteredList.replace('"tools"', String.raw`"\u0074ools"`);
    expect((await session.post(callBody("l", "echo"))).text).toBe(
      `id: 1\ndata: ${filteredList}\n\nid: 2\ndata: ${filteredEscaped}\n\ndata: ${result('"l"')}\n\n`,
    );
  });

  test("keeps back what can't be read, and says so in the log, once", async () => {
    const tool: Script = (_, response) => {
      beginEvents(response);
      response.write(`data: [${list}]\n\ndata: {"result":{},"result":{"tools":[]}}\n\ndata: hello\n\n`);
      response.end(`data: ${result('"c"')}\n\n`);
    };
    const chain = await startChain({ server: { calls: { echo: tool } } });
    const session = await openSession(chain);
    expect((await session.post(callBody("c", "echo"))).text).toBe(`data: ${result('"c"')}\n\n`);
    expect(chain.log).toEqual([expect.stringMatching(/^scripted: a message was kept back: /)]);
  });
});

describe("calls under way at once", () => {
  test("each get their own answer, with the same id in another session too", async () => {
    const responses = new Map<unknown, ServerResponse>();
    const slow: Script = ({ message }, response) => {
      beginEvents(response);
      responses.set(JSON.stringify(message.params?.arguments), response);
    };
    const chain = await startChain({ server: { calls: { slow } } });
    const [one, other] = [await openSession(chain), await openSession(chain)];
    const calls = [
      { stream: await one.stream({}, callBody(1, "slow", { call: "a" })), call: "a", id: "1" },
      { stream: await one.stream({}, callBody(2, "slow", { call: "b" })), call: "b", id: "2" },
      { stream: await other.stream({}, callBody(1, "slow", { call: "c" })), call: "c", id: "1" },
    ];
    for (const { call, id } of calls.toReversed()) {
      responses.get(JSON.stringify({ call }))?.end(`data: ${result(id, `{"call":"${call}"}`)}\n\n`);
    }
    for (const { stream, call, id } of calls) {
      expect((await allEvents(stream)).map(({ data }) => data)).toEqual([result(id, `{"call":"${call}"}`)]);
    }
  });
});

describe("the server's own stream", () => {
  const push: Script = (received, response) => {
    beginEvents(response);
    response.write(`: ${received.headers["last-event-id"] ?? "from now on"}\n\n`);
    response.write(`id: 7\ndata: ${list}\n\n`);
  };

  test("is one for each GET, each with the Last-Event-ID that its client sent, and filtered where it is replayed", async () => {
    const chain = await startChain({ server: { on: { GET: push } } });
    const session = await openSession(chain);
    const streams = [
      await session.stream({ "last-event-id": "e-5" }),
      await session.stream({ "last-event-id": "e-6" }),
    ];
    const seen = [];
    for (const stream of streams) seen.push([(await stream.next())?.comments[0], (await stream.next())?.data]);
    expect(seen).toEqual([
      ["e-5", filteredList],
      ["e-6", filteredList],
    ]);
    expect(chain.server.received.filter(({ method }) => method === "GET")).toHaveLength(2);
    for (const stream of streams) stream.leave();
  });

  test("ends where the server ends it, without a word of the gate's", async () => {
    const GET: Script = (_, response) => {
      beginEvents(response);
      response.end("id: 1\ndata:\n\n");
    };
    const session = await openSession(await startChain({ server: { on: { GET } } }));
    expect((await allEvents(await session.stream())).map(({ id, data }) => [id, data])).toEqual([["1", ""]]);
  });

  test("ends quietly where it breaks: its client comes back", async () => {
    const GET: Script = (_, response) => {
      beginEvents(response);
      response.write("id: 1\ndata:\n\n", () => response.destroy());
    };
    const chain = await startChain({ server: { on: { GET } } });
    const session = await openSession(chain);
    expect((await allEvents(await session.stream())).map(({ id, data }) => [id, data])).toEqual([["1", ""]]);
    expect(chain.log.join("\n")).toMatch(/the connection broke/);
  });

  test.each([
    [405, 405],
    [404, 404],
    [400, 400],
    [401, 502],
  ])("is refused as the server refuses it: %i, but for one that does not let the gate in", async (said, status) => {
    const GET: Script = (_, response) => {
      response.writeHead(said, { "www-authenticate": "Bearer" }).end("why not");
    };
    const session = await openSession(await startChain({ server: { on: { GET } } }));
    const stream = await session.stream();
    expect(stream.status).toBe(status);
    expect(stream.headers).not.toHaveProperty("www-authenticate");
    stream.leave();
  });

  test.each([
    ["text", "text/plain", "data: [1]\n\n"],
    ["JSON", "application/json", list],
    ["nothing that it names", "", list],
  ])("is an error where the server answers with %s: some clients read it as events", async (_title, type, text) => {
    const GET: Script = (_, response) => {
      response.writeHead(200, type === "" ? {} : { "content-type": type }).end(text);
    };
    const chain = await startChain({ server: { on: { GET } } });
    const { headers } = await openSession(chain);
    const answer = await send(chain.url, "GET", headers);
    expect(answer.status).toBe(502);
    expect(answer.text).not.toContain("denied");
    expect(JSON.parse(answer.text)).toMatchObject({ id: null, error: { code: 1002 } });
  });
});

describe("a client that leaves", () => {
  test("breaks off the server's side of a call, and of a stream", async () => {
    const { tool, opened } = streamedTool();
    const standing = streamedTool();
    const chain = await startChain({ server: { calls: { echo: tool }, on: { GET: standing.tool } } });
    const session = await openSession(chain);
    for (const [stream, response] of [
      [await session.stream({}, callBody("c", "echo")), await opened],
      [await session.stream(), await standing.opened],
    ] as const) {
      const closed = once(response, "close");
      stream.leave();
      await closed;
      expect(response.writableFinished).toBe(false);
    }
    expect((await post(chain.url, callBody(1, "other"))).status).toBe(200);
  });
});
