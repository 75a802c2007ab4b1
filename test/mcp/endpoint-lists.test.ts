// tools/list through the chain, and which definition a call is judged by: the one that was last listed to its session.
import { describe, expect, test } from "vitest";
import type { Judged } from "../../src/gate/gate.ts";
import { callBody, isToolError, parseMessage, post } from "../e2e/harness-wire.ts";
import { startChain, usualPolicy } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { definitionOf, pageOf } from "./chain/mcp-script.ts";
import { answerResult, beginEvents, type Script } from "./chain/scripted-server.ts";

const LIST = (cursor?: string) =>
  JSON.stringify({
    jsonrpc: "2.0",
    id: "l",
    method: "tools/list",
    ...(cursor !== undefined && { params: { cursor } }),
  });

describe("tools/list", () => {
  test("comes page by page with its cursors, each without its hidden tools, and no other byte changed", async () => {
    const pages = [pageOf(["echo", "denied"], "page-1"), pageOf(["denied"], "page-2"), pageOf(["limited"])];
    const shown = [pageOf(["echo"], "page-1"), pageOf([], "page-2"), pageOf(["limited"])];
    const chain = await startChain({ server: { pages } });
    for (const [page, cursor] of [undefined, "page-1", "page-2"].entries()) {
      expect((await post(chain.url, LIST(cursor))).text).toBe(`{"jsonrpc":"2.0","id":"l","result":${shown[page]}}`);
    }
    expect(chain.server.bodiesOf("tools/list")).toEqual([LIST(), LIST("page-1"), LIST("page-2")]);
  });

  test("keeps what a definition holds, and makes a list that may differ by reader private", async () => {
    const tool = `{ "name":"echo","inputSchema":{"$schema":"s","$defs":{"n":{"maximum":9007199254740993}},"x-mcp-header":"R"},"x":null }`;
    const list = (scope: string) => `{"ttlMs":60000,"tools":[${tool}],"cacheScope":"${scope}","_meta":{"n":1.0}}`;
    const chain = await startChain({ server: { pages: [list("public")] } });
    expect((await post(chain.url, LIST())).text).toBe(`{"jsonrpc":"2.0","id":"l","result":${list("private")}}`);
  });

  test("hides every tool where the policy fails to judge", async () => {
    let isBroken = false;
    const chain = await startChain({
      policy(call) {
        if (isBroken && call.tool !== undefined) throw new Error("broken");
        return usualPolicy(call);
      },
    });
    expect((await post(chain.url, LIST())).text).toContain("echo");
    isBroken = true;
    expect(parseMessage((await post(chain.url, LIST())).text).result).toEqual({ tools: [] });
  });

  test("is refused like any method where the policy denies it", async () => {
    const chain = await startChain({ policy: ({ method }) => (method === "tools/list" ? { action: "deny" } : {}) });
    expect(parseMessage((await post(chain.url, LIST())).text)).toMatchObject({ id: "l", error: { code: 1001 } });
    expect(chain.server.received).toEqual([]);
  });
});

