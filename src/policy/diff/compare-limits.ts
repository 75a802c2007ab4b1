// Which of two sets of rate limits lets more through. A set is looser where it lacks a limit as strict as one of the other's;
// names of rules and the order of limits don't matter. Pure.
import type { RateLimit } from "../../gate/types.ts";

/** From whose bucket is its own to whose bucket is shared by more. */
const PER = ["session", "principal", "everyone"];
const OVER = ["tool", "category", "server", "all"];

export type LimitsChange = { readonly looser: boolean; readonly stricter: boolean };

export function compareLimits(base: readonly RateLimit[], head: readonly RateLimit[]): LimitsChange {
  return {
    looser: base.some((limit) => !head.some((other) => isAsStrict(other, limit))),
    stricter: head.some((limit) => !base.some((other) => isAsStrict(other, limit))),
  };
}

/** Whether whatever `limit` refuses, `other` refuses as well. */
function isAsStrict(other: RateLimit, limit: RateLimit): boolean {
  return (
    burstOf(other) <= burstOf(limit) &&
    rateOf(other) <= rateOf(limit) &&
    PER.indexOf(other.per) >= PER.indexOf(limit.per) &&
    OVER.indexOf(other.over) >= OVER.indexOf(limit.over)
  );
}

/** Calls like this one that a full bucket has tokens for; without end where they cost nothing. */
function burstOf({ max, cost }: RateLimit): number {
  return max / cost;
}

/** Calls like this one for each second that passes. */
function rateOf({ max, window, cost }: RateLimit): number {
  return max / window / cost;
}
