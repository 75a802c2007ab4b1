// The shape of what `regate/result` must answer. Anything else is no decision, and then the answer does not reach the client.
import { z } from "zod";
import type { ResultDecision } from "../gate/types.ts";

const resultSchema: z.ZodType<ResultDecision> = z
  .strictObject({
    action: z.enum(["pass", "redact", "refuse"]),
    reasons: z.array(z.string()),
    rules: z.array(z.string()),
    malformed: z.array(z.string()),
    redact: z.array(z.string()),
    secrets: z.array(z.string()),
  })
  .refine(
    ({ action, malformed }) => action === "refuse" || malformed.length === 0,
    "passes although rules are malformed",
  );

/** What OPA's WASM answers for one entrypoint that is defined: exactly one result. */
export const resultResultSchema = z.tuple([z.strictObject({ result: resultSchema })]);
