// One request of a principal's own to the running gate of a configuration, with the API key or token that it calls with, or none
// where the gate has no keys. Sent to nobody else but the gate.
import { z } from "zod";
import { parseJson } from "../check/parse-json.ts";
import { locateState } from "../config/config.ts";
import { reachableUrl } from "../config/running-gate.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { findGate } from "./find-gate.ts";
import { type Answered, exchange, type OperatorRequest, refusedSchema } from "./operator-request.ts";

/** What is wrong with who asks. */
const unknownSchema = z.object({ error: z.object({ message: z.string() }) });

/** @throws Problem where there is no gate, a refusal, or no answer of the right form */
export async function askAsPrincipal<T>(
  request: Omit<OperatorRequest<T>, "remedy">,
  io: CommandIo,
): Promise<Answered<T>> {
  const { config } = request;
  const found = await findGate(locateState(config, io.cwd));
  if (found.kind === "none") throw new Problem([`no gate runs on ${config}; start it with regate serve`]);
  if (found.kind === "stranger") throw new Problem([`no gate runs on ${config}: ${found.problem}`]);
  const url = reachableUrl(found.gate);
  const key = io.env.REGATE_API_KEY === "" ? undefined : io.env.REGATE_API_KEY;
  const { status, body } = await exchange(found.gate, request, key);
  const answer = parseJson(body);
  if (status !== 200) {
    const refused = refusedSchema.safeParse(answer).data;
    if (refused !== undefined) throw new Problem([`${refused.problem}; ${refused.remedy}`]);
    const unknown = unknownSchema.safeParse(answer).data?.error.message;
    const hint =
      key === undefined ? "REGATE_API_KEY is not set, and must hold your key or token" : "REGATE_API_KEY is not taken";
    if (status === 401) throw new Problem([`${url}: ${hint}: ${unknown ?? "the gate does not say why"}`]);
    if (unknown !== undefined) throw new Problem([`${url}: ${unknown}`]);
  }
  const parsed = status === 200 ? request.schema.safeParse(answer) : undefined;
  if (parsed?.success === true) return { value: parsed.data, url };
  throw new Problem([`${url}: the gate answered ${status} and not ${request.what}; see its log`]);
}
