// How much is kept: what may wait for one principal, and what is over, for who looks back. Pure.
import type { ApprovalRequest, Question } from "./approval.ts";

/** Pending requests of one principal. */
export const MAX_PENDING = 20;
/** Their arguments, together. */
const MAX_PENDING_CHARACTERS = 8_388_608;
/** Requests that are over. */
const MAX_CLOSED = 1_000;
const MAX_CLOSED_CHARACTERS = 8_388_608;
const CLOSED_MS = 7 * 86_400_000;

/**
 * @param over in the order in which they were asked
 * @returns the ids of those that are to be forgotten
 */
export function pickForgotten(over: readonly ApprovalRequest[], nowUnixMs: number): string[] {
  let characters = 0;
  return over
    .toReversed()
    .filter((request, index) => {
      characters += charactersOf(request);
      return request.askedUnixMs + CLOSED_MS < nowUnixMs || index >= MAX_CLOSED || characters > MAX_CLOSED_CHARACTERS;
    })
    .map(({ id }) => id);
}

/** Why a principal with these pending requests may not have one more; undefined where it may. */
export function refusalOfMore(pending: readonly ApprovalRequest[], question: Question): string | undefined {
  if (pending.length >= MAX_PENDING) return `${MAX_PENDING} calls of this principal wait for one already`;
  const characters = pending.reduce((sum, request) => sum + charactersOf(request), charactersOf(question));
  if (characters <= MAX_PENDING_CHARACTERS) return undefined;
  return "the arguments are too long to be shown to a person beside what waits already";
}

function charactersOf({ argsText, besidesText = "" }: Pick<ApprovalRequest, "argsText" | "besidesText">): number {
  return argsText.length + besidesText.length;
}
