// What the agent sees of a call that does not go out: the reason in words, and the same as data. Safe reasons only; what
// went wrong inside stays in the log. Names that come from the agent are made showable.
import type { Verdict } from "../gate/types.ts";
import type { AnswerData } from "./answers.ts";
import { showable } from "./showable.ts";

export type RefusedVerdict = Exclude<Verdict, { readonly kind: "forward" }>;

/** What of a refused call is named to its sender; `tool` for a `tools/call` only. */
export type RefusedCall = {
  readonly server: string;
  readonly method: string;
  readonly tool?: string | undefined;
  readonly definition?: { readonly sha256: string } | undefined;
};

/** The decision as data, in `_meta` of a tool result and in `data` of an error; absent members are left out. */
export type DecisionData = {
  readonly action: "deny" | "rate_limit" | "require_approval" | "invalid_arguments";
  readonly reasons: readonly string[];
  /** `<package>/<id>` of the rules behind the refusal. */
  readonly rules: readonly string[];
  /** Seconds after which the same call has a chance; absent where waiting does not help. */
  readonly retry_after: number | undefined;
  /** The step of the gate that failed. */
  readonly failed_step: string | undefined;
  /** Absent where nobody could be asked. */
  readonly approval:
    | { readonly id: string; readonly state: string; readonly reason: string | undefined; readonly lapses_in: number }
    | undefined;
  readonly decision_id: string;
  readonly bundle_revision: string | undefined;
};

export const DECISION_KEY = "regate/decision";
/** Outside the ranges that JSON-RPC and MCP reserve. */
export const REFUSED_CODE = 1001;
export const UPSTREAM_FAILED_CODE = 1002;
/** The principal has not signed in to the server. */
export const SIGN_IN_CODE = 1005;
/** The session is unknown, or no new one may be opened. */
export const SESSION_CODE = 1003;
/** Something is wrong with the HTTP request, not with its message. */
export const TRANSPORT_CODE = 1004;

const MAX_REASON_CHARS = 1_000;
const MAX_RULES_SHOWN = 5;
const SHOWN_HASH_CHARS = 12;

/**
 * The whole JSON-RPC answer to a refused request: for a `tools/call` a tool result that clients hand to the model, for
 * any other method an error.
 * @param idText the request's id as received
 */
export function refusal(verdict: RefusedVerdict, call: RefusedCall, idText: string, era: "legacy" | "modern"): string {
  if (call.method !== "tools/call") return refusalError(verdict, call, idText);
  return toolError(describeRefusal(verdict, call), decisionData(verdict), idText, era);
}

function toolError(text: string, data: DecisionData | AnswerData, idText: string, era: "legacy" | "modern"): string {
  const result = {
    ...(era === "modern" && { resultType: "complete" }),
    isError: true,
    content: [{ type: "text", text }],
    _meta: { [DECISION_KEY]: data },
  };
  return `{"jsonrpc":"2.0","id":${idText},"result":${JSON.stringify(result)}}`;
}

/**
 * What the agent sees in the place of an answer that the policy's rules refuse, or that can't be judged by them. The call was
 * carried out: it is told so, for it might call again.
 */
export function answerRefusal(data: AnswerData, call: RefusedCall, idText: string, era: "legacy" | "modern"): string {
  const subject = `${showable(call.tool ?? call.method)} on ${showable(call.server)}`;
  const parts = [
    `Policy violation: ${subject} was called, but its answer is withheld.`,
    ...sentences(data.reasons),
    "Calling it again does not help.",
  ];
  const behind = [...describeRules(data.rules), ...(data.decision_id ? [`decision ${data.decision_id}`] : [])];
  const text = `${parts.join(" ")}${behind.length > 0 ? ` (${behind.join(", ")})` : ""}`;
  if (call.method !== "tools/call") return errorAnswer(idText, REFUSED_CODE, text, { [DECISION_KEY]: data });
  return toolError(text, data, idText, era);
}

/** A refused request answered with a JSON-RPC error, whatever its method; for the server's own requests too. */
export function refusalError(verdict: RefusedVerdict, call: RefusedCall, idText: string): string {
  return errorAnswer(idText, REFUSED_CODE, describeRefusal(verdict, call), { [DECISION_KEY]: decisionData(verdict) });
}

