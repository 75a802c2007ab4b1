// `/v1/data/...` and `/v1/batch/data/...`: OPA's data API for the documents that a bundle is asked for, for gates elsewhere and for
// people who try a policy out. The operator's only. It takes no tokens, asks nobody and forwards nothing; the input is judged
// as it is written, and answers and errors have OPA's form. What an input means is for the ports.
import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { Decision } from "../gate/types.ts";
import { refuseBody } from "../mcp/http-refusals.ts";
import { readJsonBody } from "../mcp/read-body.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { challengeOf } from "./auth.ts";
import {
  dig,
  type Flags,
  type ReadInputText,
  readBatch,
  readFlags,
  readInputBody,
  readInputParameter,
  render,
} from "./data-query.ts";
import type { OperatorCheck } from "./operator-check.ts";

/** Why there is no document. */
type Unanswered =
  /** The input is none. */
  | { readonly kind: "refused"; readonly problem: string }
  /** The policy comes to nothing, or it can't be recorded: the gate refuses such a call. */
  | { readonly kind: "failed"; readonly problem: string };

export type Asked = { readonly kind: "decided"; readonly id: string; readonly decision: Decision } | Unanswered;

/** What an evaluation took; `fuel` in units, where that is known. */
export type Spent = { readonly evaluatedNs: number; readonly fuel: number | undefined };

export type Answered =
  /** `id` is absent where nothing was recorded. */
  | { readonly kind: "answered"; readonly id: string | undefined; readonly document: unknown; readonly spent: Spent }
  | Unanswered;

/** A document of the bundle. @param inputText one JSON document, as it was received */
export type DocumentPort = (inputText: string) => Promise<Answered>;

export type DataApiParts = {
  readonly operator: OperatorCheck;
  /** By path, as in `regate/decision`; what the bundle in force does not have is not among them. */
  readonly documents: () => ReadonlyMap<string, DocumentPort>;
  /** Of the bundle in force. */
  readonly provenance: () => { readonly version: string; readonly revision: string };
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
};

type Env = { Bindings: HttpBindings };

const DATA = "/v1/data";
const BATCH = "/v1/batch/data";

export function createDataApi(parts: DataApiParts): Hono<Env> {
  const api = new Hono<Env>();
  for (const path of [DATA, BATCH]) {
    api.use(`${path}/*`, async (c, next) => {
      const asked = await parts.operator(c.env.incoming);
      if (asked.kind === "operator") return next();
      return answer(c, asked.status, errorOf("unauthorized", asked.problem), challengeOf(asked));
    });
  }
  api.get(`${DATA}/*`, (c) => answerOne(parts, c, readInputParameter(c.req.query("input"), parts.maxDepth)));
  api.post(`${DATA}/*`, async (c) => {
    const body = await readBody(parts, c);
    return body instanceof Response ? body : answerOne(parts, c, readInputBody(body, parts.maxDepth));
  });
  api.post(`${BATCH}/*`, (c) => answerBatch(parts, c));
  api.all(`${DATA}/*`, (c) => refuseMethod(c, "GET, POST"));
  api.all(`${BATCH}/*`, (c) => refuseMethod(c, "POST"));
  return api;
}

async function answerOne(parts: DataApiParts, c: Context<Env>, read: ReadInputText): Promise<Response> {
  const startedNs = performance.now() * 1e6;
  const found = findDocument(parts, c, DATA);
  if (found.kind === "refused") return answer(c, found.status, errorOf(found.code, found.problem));
  if (read.kind === "refused") return answer(c, 400, errorOf("invalid_parameter", read.problem));
  const answered = await found.ask(read.inputText);
  if (answered.kind !== "answered") {
    const { status, error } = describeFault(answered);
    return answer(c, status, JSON.stringify(error));
  }
  const flags = readFlags((name) => c.req.query(name));
  const metrics = describeMetrics(flags, answered.spent, startedNs);
  const value = { ...describe(answered, found.below), ...metrics, ...describeProvenance(flags, parts) };
  return answer(c, 200, render(value, flags));
}

