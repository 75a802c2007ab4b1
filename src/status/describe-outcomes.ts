// What became of a server's calls, in words. Pure.
import type { ServerStatus } from "./status-schema.ts";

const WORDS: ReadonlyMap<string, string> = new Map([
  ["forward", "went out"],
  ["denied", "denied"],
  ["rate_limited", "over a limit"],
  ["too_many_buckets", "over the number of limits"],
  ["too_many_in_flight", "too many at a time"],
  ["approval_needed", "for approval"],
  ["invalid_arguments", "with invalid arguments"],
  ["failed", "not judged"],
  ["frozen", "frozen"],
]);

/** What may become of a call. */
export const OUTCOME_KINDS: readonly string[] = [...WORDS.keys()];

/** As in `12 went out, 3 denied`; of an observed server, what would have become of those that went out all the same. */
export function describeOutcomes({ verdicts, let_through: letThrough, mode }: ServerStatus): string {
  const kinds = [...new Set([...WORDS.keys(), ...Object.keys(verdicts)])].filter((kind) => (verdicts[kind] ?? 0) > 0);
  if (kinds.length === 0) return "none yet";
  const counts = kinds.map((kind) => `${verdicts[kind]} ${WORDS.get(kind) ?? kind}`).join(", ");
  if (mode !== "observe" || letThrough === 0) return counts;
  return `${counts}; the ${letThrough} that would have been refused went out all the same`;
}
