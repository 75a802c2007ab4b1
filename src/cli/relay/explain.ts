// What a client is told where the gate gave no answer, or one that is none in JSON-RPC: a sentence, and the gate's own code.
import { z } from "zod";
import { type RunningGate, reachableUrl } from "../../config/running-gate.ts";
import { TRANSPORT_CODE } from "../../mcp/refusal.ts";
import { messageOf } from "../../problem.ts";
import { StrangerError } from "../gate-connection.ts";
import type { GateAnswer } from "./gate-answer.ts";

export type Fault = { readonly message: string; readonly code: number };

const errorSchema = z.object({ error: z.object({ code: z.number(), message: z.string() }) });

/** What a refusal by HTTP status says. */
export function explainAnswer({ status }: GateAnswer, body: Buffer): Fault {
  const { message, code } = readError(body) ?? {
    message: `the gate answered with status ${status} and no message`,
    code: TRANSPORT_CODE,
  };
  return {
    message: status === 401 ? `${message}; regate stdio takes it from REGATE_API_KEY` : message,
    code,
  };
}

/** @param gate undefined where none runs */
export function explainFailure(gate: RunningGate | undefined, error: unknown): Fault {
  return { message: describeFailure(gate, error), code: TRANSPORT_CODE };
}

function describeFailure(gate: RunningGate | undefined, error: unknown): string {
  if (error instanceof StrangerError) return error.message;
  if (gate === undefined) return "the gate of this configuration does not run any more; start regate serve";
  const reason = messageOf(error);
  return `the gate at ${reachableUrl(gate)} gave no answer (${reason}); is regate serve running?`;
}

function readError(body: Buffer): Fault | undefined {
  try {
    return errorSchema.parse(JSON.parse(body.toString("utf8"))).error;
  } catch {
    return undefined;
  }
}
