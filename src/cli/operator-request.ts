// One request of the operator's to the running gate of a configuration: finds it, sends the operator key to nobody else, and
// reads its answer by a schema. What can be wrong on the way is a Problem that says what to do.
import { z } from "zod";
import { parseJson } from "../check/parse-json.ts";
import { locateState } from "../config/config.ts";
import { type RunningGate, reachableUrl } from "../config/running-gate.ts";
import { messageOf, Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { findGate } from "./find-gate.ts";
import { StrangerError } from "./gate-connection.ts";
import { readBody, send } from "./gate-link.ts";

const ANSWER_MS = 60_000;

export type OperatorRequest<T> = {
  /** The configuration file, as the person named it. */
  readonly config: string;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Of a POST, sent as JSON. */
  readonly body?: unknown;
  readonly schema: z.ZodType<T>;
  /** What is asked for, as in "the gate answered 500 and not ...". */
  readonly what: string;
  /** What to do where no gate runs, as in "start it with regate serve". */
  readonly remedy: string;
};

/** How the gate says that it did not do what it was asked. */
export const refusedSchema = z.object({ problem: z.string(), remedy: z.string() });

/** How it says why a credential does not make an operator. */
const unauthenticatedSchema = z.object({ error: z.object({ message: z.string() }) });
/** Who is an operator by a group has a token (JWT) in the key's place: two dots, and a key has none. */
const TOKEN = /^[^.]+\.[^.]+\.[^.]+$/;

export type Answered<T> = { readonly value: T; readonly url: string };

/** @throws Problem where there is no key, no gate, a refusal, or no answer of the right form */
export async function askAsOperator<T>(request: OperatorRequest<T>, io: CommandIo): Promise<Answered<T>> {
  const operatorKey = io.env.REGATE_OPERATOR_KEY;
  if (operatorKey === undefined || operatorKey === "") {
    throw new Problem([
      "REGATE_OPERATOR_KEY is not set: it must hold the operator key, which the gate was given or printed at its first start",
    ]);
  }
  const { config } = request;
  const found = await findGate(locateState(config, io.cwd));
  if (found.kind === "none") throw new Problem([`no gate runs on ${config}; ${request.remedy}`]);
  if (found.kind === "stranger") throw new Problem([`no gate runs on ${config}: ${found.problem}`]);
  const url = reachableUrl(found.gate);
  const answer = await exchange(found.gate, request, operatorKey);
  const unauthenticated = TOKEN.test(operatorKey) ? readWhyNot(answer) : undefined;
  if (unauthenticated !== undefined)
    throw new Problem([`${url}: the token in REGATE_OPERATOR_KEY is not taken: ${unauthenticated}`]);
  if (answer.status === 401) throw new Problem([`${url}: REGATE_OPERATOR_KEY is not the operator key of this gate`]);
  const refused = answer.status === 200 ? undefined : refusedSchema.safeParse(parseJson(answer.body)).data;
  if (refused !== undefined) throw new Problem([`${refused.problem}; ${refused.remedy}`]);
  const parsed = answer.status === 200 ? request.schema.safeParse(parseJson(answer.body)) : undefined;
  if (parsed?.success !== true)
    throw new Problem([`${url}: the gate answered ${answer.status} and not ${request.what}; see its log`]);
  return { value: parsed.data, url };
}

function readWhyNot(answer: { readonly status: number | undefined; readonly body: string }): string | undefined {
  if (answer.status !== 401 && answer.status !== 403 && answer.status !== 503) return undefined;
  return unauthenticatedSchema.safeParse(parseJson(answer.body)).data?.error.message;
}

/** @param key what proves who asks; undefined where nothing has to */
export async function exchange(
  gate: RunningGate,
  { method, path, body }: Pick<OperatorRequest<unknown>, "method" | "path" | "body">,
  key: string | undefined,
): Promise<{ status: number | undefined; body: string }> {
  try {
    const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const headers = { ...authorization, ...type, ...(method === "POST" && { "content-length": String(bytes.length) }) };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await send(gate, { method, path, headers, body: bytes, signal });
    return { status: answer.statusCode, body: (await readBody(answer)).toString("utf8") };
  } catch (error) {
    if (error instanceof StrangerError) throw new Problem([error.message]);
    const reason = messageOf(error);
    throw new Problem([`${reachableUrl(gate)}: the gate does not answer (${reason}); see its log`]);
  }
}
