// The operator's routes to approvals, over real HTTP on a real desk: who may use them, and what they take.
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { createApprovals } from "../../src/approvals/approvals.ts";
import { createFreezes } from "../../src/freeze/freeze.ts";
import { type AppParts, createApp } from "../../src/http/app.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { makeKey } from "../../src/http/bearer.ts";
import { createLateApp } from "../../src/http/late-app.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOperatorCheck } from "../../src/http/operator-check.ts";
import { createOriginCheck } from "../../src/http/origin.ts";
import { MemoryStore, QUESTION } from "../approvals/support.ts";
import { NO_CONNECTIONS } from "../credentials/sign-in-support.ts";
import { send } from "../e2e/harness-wire.ts";

const OPERATOR_KEY = "operator-key-of-the-tests";
const API_KEY = makeKey("rgk");
const AS_OPERATOR = { authorization: `Bearer ${OPERATOR_KEY}` };

async function start() {
  const address = { host: "127.0.0.1", port: 0 };
  let ids = 0;
  const store = new MemoryStore();
  const desk = createApprovals({
    store,
    unixMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: () => `approval-${++ids}`,
    fourEyes: true,
    revision: () => "r1",
    hasApprover: () => true,
    urlOf: () => undefined,
    announce: undefined,
    onProblem: () => {},
  });
  onTestFinished(() => desk.close());
  const notExpected = () => {
    throw new Error("not expected");
  };
  const parts: AppParts = {
    instance: "instance-1",
    all: () => Promise.reject(new Error("nobody asks for all servers here")),
    endpoints: new Map(),
    originCheck: createOriginCheck({ listen: address, allowedHosts: [], allowedOrigins: [] }),
    authenticator: createAuthenticator([
      { name: "ann", sha256: createHash("sha256").update(API_KEY).digest("hex"), groups: [] },
    ]),
    operator: createOperatorCheck(openOperatorKey({ configured: OPERATOR_KEY, store: new Map(), canShow: false }).key),
    freezes: createFreezes({ store: new Map(), servers: new Map(), unixMs: () => 0, log: () => {} }),
    reload: notExpected,
    status: notExpected,
    documents: notExpected,
    provenance: notExpected,
    judge: notExpected,
    approvals: desk,
    connections: NO_CONNECTIONS,
    maxBodyBytes: 1_024,
    maxDepth: 16,
    notReady: () => undefined,
    console: new Hono(),
    metrics: new Hono(),
    prove: () => undefined,
    log: () => {},
  };
  const app = createLateApp(parts, async () => createApp(parts));
  const server = await listen(app, address);
  onTestFinished(() => server.close());
  const url = `${server.url}/v1/approvals`;
  const get = (path = "", headers: Record<string, string> = AS_OPERATOR) => send(`${url}${path}`, "GET", headers);
  const act = (path: string, body: string, headers: Record<string, string> = AS_OPERATOR) =>
    send(`${url}${path}`, "POST", headers, body);
  const ask = (argsText = "{}") => desk.ask({ ...QUESTION, argsText }, undefined);
  return { desk, store, get, act, ask };
}

