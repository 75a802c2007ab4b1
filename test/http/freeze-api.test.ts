// `POST /v1/freeze` over real HTTP: the operator's only, one form of body, and an answer that says what is frozen then.
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { createFreezes } from "../../src/freeze/freeze.ts";
import { createFreezeApi } from "../../src/http/freeze-api.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOperatorCheck } from "../../src/http/operator-check.ts";
import { send } from "../e2e/harness-wire.ts";

const KEY = "operator-key-of-the-freeze-tests";
const KEY_HEADER = { authorization: `Bearer ${KEY}` };

async function start() {
  const servers = new Map([["files", "filesystem"]]);
  const freezes = createFreezes({ store: new Map(), servers, unixMs: () => 0, log: () => {} });
  const operatorKey = openOperatorKey({ configured: KEY, store: new Map(), canShow: false }).key;
  const app = new Hono().route("/", createFreezeApi({ operator: createOperatorCheck(operatorKey), freezes }) as never);
  const server = await listen(app as never, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const ask = async (body: string, headers: Record<string, string> = KEY_HEADER) => {
    const { status, text } = await send(`${server.url}/v1/freeze`, "POST", headers, body);
    return { status, body: JSON.parse(text) };
  };
  return { ask, freezes, url: server.url };
}

describe("POST /v1/freeze", () => {
  test("freezes, and thaws, and says what is frozen", async () => {
    const { ask } = await start();
    const all = { what: "All calls", since: "1970-01-01T00:00:00.000Z", by: "operator" };
    expect(await ask("{}")).toEqual({ status: 200, body: { kind: "done", frozen: [all] } });
    const one = { ...all, what: "Calls of ann to filesystem", server: "filesystem", principal: "ann" };
    expect((await ask('{"server": "files", "principal": "ann"}')).body.frozen).toEqual([all, one]);
    expect((await ask('{"server": "files", "principal": "ann", "thaw": true}')).body.frozen).toHaveLength(1);
    await ask('{"principal": "bob"}');
    expect((await ask('{"thaw": true}')).body).toEqual({ kind: "done", frozen: [] });
  });

  test("says in one sentence what it did not do", async () => {
    const { ask, freezes } = await start();
    expect(await ask('{"server": "nope"}')).toEqual({
      status: 200,
      body: { kind: "refused", problem: "no server of this name; this gate has files" },
    });
    expect((await ask('{"server": "files", "thaw": true}')).body).toMatchObject({ kind: "refused" });
    expect(freezes.list()).toEqual([]);
  });

  test.each(["", "[]", "null", "{", '{"sever": "files"}', '{"server": 1}', '{"thaw": "yes"}'])(
    "refuses the body %j",
    async (body) => {
      const { ask, freezes } = await start();
      expect(await ask(body)).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringContaining("the body must be") } },
      });
      expect(freezes.list()).toEqual([]);
    },
  );

  test("refuses ten megabytes, another type and another method", async () => {
    const { ask, url, freezes } = await start();
    expect((await ask(`{"principal": "${"p".repeat(10 * 2 ** 20)}"}`)).status).toBe(413);
    expect((await ask("{}", { ...KEY_HEADER, "content-type": "text/plain" })).status).toBe(415);
    expect((await send(`${url}/v1/freeze`, "GET", KEY_HEADER)).status).toBe(405);
    expect(freezes.list()).toEqual([]);
  });

  test("is the operator's only", async () => {
    const { ask, freezes } = await start();
    for (const headers of [{}, { authorization: "Bearer x" }] as Record<string, string>[]) {
      expect((await ask("{}", headers)).status).toBe(401);
    }
    expect(freezes.list()).toEqual([]);
  });
});
