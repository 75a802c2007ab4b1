// The steps of `regate test` in SARIF 2.1.0, for code scanning: each finding a result, a step that could not be made a
// notification of the run.
import type { Finding, Level, StepReport } from "./finding.ts";

const LEVELS: Readonly<Record<Level, string>> = { info: "note", warning: "warning", error: "error" };

export type SarifOptions = {
  readonly strict: boolean;
  /** Of Regate. */
  readonly version: string;
  /** Stands for the place of a finding that has none: code scanning takes no result without one. */
  readonly folder: string;
};

export function formatSarif(reports: readonly StepReport[], { strict, version, folder }: SarifOptions): string {
  const findings = reports.flatMap(({ outcome }) => (outcome.kind === "done" ? outcome.findings : []));
  const unable = reports.flatMap(({ name, outcome }) => {
    if (outcome.kind !== "unable") return [];
    return [{ level: "error", descriptor: { id: name }, message: { text: outcome.problem } }];
  });
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort();
  const run = {
    tool: { driver: { name: "regate", semanticVersion: version, rules: ids.map((id) => ({ id })) } },
    invocations: [{ executionSuccessful: unable.length === 0, toolExecutionNotifications: unable }],
    results: findings.map((finding) => describe(finding, ids, strict, folder)),
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function describe(
  { level, rule, what, file, row, column }: Finding,
  ids: readonly string[],
  strict: boolean,
  folder: string,
) {
  const region = { startLine: row ?? 1, ...(column !== undefined && { startColumn: column }) };
  const artifactLocation = { uri: toUri(file ?? folder) };
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level: LEVELS[strict && level === "warning" ? "error" : level],
    message: { text: what },
    locations: [{ physicalLocation: { artifactLocation, region } }],
  };
}

/** A relative reference: code scanning resolves it from the root of the repository. */
function toUri(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
