// The shape of what `regate/classify` must answer. Anything else is no classification: a tool of an unknown class is one
// that the defaults deny.
import { z } from "zod";
import { CATEGORIES, type Classification, RISK_OF } from "../gate/types.ts";

const classificationSchema: z.ZodType<Classification> = z
  .strictObject({
    category: z.enum(CATEGORIES).exclude(["Unknown"]),
    risk: z.enum(["Low", "Medium", "High", "Critical"]),
    severity: z.enum(["low", "medium", "high", "critical"]),
    signals: z.array(z.string()),
    required: z.array(z.string()),
    rationale: z.string().min(1),
  })
  .refine(({ category, risk }) => risk === RISK_OF[category], {
    error: "is not the risk that comes with the category",
    path: ["risk"],
  });

/** What OPA's WASM answers for one entrypoint that is defined: exactly one result. */
export const classificationResultSchema = z.tuple([z.strictObject({ result: classificationSchema })]);
