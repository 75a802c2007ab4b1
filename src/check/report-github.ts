// The steps of `regate test` as GitHub's workflow commands: each finding becomes an annotation of its line.
import type { Finding, Level, StepReport } from "./finding.ts";
import { formatHead, formatSummary } from "./report-text.ts";

const COMMANDS: Readonly<Record<Level, string>> = { info: "notice", warning: "warning", error: "error" };

/** The commands, and between them what a person reads in the log. */
export function formatGithub(reports: readonly StepReport[], strict: boolean): string {
  const steps = reports.map((report) => {
    const { name, outcome } = report;
    const commands =
      outcome.kind === "done"
        ? outcome.findings.filter(({ level }) => level !== "info").map((finding) => formatCommand(finding, strict))
        : [];
    const unable = outcome.kind === "unable" ? [`::error title=${name}::${escapeData(outcome.problem)}\n`] : [];
    return [...commands, ...unable, formatHead(report, strict)].join("");
  });
  return [...steps, formatSummary(reports, strict)].join("");
}

function formatCommand({ level, rule, what, file, row, column }: Finding, strict: boolean): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${escapeProperty(file)}`]),
    ...(row === undefined ? [] : [`line=${row}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
    `title=${escapeProperty(rule)}`,
  ];
  const command = COMMANDS[strict && level === "warning" ? "error" : level];
  return `::${command} ${properties.join(",")}::${escapeData(what)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
