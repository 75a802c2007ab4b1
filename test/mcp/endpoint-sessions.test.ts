// Sessions and who may do what, over HTTP: ids that the gate issues, ends, and takes back only from whom it gave them.
import { describe, expect, test } from "vitest";
import { createDefinitions, type Definitions } from "../../src/mcp/definitions.ts";
import { callBody, isToolError, messagesOf, parseMessage, post, send } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { INITIALIZE, openSession } from "./chain/client.ts";
import { pageOf, UPSTREAM_SESSION } from "./chain/mcp-script.ts";
import { answerResult } from "./chain/scripted-server.ts";

const RELAY = "0b6d8f5e-3a3b-4c1d-9e2f-000000000001";

describe("a session", () => {
  test("has the gate's own id towards the client and the server's towards the server", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    expect(session.id).toMatch(/^[\w-]{60,}$/);
    await session.call("echo");
    const upstreamIds = chain.server.received.map(({ headers }) => headers["mcp-session-id"]);
    expect(upstreamIds).toEqual([undefined, UPSTREAM_SESSION, UPSTREAM_SESSION]);
    expect(chain.sessions().at(-1)).toMatch(/^[0-9a-f]{32}$/);
  });

  test("is a new one, with another name, at each initialize", async () => {
    const chain = await startChain();
    const [one, other] = [await openSession(chain), await openSession(chain)];
    expect(one.id).not.toBe(other.id);
    await one.call("echo");
    const name = chain.sessions().at(-1);
    await other.call("echo");
    expect(chain.sessions().at(-1)).not.toBe(name);
  });

  test("keeps its id where the server repeats its own, which never shows", async () => {
    const chain = await startChain({
      server: {
        calls: {
          echo: (received, response) => {
            response.setHeader("mcp-session-id", UPSTREAM_SESSION);
            answerResult(received, response, '{"content":[]}');
          },
        },
      },
    });
    const session = await openSession(chain);
    const answer = await session.post(callBody(1, "echo"));
    expect(answer.headers["mcp-session-id"]).toBe(session.id);
    const bare = await post(chain.url, callBody(1, "echo"));
    expect(bare.headers).not.toHaveProperty("mcp-session-id");
  });

  test("has no other id because the server says one in mid-session", async () => {
    const chain = await startChain({
      server: {
        calls: {
          echo: (received, response) => {
            response.setHeader("mcp-session-id", "another-one");
            answerResult(received, response, '{"content":[]}');
          },
        },
      },
    });
    const answer = await (await openSession(chain)).post(callBody(1, "echo"));
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty("mcp-session-id");
  });

  test.each(["forged", UPSTREAM_SESSION, ""])(
    "is unknown where its id is %j: 404, and the server sees nothing",
    async (id) => {
      const chain = await startChain();
      const headers = { "mcp-session-id": id === "" ? " " : id };
      for (const method of ["POST", "GET", "DELETE"] as const) {
        const answer = await send(chain.url, method, headers, method === "POST" ? callBody(1, "echo") : undefined);
        expect(answer.status).toBe(404);
        expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: 1003 } });
      }
      expect(chain.server.received).toEqual([]);
    },
  );

  test("is unknown to another principal", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    const seen = chain.server.received.length;
    expect((await session.post(callBody(1, "echo"), { "x-test-principal": "bob" })).status).toBe(404);
    expect(chain.server.received).toHaveLength(seen);
  });

  test("that has no id at the server is the principal's", async () => {
    const chain = await startChain({ server: { on: { initialize: '{"protocolVersion":"2025-11-25"}' } } });
    const session = await openSession(chain);
    expect(session.id).toBeUndefined();
    await session.call("echo");
    expect(new Set(chain.sessions())).toEqual(new Set(["principal:ann"]));
  });

  test.each([
    ["no token", "two words"],
    ["two ids", ["a", "b"]],
    ["too long", "x".repeat(2_049)],
  ])("is not opened where the server's id is %s", async (_title, id) => {
    const chain = await startChain({
      server: {
        on: {
          initialize: (received, response) => {
            response.setHeader("mcp-session-id", id);
            answerResult(received, response, '{"protocolVersion":"2025-11-25"}');
          },
        },
      },
    });
    const answer = await post(chain.url, INITIALIZE);
    expect(parseMessage(answer.text)).toMatchObject({ id: 1, error: { code: 1002 } });
    expect(answer.headers).not.toHaveProperty("mcp-session-id");
  });

  test("is not opened by an answer to anything but initialize, nor by an error", async () => {
    const named = { "mcp-session-id": "smuggled" };
    const chain = await startChain({
      server: (received, response) => {
        response.writeHead(received.message.method === "initialize" ? 400 : 200, {
          "content-type": "application/json",
          ...named,
        });
        response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
      },
    });
    for (const body of [INITIALIZE, '{"jsonrpc":"2.0","id":1,"method":"ping"}']) {
      expect((await post(chain.url, body)).headers).not.toHaveProperty("mcp-session-id");
    }
  });
});