describe("a call", () => {
  test("is judged by the definition that its client was listed, without another listing", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    await session.post(LIST());
    await session.call("echo");
    await session.call("denied");
    expect(chain.server.bodiesOf("tools/list")).toEqual([LIST()]);
    const [echo, denied] = chain.judged.slice(-2).map(({ call }) => call.definition?.sha256);
    expect(echo).toMatch(/^[0-9a-f]{64}$/);
    expect(denied).toMatch(/^[0-9a-f]{64}$/);
    expect(echo).not.toBe(denied);
  });

  test("of a client that never listed is judged after the gate has listed, page by page, once", async () => {
    const pages = [pageOf(["echo"], "page-1"), pageOf(["limited"])];
    const chain = await startChain({ server: { pages } });
    const session = await openSession(chain);
    await Promise.all([session.call("limited"), session.call("echo"), session.call("nowhere")]);
    expect(chain.server.bodiesOf("tools/list")).toHaveLength(2);
    const calls = chain.judged.map(({ call }) => call).filter(({ tool }) => tool !== undefined);
    expect(Object.fromEntries(calls.map(({ tool, definition }) => [tool, definition !== undefined]))).toEqual({
      limited: true,
      echo: true,
      nowhere: false,
    });
  });

  test("is judged by the new definition after the server said that the list has changed", async () => {
    let version = 1;
    const lists: Script = (received, response) =>
      answerResult(received, response, `{"tools":[${definitionOf("echo").replace("Does", `Does ${version}`)}]}`);
    const changes: Script = ({ message }, response) => {
      version += 1;
      beginEvents(response).end(
        `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\ndata: {"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{}}\n\n`,
      );
    };
    const chain = await startChain({ server: { on: { "tools/list": lists }, calls: { changes } } });
    const [session, other] = [await openSession(chain), await openSession(chain)];
    for (const one of [other, session]) await one.call("echo");
    await session.call("changes");
    for (const one of [other, session]) await one.call("echo");
    const hashes = chain.judged.filter(({ call }) => call.tool === "echo").map(({ call }) => call.definition?.sha256);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).toBe(hashes[0]);
    expect(hashes[3]).not.toBe(hashes[0]);
  });

  /** A server whose tool `changes` makes `echo` another tool, and says so. */
  function changing(onList: () => Promise<void> = async () => {}) {
    let version = 1;
    const lists: Script = async (received, response) => {
      const text = `{"tools":[${definitionOf("limited").replace("Does", `Does ${version}`)}]}`;
      await onList();
      answerResult(received, response, text);
    };
    const changes: Script = ({ message }, response) => {
      version += 1;
      beginEvents(response).end(
        `data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\ndata: {"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{}}\n\n`,
      );
    };
    return { on: { "tools/list": lists }, calls: { changes } };
  }

  test("is judged again where its tool becomes another one while it is judged, and takes its tokens once", async () => {
    const waiting: (() => Promise<void>)[] = [];
    const judged: Judged[] = [];
    const chain = await startChain({
      server: changing(),
      ports: {
        async record(one) {
          judged.push(one);
          if (one.call.tool === "limited") await waiting.shift()?.();
        },
      },
    });
    const session = await openSession(chain);
    waiting.push(async () => void (await session.call("changes")));
    expect(isToolError(await session.call("limited"))).toBe(false);
    const hashes = judged.filter(({ call }) => call.tool === "limited").map(({ call }) => call.definition?.sha256);
    expect(new Set(hashes).size).toBe(2);
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(2);
    expect(chain.taken()).toBe(1);
  });

  test("is refused where that happens each time", async () => {
    const judged: Judged[] = [];
    const chain = await startChain({
      server: changing(),
      ports: {
        async record(one) {
          judged.push(one);
          if (one.call.tool === "limited") await session.call("changes");
        },
      },
    });
    const session = await openSession(chain);
    expect(JSON.stringify(await session.call("limited"))).toContain("the complete step failed");
    expect(judged.findLast(({ call }) => call.tool === "limited")?.verdict).toMatchObject({
      problem: "the tool's definition changed while the call was judged",
    });
    expect(chain.server.bodiesOf("tools/call").filter((body) => body.includes("limited"))).toEqual([]);
    expect(chain.taken()).toBe(0);
  });

  test("is not judged by a list that was asked for before the list changed, and came after it", async () => {
    let release = (): void => {};
    const held: (() => Promise<void>)[] = [() => new Promise<void>((resolve) => (release = resolve))];
    const chain = await startChain({ server: changing(async () => held.shift()?.()) });
    const session = await openSession(chain);
    const listing = session.post(LIST());
    await expect.poll(() => chain.server.bodiesOf("tools/list").length).toBe(1);
    await session.post(callBody("c", "changes", {}));
    release();
    expect((await listing).text).toContain("Does 1");
    await session.call("limited");
    expect(chain.judged.at(-1)?.call.definition?.text).toContain("Does 2");
  });

  test("is judged as of an unknown tool where the server has no tools/list", async () => {
    const none: Script = ({ message }, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"jsonrpc":"2.0","id":"${message.id}","error":{"code":-32601,"message":"Method not found"}}`);
    };
    const chain = await startChain({ server: { on: { "tools/list": none } } });
    expect(isToolError(await (await openSession(chain)).call("echo"))).toBe(false);
    expect(chain.judged.at(-1)?.call).not.toHaveProperty("definition");
  });

  test("is refused where the server's pages never end", async () => {
    const chain = await startChain({ server: { pages: [pageOf(["a"], "page-1"), pageOf(["b"], "page-0")] } });
    const refused = await (await openSession(chain)).call("echo");
    expect(JSON.stringify(refused)).toContain("the complete step failed");
    expect(chain.judged.at(-1)?.verdict).toMatchObject({ problem: expect.stringContaining("repeats a cursor") });
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });

  test("is refused where the server's list has two content types", async () => {
    const lists: Script = ({ message }, response) => {
      response.writeHead(200, { "content-type": ["application/json", "text/event-stream"] });
      response.end(`{"jsonrpc":"2.0","id":"${message.id}","result":${pageOf(["echo"])}}`);
    };
    const chain = await startChain({ server: { on: { "tools/list": lists } } });
    await (await openSession(chain)).call("echo");
    expect(chain.judged.at(-1)?.verdict).toMatchObject({ problem: expect.stringContaining("two content types") });
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });

  test("in a session that was ended and begun again is judged by a new listing", async () => {
    const chain = await startChain();
    for (let count = 0; count < 2; count += 1) await (await openSession(chain)).call("echo");
    expect(chain.server.bodiesOf("tools/list")).toHaveLength(2);
  });
});
