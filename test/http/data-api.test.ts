// OPA's data API, over real HTTP: what is asked reaches the policy as it is written, and errors have OPA's form.
import { describe, expect, onTestFinished, test } from "vitest";
import type { Decision } from "../../src/gate/types.ts";
import { type Asked, createDataApi } from "../../src/http/data-api.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOperatorCheck } from "../../src/http/operator-check.ts";
import { send } from "../e2e/harness-wire.ts";
import { decided } from "../gate/ports.ts";

const KEY = "operator-key-of-the-data-api";
const AUTHORIZATION = { authorization: `Bearer ${KEY}` };
const DECISION: Decision = (() => {
  const evaluation = decided();
  if (evaluation.kind === "failed") throw new Error("decided");
  return evaluation.decision;
})();

async function startApi(asked: Asked = { kind: "decided", id: "id-1", decision: DECISION }) {
  const texts: string[] = [];
  const api = createDataApi({
    operator: createOperatorCheck(openOperatorKey({ configured: KEY, store: new Map(), canShow: false }).key),
    ask: async (text) => {
      texts.push(text);
      return asked;
    },
    maxBodyBytes: 1_000,
    maxDepth: 16,
  });
  const server = await listen(api, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const url = `${server.url}/v1/data/regate/decision`;
  const ask = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    send(url, "POST", { ...AUTHORIZATION, ...headers }, body);
  return { url, base: server.url, texts, ask };
}

describe("a question to the policy", () => {
  test("is answered with the decision and its id, in OPA's form", async () => {
    const { ask, texts } = await startApi();
    const answer = await ask('{"input": {"server": "files"}}');
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
    expect(JSON.parse(answer.text)).toEqual({ decision_id: "id-1", result: DECISION });
    expect(texts).toEqual(['{"server": "files"}']);
  });

  test.each([
    '{"args":{"n":9007199254740993,"f":100.0000000000000001,"e":6.0E+1,"b":1e400}}',
    '{ "args" : { "s":"\\u00e9 \\ud83d\\ude00", "__proto__": 1 } }',
    "[1,2]",
  ])("is judged as it is written: %s", async (inputText) => {
    const { ask, texts } = await startApi();
    expect((await ask(`{"input": ${inputText} }`)).status).toBe(200);
    expect(texts).toEqual([inputText]);
  });

  test("is refused where its input is none", async () => {
    const { ask } = await startApi({ kind: "refused", problem: "server is missing" });
    expect(await ask('{"input": {}}')).toMatchObject({
      status: 400,
      text: '{"code":"invalid_parameter","message":"input: server is missing"}',
    });
  });

  test("is an internal error where the policy comes to no decision", async () => {
    const { ask } = await startApi({ kind: "failed", problem: "out of fuel" });
    expect(await ask('{"input": {}}')).toMatchObject({
      status: 500,
      text: '{"code":"internal_error","message":"out of fuel"}',
    });
  });
});

describe("a body that is no question is refused before the policy sees anything", () => {
  test.each([
    ["nothing", "", /a JSON value is expected|ends too early/],
    ["no JSON", "{", /key in quotes/],
    ["two values", '{"input":1}{}', /something follows/],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), /not UTF-8/],
    ["a byte order mark", '\ufeff{"input":{}}', /JSON value is expected/],
    ["an array", "[]", /must be \{"input": \.\.\.\} and nothing else/],
    ["no input", "{}", /must be \{"input": \.\.\.\} and nothing else/],
    ["another field", '{"input":{},"inptu":{}}', /must be \{"input": \.\.\.\} and nothing else/],
    ["an input that is there twice", '{"input":{},"input":{}}', /a key appears twice/],
    ["a key of the input that is there twice", '{"input":{"tool":"a","tool":"b"}}', /a key appears twice/],
    ["an input that is nested too deep", `{"input":${"[".repeat(20)}${"]".repeat(20)}}`, /16 levels/],
  ])("%s", async (_, body, problem) => {
    const { ask, texts } = await startApi();
    const answer = await ask(body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({ code: "invalid_parameter", message: expect.stringMatching(problem) });
    expect(texts).toEqual([]);
  });

  test.each([
    ["too long", `{"input":"${"x".repeat(1_000)}"}`, {}, 413],
    ["of another type", "input=1", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["of another charset", '{"input":{}}', { "content-type": "application/json; charset=latin1" }, 415],
    ["compressed", '{"input":{}}', { "content-encoding": "gzip" }, 415],
  ])("one that is %s", async (_, body, headers, status) => {
    const { ask, texts } = await startApi();
    const answer = await ask(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "invalid_parameter" });
    expect(texts).toEqual([]);
  });
});

describe("the data API", () => {
  test("is the operator's alone, whatever is asked for", async () => {
    const { base, texts } = await startApi();
    for (const path of ["/v1/data", "/v1/data/", "/v1/data/regate/decision", "/v1/data/rules"]) {
      for (const headers of [{}, { authorization: "Bearer not-the-operators-key" }]) {
        const answer = await send(`${base}${path}`, "POST", headers as Record<string, string>, '{"input":{}}');
        expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
        expect(JSON.parse(answer.text)).toMatchObject({ code: "unauthorized" });
      }
    }
    expect(texts).toEqual([]);
  });

  test("has one document, and one way to ask for it", async () => {
    const { base, url } = await startApi();
    const elsewhere = await send(`${base}/v1/data/policy/servers`, "POST", AUTHORIZATION, '{"input":{}}');
    expect(elsewhere.status).toBe(404);
    expect(JSON.parse(elsewhere.text)).toMatchObject({ code: "resource_not_found" });
    const got = await send(url, "GET", AUTHORIZATION);
    expect(got).toMatchObject({ status: 405, headers: { allow: "POST" } });
  });
});
