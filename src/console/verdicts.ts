// What became of a call, in words and in the order in which the console lists it. A kind that is not here shows by its name.
export type VerdictKind =
  | "forward"
  | "denied"
  | "rate_limited"
  | "approval_needed"
  | "invalid_arguments"
  | "too_many_buckets"
  | "too_many_in_flight"
  | "failed"
  | "frozen"
  | "asked";

type VerdictWords = {
  readonly kind: VerdictKind;
  readonly name: string;
  /** As the end of a sentence that a call begins. */
  readonly means: string;
};

export const VERDICTS: readonly VerdictWords[] = [
  { kind: "forward", name: "Allowed", means: "went out to the server" },
  { kind: "denied", name: "Denied", means: "was denied by a rule" },
  { kind: "rate_limited", name: "Over a limit", means: "was over a rate limit" },
  { kind: "approval_needed", name: "For approval", means: "waits for a person, or was not approved" },
  { kind: "invalid_arguments", name: "Invalid arguments", means: "had arguments that don't fit the reviewed schema" },
  { kind: "too_many_buckets", name: "Too many limits", means: "would have used more limits than its principal may" },
  { kind: "too_many_in_flight", name: "Too many at a time", means: "came while as many were under way as may be" },
  { kind: "failed", name: "Not judged", means: "could not be judged, so it was refused" },
  { kind: "frozen", name: "Frozen", means: "was refused because an operator had frozen it" },
  { kind: "asked", name: "Asked", means: "was only asked about, by the data API or the playground" },
];

export function nameVerdict(kind: string): string {
  return VERDICTS.find((one) => one.kind === kind)?.name ?? kind.replaceAll("_", " ");
}

export function explainVerdict(kind: string): string {
  return VERDICTS.find((one) => one.kind === kind)?.means ?? `became ${kind.replaceAll("_", " ")}`;
}
