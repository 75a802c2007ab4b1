// Who may have a call judged, and how each outcome is answered, over real HTTP.
import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Principal } from "../../src/gate/types.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { makeKey } from "../../src/http/bearer.ts";
import { createJudgeApi, type Judgement } from "../../src/http/judge-api.ts";
import type { CallToJudge } from "../../src/http/judge-request.ts";
import { listen } from "../../src/http/listen.ts";
import { send } from "../e2e/harness-wire.ts";
import { bench, CALL, decided } from "../gate/ports.ts";

const API_KEY = makeKey("rgk");
const KEYS = [{ name: "ann", sha256: createHash("sha256").update(API_KEY).digest("hex"), groups: ["agents"] }];
const AUTHORIZATION = { authorization: `Bearer ${API_KEY}` };
const BODY = '{"server":"s","tool":"t","arguments":{"n":1.0}}';

async function start(judge: () => Promise<Judgement>, keys = KEYS) {
  const asked: { readonly call: CallToJudge; readonly principal: Principal }[] = [];
  const api = createJudgeApi({
    authenticator: createAuthenticator(keys),
    judge(call, principal) {
      asked.push({ call, principal });
      return judge();
    },
    maxBodyBytes: 1_000,
    maxDepth: 16,
  });
  const server = await listen(api, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const ask = async (body: string, headers: Record<string, string> = AUTHORIZATION) => {
    const { status, headers: answered, text } = await send(`${server.url}/v1/judge`, "POST", headers, body);
    return { status, headers: answered, value: JSON.parse(text) };
  };
  return { url: `${server.url}/v1/judge`, ask, asked };
}

const judgedBy = (change: Parameters<typeof bench>[0]) => async (): Promise<Judgement> => ({
  kind: "judged",
  server: "s",
  verdict: await bench(change).gate.judge(CALL),
});

describe("a verdict", () => {
  test("that lets a call out says so, with the rules and their labels", async () => {
    const { ask, asked } = await start(judgedBy({ evaluate: () => decided({ labels: ["pii"] }) }));
    expect(await ask(BODY)).toMatchObject({
      status: 200,
      value: {
        action: "allow",
        reasons: [],
        rules: ["policy.s/few"],
        labels: ["pii"],
        decision_id: "decision-1",
        bundle_revision: "r1",
      },
    });
    expect(asked).toEqual([
      {
        call: { server: "s", tool: "t", args: { text: '{"n":1.0}', value: { n: 1 } } },
        principal: { id: "ann", groups: ["agents"], claims: {} },
      },
    ]);
  });

  test("that refuses is data and a paragraph, in HTTP 200", async () => {
    const deny = decided({ action: "deny", reasons: ["Never"] });
    const { ask } = await start(judgedBy({ evaluate: () => deny }));
    const { status, value } = await ask(BODY);
    expect(status).toBe(200);
    expect(value).toMatchObject({ action: "deny", reasons: ["Never"], decision_id: "decision-1" });
    expect(value.message).toMatch(/^Policy violation: t on s is denied\. Never\./);
  });

  test("of an observed server lets the call out, and says what would have become of it", async () => {
    const deny = decided({ action: "deny", reasons: ["Never"] });
    const verdict = bench({ evaluate: () => deny }).gate.judge({ ...CALL, observed: true });
    const { ask } = await start(async () => ({ kind: "judged", server: "s", verdict: await verdict }));
    const { value } = await ask(BODY);
    expect(value).toMatchObject({ action: "allow", observed: { action: "deny", reasons: ["Never"] } });
  });
});

describe("what is not judged", () => {
  test.each([
    [{ kind: "unknown_server" }, 404, /nothing is known of a server s/, undefined],
    [{ kind: "too_many_sessions", retryAfterSeconds: 5.5 }, 429, /too many new sessions/, "6"],
    [{ kind: "too_many_sessions", retryAfterSeconds: undefined }, 429, /too many new sessions/, "60"],
    [{ kind: "uncounted" }, 503, /can't be counted/, "5"],
  ] as const)("is answered by its status: %j", async (judgement, status, problem, retryAfter) => {
    const { ask } = await start(async () => judgement);
    const answer = await ask(BODY);
    expect(answer.status).toBe(status);
    expect(answer.value).toEqual({ problem: expect.stringMatching(problem), remedy: expect.stringMatching(/.+/) });
    expect(answer.headers["retry-after"]).toBe(retryAfter);
  });

  test.each([
    ["without a key", {}, 401],
    ["with another gate's key", { authorization: `Bearer ${makeKey("rgk")}` }, 401],
  ])("comes %s", async (_, headers, status) => {
    const { ask, asked } = await start(judgedBy({}));
    const answer = await ask(BODY, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    expect(answer.value).toMatchObject({ problem: expect.stringMatching(/key/) });
    expect(asked).toEqual([]);
  });

  test("came through a proxy to a gate that can't tell callers apart", async () => {
    const { ask, asked } = await start(judgedBy({}), []);
    expect((await ask(BODY, { "x-forwarded-for": "1.2.3.4" })).status).toBe(403);
    expect((await ask(BODY, {})).status).toBe(200);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ["too long", `{"server":"${"s".repeat(1_000)}"}`, {}, 413],
    ["of another type", BODY, { "content-type": "text/plain" }, 415],
    ["no call", "{}", {}, 400],
  ])("is %s", async (_, body, headers, status) => {
    const { ask, asked } = await start(judgedBy({}));
    const answer = await ask(body, { ...AUTHORIZATION, ...(headers as Record<string, string>) });
    expect(answer.status).toBe(status);
    expect(answer.value).toEqual({ problem: expect.any(String), remedy: expect.stringContaining("docs/") });
    expect(asked).toEqual([]);
  });

  test("is not POSTed", async () => {
    const { url } = await start(judgedBy({}));
    expect(await send(url, "GET", AUTHORIZATION)).toMatchObject({ status: 405, headers: { allow: "POST" } });
  });
});
