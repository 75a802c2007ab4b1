// More requests at a time than may be: one more is refused and recorded, and every request leaves its place, however it ends.
import { describe, expect, test } from "vitest";
import type { ApprovalNote } from "../../src/gate/types.ts";
import { callBody, isToolError, messagesOf, post, textOf } from "../e2e/harness-wire.ts";
import { type ChainOptions, startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { sendRaw, signal } from "./chain/raw.ts";
import { answerResult, beginEvents, type Script } from "./chain/scripted-server.ts";

/** A chain with a tool `slow` that is answered when the test says so, at most two calls of a session and three of all at a time. */
async function startCapped(options: Omit<ChainOptions, "server"> & { readonly calls?: Record<string, Script> } = {}) {
  const waiting: (() => void)[] = [];
  const slow: Script = (received, response) => {
    waiting.push(() => answerResult(received, response, '{"content":[]}'));
  };
  const chain = await startChain({
    ...options,
    server: { calls: { slow, ...options.calls } },
    endpoint: { inFlight: { perSession: 2, perServer: 3 } },
  });
  /** `count` calls of `slow` that have reached the server. */
  const occupy = async (session: Awaited<ReturnType<typeof openSession>>, count: number) => {
    const before = waiting.length;
    const answers = Array.from({ length: count }, (_, at) => session.post(callBody(`slow-${at}`, "slow")));
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(before + count);
    return async () => {
      for (const answer of waiting.splice(before)) answer();
      return await Promise.all(answers);
    };
  };
  return { chain, occupy };
}

describe("requests under way at a time", () => {
  test("are capped in each session: one more is a tool error, on record, and other sessions go on", async () => {
    const { chain, occupy } = await startCapped();
    const [session, other] = [await openSession(chain), await openSession(chain)];
    const release = await occupy(session, 2);
    const refused = await session.call("echo");
    expect(isToolError(refused)).toBe(true);
    expect(textOf(refused)).toMatch(/^Rate limit: echo on test\.server was not called, for 2 requests are under way/);
    expect(refused.result?._meta).toMatchObject({ "regate/decision": { action: "rate_limit", rules: [] } });
    const listing = await messagesOf(await session.post('{"jsonrpc":"2.0","id":9,"method":"tools/list"}'));
    expect(listing).toMatchObject([{ id: 9, error: { code: 1001 } }]);
    expect(isToolError(await other.call("echo"))).toBe(false);
    for (const { status } of await release()) expect(status).toBe(200);
    expect(isToolError(await session.call("echo"))).toBe(false);
    expect(
      chain.judged.map(({ verdict }) => verdict.kind).filter((kind) => kind === "too_many_in_flight"),
    ).toHaveLength(2);
    expect(chain.server.bodiesOf("tools/call").filter((body) => body.includes('"echo"'))).toHaveLength(2);
  });

  test("are capped at each server, over all sessions", async () => {
    const { chain, occupy } = await startCapped();
    const [first, second] = [await openSession(chain), await openSession(chain)];
    const releases = [await occupy(first, 2), await occupy(second, 1)];
    expect(textOf(await second.call("echo"))).toContain("for 3 requests are under way at test.server");
    await Promise.all(releases.map((release) => release()));
    expect(isToolError(await second.call("echo"))).toBe(false);
  });

  test("do not count what opens a session, or asks whether one is there", async () => {
    const { chain, occupy } = await startCapped();
    const session = await openSession(chain);
    const release = await occupy(session, 2);
    const ping = await messagesOf(await session.post('{"jsonrpc":"2.0","id":3,"method":"ping"}'));
    expect(ping).toMatchObject([{ id: 3, result: {} }]);
    await openSession(chain);
    await release();
  });

  test("leave their places however they end: refused, broken off, abandoned, malformed, in the middle of a stream", async () => {
    const begun = signal();
    const { chain, occupy } = await startCapped({
      calls: {
        breaks: (_, response) => response.destroy(),
        "half-a-stream": (_, response) => void beginEvents(response).write(": x\n\n", () => response.destroy()),
        nonsense: (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("no"),
        hangs: () => begun.fire(),
      },
    });
    const session = await openSession(chain);
    for (let round = 0; round < 3; round += 1) {
      for (const tool of ["denied", "asked", "breaks", "half-a-stream", "nonsense"]) await session.call(tool);
      await session.post('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":""}}');
      await session.post("{");
    }
    const id = `Mcp-Session-Id: ${session.id}\r\n`;
    const leaving = [1, 2].map((call) => sendRaw(chain, callBody(call, "hangs"), "POST", id));
    await begun.fired;
    await expect.poll(async () => textOf(await session.call("echo")), { timeout: 20_000 }).toContain("under way");
    for (const socket of leaving) socket.destroy();
    await expect.poll(async () => isToolError(await session.call("echo")), { timeout: 20_000 }).toBe(false);
    // exactly as many places as at first
    const release = await occupy(session, 2);
    expect(isToolError(await session.call("echo"))).toBe(true);
    await release();
  });

  test("hold a place in their session while they wait for a person, and none at the server", async () => {
    const note: ApprovalNote = {
      id: "approval-1",
      state: "pending",
      askedUnixMs: 0,
      decided: undefined,
      byGrant: false,
      waitedMs: 0,
      leftSeconds: 300,
      url: undefined,
    };
    const [asked, decide] = [signal(), signal()];
    const { chain, occupy } = await startCapped({
      ports: {
        async approve(_call, _asking, waiter) {
          waiter?.held(note, 25, () => {});
          asked.fire();
          await decide.fired;
          return { kind: "approved", note: { ...note, state: "approved" } };
        },
      },
    });
    const [session, other, third] = [await openSession(chain), await openSession(chain), await openSession(chain)];
    const held = session.post(callBody("held", "asked"));
    await asked.fired;
    const releases = [await occupy(session, 1), await occupy(other, 1)];
    expect(textOf(await session.call("echo"))).toContain("in this session");
    // two are at the server, and one waits for a person: there is room for one more
    expect(isToolError(await third.call("echo"))).toBe(false);
    releases.push(await occupy(third, 1));
    expect(textOf(await other.call("echo"))).toContain("at test.server");
    decide.fire();
    expect((await held).status).toBe(200);
    await Promise.all(releases.map((release) => release()));
    await (await occupy(session, 2))();
    expect(isToolError(await third.call("echo"))).toBe(false);
  });

  test("over the cap on a server that is observed go out, and are on record", async () => {
    const waiting: (() => void)[] = [];
    const slow: Script = (received, response) => void waiting.push(() => answerResult(received, response, "{}"));
    const chain = await startChain({
      server: { calls: { slow } },
      endpoint: { inFlight: { perSession: 1, perServer: 1 }, mode: "observe" },
    });
    const first = post(chain.url, callBody(1, "slow"));
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(1);
    const [second] = await messagesOf(await post(chain.url, callBody(2, "echo")));
    expect(isToolError(second)).toBe(false);
    expect(chain.judged.at(-1)?.verdict).toMatchObject({ kind: "forward", instead: { kind: "too_many_in_flight" } });
    waiting[0]?.();
    await first;
  });
});