describe("the routes of approvals", () => {
  test("list what there is, all of it or of one state", async () => {
    const { desk, get, ask } = await start();
    expect(JSON.parse((await get()).text)).toEqual({ approvals: [] });
    await ask("[1]");
    await ask("[2]");
    void desk.deny("approval-1", "operator", "no");
    expect(JSON.parse((await get()).text).approvals).toMatchObject([
      { id: "approval-2", state: "pending", argsText: "[2]", principal: "ann" },
      { id: "approval-1", state: "denied", decided: { by: "operator", reason: "no" } },
    ]);
    expect(JSON.parse((await get("?state=denied")).text).approvals).toHaveLength(1);
    expect(JSON.parse((await get("/approval-2")).text)).toMatchObject({ id: "approval-2", tool: QUESTION.tool });
  });

  test("approve once, or for some minutes", async () => {
    const { act, ask } = await start();
    await ask("[1]");
    await ask("[2]");
    const once = await act("/approval-1/approve", "{}");
    expect(once.status).toBe(200);
    expect(JSON.parse(once.text)).toMatchObject({ id: "approval-1", state: "approved", decided: { by: "operator" } });
    const granted = await act("/approval-2/approve", '{"minutes":10}');
    expect(JSON.parse(granted.text)).toMatchObject({ decided: { grantMinutes: 10 } });
  });

  test("take no body at all for an approval", async () => {
    const { act, ask, desk } = await start();
    await ask();
    expect((await act("/approval-1/approve", "", { ...AS_OPERATOR, "content-type": "" })).status).toBe(200);
    expect(desk.find("approval-1")?.state).toBe("approved");
  });

  test("deny with a reason", async () => {
    const { act, ask, desk } = await start();
    await ask();
    expect((await act("/approval-1/deny", '{"reason":"not today"}')).status).toBe(200);
    expect(desk.find("approval-1")).toMatchObject({
      state: "denied",
      decided: { by: "operator", reason: "not today" },
    });
  });

  test("say what is wrong with a second answer: 409", async () => {
    const { act, ask } = await start();
    await ask();
    await act("/approval-1/approve", "{}");
    const second = await act("/approval-1/deny", '{"reason":"no"}');
    expect(second.status).toBe(409);
    expect(JSON.parse(second.text)).toEqual({
      problem: "it was approved already, by operator",
      remedy: "its call may go out once",
    });
  });

  test("decide nothing that can't be written down, and say so: 503", async () => {
    const { act, ask, desk, store } = await start();
    await ask();
    store.full = true;
    for (const [path, body] of [
      ["/approval-1/approve", "{}"],
      ["/approval-1/deny", '{"reason":"no"}'],
    ] as const) {
      const answer = await act(path, body);
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.text)).toEqual({
        problem: "it could not be written down, so nothing was decided: no space left",
        remedy: "see to the disk with the gate's state folder, then decide again",
      });
    }
    expect(desk.find("approval-1")?.state).toBe("pending");
    store.full = false;
    expect((await act("/approval-1/approve", "{}")).status).toBe(200);
  });

  test("let one of two answers at once count", async () => {
    const { act, ask } = await start();
    await ask();
    const answers = await Promise.all([
      act("/approval-1/approve", "{}"),
      act("/approval-1/approve", "{}"),
      act("/approval-1/deny", '{"reason":"no"}'),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  });

  test("know no other request: 404", async () => {
    const { get, act } = await start();
    for (const answer of [
      await get("/nope"),
      await act("/nope/approve", "{}"),
      await act("/nope/deny", '{"reason":"no"}'),
    ]) {
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text).problem).toBe("there is no request for approval of this id");
    }
  });

  test.each([
    ["?state=open", undefined, 400, "there is no such state"],
    ["/approval-1/approve", '{"minutes":0}', 409, "can't be granted for so long"],
    ["/approval-1/approve", '{"minutes":"5"}', 400, "not what is expected"],
    ["/approval-1/approve", '{"for":5}', 400, "not what is expected"],
    ["/approval-1/approve", "[", 400, "not what is expected"],
    ["/approval-1/deny", "{}", 400, "not what is expected"],
    ["/approval-1/deny", '{"reason":" "}', 409, "can't be denied for this reason"],
    ["/approval-1/deny", JSON.stringify({ reason: "x".repeat(20_000) }), 413, "longer than 16384 bytes"],
  ])("refuse %s with %s: %d", async (path, body, status, problem) => {
    const { get, act, ask, desk } = await start();
    await ask();
    const answer = body === undefined ? await get(path) : await act(path, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({
      problem: expect.stringContaining(problem),
      remedy: expect.stringMatching(/./),
    });
    expect(desk.find("approval-1")?.state).toBe("pending");
  });

  test.each([[{}], [{ authorization: `Bearer ${API_KEY}` }], [{ authorization: "Bearer wrong" }]])(
    "are closed to who has not the operator key: %j",
    async (headers) => {
      const { get, act, ask, desk } = await start();
      await ask();
      const answers = [
        await get("", headers),
        await get("/approval-1", headers),
        await act("/approval-1/approve", "{}", headers),
        await act("/approval-1/deny", '{"reason":"no"}', headers),
      ];
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
      expect(answers.map(({ text }) => text).join()).not.toContain(QUESTION.tool);
      expect(desk.find("approval-1")?.state).toBe("pending");
    },
  );
});