/** One after the other: a batch is no way to have more judged at a time. */
async function answerBatch(parts: DataApiParts, c: Context<Env>): Promise<Response> {
  const startedNs = performance.now() * 1e6;
  const body = await readBody(parts, c);
  if (body instanceof Response) return body;
  const found = findDocument(parts, c, BATCH);
  if (found.kind === "refused") return answer(c, found.status, errorOf(found.code, found.problem));
  const read = readBatch(body, parts.maxDepth);
  if (read.kind === "refused") return answer(c, 400, errorOf("invalid_parameter", read.problem));
  const spent = { evaluatedNs: 0, fuel: 0 };
  const answers: [string, number, object][] = [];
  for (const [name, inputText] of read.inputs) {
    const answered = await found.ask(inputText);
    if (answered.kind === "answered") {
      spent.evaluatedNs += answered.spent.evaluatedNs;
      spent.fuel += answered.spent.fuel ?? 0;
      answers.push([name, 200, describe(answered, found.below)]);
    } else {
      const { status, error } = describeFault(answered);
      answers.push([name, status, error]);
    }
  }
  const failures = answers.filter(([, status]) => status !== 200).length;
  const isMixed = failures > 0 && failures < answers.length;
  const responses = Object.fromEntries(
    answers.map(([name, status, one]) => [name, isMixed ? { ...one, http_status_code: String(status) } : one]),
  );
  const flags = readFlags((name) => c.req.query(name));
  const more = { ...describeMetrics(flags, spent, startedNs), ...describeProvenance(flags, parts) };
  const status = failures === 0 ? 200 : isMixed ? 207 : 500;
  return answer(c, status, render({ batch_decision_id: randomUUID(), responses, ...more }, flags));
}

type Found =
  /** `below`: the rest of the path, inside the document. */
  | { readonly kind: "found"; readonly ask: DocumentPort; readonly below: readonly string[] }
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly problem: string };

function findDocument({ documents }: DataApiParts, c: Context<Env>, prefix: string): Found {
  if (c.req.query("explain") !== undefined) {
    const problem = "explain is not what a compiled policy can do: regate why explains a decision";
    return { kind: "refused", status: 400, code: "invalid_parameter", problem };
  }
  const steps = c.req.path
    .slice(prefix.length)
    .split("/")
    .filter((step) => step !== "")
    .map(decodeStep);
  const all = documents();
  for (let length = steps.length; length > 0; length -= 1) {
    const ask = all.get(steps.slice(0, length).join("/"));
    if (ask !== undefined) return { kind: "found", ask, below: steps.slice(length) };
  }
  const problem = `the documents here are ${[...all.keys()].map((path) => `${prefix}/${path}`).join(", ")}`;
  return { kind: "refused", status: 404, code: "resource_not_found", problem };
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function describe({ id, document }: Extract<Answered, { kind: "answered" }>, below: readonly string[]): object {
  return { decision_id: id, result: dig(document, below) };
}

function describeFault(fault: Unanswered): { readonly status: number; readonly error: object } {
  if (fault.kind === "refused")
    return { status: 400, error: { code: "invalid_parameter", message: `input: ${fault.problem}` } };
  return { status: 500, error: { code: "internal_error", message: fault.problem } };
}

/** Named as OPA's are, where it has them. */
function describeMetrics({ metrics, instrument }: Flags, { evaluatedNs, fuel }: Spent, startedNs: number): object {
  if (!metrics && !instrument) return {};
  const timers = {
    timer_rego_query_eval_ns: Math.round(evaluatedNs),
    timer_server_handler_ns: Math.round(performance.now() * 1e6 - startedNs),
  };
  return { metrics: instrument ? { ...timers, counter_regate_fuel_units: fuel } : timers };
}

function describeProvenance({ provenance: isAsked }: Flags, { provenance }: DataApiParts): object {
  if (!isAsked) return {};
  const { version, revision } = provenance();
  const build = { build_commit: "", build_timestamp: "", build_hostname: "" };
  return { provenance: { version, ...build, bundles: { regate: { revision } } } };
}

/** The body, or the response that refuses it. */
async function readBody({ maxBodyBytes }: DataApiParts, c: Context<Env>): Promise<Uint8Array | Response> {
  const { incoming, outgoing } = c.env;
  const body = await readJsonBody(incoming, maxBodyBytes);
  if (body.kind === "read") return body.bytes;
  if (body.kind === "refused") refuseBody(incoming, outgoing, body, errorOf("invalid_parameter", body.problem));
  return RESPONSE_ALREADY_SENT;
}

function refuseMethod(c: Context<Env>, allow: string): Response {
  return answer(c, 405, errorOf("invalid_parameter", `the bundle is the policy: ${allow} only`), { allow });
}

/** As OPA writes its errors. */
function errorOf(code: string, message: string): string {
  return JSON.stringify({ code, message });
}

function answer(c: Context<Env>, status: number, text: string, headers: Record<string, string> = {}): Response {
  writeJson(c.env.outgoing, status, text, headers);
  return RESPONSE_ALREADY_SENT;
}
