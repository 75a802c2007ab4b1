// What an operator does about approvals in the end-to-end tests: by the command, as a person would.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Gate, OPERATOR_KEY, operate } from "./harness-gate.ts";
import { type Message, send } from "./harness-wire.ts";

const POLL_MS = 50;
const MAX_TRIES = 400;
const REQUEST = z.looseObject({ id: z.string(), state: z.string(), argsText: z.string() });
export type ShownRequest = z.infer<typeof REQUEST>;

/** What `regate approvals` answers. */
export async function approvals(gate: Gate, ...args: readonly string[]) {
  return await operate(gate, "approvals", ...args);
}

/** All requests of a gate, the newest first. */
export async function listApprovals(gate: Gate): Promise<ShownRequest[]> {
  const { text } = await send(`${gate.base}/v1/approvals`, "GET", { authorization: `Bearer ${OPERATOR_KEY}` });
  return z.object({ approvals: z.array(REQUEST) }).parse(JSON.parse(text)).approvals;
}

/** The pending request for arguments that hold `text`, as soon as there is one. */
export async function pendingFor(gate: Gate, text: string): Promise<ShownRequest> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = (await listApprovals(gate)).find(
      ({ state, argsText }) => state === "pending" && argsText.includes(text),
    );
    if (found !== undefined) return found;
    await sleep(POLL_MS);
  }
  throw new Error(`waited in vain for a request for ${text}`);
}

const DATA = z.looseObject({ id: z.string(), state: z.string(), reason: z.string().optional() });

/** The approval that a refusal speaks of. */
export function approvalIn(message: Message): z.infer<typeof DATA> {
  const meta = z.looseObject({ "regate/decision": z.looseObject({ approval: DATA }) }).parse(message.result?._meta);
  return meta["regate/decision"].approval;
}
