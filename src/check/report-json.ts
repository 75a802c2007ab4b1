// The steps of `regate test` for a program: one JSON object.
import { type Finding, type StepReport, statusOf } from "./finding.ts";

export function formatJson(reports: readonly StepReport[], strict: boolean): string {
  const steps = reports.map((report) => ({
    name: report.name,
    status: statusOf(report, strict),
    ...detailsOf(report),
  }));
  const ok = steps.every(({ status }) => status !== "failed" && status !== "unable");
  return `${JSON.stringify({ ok, strict, steps }, undefined, 2)}\n`;
}

function detailsOf({ outcome }: StepReport): { readonly summary: string; readonly findings: readonly Finding[] } {
  switch (outcome.kind) {
    case "done":
      return { summary: outcome.summary, findings: outcome.findings };
    case "skipped":
      return { summary: outcome.why, findings: [] };
    case "unable":
      return { summary: outcome.problem, findings: [] };
  }
}
