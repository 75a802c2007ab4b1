// Finds the gate that runs on a state folder. What a killed gate left proves nothing: who answers at its address must prove
// to be that very run of it (src/cli/gate-connection.ts).
import { z } from "zod";
import { type RunningGate, readRunningGate } from "../config/running-gate.ts";
import { StrangerError } from "./gate-connection.ts";
import { readBody, send } from "./gate-link.ts";

const ANSWER_MS = 10_000;

export type FoundGate =
  | { readonly kind: "none" }
  /** No gate either: something else listens where one did. */
  | { readonly kind: "stranger"; readonly problem: string }
  /** It runs, and can't judge yet or any more. */
  | { readonly kind: "unready"; readonly gate: RunningGate; readonly problem: string }
  | { readonly kind: "ready"; readonly gate: RunningGate };

const unreadySchema = z.object({ problem: z.string() });

/** @param state the state folder, absolute */
export async function findGate(state: string): Promise<FoundGate> {
  const gate = readRunningGate(state);
  if (gate === undefined) return { kind: "none" };
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await send(gate, { method: "GET", path: "/readyz", signal });
    const body = await readBody(answer);
    if (answer.statusCode === 200) return { kind: "ready", gate };
    return { kind: "unready", gate, problem: readProblem(body.toString("utf8")) };
  } catch (error) {
    return error instanceof StrangerError ? { kind: "stranger", problem: error.message } : { kind: "none" };
  }
}

function readProblem(body: string): string {
  try {
    return unreadySchema.parse(JSON.parse(body)).problem;
  } catch {
    return "it does not say why";
  }
}
