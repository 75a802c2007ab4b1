// One decision of a log as a row that can be searched: who, what, when, and what became of it. Pure.
import { z } from "zod";

export type LogRow = {
  readonly id: string;
  /** As in the log. */
  readonly timestamp: string;
  readonly server: string;
  /** Absent where another method was judged. */
  readonly tool: string | undefined;
  readonly method: string | undefined;
  readonly session: string | undefined;
  readonly principal: string | undefined;
  /** What the policy decided; absent where it did not come to that. */
  readonly action: string | undefined;
  /** What became of the call. */
  readonly verdict: string;
  /** True where the server was observed: it went out, whatever the verdict. */
  readonly observed: boolean;
  /** `<package>/<id>`, those that carry the decision first. */
  readonly rules: readonly string[];
  /** Why, as far as the log says. */
  readonly why: readonly string[];
};

const texts = z.array(z.string()).catch([]);
const text = z.string().optional().catch(undefined);
const lineSchema = z.looseObject({
  path: z.literal("regate/decision"),
  decision_id: z.string(),
  timestamp: z.string(),
  requested_by: text,
  input: z.looseObject({ server: z.string(), tool: text, method: text, session: text }),
  result: z.looseObject({ action: text, reasons: texts, rules: texts }).optional().catch(undefined),
  regate: z.looseObject({
    verdict: z.string(),
    observed: z.boolean().optional().catch(undefined),
    problem: text,
    rules: z.array(z.looseObject({ id: z.string() })).catch([]),
  }),
});

/** @returns undefined for what is no decision of a gate */
export function readLogRow(line: string): LogRow | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { decision_id: id, timestamp, requested_by: principal, input, result, regate } = parsed.data;
  const { server, tool, method, session } = input;
  const places = new Map(regate.rules.map((rule, place) => [rule.id, place]));
  const placeOf = (rule: string): number => places.get(rule) ?? places.size;
  return {
    id,
    timestamp,
    server,
    tool,
    method,
    session,
    principal,
    action: result?.action,
    verdict: regate.verdict,
    observed: regate.observed === true,
    rules: (result?.rules ?? []).toSorted((a, b) => placeOf(a) - placeOf(b)),
    why: regate.problem === undefined ? (result?.reasons ?? []) : [regate.problem],
  };
}

/** Each field that is given must have one of its values; a list that is empty is none. */
export type LogQuery = {
  /** Unix time in milliseconds, the first that is taken and the first that is not. */
  readonly sinceUnixMs: number | undefined;
  readonly untilUnixMs: number | undefined;
  readonly servers: readonly string[];
  /** Tools, or other methods. */
  readonly tools: readonly string[];
  readonly sessions: readonly string[];
  readonly principals: readonly string[];
  /** What was decided, or what became of the call. */
  readonly actions: readonly string[];
  /** `<package>/<id>`, or the id alone. */
  readonly rules: readonly string[];
};

export function matches(row: LogRow, query: LogQuery): boolean {
  const { sinceUnixMs = Number.NEGATIVE_INFINITY, untilUnixMs = Number.POSITIVE_INFINITY } = query;
  const unixMs = Date.parse(row.timestamp);
  return (
    unixMs >= sinceUnixMs &&
    unixMs < untilUnixMs &&
    isOneOf(query.servers, row.server) &&
    isOneOf(query.tools, row.tool, row.tool === undefined ? row.method : undefined) &&
    isOneOf(query.sessions, row.session) &&
    isOneOf(query.principals, row.principal) &&
    isOneOf(query.actions, row.action, row.verdict) &&
    isOneOf(query.rules, ...row.rules.flatMap((rule) => [rule, rule.slice(rule.lastIndexOf("/") + 1)]))
  );
}

function isOneOf(wanted: readonly string[], ...values: readonly (string | undefined)[]): boolean {
  return wanted.length === 0 || values.some((value) => value !== undefined && wanted.includes(value));
}
