// One line of the decision log as the console shows it: read once, and only when somebody looks. A member that is not of the
// form that the gate writes is taken for absent; a line that is no decision is nothing.
import { z } from "zod";
import type { RecentLine } from "./ports.ts";

const site = z.object({ id: z.string(), file: z.string().optional(), row: z.number().optional() });
const take = z.object({ rule: z.string(), max: z.number(), before: z.number(), after: z.number() });
const limit = z.object({
  rule: z.string(),
  max: z.number(),
  window: z.number(),
  per: z.enum(["session", "principal", "everyone"]),
  over: z.enum(["tool", "category", "server", "all"]),
  cost: z.number(),
});
const maybe = <T extends z.ZodType>(type: T) => type.optional().catch(undefined);
const texts = z.array(z.string()).catch([]);

const lineSchema = z.object({
  decision_id: z.string(),
  timestamp: z.iso.datetime(),
  requested_by: maybe(z.string()),
  bundles: maybe(z.object({ regate: maybe(z.object({ revision: maybe(z.string()) })) })),
  input: z.record(z.string(), z.unknown()),
  result: maybe(
    z.object({
      action: maybe(z.string()),
      reasons: texts,
      malformed: texts,
      rate_limits: z.array(limit).catch([]),
      labels: texts,
    }),
  ),
  metrics: maybe(
    z.object({
      timer_regate_judge_ns: maybe(z.number()),
      counter_regate_fuel: maybe(z.number()),
      counter_regate_fuel_budget: maybe(z.number()),
    }),
  ),
  masked: texts,
  regate: z.object({
    verdict: z.string(),
    observed: maybe(z.boolean()),
    continued: maybe(z.boolean()),
    server: maybe(z.string()),
    tool: maybe(z.string()),
    method: maybe(z.string()),
    session: maybe(z.string()),
    rules: z.array(site).catch([]),
    buckets: z.array(take).catch([]),
    definition_change: maybe(z.object({ what: z.string() })),
    classified: maybe(z.boolean()),
    unknown_because: maybe(z.string()),
    limit: maybe(limit),
    retry_after_seconds: maybe(z.number()),
    in_flight: maybe(z.object({ of: z.enum(["session", "server"]), max: z.number() })),
    step: maybe(z.string()),
    problem: maybe(z.string()),
    approval: maybe(
      z.object({
        id: z.string(),
        state: z.string(),
        by: maybe(z.string()),
        reason: maybe(z.string()),
        by_grant: maybe(z.boolean()),
        waited_ms: maybe(z.number()),
      }),
    ),
    truncated: texts,
  }),
});

export type RuleSite = z.infer<typeof site>;
export type BucketTake = z.infer<typeof take>;

export type SeenDecision = {
  readonly id: string;
  /** ISO 8601, in UTC. */
  readonly timestamp: string;
  /** The kind of outcome, or `asked`. */
  readonly verdict: string;
  readonly server: string;
  /** Absent for what names no tool. */
  readonly tool: string | undefined;
  readonly method: string;
  readonly session: string;
  readonly principal: string;
  readonly revision: string | undefined;
  readonly rules: readonly RuleSite[];
  readonly buckets: readonly BucketTake[];
  readonly judgedNs: number;
  readonly fuel: number;
  readonly budget: number | undefined;
  /** As it was judged, masked. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: NonNullable<z.infer<typeof lineSchema>["result"]> | undefined;
  /** JSON pointers into the line. */
  readonly masked: readonly string[];
  readonly truncated: readonly string[];
  readonly gate: z.infer<typeof lineSchema>["regate"];
};

const read = new WeakMap<RecentLine, SeenDecision | "none">();

/** Undefined for what is no decision. */
export function readDecision(line: RecentLine): SeenDecision | undefined {
  const known = read.get(line) ?? parseLine(line.text) ?? "none";
  read.set(line, known);
  return known === "none" ? undefined : known;
}

function parseLine(text: string): SeenDecision | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { regate: gate, input, metrics, ...line } = parsed.data;
  return {
    id: line.decision_id,
    timestamp: line.timestamp,
    verdict: gate.verdict,
    server: gate.server ?? textOf(input.server) ?? "",
    tool: gate.tool ?? textOf(input.tool),
    method: gate.method ?? textOf(input.method) ?? "",
    session: gate.session ?? textOf(input.session) ?? "",
    principal: line.requested_by ?? "",
    revision: line.bundles?.regate?.revision,
    rules: gate.rules,
    buckets: gate.buckets,
    judgedNs: metrics?.timer_regate_judge_ns ?? 0,
    fuel: metrics?.counter_regate_fuel ?? 0,
    budget: metrics?.counter_regate_fuel_budget,
    input,
    result: line.result,
    masked: line.masked,
    truncated: gate.truncated,
    gate,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
