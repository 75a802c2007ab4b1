// One judged call as one line of JSON in the fields of OPA's decision log, and what only the gate knows under `regate`.
// Pure. Nothing of a call reaches the line but through the masker.
import type { Judged } from "../gate/gate.ts";
import type { Outcome, Verdict } from "../gate/types.ts";
import { maskSecrets } from "./mask.ts";

/** Where a rule of the decision stands in the policy's sources; `file` and `row` are absent where the bundle doesn't say. */
export type RuleSite = { readonly id: string; readonly file?: string; readonly row?: number };

/** What a tool's definition says otherwise than the reviewed one, in words fit to be shown. */
export type DefinitionChange = { readonly reviewedSha256: string; readonly what: string };

export type DecisionEvent = Judged & {
  /** The rules of the decision, in its order; empty where there is no decision. */
  readonly rules: readonly RuleSite[];
  /** Set where the call's tool is not the one that was reviewed. */
  readonly definitionChange?: DefinitionChange | undefined;
  /** What `input.time` was. */
  readonly time?: unknown;
  /** What `input.history` was; left out where it was empty, and only there: a replay takes it for that. */
  readonly history?: unknown;
};

export type LineContext = {
  readonly labels: {
    /** UUID of this run of the gate. */
    readonly id: string;
    readonly version: string;
  };
  /** Names, in lower case, that are masked besides the built-in ones. */
  readonly maskedKeys: ReadonlySet<string>;
};

/** @returns the line, without a line feed at its end and with none inside */
export function toLogLine(event: DecisionEvent, context: LineContext): string {
  const { call, verdict } = event;
  const given = call.method === "tools/call" ? "args" : "params";
  const arguments_ = maskSecrets(call[given]?.value ?? {}, {
    at: `/input/${given}`,
    redact: verdict.decision?.redact ?? [],
    maskedKeys: context.maskedKeys,
  });
  // What stands around the arguments has room of its own: large arguments can't crowd the decision out.
  const around = maskSecrets(
    {
      input: describeInput(event),
      result: verdict.decision,
      error: describeError(verdict),
      regate: describeVerdict(event),
    },
    { at: "", redact: [], maskedKeys: context.maskedKeys },
  );
  const { input, result, error, regate } = toRecord(around.value);
  const masked = [...arguments_.masked, ...around.masked];
  const truncated = [...arguments_.truncated, ...around.truncated];
  return JSON.stringify({
    labels: context.labels,
    decision_id: verdict.id,
    bundles: verdict.bundle === undefined ? {} : { regate: verdict.bundle },
    path: "regate/decision",
    input: { ...toRecord(input), [given]: arguments_.value },
    result,
    error,
    requested_by: call.principal.id,
    timestamp: new Date(event.startedUnixMs).toISOString(),
    metrics: { timer_regate_judge_ns: Math.round(event.judgedNs), counter_regate_fuel: verdict.fuel },
    masked: masked.length > 0 ? masked : undefined,
    regate: { ...toRecord(regate), truncated: truncated.length > 0 ? truncated : undefined },
  });
}

/** The input that was judged, without args and params. */
function describeInput({ call, verdict, time, history }: DecisionEvent): Record<string, unknown> {
  const { server, direction, method, tool, session, principal } = call;
  const { category, risk, severity, definition } = verdict.facts ?? {};
  return { server, tool, direction, method, session, principal, category, risk, severity, definition, time, history };
}

/** As in OPA's log, where there is no decision. */
function describeError(verdict: Verdict): unknown {
  return verdict.kind === "failed" ? { code: `regate_${verdict.step}_failed`, message: verdict.problem } : undefined;
}

function describeVerdict({ call, verdict, rules, definitionChange }: DecisionEvent): Record<string, unknown> {
  const { server, tool, method, session, definition, continued } = call;
  return {
    verdict: verdict.kind,
    server,
    tool,
    method,
    session,
    rules,
    definition_sha256: definition?.sha256,
    definition_change: definitionChange && {
      reviewed_sha256: definitionChange.reviewedSha256,
      what: definitionChange.what,
    },
    classified: verdict.facts?.classified,
    unknown_because: verdict.facts?.unknownBecause,
    continued,
    ...describeOutcome(verdict),
  };
}

function describeOutcome(outcome: Outcome): Record<string, unknown> {
  switch (outcome.kind) {
    case "forward":
    case "denied":
      return {};
    case "rate_limited":
      return { limit: outcome.limit, retry_after_seconds: outcome.retryAfterSeconds };
    case "too_many_buckets":
      return { limit: outcome.limit };
    case "invalid_arguments":
    case "approval_needed":
      return { problem: outcome.problem };
    case "failed":
      return { step: outcome.step, problem: outcome.problem };
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
