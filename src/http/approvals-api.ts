// `/v1/approvals`: what waits for a person, and the person's answer. The operator's only: an agent's key is no key here, and the
// agents' endpoint has no way to it. What may become of a request is said by the port.
import type { IncomingHttpHeaders } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import { APPROVAL_STATES, type ApprovalOutcome, type Approvals, type Later } from "../approvals/approval.ts";
import { refuseBody } from "../mcp/http-refusals.ts";
import { parseJson } from "../mcp/parse-json.ts";
import { type Body, readJsonBody } from "../mcp/read-body.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { messageOf } from "../problem.ts";

export type ApprovalsApiParts = {
  readonly approvals: Approvals;
  /** Lets a request on only where it is an operator's, and says whose. */
  readonly operatorOnly: MiddlewareHandler<Env>;
};

type Env = { Bindings: HttpBindings; Variables: { operator: string } };

const PATH = "/v1/approvals";
const MAX_BODY_BYTES = 16_384;
const stateSchema = z.enum(APPROVAL_STATES).optional();
const approveSchema = z.strictObject({ minutes: z.number().optional() });
const denySchema = z.strictObject({ reason: z.string() });
/** Who posts nothing says nothing. */
const EMPTY: Body = { kind: "read", bytes: Buffer.from("{}") };
const UNKNOWN = "there is no request for approval of this id";
const SEE_LIST = `GET ${PATH} lists those that there are`;

export function createApprovalsApi({ approvals, operatorOnly }: ApprovalsApiParts): Hono<Env> {
  const api = new Hono<Env>();
  // the path itself too
  api.use(`${PATH}/*`, operatorOnly);

  api.get(PATH, (c) => {
    const state = stateSchema.safeParse(c.req.query("state"));
    if (!state.success) {
      const known = stateSchema.unwrap().options.join(", ");
      return refuse(c, 400, "there is no such state of a request", `state may be ${known}`);
    }
    return c.json({ approvals: approvals.list({ state: state.data }) });
  });

  api.get(`${PATH}/:id`, (c) => {
    const request = approvals.find(c.req.param("id"));
    return request === undefined ? refuse(c, 404, UNKNOWN, SEE_LIST) : c.json(request);
  });

  api.post(`${PATH}/:id/approve`, async (c) => {
    const body = await readBody(c, approveSchema, 'the body may be {"minutes": N} or empty');
    if (body.kind === "answered") return body.response;
    return decide(c, () => approvals.approve(c.req.param("id"), c.get("operator"), body.value.minutes));
  });

  api.post(`${PATH}/:id/deny`, async (c) => {
    const body = await readBody(c, denySchema, 'the body must be {"reason": "..."}, which the agent is told');
    if (body.kind === "answered") return body.response;
    return decide(c, () => approvals.deny(c.req.param("id"), c.get("operator"), body.value.reason));
  });

  async function decide(c: Context<Env, string>, act: () => Later<ApprovalOutcome>): Promise<Response> {
    const isThere = approvals.find(c.req.param("id") ?? "") !== undefined;
    let outcome: ApprovalOutcome;
    try {
      outcome = await act();
    } catch (error) {
      const problem = `it could not be written down, so nothing was decided: ${messageOf(error)}`;
      return refuse(c, 503, problem, "see to the disk with the gate's state folder, then decide again");
    }
    if (outcome.kind === "done") return c.json(outcome.request);
    return refuse(c, isThere ? 409 : 404, outcome.problem, outcome.remedy);
  }

  return api;
}

type Read<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "answered"; readonly response: Response };

async function readBody<T>(c: Context<Env>, schema: z.ZodType<T>, expected: string): Promise<Read<T>> {
  const { incoming, outgoing } = c.env;
  const answered: Read<T> = { kind: "answered", response: RESPONSE_ALREADY_SENT };
  const body = hasBody(incoming.headers) ? await readJsonBody(incoming, MAX_BODY_BYTES) : EMPTY;
  if (body.kind === "gone") return answered;
  if (body.kind === "refused") {
    refuseBody(incoming, outgoing, body, JSON.stringify({ problem: body.problem, remedy: expected }));
    return answered;
  }
  const parsed = schema.safeParse(parseJson(Buffer.from(body.bytes).toString("utf8")));
  if (parsed.success) return { kind: "read", value: parsed.data };
  return { kind: "answered", response: refuse(c, 400, "the body is not what is expected", expected) };
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function refuse(c: Context<Env, string>, status: number, problem: string, remedy: string): Response {
  writeJson(c.env.outgoing, status, JSON.stringify({ problem, remedy }));
  return RESPONSE_ALREADY_SENT;
}
