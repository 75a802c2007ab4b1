// The steps of `regate test` as the beginning of a pull request's comment: the verdict, and what was found wrong. What a policy
// says is somebody's text: it stands in code. Bounded, since `regate diff` has more to say below it.
import { type Finding, type StepReport, statusOf } from "../check/finding.ts";
import { formatFinding, formatSummary } from "../check/report-text.ts";
import { code } from "./diff/markdown.ts";

const MAX_SHOWN = 10;

export function formatMarkdown(reports: readonly StepReport[], strict: boolean): string {
  const [verdict = ""] = formatSummary(reports, strict).trim().split("; ");
  const bad = reports.filter((report) => ["failed", "unable"].includes(statusOf(report, strict)));
  const findings = bad.flatMap(({ outcome }) => (outcome.kind === "done" ? outcome.findings : []));
  const wrong = findings.filter((finding) => isWrong(finding, strict));
  const unable = bad.flatMap(({ name, outcome }) => (outcome.kind === "unable" ? [`${name}: ${outcome.problem}`] : []));
  const lines = [...unable, ...wrong.map(formatFinding)];
  const more = lines.length > MAX_SHOWN ? [`- and ${lines.length - MAX_SHOWN} more, which \`regate test\` lists`] : [];
  const list = [...lines.slice(0, MAX_SHOWN).map((line) => `- ${code(line)}`), ...more];
  const head = bad.length === 0 ? `\`regate test\`: ${verdict}` : `**\`regate test\`: ${verdict}**`;
  return [head, ...(list.length === 0 ? [] : ["", ...list]), ""].join("\n");
}

function isWrong({ level }: Finding, strict: boolean): boolean {
  return level === "error" || (strict && level === "warning");
}
