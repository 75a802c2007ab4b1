// What a check of a policy says: findings, each of one level, and what became of each step. Plain data.

/** From what is good to know to what must not be. */
export const LEVELS = ["info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

export type Finding = {
  readonly level: Level;
  /** Which check it comes from: `opa-fmt`, `regate/late-pattern`, `coverage`. */
  readonly rule: string;
  /** One line: what is wrong, and the remedy. */
  readonly what: string;
  /** As the person knows it; with forward slashes. */
  readonly file?: string;
  /** Both counted from 1. */
  readonly row?: number;
  readonly column?: number;
};

/** In the order in which they are made. */
export const STEPS = ["format", "check", "lint", "test", "build", "samples", "audit"] as const;
export type StepName = (typeof STEPS)[number];

export type StepOutcome =
  | { readonly kind: "done"; readonly summary: string; readonly findings: readonly Finding[] }
  /** It says nothing about the policy: another step does, or the person asked for none. */
  | { readonly kind: "skipped"; readonly why: string }
  /** It could not be made: something is missing on the machine. */
  | { readonly kind: "unable"; readonly problem: string };

export type StepReport = { readonly name: StepName; readonly outcome: StepOutcome };

/** What a step comes to; with `strict`, warnings are failures. */
export type StepStatus = "ok" | "warnings" | "failed" | "skipped" | "unable";

export function statusOf({ outcome }: StepReport, strict: boolean): StepStatus {
  if (outcome.kind !== "done") return outcome.kind;
  const worst = worstLevel(outcome.findings);
  if (worst === "error" || (strict && worst === "warning")) return "failed";
  return worst === "warning" ? "warnings" : "ok";
}

export function worstLevel(findings: readonly Finding[]): Level | undefined {
  return LEVELS.findLast((level) => findings.some((finding) => finding.level === level));
}

export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** By file, row and column; what has no place comes first. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => {
    const byFile = (a.file ?? "") < (b.file ?? "") ? -1 : (a.file ?? "") > (b.file ?? "") ? 1 : 0;
    return byFile || (a.row ?? 0) - (b.row ?? 0) || (a.column ?? 0) - (b.column ?? 0);
  });
}

/** `1 file`, `2 files`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** The findings of a problem's lines, such as `rego/policy/x.rego:3: what is wrong`. */
export function findingsOf(lines: readonly string[], rule: string): readonly Finding[] {
  return lines.map((line) => {
    const [, file, row, what] = /^([^:\n]+\.(?:rego|json|ya?ml)):(?:(\d+):)? (.*)$/s.exec(line) ?? [];
    if (file === undefined || what === undefined) return { level: "error", rule, what: line };
    return { level: "error", rule, what, file, ...(row !== undefined && { row: Number(row) }) };
  });
}