/** The answer to a request that the server failed to answer. */
export function upstreamError(idText: string, server: string, problem: string): string {
  const message = `The server ${showable(server)} failed: ${showable(problem, MAX_REASON_CHARS)}`;
  return errorAnswer(idText, UPSTREAM_FAILED_CODE, message);
}

/** Any JSON-RPC error answer; `idText` is the id as received, or `null`. */
export function errorAnswer(idText: string, code: number, message: string, data?: unknown): string {
  return `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify({ code, message, data })}}`;
}

/** The refusal in one paragraph, for a model or a person to read. */
export function describeRefusal(verdict: RefusedVerdict, call: RefusedCall): string {
  const subject = `${showable(call.tool ?? call.method)} on ${showable(call.server)}`;
  switch (verdict.kind) {
    case "frozen": {
      const what = `Policy violation: ${subject} was not called. ${showable(verdict.problem, MAX_REASON_CHARS)}.`;
      return paragraph([what, "Trying again helps only once they are thawed."], verdict);
    }
    case "invalid_arguments": {
      const what = `Invalid arguments: ${subject}: ${showable(verdict.problem, MAX_REASON_CHARS)}.`;
      const schema = call.definition?.sha256.slice(0, SHOWN_HASH_CHARS);
      return paragraph(
        [what, "It was not called; mend the arguments."],
        verdict,
        schema && `reviewed schema ${schema}`,
      );
    }
    case "denied":
      return paragraph([`Policy violation: ${subject} is denied.`, ...sentences(verdict.reasons)], verdict);
    case "rate_limited":
      return paragraph([`Rate limit: ${describeLimit(verdict, subject, call)}`, describeWait(verdict)], verdict);
    case "too_many_buckets":
      return paragraph(
        [
          `Rate limit: ${subject} cannot be counted now, for this principal holds as many part-used limits as it may.`,
          "Try again when some have filled up.",
        ],
        verdict,
      );
    case "too_many_in_flight": {
      const { of, max } = verdict.overload;
      const where = of === "session" ? "in this session" : `at ${showable(call.server)}`;
      const what = `Rate limit: ${subject} was not called, for ${plural(max, "request")} ${max === 1 ? "is" : "are"} under way ${where}, as many as may be.`;
      return paragraph([what, "Try again when one of them is answered."], verdict);
    }
    case "approval_needed":
      return paragraph(describeApproval(verdict, subject), verdict);
    case "failed": {
      const what = `Regate could not judge this call: the ${verdict.step} step failed.`;
      return paragraph([what, `${subject} was not called; the operator finds the cause in the log.`], verdict);
    }
  }
}

export function decisionData(verdict: RefusedVerdict): DecisionData {
  return {
    action: actionOf(verdict.kind),
    reasons: reasonsOf(verdict).map((reason) => showable(reason, MAX_REASON_CHARS)),
    rules: rulesBehind(verdict),
    retry_after: verdict.kind === "rate_limited" ? secondsToWait(verdict.retryAfterSeconds) : undefined,
    failed_step: verdict.kind === "failed" ? verdict.step : undefined,
    approval: verdict.kind === "approval_needed" ? approvalData(verdict.approval) : undefined,
    decision_id: verdict.id,
    bundle_revision: verdict.bundle?.revision,
  };
}

function reasonsOf(verdict: RefusedVerdict): readonly string[] {
  if (verdict.kind === "invalid_arguments" || verdict.kind === "frozen") return [verdict.problem];
  return "reasons" in verdict ? verdict.reasons : [];
}

function actionOf(kind: RefusedVerdict["kind"]): DecisionData["action"] {
  switch (kind) {
    case "denied":
    case "failed":
    case "frozen":
      return "deny";
    case "rate_limited":
    case "too_many_buckets":
    case "too_many_in_flight":
      return "rate_limit";
    case "approval_needed":
      return "require_approval";
    case "invalid_arguments":
      return "invalid_arguments";
  }
}

