// One judged call as one line of the decision log, with what only the gate knows under `regate`. Pure.
import type { Judged } from "../gate/gate.ts";
import type { ApprovalNote, Masks, Outcome, Verdict } from "../gate/types.ts";
import { writeByTemplate } from "./line-template.ts";
import { type LineContext, type LineParts, type RuleSite, writeLine } from "./write-line.ts";

/** What a tool's definition says otherwise than the reviewed one, in words fit to be shown. */
export type DefinitionChange = { readonly reviewedSha256: string; readonly what: string };

export type DecisionEvent = Judged & {
  /** The rules of the decision, in its order; empty where there is no decision. */
  readonly rules: readonly RuleSite[];
  /** Set where the call's tool is not the one that was reviewed. */
  readonly definitionChange?: DefinitionChange | undefined;
  /** What `input.time` was. */
  readonly time?: unknown;
  /** Asks the policy that judged what the log masks; where it is left out, nothing more. */
  readonly mask?: (() => Masks) | undefined;
};

/** @returns the line, without a line feed at its end and with none inside */
export function toLogLine(event: DecisionEvent, context: LineContext): string {
  return writeByTemplate(event, context, writeFromParts) ?? writeFromParts(event, context);
}

/** The line of any event, as toLogLine writes it. */
export function writeFromParts(event: DecisionEvent, context: LineContext): string {
  const { call, verdict } = event;
  const given = call.method === "tools/call" ? "args" : "params";
  return writeLine(
    {
      id: verdict.id,
      bundle: verdict.bundle,
      given,
      arguments: call[given]?.value ?? {},
      input: describeInput(event),
      history: verdict.history,
      decision: verdict.decision,
      masks: event.mask?.(),
      error: describeError(verdict),
      requestedBy: call.principal.id,
      startedUnixMs: event.startedUnixMs,
      judgedNs: event.judgedNs,
      fuel: verdict.fuel,
      budget: verdict.budget,
      regate: describeVerdict(event),
    },
    context,
  );
}

/** The input that was judged, without args and params. */
function describeInput({ call, verdict, time }: DecisionEvent): Record<string, unknown> {
  const { server, direction, method, tool, session, principal } = call;
  const { category, risk, severity, definition } = verdict.facts ?? {};
  return { server, tool, direction, method, session, principal, category, risk, severity, definition, time };
}

/** What became of the call, or would have: on a server that is observed it went out all the same. */
function outcomeOf(verdict: Verdict): Outcome {
  return verdict.kind === "forward" ? (verdict.instead ?? verdict) : verdict;
}

/** As in OPA's log, where there is no decision. */
function describeError(verdict: Verdict): LineParts["error"] {
  const outcome = outcomeOf(verdict);
  return outcome.kind === "failed" ? { code: `regate_${outcome.step}_failed`, message: outcome.problem } : undefined;
}

function describeVerdict({ call, verdict, rules, definitionChange }: DecisionEvent): Record<string, unknown> {
  const { server, place, tool, method, session, definition, continued, observed } = call;
  const outcome = outcomeOf(verdict);
  return {
    verdict: outcome.kind,
    observed,
    server,
    server_key: place?.key,
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
    buckets: verdict.buckets,
    ...describeOutcome(outcome),
  };
}

function describeOutcome(outcome: Outcome): Record<string, unknown> {
  switch (outcome.kind) {
    case "forward":
    case "denied":
      return { approval: outcome.approval && describeApproval(outcome.approval) };
    case "rate_limited":
      return { limit: outcome.limit, retry_after_seconds: outcome.retryAfterSeconds };
    case "too_many_buckets":
      return { limit: outcome.limit };
    case "too_many_in_flight":
      return { in_flight: outcome.overload };
    case "invalid_arguments":
      return { problem: outcome.problem };
    case "frozen":
    case "approval_needed":
      return { problem: outcome.problem, approval: outcome.approval && describeApproval(outcome.approval) };
    case "failed": {
      const { step, problem, approval } = outcome;
      return { step, problem, approval: approval && describeApproval(approval) };
    }
  }
}

/** Who decided, when and why, and for how long this call was held. */
function describeApproval({
  id,
  state,
  askedUnixMs,
  decided,
  byGrant,
  waitedMs,
}: ApprovalNote): Record<string, unknown> {
  return {
    id,
    state,
    asked: new Date(askedUnixMs).toISOString(),
    by: decided?.by,
    decided: decided && new Date(decided.unixMs).toISOString(),
    reason: decided?.reason,
    grant_minutes: decided?.grantMinutes,
    by_grant: byGrant || undefined,
    waited_ms: Math.round(waitedMs),
  };
}
