// The data API of a gate beside the real `opa run --server` over the same policy: the same documents, parts of them, flags and
// errors. Where the gate is stricter, both answers are here.
import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { findOpa } from "../../src/policy/opa.ts";
import { readSampleFiles } from "../policy/native.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, run } from "./harness-process.ts";
import { type Answer, send } from "./harness-wire.ts";

const SAMPLES = [
  "claude-code/bash-rm",
  "claude-code/write",
  "fetch/metadata-service",
  "filesystem/read-secret-among-many",
  "hostile/integer-beyond-doubles",
  "defaults/execute",
];
const ANSWER = z.looseObject({ decision_id: z.string().optional(), result: z.unknown().optional() });
const ERROR = z.object({ code: z.string(), message: z.string() });

const samples = await readSampleFiles();

let gate: Gate;
let opa: string;

beforeAll(async () => {
  const bundle = join(ROOT, "bundles/regate.tar.gz");
  gate = await startGate({ servers: {}, bundle });
  const { file: binary } = await findOpa(process.env, ROOT);
  const sources = join(makeTempDir(), "sources.tar.gz");
  const revision = z.object({
    provenance: z.object({ bundles: z.object({ regate: z.object({ revision: z.string() }) }) }),
  });
  const asked = await atGate("POST", "/regate/decision?provenance", '{"input":{"server":"files"}}');
  const of = revision.parse(JSON.parse(asked.text)).provenance.bundles.regate.revision;
  execFileSync(binary, ["build", "--ignore", "*_test.rego", "-r", of, "-o", sources, "rego"], { cwd: ROOT });
  const port = await freePort();
  run(binary, [
    "run",
    "--server",
    "--addr",
    `127.0.0.1:${port}`,
    "--set",
    "decision_logs.console=false",
    "--bundle",
    sources,
  ]);
  opa = `http://127.0.0.1:${port}`;
  await untilReady(`${opa}/health?bundles`);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await send(url, "GET").catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error("opa run --server did not become ready");
}

type Method = "GET" | "POST";

function atGate(method: Method, path: string, body?: string): Promise<Answer> {
  return send(`${gate.base}/v1/data${path}`, method, { authorization: `Bearer ${OPERATOR_KEY}` }, body);
}

function atOpa(method: Method, path: string, body?: string): Promise<Answer> {
  return send(`${opa}/v1/data${path}`, method, {}, body);
}

function withoutId(text: string): Omit<z.infer<typeof ANSWER>, "decision_id"> {
  const { decision_id: _, ...rest } = ANSWER.parse(JSON.parse(text));
  return rest;
}

/** Both answers, which must be the same but for the id. */
async function both(method: Method, path: string, body?: string) {
  const [ours, theirs] = [await atGate(method, path, body), await atOpa(method, path, body)];
  expect([ours.status, ours.headers["content-type"]]).toEqual([theirs.status, theirs.headers["content-type"]]);
  expect(withoutId(ours.text)).toEqual(withoutId(theirs.text));
  return { ours, theirs };
}

function inputOf(sample: string): string {
  const found = samples.find(({ name }) => name === sample);
  if (found === undefined) throw new Error(`no sample ${sample}`);
  return found.inputText;
}

describe("the same answer as OPA's", () => {
  test.each(SAMPLES)("to POST and GET, whole and in part: %s", async (sample) => {
    const input = inputOf(sample);
    for (const path of ["", "/action", "/rate_limits/0/max", "/reasons/0", "/approval", "/approval/hold"])
      await both("POST", `/regate/decision${path}`, `{"input": ${input}}`);
    const { ours } = await both("GET", `/regate/decision?input=${encodeURIComponent(input)}`);
    expect(ANSWER.parse(JSON.parse(ours.text)).decision_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("of the other documents", async () => {
    const tool = { name: "delete_thing", description: "Deletes it", inputSchema: { type: "object", required: ["id"] } };
    await both("POST", "/regate/classify", JSON.stringify({ input: tool }));
    await both("POST", "/regate/classify/signals", JSON.stringify({ input: tool }));
  });

  test("pretty-printed, to the letter but for the id", async () => {
    const body = `{"input": ${inputOf("claude-code/bash-rm")}}`;
    const { ours, theirs } = await both("POST", "/regate/decision/reasons?pretty=true", body);
    expect(ours.text.replace(/\n {2}"decision_id": .*/, "")).toBe(theirs.text);
  });

  test("with metrics and provenance of the same names", async () => {
    const body = `{"input": ${inputOf("claude-code/write")}}`;
    const path = "/regate/decision/action?metrics&provenance=true";
    const [ours, theirs] = [await atGate("POST", path, body), await atOpa("POST", path, body)].map(({ text }) =>
      JSON.parse(text),
    );
    expect(Object.keys(theirs.metrics)).toEqual(expect.arrayContaining(Object.keys(ours.metrics)));
    expect(Object.keys(ours.provenance).sort()).toEqual(Object.keys(theirs.provenance).sort());
    expect(Object.values(ours.provenance.bundles)).toEqual(Object.values(theirs.provenance.bundles));
    expect(await both("POST", "/regate/decision/action?metrics=maybe&provenance=false", body)).toBeTruthy();
  });

  test.each([
    ["POST", "/regate/decision", '{"input":'],
    ["POST", "/regate/decision", "[]"],
    ["GET", "/regate/decision?input=%7B", undefined],
  ] as const)("to what is malformed, in code and form: %s %s %s", async (method, path, body) => {
    const [ours, theirs] = [await atGate(method, path, body), await atOpa(method, path, body)];
    expect([ours.status, ERROR.parse(JSON.parse(ours.text)).code]).toEqual([400, "invalid_parameter"]);
    expect([theirs.status, ERROR.parse(JSON.parse(theirs.text)).code]).toEqual([400, "invalid_parameter"]);
  });
});

describe("stricter than OPA, where its answer would mislead", () => {
  test.each([
    ["no input", "POST", "/regate/decision", "{}", 400],
    ["no input in a GET", "GET", "/regate/decision", undefined, 400],
    ["an input that is none by its schema", "POST", "/regate/decision", '{"input":{"tol":"x"}}', 400],
    ["a document that there is not", "POST", "/regate/decisions", '{"input":{}}', 404],
    ["a key that is there twice", "POST", "/regate/decision", '{"input":{"server":"a","server":"b"}}', 400],
  ] as const)("%s", async (_, method, path, body, status) => {
    expect((await atOpa(method, path, body)).status).toBe(200);
    const ours = await atGate(method, path, body);
    expect(ours.status).toBe(status);
    ERROR.parse(JSON.parse(ours.text));
  });
});

test("a batch answers what its inputs are answered one by one", async () => {
  const inputs = Object.fromEntries(SAMPLES.map((sample) => [sample, JSON.parse(inputOf(sample))]));
  const { "hostile/integer-beyond-doubles": _, ...plain } = inputs;
  const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
  const url = `${gate.base}/v1/batch/data/regate/decision`;
  const { status, text } = await send(url, "POST", headers, JSON.stringify({ inputs: plain }));
  expect(status).toBe(200);
  const { responses } = z
    .object({ batch_decision_id: z.uuid(), responses: z.record(z.string(), ANSWER) })
    .parse(JSON.parse(text));
  for (const [sample, input] of Object.entries(plain)) {
    const one = await atOpa("POST", "/regate/decision", JSON.stringify({ input }));
    expect(responses[sample]?.result).toEqual(withoutId(one.text).result);
  }
});