describe("a session that is ended", () => {
  test("is unknown from then on, to every method", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    expect((await send(chain.url, "DELETE", session.headers)).status).toBe(200);
    expect(chain.server.received.at(-1)).toMatchObject({
      method: "DELETE",
      headers: { "mcp-session-id": UPSTREAM_SESSION },
    });
    const seen = chain.server.received.length;
    expect((await session.post(callBody(1, "echo"))).status).toBe(404);
    expect((await send(chain.url, "GET", session.headers)).status).toBe(404);
    expect((await send(chain.url, "DELETE", session.headers)).status).toBe(404);
    expect(chain.server.received).toHaveLength(seen);
  });

  test.each([
    ["204 without a body", 204, {}, "", 204, ""],
    ["200 with JSON that is no message", 200, { "content-type": "application/json" }, '{"ok":true}', 200, ""],
    ["404: the server has forgotten it", 404, { "content-type": "text/plain" }, "gone", 404, "gone"],
  ])("is ended by %s", async (_title, status, headers, text, shownStatus, shown) => {
    const chain = await startChain({
      server: { on: { DELETE: (_, response) => response.writeHead(status, headers).end(text) } },
    });
    const session = await openSession(chain);
    expect(await send(chain.url, "DELETE", session.headers)).toMatchObject({ status: shownStatus, text: shown });
    expect((await session.post(callBody(1, "echo"))).status).toBe(404);
  });

  test.each([405, 500])("goes on where the server answers %i", async (status) => {
    const chain = await startChain({
      server: { on: { DELETE: (_, response) => response.writeHead(status).end("no") } },
    });
    const session = await openSession(chain);
    expect(await send(chain.url, "DELETE", session.headers)).toMatchObject({ status, text: "no" });
    expect((await session.post(callBody(1, "echo"))).status).toBe(200);
  });

  test("goes on where the server can't be reached", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    await chain.server.stop();
    expect((await send(chain.url, "DELETE", session.headers)).status).toBe(502);
    expect((await session.post('{"jsonrpc":"2.0","id":1,"method":"ping"}')).status).toBe(200);
  });
});

describe("what was listed to a session", () => {
  test("is forgotten with it", async () => {
    const forgotten: string[] = [];
    const definitions: Definitions = {
      ...createDefinitions(60_000),
      forget: (session) => forgotten.push(session),
    };
    const chain = await startChain({ endpoint: { definitions } });
    const session = await openSession(chain);
    await session.call("echo");
    await send(chain.url, "DELETE", session.headers);
    expect(forgotten).toEqual([chain.sessions().at(-1)]);
  });
});

describe("a session that the server lost", () => {
  test("is told apart from a refusal where the gate asks for the tools itself: 404", async () => {
    let lost = false;
    const chain = await startChain({
      server: {
        on: {
          "tools/list": (received, response) => {
            if (lost) response.writeHead(404).end();
            else answerResult(received, response, pageOf(["echo"]));
          },
        },
      },
    });
    const session = await openSession(chain);
    lost = true;
    const answer = await session.post(callBody(1, "echo"));
    expect(answer.status).toBe(404);
    expect(parseMessage(answer.text)).toMatchObject({ error: { code: 1003 } });
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
    // without a session there is none to be lost: the call is refused like any that can't be completed
    expect(isToolError((await messagesOf(await post(chain.url, callBody(1, "echo"))))[0])).toBe(true);
  });
});

describe("opening sessions", () => {
  test("is capped, with the seconds to wait; open ones go on", async () => {
    const chain = await startChain({ newSessions: 2 });
    const [session] = [await openSession(chain), await openSession(chain)];
    const refused = await post(chain.url, INITIALIZE);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(parseMessage(refused.text)).toMatchObject({ id: null, error: { code: 1003 } });
    expect(chain.server.bodiesOf("initialize")).toHaveLength(2);
    expect(isToolError(await session.call("echo"))).toBe(false);
    expect((await post(chain.url, INITIALIZE, { "x-test-principal": "bob" })).status).toBe(200);
  });

  test("is capped for relays too, each of which has a session and buckets of its own", async () => {
    const chain = await startChain({ newSessions: 2 });
    const as = (last: number) => ({ "regate-stdio": RELAY.replace(/.$/, String(last)) });
    for (const last of [1, 2]) {
      for (const expected of [false, false, true]) {
        const [message] = await messagesOf(await post(chain.url, callBody(1, "limited"), as(last)));
        expect(isToolError(message)).toBe(expected);
      }
    }
    expect(chain.sessions().at(-1)).toBe(`stdio:${RELAY.replace(/.$/, "2")}`);
    expect((await post(chain.url, callBody(1, "limited"), as(3))).status).toBe(429);
    expect((await post(chain.url, callBody(1, "limited"), { "regate-stdio": "me" })).status).toBe(400);
    expect(chain.server.received.some(({ headers }) => "regate-stdio" in headers)).toBe(false);
  });
});
