// What changes for a call between two decisions on it, and whether that is looser, stricter or neither. Pure.
import type { Decision, Evaluation, RateLimit } from "../../gate/types.ts";
import { mayRead } from "../conditions.ts";
import type { IndexedRules } from "../speakers.ts";
import { compareLimits, type Succeeds } from "./compare-limits.ts";
import { type Effect, isRefusal, STRICTNESS } from "./effect.ts";

export const CHANGES = ["looser", "stricter", "other"] as const;
export type ChangeKind = (typeof CHANGES)[number];

/** One thing that changes, each side in a few words. */
export type ChangePart = {
  readonly what: "action" | "limits" | "approval" | "hidden" | "redact" | "labels" | "malformed" | "reasons" | "rules";
  readonly kind: ChangeKind;
  readonly base: string;
  readonly head: string;
};

/** Looser where any part is, else stricter where any is. */
export type Change = { readonly kind: ChangeKind; readonly parts: readonly [ChangePart, ...ChangePart[]] };

export type CompareOptions = {
  /** Whether one rule's limit takes the place of another's; left out, any does that is as strict. */
  readonly succeeds?: Succeeds;
  /** Whether a rule of either side looks at what was done before: then a label that is gone is missed by later calls. */
  readonly readsHistory?: boolean;
};

/** @returns undefined where nothing changes for the call */
export function compareEffects(base: Effect, head: Effect, options: CompareOptions = {}): Change | undefined {
  const [first, ...others] = [...compareActions(base, head), ...compareDetails(base, head, options)];
  if (first === undefined) return undefined;
  const kinds = [first, ...others].map(({ kind }) => kind);
  const kind = kinds.includes("looser") ? "looser" : kinds.includes("stricter") ? "stricter" : "other";
  return { kind, parts: [first, ...others] };
}

/** Whether a rule of any of the policies may look at what was done before. */
export function mayReadHistory(policies: readonly IndexedRules[]): boolean {
  return policies.some(({ conditions }) => mayRead(conditions, "history"));
}

/** A decision, or the lack of one, in a few words. */
export function describeOutcome(evaluation: Evaluation): string {
  if (evaluation.kind === "failed") return `failed (${evaluation.problem})`;
  const { action, rules, rate_limits } = evaluation.decision;
  const ids = rules.map((rule) => rule.slice(rule.lastIndexOf("/") + 1)).join(", ") || "no rule";
  return `${action} (${[ids, ...(action === "deny" ? [] : rate_limits.map(describeLimit))].join(", ")})`;
}

export function describeLimit({ max, window, per, over, cost }: RateLimit): string {
  const counted = over === "tool" ? "" : ` over ${over}`;
  return `${max} per ${window} s and ${per}${counted}${cost === 1 ? "" : `, cost ${cost}`}`;
}

function compareActions({ action: from }: Effect, { action: to }: Effect): ChangePart[] {
  if (from === to) return [];
  const isLooser = STRICTNESS.indexOf(to) < STRICTNESS.indexOf(from);
  const kind = isRefusal(from) && isRefusal(to) ? "other" : isLooser ? "looser" : "stricter";
  return [{ what: "action", kind, base: from, head: to }];
}

function compareDetails(base: Effect, head: Effect, { succeeds, readsHistory }: CompareOptions): ChangePart[] {
  if (base.action === "failed" || head.action === "failed") return [];
  return [
    ...(isRefusal(base.action) || isRefusal(head.action) ? [] : limitsPart(base, head, succeeds)),
    ...approvalPart(base, head),
    ...hiddenPart(base, head),
    ...redactPart(base, head),
    ...labelsPart(base, head, readsHistory === true),
    ...listPart("malformed", base.malformed, head.malformed),
    ...listPart("reasons", base.reasons, head.reasons),
    ...listPart("rules", base.rules, head.rules),
  ];
}

function limitsPart(
  { rate_limits: base }: Effect,
  { rate_limits: head }: Effect,
  succeeds: Succeeds | undefined,
): ChangePart[] {
  if (JSON.stringify(base) === JSON.stringify(head)) return [];
  const { looser, stricter } = compareLimits(base, head, succeeds);
  const kind = looser ? "looser" : stricter ? "stricter" : "other";
  // two that look alike are two buckets
  const isSplit = base.map(describeLimit).join() === head.map(describeLimit).join();
  const describe = (limits: readonly RateLimit[]): string =>
    limits.map((limit) => `${describeLimit(limit)}${isSplit ? ` of ${limit.rule}` : ""}`).join("; ") || "none";
  return [{ what: "limits", kind, base: describe(base), head: describe(head) }];
}

/** Who approves has longer for it, and the approval stays good for longer; how long the call waits lets nothing through. */
function approvalPart({ approval: base }: Effect, { approval: head }: Effect): ChangePart[] {
  if (base === undefined || head === undefined) return [];
  if (base.timeout === head.timeout && base.hold === head.hold) return [];
  const kind = head.timeout > base.timeout ? "looser" : head.timeout < base.timeout ? "stricter" : "other";
  const describe = ({ timeout, hold }: Decision["approval"]): string => `within ${timeout} s, waits ${hold} s`;
  return [{ what: "approval", kind, base: describe(base), head: describe(head) }];
}

/** A tool that is let through is seen: only of two denials it matters. */
function hiddenPart(base: Effect, head: Effect): ChangePart[] {
  if (base.hidden === head.hidden || base.action !== head.action) return [];
  const describe = (hidden: boolean): string => (hidden ? "hidden" : "listed");
  const kind = base.hidden ? "looser" : "stricter";
  return [{ what: "hidden", kind, base: describe(base.hidden), head: describe(head.hidden) }];
}

/** What is masked no longer, the log shows. */
function redactPart({ redact: base }: Effect, { redact: head }: Effect): ChangePart[] {
  const covers = (pointers: readonly string[], pointer: string): boolean =>
    pointers.some((one) => pointer === one || pointer.startsWith(`${one}/`));
  const isLooser = base.some((pointer) => !covers(head, pointer));
  const isStricter = head.some((pointer) => !covers(base, pointer));
  const kind = isLooser ? "looser" : isStricter ? "stricter" : "other";
  return listPart("redact", base, head).map((part) => ({ ...part, kind }));
}

/** Labels count once the call goes out. What a new one does is said by the rules that look for it, in either direction. */
function labelsPart(base: Effect, head: Effect, readsHistory: boolean): ChangePart[] {
  const goesOut = !isRefusal(base.action) && !isRefusal(head.action);
  const isLooser = readsHistory && goesOut && base.labels.some((label) => !head.labels.includes(label));
  return listPart("labels", base.labels, head.labels).map((part) => (isLooser ? { ...part, kind: "looser" } : part));
}

function listPart(what: ChangePart["what"], base: readonly string[], head: readonly string[]): ChangePart[] {
  if (JSON.stringify(base) === JSON.stringify(head)) return [];
  return [{ what, kind: "other", base: base.join("; ") || "none", head: head.join("; ") || "none" }];
}
