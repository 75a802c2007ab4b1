// The steps of `regate test` for a person: a line for each, and under it what it found.
import { countOf, type Finding, type StepReport, type StepStatus, statusOf } from "./finding.ts";

const NAME_WIDTH = 9;
const STATUS_WIDTH = 10;
/** More of one step is for a machine to read. */
const MAX_SHOWN = 50;

export function formatStep(report: StepReport, strict: boolean): string {
  const head = formatHead(report, strict);
  const { outcome } = report;
  if (outcome.kind !== "done") return head;
  const shown = outcome.findings.filter(({ level }) => level !== "info");
  const lines = shown.slice(0, MAX_SHOWN).map((finding) => `  ${formatFinding(finding)}\n`);
  const more = shown.length > MAX_SHOWN ? [`  and ${shown.length - MAX_SHOWN} more; --format json lists all\n`] : [];
  return [head, ...lines, ...more].join("");
}

/** `lint     failed    12 files` */
export function formatHead(report: StepReport, strict: boolean): string {
  const status = statusOf(report, strict);
  return `${report.name.padEnd(NAME_WIDTH)}${status.padEnd(STATUS_WIDTH)}${summaryOf(report)}\n`;
}

/** `rego/policy/x.rego:3:1: warning: what is wrong (regate/late-pattern)` */
export function formatFinding({ level, rule, what, file, row, column }: Finding): string {
  const place = [file, row, column].filter((part) => part !== undefined).join(":");
  return `${place === "" ? "" : `${place}: `}${level === "error" ? "" : `${level}: `}${what} (${rule})`;
}

export function formatSummary(reports: readonly StepReport[], strict: boolean): string {
  const having = (status: StepStatus): readonly string[] => {
    return reports.filter((report) => statusOf(report, strict) === status).map(({ name }) => name);
  };
  const warnings = reports.reduce((sum, { outcome }) => {
    if (outcome.kind !== "done") return sum;
    return sum + outcome.findings.filter(({ level }) => level === "warning").length;
  }, 0);
  const bad = [
    ...having("failed").map((name) => `${name} failed`),
    ...having("unable").map((name) => `${name} could not be made`),
  ];
  const verdict = bad.length === 0 ? "ok" : bad.join(", ");
  const hint = warnings === 0 || strict ? "" : "; --strict takes them for failures";
  return `\n${verdict}${warnings === 0 ? "" : `, ${countOf(warnings, "warning")}${hint}`}\n`;
}

function summaryOf({ outcome }: StepReport): string {
  switch (outcome.kind) {
    case "done":
      return outcome.summary;
    case "skipped":
      return outcome.why;
    case "unable":
      return outcome.problem;
  }
}
