// `POST /v1/freeze`: an operator freezes or thaws calls. The body says which, the answer what is frozen then.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { FreezeOutcome, Freezes } from "../freeze/freeze.ts";
import { refuseBody } from "../mcp/http-refusals.ts";
import { decodeUtf8 } from "../mcp/jsonrpc.ts";
import { readJsonBody } from "../mcp/read-body.ts";
import { errorAnswer, TRANSPORT_CODE } from "../mcp/refusal.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { describeFrozen } from "../status/describe-frozen.ts";
import { challengeOf } from "./auth.ts";
import type { OperatorCheck } from "./operator-check.ts";

export type FreezeApiParts = {
  readonly operator: OperatorCheck;
  readonly freezes: Pick<Freezes, "freeze" | "thaw" | "thawAll">;
};

type Env = { Bindings: HttpBindings };

const PATH = "/v1/freeze";
const MAX_BODY_BYTES = 4_096;
const EXPECTED = 'the body must be {"server": NAME, "principal": NAME, "thaw": true}, each of them optional';

const requestSchema = z.strictObject({
  server: z.string().optional(),
  principal: z.string().optional(),
  thaw: z.boolean().optional(),
});

export function createFreezeApi({ operator, freezes }: FreezeApiParts): Hono<Env> {
  const api = new Hono<Env>();
  api.all(PATH, async (c) => {
    const asked = await operator(c.env.incoming);
    if (asked.kind === "refused") return refuse(c, asked.status, asked.problem, challengeOf(asked));
    if (c.req.method !== "POST") return refuse(c, 405, EXPECTED, { allow: "POST" });
    const { incoming, outgoing } = c.env;
    const body = await readJsonBody(incoming, MAX_BODY_BYTES);
    if (body.kind === "gone") return RESPONSE_ALREADY_SENT;
    if (body.kind === "refused") {
      refuseBody(incoming, outgoing, body);
      return RESPONSE_ALREADY_SENT;
    }
    const request = readRequest(body.bytes);
    if (request === undefined) return refuse(c, 400, EXPECTED);
    writeJson(outgoing, 200, JSON.stringify(describeOutcome(apply(freezes, request, asked.by))));
    return RESPONSE_ALREADY_SENT;
  });
  return api;
}

function apply(freezes: FreezeApiParts["freezes"], { thaw, ...scope }: z.infer<typeof requestSchema>, by: string) {
  if (thaw !== true) return freezes.freeze(scope, by);
  return scope.server === undefined && scope.principal === undefined ? freezes.thawAll(by) : freezes.thaw(scope, by);
}

function describeOutcome(outcome: FreezeOutcome): unknown {
  if (outcome.kind === "refused") return outcome;
  return { kind: "done", frozen: describeFrozen(outcome.frozen), unkept: outcome.unkept };
}

function readRequest(bytes: Uint8Array): z.infer<typeof requestSchema> | undefined {
  try {
    return requestSchema.parse(JSON.parse(decodeUtf8(bytes) ?? ""));
  } catch {
    return undefined;
  }
}

function refuse(c: Context<Env>, status: number, problem: string, headers: Record<string, string> = {}): Response {
  writeJson(c.env.outgoing, status, errorAnswer("null", TRANSPORT_CODE, problem), headers);
  return RESPONSE_ALREADY_SENT;
}
