// `regate reload`: has the running gate take a changed bundle, and says what became of it. The gate decides; it keeps the
// bundle in force where the new one is not in order.
import { parseArgs } from "node:util";
import { z } from "zod";
import { locateState } from "../config/config.ts";
import type { RunningGate } from "../config/running-gate.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { findGate } from "./find-gate.ts";
import { reachableUrl, StrangerError } from "./gate-connection.ts";
import { readBody, send } from "./gate-link.ts";

const ANSWER_MS = 60_000;

const reloadedSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("swapped"), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal("unchanged"), revision: z.string() }),
  z.object({ kind: z.literal("kept"), revision: z.string(), problem: z.string() }),
]);

/** @returns 0 where the bundle of the file is in force, 1 where the gate kept another */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: "string", short: "c", default: "regate.yaml" } },
  });
  const operatorKey = io.env.REGATE_OPERATOR_KEY;
  if (operatorKey === undefined || operatorKey === "") {
    throw new Problem([
      "REGATE_OPERATOR_KEY is not set: it must hold the operator key, which the gate was given or printed at its first start",
    ]);
  }
  const found = await findGate(locateState(values.config, io.cwd));
  if (found.kind === "none")
    throw new Problem([
      `no gate runs on ${values.config}; start it with regate serve, it takes the bundle as it is then`,
    ]);
  if (found.kind === "stranger") throw new Problem([`no gate runs on ${values.config}: ${found.problem}`]);
  const reloaded = await askForReload(found.gate, operatorKey);
  switch (reloaded.kind) {
    case "swapped":
      io.stdout(`revision ${reloaded.to} is in force, in place of ${reloaded.from}\n`);
      return 0;
    case "unchanged":
      io.stdout(`revision ${reloaded.revision} was in force already\n`);
      return 0;
    case "kept":
      io.stderr(`${reloaded.problem}\nrevision ${reloaded.revision} stays in force\n`);
      return 1;
  }
}

async function askForReload(gate: RunningGate, operatorKey: string): Promise<z.infer<typeof reloadedSchema>> {
  const answer = await post(gate, operatorKey);
  const url = reachableUrl(gate);
  if (answer.status === 401) throw new Problem([`${url}: REGATE_OPERATOR_KEY is not the operator key of this gate`]);
  const parsed = answer.status === 200 ? reloadedSchema.safeParse(parseJson(answer.body)) : undefined;
  if (parsed?.success !== true)
    throw new Problem([`${url}: the gate answered ${answer.status} and not what became of the bundle; see its log`]);
  return parsed.data;
}

async function post(gate: RunningGate, operatorKey: string): Promise<{ status: number | undefined; body: string }> {
  try {
    const headers = { authorization: `Bearer ${operatorKey}`, "content-length": "0" };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await send(gate, { method: "POST", path: "/v1/reload", headers, signal }).answer;
    return { status: answer.statusCode, body: (await readBody(answer)).toString("utf8") };
  } catch (error) {
    if (error instanceof StrangerError) throw new Problem([error.message]);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem([`${reachableUrl(gate)}: the gate does not answer (${reason}); see its log`]);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