/** The limit's own rule, or those that carry the decision. */
export function rulesBehind(verdict: RefusedVerdict): readonly string[] {
  switch (verdict.kind) {
    case "denied":
    case "approval_needed":
      return verdict.deciding ?? verdict.decision?.rules ?? [];
    case "rate_limited":
    case "too_many_buckets":
      return [verdict.limit.rule];
    case "invalid_arguments":
    case "too_many_in_flight":
    case "failed":
    case "frozen":
      return [];
  }
}

type ApprovalNeeded = Extract<RefusedVerdict, { readonly kind: "approval_needed" }>;

function describeApproval({ approval, reasons, problem }: ApprovalNeeded, subject: string): string[] {
  switch (approval?.state) {
    case "pending": {
      const again = `Approval pending, ${approval.id}: call again with the same arguments within ${approval.leftSeconds} s.`;
      const where = approval.url === undefined ? [] : [`A person decides at ${approval.url}`];
      return [`Approval needed: ${subject} waits for a person's decision.`, ...sentences(reasons), again, ...where];
    }
    case "denied":
      return [`Approval denied: a person denied ${subject}.`, ...sentences([approval.decided?.reason ?? ""])];
    default: {
      const what = `Approval needed: ${subject} waits for a person's decision, but ${showable(problem)}.`;
      return [what, ...sentences(reasons)];
    }
  }
}

function approvalData(approval: ApprovalNeeded["approval"]): DecisionData["approval"] {
  if (approval === undefined) return undefined;
  const { id, state, decided, leftSeconds } = approval;
  const reason = decided?.reason;
  return { id, state, reason: reason && showable(reason, MAX_REASON_CHARS), lapses_in: leftSeconds };
}

type RateLimited = Extract<RefusedVerdict, { readonly kind: "rate_limited" }>;

function describeLimit(verdict: RateLimited, subject: string, call: RefusedCall): string {
  const { limit } = verdict;
  const whose = { session: "in this session", principal: "to this principal", everyone: "to everyone together" };
  const counted = {
    tool: `${subject} allows`,
    category: `the category ${verdict.facts?.category ?? "Unknown"} on ${showable(call.server)} allows`,
    server: `${showable(call.server)} allows`,
    all: "all servers together allow",
  };
  const holds = plural(limit.max, limit.cost === 1 ? "call" : "token");
  const secondsEach = roundedUp(limit.window / limit.max);
  const what = `${counted[limit.over]} ${holds} per ${limit.window} s ${whose[limit.per]}`;
  return `${what}, one more every ${secondsEach} s.`;
}

function describeWait(verdict: RateLimited): string {
  const { limit } = verdict;
  const takes = `This call takes ${plural(limit.cost, "token")}`;
  const seconds = secondsToWait(verdict.retryAfterSeconds);
  if (seconds === undefined) return `${takes}, more than the limit ever holds.`;
  return limit.cost === 1 ? `Try again in ${seconds} s.` : `${takes}: try again in ${seconds} s.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Whole seconds, rounded up: who waits that long is not refused again for a fraction. */
function secondsToWait(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds));
}

/** Rounded up to what is worth reading: 6, 8.6, 0.25. */
function roundedUp(seconds: number): number {
  const scale = seconds >= 10 ? 1 : seconds >= 1 ? 10 : 1_000;
  // what is already exact must not be pushed up by the last bit of a float
  return Math.ceil(Number((seconds * scale).toFixed(6))) / scale;
}

function sentences(reasons: readonly string[]): string[] {
  return reasons.map((reason) => {
    const shown = showable(reason.trim(), MAX_REASON_CHARS);
    return /[.!?]$/.test(shown) ? shown : `${shown}.`;
  });
}

/** @param basis what the refusal goes by besides rules */
function paragraph(parts: readonly string[], verdict: RefusedVerdict, basis?: string): string {
  const behind = [...describeRules(rulesBehind(verdict)), ...(basis ? [basis] : []), `decision ${verdict.id}`];
  return `${parts.join(" ")} (${behind.join(", ")})`;
}

function describeRules(rules: readonly string[]): string[] {
  const ids = rules.map((rule) => showable(rule.slice(rule.lastIndexOf("/") + 1)));
  const shown = ids.slice(0, MAX_RULES_SHOWN);
  const more = ids.length - shown.length;
  if (shown.length === 0) return [];
  return [`${ids.length === 1 ? "rule" : "rules"} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
}
