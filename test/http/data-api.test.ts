// OPA's data API, over real HTTP: what is asked reaches the policy as it is written, answers and errors have OPA's form.
import { describe, expect, onTestFinished, test } from "vitest";
import type { Decision } from "../../src/gate/types.ts";
import { type Answered, createDataApi } from "../../src/http/data-api.ts";
import { readBatch } from "../../src/http/data-query.ts";
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

const SPENT = { evaluatedNs: 1_234.5, fuel: 42 };
const ANSWERED: Answered = { kind: "answered", id: "id-1", document: DECISION, spent: SPENT };

async function startApi(answered: Answered | ((text: string) => Answered) = ANSWERED) {
  const texts: string[] = [];
  const api = createDataApi({
    operator: createOperatorCheck(openOperatorKey({ configured: KEY, store: new Map(), canShow: false }).key),
    documents: () =>
      new Map([
        [
          "regate/decision",
          async (text: string) => {
            texts.push(text);
            return typeof answered === "function" ? answered(text) : answered;
          },
        ],
        ["regate/classify", async () => ({ ...ANSWERED, id: undefined, document: "a class" })],
      ]),
    provenance: () => ({ version: "1.2.3", revision: "r1" }),
    maxBodyBytes: 1_000,
    maxDepth: 16,
  });
  const server = await listen(api, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const url = `${server.url}/v1/data/regate/decision`;
  const ask = (body: string | Uint8Array, headers: Record<string, string> = {}, to = "") =>
    send(`${url}${to}`, "POST", { ...AUTHORIZATION, ...headers }, body);
  const get = (path: string) => send(`${server.url}${path}`, "GET", AUTHORIZATION);
  const batch = async (body: string, query = "") => {
    const path = `${server.url}/v1/batch/data/regate/decision${query}`;
    const { status, text } = await send(path, "POST", AUTHORIZATION, body);
    return { status, value: JSON.parse(text) };
  };
  return { url, base: server.url, texts, ask, get, batch };
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
    for (const path of [
      "/v1/data",
      "/v1/data/",
      "/v1/data/regate/decision",
      "/v1/data/rules",
      "/v1/batch/data",
      "/v1/batch/data/regate/decision",
    ]) {
      for (const headers of [{}, { authorization: "Bearer not-the-operators-key" }]) {
        const answer = await send(`${base}${path}`, "POST", headers as Record<string, string>, '{"input":{}}');
        expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
        expect(JSON.parse(answer.text)).toMatchObject({ code: "unauthorized" });
      }
    }
    expect(texts).toEqual([]);
  });

  test("has the documents that the bundle is asked for, and no others", async () => {
    const { get, texts } = await startApi();
    for (const path of ["/v1/data/policy/servers", "/v1/data", "/v1/data/regate", "/v1/data/%"]) {
      const elsewhere = await get(`${path}?input={}`);
      expect(elsewhere.status).toBe(404);
      expect(JSON.parse(elsewhere.text)).toEqual({
        code: "resource_not_found",
        message: "the documents here are /v1/data/regate/decision, /v1/data/regate/classify",
      });
    }
    const classified = await get("/v1/data/regate/classify?input={}");
    expect(JSON.parse(classified.text)).toEqual({ result: "a class" });
    expect(texts).toEqual([]);
  });

  test("takes GET and POST, and has nothing else done to it", async () => {
    const { url, base } = await startApi();
    for (const method of ["PUT", "PATCH", "DELETE"] as const)
      expect(await send(url, method, AUTHORIZATION, "{}")).toMatchObject({
        status: 405,
        headers: { allow: "GET, POST" },
      });
    const batch = await send(`${base}/v1/batch/data/regate/decision`, "GET", AUTHORIZATION);
    expect(batch).toMatchObject({ status: 405, headers: { allow: "POST" } });
  });
});

describe("a GET", () => {
  test("has its input in the query, as it is written", async () => {
    const { get, texts } = await startApi();
    const input = '{"server": "files", "args": {"n": 9007199254740993, "s": "a+b é"}}';
    const { status, text } = await get(`/v1/data/regate/decision?input=${encodeURIComponent(input)}`);
    expect([status, JSON.parse(text)]).toEqual([200, { decision_id: "id-1", result: DECISION }]);
    expect(texts).toEqual([input]);
  });

  test.each([
    ["", /must hold the input/],
    ["?input=", /the parameter "input": /],
    ["?input=%7B", /the parameter "input": /],
    ['?input={"a":1,"a":2}', /twice/],
  ])("without an input is refused: %s", async (query, problem) => {
    const { get, texts } = await startApi();
    const { status, text } = await get(`/v1/data/regate/decision${query}`);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { code: "invalid_parameter", message: expect.stringMatching(problem) },
    ]);
    expect(texts).toEqual([]);
  });
});

