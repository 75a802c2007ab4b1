// `POST /v1/judge`: a call that somebody else carries out is judged as one that goes through the gate is, tokens, approvals and
// record included, and answered with the verdict. It forwards nothing. Callers prove who they are as at an MCP endpoint.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { Principal, Verdict } from "../gate/types.ts";
import { refuseBody } from "../mcp/http-refusals.ts";
import { readJsonBody } from "../mcp/read-body.ts";
import { showable } from "../mcp/showable.ts";
import { describeVerdict } from "../mcp/verdict-data.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { type Authenticator, challengeOf } from "./auth.ts";
import { type CallToJudge, readCallToJudge } from "./judge-request.ts";

/** What became of a call that was to be judged. */
export type Judgement =
  | { readonly kind: "judged"; readonly server: string; readonly verdict: Verdict }
  /** Neither the configuration nor the policy names the server. */
  | { readonly kind: "unknown_server" }
  /** The principal has named as many new sessions as it may. `retryAfterSeconds` is absent where waiting is no sure help. */
  | { readonly kind: "too_many_sessions"; readonly retryAfterSeconds: number | undefined }
  /** It can't be written down that the session is a new one. */
  | { readonly kind: "uncounted" };

export type JudgeApiParts = {
  readonly authenticator: Authenticator;
  readonly judge: (call: CallToJudge, principal: Principal) => Promise<Judgement>;
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
};

type Env = { Bindings: HttpBindings };

const PATH = "/v1/judge";
const DEFAULT_RETRY_SECONDS = 60;
const UNCOUNTED_RETRY_SECONDS = 5;
const SEE_DOCS = "docs/other-tools.md has the form";

export function createJudgeApi(parts: JudgeApiParts): Hono<Env> {
  const api = new Hono<Env>();
  api.post(PATH, (c) => judge(parts, c));
  api.all(PATH, (c) => refuse(c, 405, "a call to be judged is POSTed", SEE_DOCS, { allow: "POST" }));
  return api;
}

async function judge(parts: JudgeApiParts, c: Context<Env>): Promise<Response> {
  const { incoming, outgoing } = c.env;
  const authenticated = await parts.authenticator(incoming);
  if (authenticated.kind === "refused") {
    const remedy = "send the key or token that the caller has for this gate";
    return refuse(c, authenticated.status, authenticated.problem, remedy, challengeOf(authenticated));
  }
  const body = await readJsonBody(incoming, parts.maxBodyBytes);
  if (body.kind === "gone") return RESPONSE_ALREADY_SENT;
  if (body.kind === "refused") {
    refuseBody(incoming, outgoing, body, JSON.stringify({ problem: body.problem, remedy: SEE_DOCS }));
    return RESPONSE_ALREADY_SENT;
  }
  const read = readCallToJudge(body.bytes, parts.maxDepth);
  if (read.kind === "refused") return refuse(c, 400, read.problem, SEE_DOCS);
  const judged = await parts.judge(read.call, authenticated.principal);
  switch (judged.kind) {
    case "judged": {
      const { server, verdict } = judged;
      const { tool, definition } = read.call;
      const data = describeVerdict(verdict, { server, method: "tools/call", tool, definition });
      writeJson(outgoing, 200, JSON.stringify(data));
      return RESPONSE_ALREADY_SENT;
    }
    case "unknown_server": {
      const problem = `nothing is known of a server ${showable(read.call.server)}: no entry of the configuration, no rules, no catalogue`;
      return refuse(c, 404, problem, "write rules for it (policy.servers), or correct the name");
    }
    case "too_many_sessions": {
      const seconds = Math.max(1, Math.ceil(judged.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS));
      const remedy = `try again in ${seconds} s, or go on in a session that was named before`;
      return refuse(c, 429, "too many new sessions", remedy, { "retry-after": String(seconds) });
    }
    case "uncounted": {
      const remedy = "try again later, or go on in a session that was named before";
      const headers = { "retry-after": String(UNCOUNTED_RETRY_SECONDS) };
      return refuse(c, 503, "new sessions can't be counted now", remedy, headers);
    }
  }
}

function refuse(
  c: Context<Env>,
  status: number,
  problem: string,
  remedy: string,
  headers: Record<string, string> = {},
): Response {
  writeJson(c.env.outgoing, status, JSON.stringify({ problem, remedy }), headers);
  return RESPONSE_ALREADY_SENT;
}
