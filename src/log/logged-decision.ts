// Reads one line of a decision log back, whole: the call that was judged, and what became of it. Anything that is no decision
// of a gate is nothing. Pure.
import { z } from "zod";
import { type RecordedCall, readRecordedLine } from "./recorded-call.ts";
import type { RuleSite } from "./write-line.ts";

export type LoggedDecision = RecordedCall & {
  readonly id: string;
  /** As in the log. */
  readonly timestamp: string;
  /** The kind of outcome: `denied`, `rate_limited`, `forward`, ...; `asked` for what was no call. */
  readonly verdict: string;
  /** True where the server was observed: whatever the verdict, the call went out. */
  readonly observed: boolean;
  readonly continued: boolean;
  readonly requestedBy: string | undefined;
  readonly revision: string | undefined;
  readonly rules: readonly RuleSite[];
  /** Of a call over a limit. */
  readonly limit:
    | { readonly rule: string; readonly max: number; readonly window: number; readonly cost: number }
    | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Of a call that was not judged, or whose arguments don't fit. */
  readonly step: string | undefined;
  readonly problem: string | undefined;
};

const siteSchema = z.object({
  id: z.string(),
  file: z.string().optional(),
  row: z.int().optional(),
});
const limitSchema = z.looseObject({ rule: z.string(), max: z.number(), window: z.number(), cost: z.number() });
const lineSchema = z.looseObject({
  decision_id: z.string().min(1),
  timestamp: z.iso.datetime(),
  requested_by: z.string().optional(),
  bundles: z.looseObject({ regate: z.looseObject({ revision: z.string().optional() }).optional() }).optional(),
  regate: z.looseObject({
    verdict: z.string(),
    observed: z.boolean().optional(),
    continued: z.boolean().optional(),
    rules: z.array(siteSchema).catch([]),
    limit: limitSchema.optional().catch(undefined),
    retry_after_seconds: z.number().optional().catch(undefined),
    step: z.string().optional(),
    problem: z.string().optional(),
  }),
});

/** @returns undefined for what is no decision of a gate */
export function readLoggedDecision(text: string): LoggedDecision | undefined {
  const recorded = readRecordedLine(text);
  if (recorded.kind !== "call") return undefined;
  const parsed = lineSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const { decision_id: id, timestamp, requested_by: requestedBy, bundles, regate } = parsed.data;
  const { verdict, observed = false, continued = false, rules, limit, retry_after_seconds, step, problem } = regate;
  return {
    ...recorded.call,
    id,
    timestamp,
    verdict,
    observed,
    continued,
    requestedBy,
    revision: bundles?.regate?.revision,
    rules: rules.map(({ id: rule, file, row }) => ({
      id: rule,
      ...(file !== undefined && { file }),
      ...(row !== undefined && { row }),
    })),
    limit,
    retryAfterSeconds: retry_after_seconds,
    step,
    problem,
  };
}
