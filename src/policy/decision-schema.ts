// The shape of what `regate/decision` must answer. Anything else is no decision, and no decision lets no call through.
import { z } from "zod";
import type { Decision } from "../gate/types.ts";

const rateLimitSchema = z.strictObject({
  rule: z.string().min(1),
  max: z.number().positive(),
  window: z.number().positive(),
  per: z.enum(["session", "principal", "everyone"]),
  over: z.enum(["tool", "category", "server", "all"]),
  cost: z.number().nonnegative(),
});

export const decisionSchema: z.ZodType<Decision> = z
  .strictObject({
    action: z.enum(["allow", "require_approval", "deny"]),
    reasons: z.array(z.string()),
    rules: z.array(z.string()),
    malformed: z.array(z.string()),
    rate_limits: z.array(rateLimitSchema),
    approval: z.strictObject({ timeout: z.number().positive(), hold: z.number().nonnegative() }),
    labels: z.array(z.string()),
    redact: z.array(z.string()),
    hidden: z.boolean(),
  })
  .refine(
    ({ action, malformed }) => action === "deny" || malformed.length === 0,
    "permits although rules are malformed",
  )
  .refine(({ action, rules }) => action === "deny" || rules.length > 0, "permits although no rule matched");

/** What OPA's WASM answers for one entrypoint that is defined: exactly one result. */
export const decisionResultSchema = z.tuple([z.strictObject({ result: decisionSchema })]);

/** What a decision says where no rule says anything of it. */
export const PLAIN_DECISION: Omit<Decision, "action"> = {
  reasons: [],
  rules: [],
  malformed: [],
  rate_limits: [],
  approval: { timeout: 300, hold: 25 },
  labels: [],
  redact: [],
  hidden: false,
};
