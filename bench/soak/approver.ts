// The person of a soak: looks at what waits, approves half of it and denies the rest, and keeps account of what was approved.
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { SoakGate } from "./gate.ts";
import type { Random } from "./random.ts";

const listSchema = z.object({ approvals: z.array(z.looseObject({ id: z.string(), argsText: z.string() })) });
const argsSchema = z.looseObject({ key: z.string() });
const LOOK_MS = 300;

/** @param approvals counts, by the key of the call, what was approved: before it is told, for the answer may not arrive */
export async function approve(
  gate: SoakGate,
  random: Random,
  approvals: Map<string, number>,
  isOver: () => boolean,
): Promise<void> {
  const decided = new Set<string>();
  while (!isOver()) {
    await sleep(LOOK_MS);
    try {
      const { approvals: waiting } = listSchema.parse(await gate.ask("/v1/approvals?state=pending", "GET"));
      for (const { id, argsText } of waiting) {
        if (decided.has(id)) continue;
        decided.add(id);
        const { key } = argsSchema.parse(JSON.parse(argsText));
        if (random.chance(0.5)) {
          approvals.set(key, (approvals.get(key) ?? 0) + 1);
          await gate.ask(`/v1/approvals/${id}/approve`, "POST");
        } else {
          await gate.ask(`/v1/approvals/${id}/deny`, "POST", { reason: "not today" });
        }
      }
    } catch {
      // the gate is down, or held up
    }
  }
}
