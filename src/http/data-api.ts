// `POST /v1/data/regate/decision`: OPA's data API for the one document that the gate decides, for gates elsewhere and for
// people who try a policy out. The operator's only. It takes no tokens, asks nobody and forwards nothing; the input is judged
// as it is written, and errors have OPA's form. What an input means is for the port.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { Decision } from "../gate/types.ts";
import { refuseBody } from "../mcp/http-refusals.ts";
import { memberOf, scanJson } from "../mcp/json-scan.ts";
import { decodeUtf8 } from "../mcp/jsonrpc.ts";
import { readJsonBody } from "../mcp/read-body.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { challengeOf } from "./auth.ts";
import type { OperatorCheck } from "./operator-check.ts";

export type Asked =
  | { readonly kind: "decided"; readonly id: string; readonly decision: Decision }
  /** The input is none. */
  | { readonly kind: "refused"; readonly problem: string }
  /** The policy comes to no decision, or it can't be recorded: the gate refuses such a call. */
  | { readonly kind: "failed"; readonly problem: string };

export type DataApiParts = {
  readonly operator: OperatorCheck;
  /** @param inputText one JSON document, as it was received */
  readonly ask: (inputText: string) => Promise<Asked>;
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
};

type Env = { Bindings: HttpBindings };

const PATH = "/v1/data/regate/decision";
const EXPECTED = 'the body must be {"input": ...} and nothing else';

export function createDataApi(parts: DataApiParts): Hono<Env> {
  const api = new Hono<Env>();
  api.use("/v1/data/*", async (c, next) => {
    const asked = await parts.operator(c.env.incoming);
    if (asked.kind === "operator") return next();
    return answer(c, asked.status, errorOf("unauthorized", asked.problem), challengeOf(asked));
  });
  api.post(PATH, (c) => decide(parts, c));
  api.all(PATH, (c) => {
    return answer(c, 405, errorOf("invalid_parameter", 'POST {"input": ...} here'), { allow: "POST" });
  });
  api.all("/v1/data/*", (c) => answer(c, 404, errorOf("resource_not_found", `the one document here is ${PATH}`)));
  return api;
}

async function decide({ ask, maxBodyBytes, maxDepth }: DataApiParts, c: Context<Env>): Promise<Response> {
  const { incoming, outgoing } = c.env;
  const body = await readJsonBody(incoming, maxBodyBytes);
  if (body.kind === "gone") return RESPONSE_ALREADY_SENT;
  if (body.kind === "refused") {
    refuseBody(incoming, outgoing, body, errorOf("invalid_parameter", body.problem));
    return RESPONSE_ALREADY_SENT;
  }
  const read = readInputText(body.bytes, maxDepth);
  if (read.kind === "refused") return answer(c, 400, errorOf("invalid_parameter", read.problem));
  const asked = await ask(read.inputText);
  switch (asked.kind) {
    case "decided":
      return answer(c, 200, JSON.stringify({ decision_id: asked.id, result: asked.decision }));
    case "refused":
      return answer(c, 400, errorOf("invalid_parameter", `input: ${asked.problem}`));
    case "failed":
      return answer(c, 500, errorOf("internal_error", asked.problem));
  }
}

type ReadText =
  | { readonly kind: "read"; readonly inputText: string }
  | { readonly kind: "refused"; readonly problem: string };

/** The slice of the body that is the input: what is parsed and written again has other numbers. */
function readInputText(bytes: Uint8Array, maxDepth: number): ReadText {
  const refused = (problem: string): ReadText => ({ kind: "refused", problem });
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused("the body is not UTF-8");
  // an input is judged, and goes nowhere: it may hold what no server is sent
  const scan = scanJson(text, { maxDepth, tolerant: true });
  if (scan.kind === "refused") return refused(scan.problem);
  const { root } = scan;
  if (root.kind !== "object") return refused(EXPECTED);
  const input = memberOf(root, "input");
  if (input === undefined || root.members.length > 1) return refused(EXPECTED);
  return { kind: "read", inputText: text.slice(input.start, input.end) };
}

/** As OPA writes its errors. */
function errorOf(code: string, message: string): string {
  return JSON.stringify({ code, message });
}

function answer(c: Context<Env>, status: number, text: string, headers: Record<string, string> = {}): Response {
  writeJson(c.env.outgoing, status, text, headers);
  return RESPONSE_ALREADY_SENT;
}