describe("an answer", () => {
  test("is a part of the document where the path goes on, and has no result where there is none", async () => {
    const { ask } = await startApi();
    for (const [path, result] of [
      ["/action", DECISION.action],
      ["/rate_limits/0/max", 2],
      ["/rate_limits/length", undefined],
      ["/rules/0/0", undefined],
      ["/constructor", undefined],
      ["/__proto__", undefined],
      ["/", DECISION],
    ] as const) {
      const { status, text } = await ask('{"input": {}}', {}, path);
      expect([status, JSON.parse(text)]).toEqual([
        200,
        { decision_id: "id-1", ...(result !== undefined && { result }) },
      ]);
    }
  });

  test("has what the flags ask for, and nothing where they say no", async () => {
    const { ask } = await startApi();
    const timers = { timer_rego_query_eval_ns: 1_235, timer_server_handler_ns: expect.any(Number) };
    const full = await ask('{"input": {}}', {}, "?metrics&provenance=true");
    expect(JSON.parse(full.text)).toEqual({
      decision_id: "id-1",
      result: DECISION,
      metrics: timers,
      provenance: {
        version: "1.2.3",
        build_commit: "",
        build_timestamp: "",
        build_hostname: "",
        bundles: { regate: { revision: "r1" } },
      },
    });
    const instrumented = await ask('{"input": {}}', {}, "?instrument=true");
    expect(JSON.parse(instrumented.text).metrics).toEqual({ ...timers, counter_regate_fuel_units: 42 });
    const plain = await ask('{"input": {}}', {}, "?metrics=false&provenance=maybe&pretty=0");
    expect(JSON.parse(plain.text)).toEqual({ decision_id: "id-1", result: DECISION });
    expect(plain.text).not.toContain("\n");
    const pretty = await ask('{"input": {}}', {}, "/action?pretty");
    expect(pretty.text).toBe('{\n  "decision_id": "id-1",\n  "result": "allow"\n}\n');
  });

  test("is no explanation", async () => {
    const { ask, texts } = await startApi();
    const { status, text } = await ask('{"input": {}}', {}, "?explain=full");
    expect([status, JSON.parse(text).message]).toEqual([400, expect.stringMatching(/regate why/)]);
    expect(texts).toEqual([]);
  });
});

describe("a batch", () => {
  test("is answered by the caller's names, each input with what they have in common, its own first", async () => {
    const { batch, texts } = await startApi();
    const common = '{"server":"files","args":{"n":9007199254740993,"deep":{"a":1,"b":[1]}},"tool":"t"}';
    const own = '{"a":{"args":{"deep":{"b":[2]}},"tool":null},"b":{"args":7},"c":[1]}';
    const { status, value } = await batch(`{"inputs":${own},"common_input":${common}}`);
    expect(status).toBe(200);
    expect(texts).toEqual([
      '{"args":{"deep":{"b":[2],"a":1},"n":9007199254740993},"tool":null,"server":"files"}',
      '{"args":7,"server":"files","tool":"t"}',
      "[1]",
    ]);
    const response = { decision_id: "id-1", result: DECISION };
    expect(value).toEqual({
      batch_decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      responses: { a: response, b: response, c: response },
    });
  });

  test("has metrics for all of it, and parts of documents", async () => {
    const { batch } = await startApi();
    const { value } = await batch('{"inputs":{"a":{},"b":{}}}', "/action?instrument&provenance");
    expect(value.responses).toEqual({
      a: { decision_id: "id-1", result: "allow" },
      b: { decision_id: "id-1", result: "allow" },
    });
    expect(value.metrics).toMatchObject({ counter_regate_fuel_units: 84, timer_rego_query_eval_ns: 2_469 });
    expect(value.provenance.bundles).toEqual({ regate: { revision: "r1" } });
  });

  test("says of each input what became of it, where some come to nothing", async () => {
    const { batch } = await startApi((text) =>
      text.includes("bad") ? { kind: "failed", problem: "out of fuel" } : ANSWERED,
    );
    expect(await batch('{"inputs":{"a":{},"b":{"bad":1}}}', "/action")).toMatchObject({
      status: 207,
      value: {
        responses: {
          a: { http_status_code: "200", decision_id: "id-1", result: "allow" },
          b: { http_status_code: "500", code: "internal_error", message: "out of fuel" },
        },
      },
    });
    const { status, value } = await batch('{"inputs":{"b":{"bad":1}}}');
    expect([status, value.responses]).toEqual([500, { b: { code: "internal_error", message: "out of fuel" } }]);
    expect(await batch('{"inputs":{}}')).toMatchObject({ status: 200, value: { responses: {} } });
  });

  test.each([
    ["nothing", "", /JSON value|ends/],
    ["no inputs", "{}", /must be \{"inputs"/],
    ["inputs that are a list", '{"inputs":[{}]}', /must be \{"inputs"/],
    ["a common input that is none", '{"inputs":{"a":{}},"common_input":[]}', /must be \{"inputs"/],
    ["another key", '{"inputs":{"a":{}},"common":{}}', /must be \{"inputs"/],
    ["a name that is there twice", '{"inputs":{"a":{},"a":{}}}', /twice/],
  ])("of %s is refused", async (_, body, problem) => {
    const { batch, texts } = await startApi();
    expect(await batch(body)).toEqual({
      status: 400,
      value: { code: "invalid_parameter", message: expect.stringMatching(problem) },
    });
    expect(texts).toEqual([]);
  });

  test("is bounded, also in what its inputs have in common", () => {
    const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`i${index}`, {}]));
    const read = (body: unknown) => readBatch(Buffer.from(JSON.stringify(body)), 16);
    expect(read({ inputs: many })).toMatchObject({ kind: "refused", problem: expect.stringMatching(/1000 inputs/) });
    const { i1000: _, ...fewer } = many;
    expect(read({ inputs: fewer })).toMatchObject({ kind: "read" });
    const long = { inputs: fewer, common_input: { text: "x".repeat(20_000) } };
    expect(read(long)).toMatchObject({ kind: "refused", problem: expect.stringMatching(/16777216 characters/) });
  });
});
