// A server that no longer takes the gate's credentials: the very call that it refused goes out once more where there are others,
// and is judged and paid for once. Nothing else is sent twice.
import { describe, expect, test } from "vitest";
import type { CredentialHeaders, Credentials } from "../../src/mcp/upstream.ts";
import { callBody, parseMessage, post, textOf } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { answerResult, type Script } from "./chain/scripted-server.ts";

const named = (name: string): CredentialHeaders => ({ Authorization: `Bearer ${name}` });

/** Each renewal gives the next name; `left` says how many there are. */
function renewing(left: number) {
  const refused: (string | undefined)[] = [];
  let number = 1;
  const credentials: Credentials = {
    headers: () => named(`own-${number}`),
    async renew(given) {
      refused.push(given.Authorization);
      if (refused.length > left) return undefined;
      number += 1;
      return named(`own-${number}`);
    },
  };
  return { credentials, refused };
}

/** Lets in who has one of these. */
const door =
  (...right: string[]): Script =>
  (received, response) => {
    if (right.some((name) => received.headers.authorization === `Bearer ${name}`))
      answerResult(received, response, "{}");
    else response.writeHead(401, { "www-authenticate": "Bearer" }).end("x".repeat(100_000));
  };

describe("a call that the server answers with 401", () => {
  test("goes out again with other credentials, byte for byte, and is judged and paid for once", async () => {
    const { credentials, refused } = renewing(1);
    const chain = await startChain({ server: { calls: { limited: door("own-2") } }, upstream: { credentials } });
    const session = await openSession(chain);
    const answer = await session.post(callBody("c", "limited", { n: 1 }));
    expect(parseMessage(answer.text)).toMatchObject({ id: "c", result: {} });
    expect(refused).toEqual(["Bearer own-1"]);
    const [first, second, ...more] = chain.server.bodiesOf("tools/call");
    expect(first).toBe(callBody("c", "limited", { n: 1 }));
    expect([second, more]).toEqual([first, []]);
    expect(chain.judged.filter(({ call }) => call.tool === "limited")).toHaveLength(1);
    expect(chain.taken()).toBe(1);
  });

  test.each([
    [0, 1],
    [5, 2],
  ])("is an error where there are no others, or those are refused too: %i renewals", async (left, sent) => {
    const chain = await startChain({
      server: { calls: { limited: door() } },
      upstream: { credentials: renewing(left).credentials },
    });
    const session = await openSession(chain);
    const answer = await session.post(callBody("c", "limited"));
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty("www-authenticate");
    expect(parseMessage(answer.text).error?.message).toBe(
      "The server scripted failed: it does not take the gate's credentials (401)",
    );
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(sent);
    expect(chain.taken()).toBe(1);
  });

  test.each([
    ["other", 1, { result: {} }],
    ["no other", 0, { error: { message: expect.stringContaining("does not take the gate's credentials (401)") } }],
  ])("by a server that hangs up then: %s credentials", async (_, left, expected) => {
    let hungUp = (): void => {};
    const down = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const { credentials } = renewing(left);
    const chain = await startChain({
      server: {
        calls: {
          echo(received, response) {
            if (received.headers.authorization === "Bearer own-2") return answerResult(received, response, "{}");
            response.writeHead(401, { "content-length": "100" }).flushHeaders();
            response.once("close", hungUp);
            setImmediate(() => response.socket?.resetAndDestroy());
          },
        },
      },
      upstream: {
        credentials: {
          ...credentials,
          async renew(refused) {
            await down;
            // the gate has heard of it by then: another exchange with the same server came after
            await fetch(chain.server.url, { method: "POST", body: "{}" });
            return credentials.renew?.(refused);
          },
        },
      },
    });
    const session = await openSession(chain);
    expect(parseMessage((await session.post(callBody("c", "echo"))).text)).toMatchObject({ id: "c", ...expected });
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(1 + left);
  });

  test("is not sent again after its client has left", async () => {
    const gone: { leave?: () => void; renewed?: () => void } = {};
    const left = new Promise<void>((resolve) => {
      gone.leave = resolve;
    });
    const renewed = new Promise<void>((resolve) => {
      gone.renewed = resolve;
    });
    const abort = new AbortController();
    const chain = await startChain({
      server: { calls: { echo: door("own-2") } },
      upstream: {
        credentials: {
          headers: () => named("own-1"),
          async renew() {
            abort.abort();
            await left;
            queueMicrotask(() => gone.renewed?.());
            return named("own-2");
          },
        },
      },
      onExchange: (outgoing) => outgoing.once("close", () => abort.signal.aborted && gone.leave?.()),
    });
    const session = await openSession(chain);
    const request = { method: "POST", headers: { ...session.headers, "content-type": "application/json" } };
    const accept = { accept: "application/json, text/event-stream" };
    const asked = fetch(chain.url, {
      ...request,
      headers: { ...request.headers, ...accept },
      body: callBody("c", "echo"),
      signal: abort.signal,
    });
    await expect(asked).rejects.toThrow();
    await renewed;
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(1);
  });
});

