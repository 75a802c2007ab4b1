// The input of `regate/decision` as a person may write it: schemas/input.json, for code. A test holds the two together. The
// gate's own inputs come from input.ts and need no check.
import { z } from "zod";
import { CATEGORIES } from "../gate/types.ts";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

const found = z.strictObject({ kind: z.string(), pointer: z.string(), count: z.int().min(1) });
const counts = z.record(z.string(), z.number());

export const inputSchema = z.strictObject({
  server: z.string(),
  direction: z.enum(["to_server", "from_server"]).optional(),
  method: z.string().optional(),
  tool: z.string().optional(),
  args: z.unknown().optional(),
  params: z.unknown().optional(),
  category: z.enum(CATEGORIES).optional(),
  risk: z.enum(["Low", "Medium", "High", "Critical", "Unknown"]).optional(),
  severity: z.enum(["low", "medium", "high", "critical"]).optional(),
  session: z.string().optional(),
  principal: z
    .strictObject({ id: z.string(), groups: z.array(z.string()), claims: z.record(z.string(), z.unknown()) })
    .optional(),
  time: z
    .strictObject({ unix: z.number(), rfc3339: z.string(), weekday: z.enum(WEEKDAYS), hour: z.int().min(0).max(23) })
    .optional(),
  definition: z.strictObject({ catalogued: z.boolean(), changed: z.boolean() }).optional(),
  history: z.strictObject({ tools: counts, categories: counts, labels: counts }).optional(),
  answer: z.enum(["result", "error", "notification"]).optional(),
  result: z.unknown().optional(),
  secrets: z.array(found).optional(),
  signals: z.array(found).optional(),
});

/** What there is only where an answer is judged (docs/results.md). */
export const ANSWER_KEYS: readonly string[] = ["answer", "result", "secrets", "signals"];

/** The keys of an input, for "did you mean". */
export const INPUT_KEYS: readonly string[] = Object.keys(inputSchema.shape);
