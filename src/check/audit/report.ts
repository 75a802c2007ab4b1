// An audit for a person, and for a program.
import { describeTool } from "../../policy/catalogue.ts";
import type { ComparedPolicy } from "../../policy/diff/compare-policies.ts";
import { OTHER } from "../../policy/probe/targets.ts";
import { countOf, isAtLeast, LEVELS, type Level } from "../finding.ts";
import { formatFinding } from "../report-text.ts";
import { type Audit, CHANGED_DEFINITION } from "./audit.ts";
import { describeDecision, listDeciding } from "./describe.ts";
import type { AuditFinding } from "./finding.ts";
import type { Observed, Way } from "./observe.ts";

export type AuditReportOptions = {
  /** Only tools and findings of this server. */
  readonly server?: string;
  /** The least level that is listed. */
  readonly least: Level;
};

const MAX_WAYS = 4;
const MAX_INPUT_CHARACTERS = 200;
const CATEGORY_WIDTH = 22;

export function formatAuditText(policy: ComparedPolicy, audit: Audit, options: AuditReportOptions): string {
  const { observation } = audit;
  const tools = selectTools(audit, options);
  const servers = [...new Set(tools.map(({ target }) => target.label.server))];
  const tables = servers.map((server) => {
    return formatServer(
      policy,
      server,
      tools.filter(({ target }) => target.label.server === server),
    );
  });
  const findings = selectFindings(audit, options);
  const listed = findings.filter(({ level }) => isAtLeast(level, options.least)).map(formatAuditFinding);
  const tried = `${countOf(observation.generated, "generated input")}, ${countOf(observation.samples.length, "sample")}`;
  const counts = LEVELS.toReversed().map((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return level === "info" ? `${count} for information` : countOf(count, level);
  });
  const hint = findings.some(({ level }) => !isAtLeast(level, options.least)) ? "; --all lists them" : "";
  return `${tables.join("\n")}${listed.length > 0 ? "\n" : ""}${listed.join("")}\nrevision ${policy.revision}, ${tried}: ${counts.join(", ")}${hint}\n`;
}

export function formatAuditJson(policy: ComparedPolicy, audit: Audit, options: AuditReportOptions): string {
  const { generated, samples } = audit.observation;
  const tools = selectTools(audit, options).map(({ target, ways, isComplete }) => {
    const { server, tool } = target.label;
    const { category, severity } = describeTool(policy.catalogue, target.server, target.tool ?? "");
    return {
      server,
      tool,
      category,
      severity,
      complete: isComplete,
      ways: ways.map((way) => describeWay(policy, way)),
    };
  });
  const findings = selectFindings(audit, options);
  const report = { revision: policy.revision, generated, samples: samples.length, tools, findings };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function describeWay(policy: ComparedPolicy, { evaluation, inputText, inputs }: Way): unknown {
  const input: unknown = JSON.parse(inputText);
  if (evaluation.kind === "failed") return { action: "failed", problem: evaluation.problem, inputs, input };
  const { action, rules, rate_limits } = evaluation.decision;
  return { action, deciding: listDeciding(evaluation, policy), rules, rate_limits, inputs, input };
}

function selectTools({ observation }: Audit, { server }: AuditReportOptions): readonly Observed[] {
  return observation.targets.filter(({ target }) => {
    return target.tool !== undefined && (server === undefined || target.label.server === server);
  });
}

/** The worst first. */
function selectFindings({ findings }: Audit, { server }: AuditReportOptions): readonly AuditFinding[] {
  return findings
    .filter((finding) => server === undefined || finding.server === undefined || finding.server === server)
    .toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
}

function formatServer(policy: ComparedPolicy, server: string, tools: readonly Observed[]): string {
  const width = Math.max(...tools.map(({ target }) => target.label.tool.length));
  const rows = tools.map((observed) => {
    const { target } = observed;
    const { category, severity } = describeTool(policy.catalogue, target.server, target.tool ?? "");
    const named = category === "Unknown" ? category : `${category}, ${severity}`;
    return `  ${target.label.tool.padEnd(width)}  ${named.padEnd(CATEGORY_WIDTH)}${describeWays(policy, observed)}\n`;
  });
  return `${server}\n${rows.join("")}`;
}

/** A plain call's decision first. Of a tool that is not known more would only say what each category comes to. */
function describeWays(policy: ComparedPolicy, { target, ways }: Observed): string {
  const shown = ways.filter(({ evaluation }) => {
    return evaluation.kind === "failed" || !evaluation.decision.rules.includes(CHANGED_DEFINITION);
  });
  const all = [...new Set(shown.map(({ evaluation }) => describeDecision(evaluation, policy)))];
  const listed = all.slice(0, target.label.tool === OTHER ? 1 : MAX_WAYS);
  const more = all.length > listed.length && target.label.tool !== OTHER ? `; ${all.length - listed.length} more` : "";
  return `${listed.join("; ")}${more}`;
}

function formatAuditFinding(finding: AuditFinding): string {
  const line = `${finding.level === "error" ? "error: " : ""}${formatFinding(finding)}\n`;
  if (finding.input === undefined) return line;
  const text = JSON.stringify(finding.input);
  return `${line}  with ${text.length > MAX_INPUT_CHARACTERS ? `${text.slice(0, MAX_INPUT_CHARACTERS)}...` : text}\n`;
}