describe("a call that is frozen while it waits for credentials", () => {
  const WHY = "All calls are frozen by an operator";
  async function startFreezing(credentials: (freeze: () => void) => Credentials, door_: Script) {
    let frozen: string | undefined;
    const chain = await startChain({
      ports: { frozen: ({ method }) => (method === "tools/call" ? frozen : undefined) },
      server: { calls: { limited: door_ } },
      upstream: { credentials: credentials(() => (frozen = WHY)) },
    });
    const session = await openSession(chain);
    await post(chain.url, '{"jsonrpc":"2.0","id":0,"method":"tools/list"}', session.headers);
    const answer = await session.post(callBody("c", "limited"));
    return { chain, answer: parseMessage(answer.text) };
  }
  const REFUSED = {
    id: "c",
    result: { isError: true, _meta: { "regate/decision": { action: "deny", decision_id: expect.any(String) } } },
  };

  test("does not go out, and its token goes back", async () => {
    let asked = 0;
    const { chain, answer } = await startFreezing(
      (freeze) => ({
        async headers() {
          asked += 1;
          // the first are for the session and its list
          if (asked > 2) freeze();
          return named("own-1");
        },
      }),
      door("own-1"),
    );
    expect(answer).toMatchObject(REFUSED);
    expect(textOf(answer)).toContain(`limited on test.server was not called. ${WHY}`);
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
    expect(chain.taken()).toBe(0);
    expect(chain.log.join("\n")).toContain("a call was frozen before it went out");
  });

  test("does not go out again, and is told so", async () => {
    const { chain, answer } = await startFreezing(
      (freeze) => ({
        headers: () => named("own-1"),
        async renew() {
          freeze();
          return named("own-2");
        },
      }),
      door("own-2"),
    );
    expect(answer).toMatchObject(REFUSED);
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(1);
    expect(chain.taken()).toBe(1);
  });
});

test("credentials that can't be had: nothing is sent, the call is one error, and its token goes back", async () => {
  const state = { isAway: false };
  const chain = await startChain({
    upstream: {
      credentials: {
        headers: () => (state.isAway ? Promise.reject(new Error("SECRET is wrong")) : Promise.resolve(named("own-1"))),
      },
    },
  });
  const session = await openSession(chain);
  await session.call("limited");
  state.isAway = true;
  const before = chain.server.received.length;
  const answer = await post(chain.url, callBody("c", "limited"), session.headers);
  expect(parseMessage(answer.text).error?.message).toBe(
    "The server scripted failed: the gate's credentials for it can't be had",
  );
  expect(chain.server.received).toHaveLength(before);
  expect(chain.taken()).toBe(1);
  expect(chain.log.join("\n")).not.toContain("SECRET");
});
