// Which of two sets of rate limits lets more through. A set is looser where it lacks a limit as strict as one of the other's;
// the order of limits does not matter, and whose rule a limit is only where that makes two buckets of one. Pure.
import type { RateLimit } from "../../gate/types.ts";

/** From whose bucket is its own to whose bucket is shared by more. */
const PER = ["session", "principal", "everyone"];
const OVER = ["tool", "category", "server", "all"];

export type LimitsChange = { readonly looser: boolean; readonly stricter: boolean };

/** Whether a limit of the head counts all that a limit of the base counted: each rule has buckets of its own. */
export type Succeeds = (rule: string, successor: string) => boolean;

/** @param succeeds of two different rules; asked only where the one limit is as strict as the other */
export function compareLimits(
  base: readonly RateLimit[],
  head: readonly RateLimit[],
  succeeds: Succeeds = () => true,
): LimitsChange {
  // what was beside the limit before, and as strict, has counted the same calls all along
  const isKept = (other: RateLimit, limit: RateLimit): boolean =>
    base.some((one) => one.rule === other.rule && isAsStrict(one, limit));
  const takesOver = (other: RateLimit, limit: RateLimit): boolean =>
    isAsStrict(other, limit) && (other.rule === limit.rule || isKept(other, limit) || succeeds(limit.rule, other.rule));
  return {
    looser: base.some((limit) => !head.some((other) => takesOver(other, limit))),
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
