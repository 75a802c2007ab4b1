// Finds what the ways in which tools are judged show by themselves: dangerous tools that are allowed with neither a limit nor an
// approval, rules that end in a decision that is none or malformed, rules that nothing reaches, tools that only defaults decide.
import { z } from "zod";
import { CATEGORIES, type Category } from "../../gate/types.ts";
import { describeTool } from "../../policy/catalogue.ts";
import type { ComparedPolicy } from "../../policy/diff/compare-policies.ts";
import { OTHER } from "../../policy/probe/targets.ts";
import { countOf } from "../finding.ts";
import { isDefault, listDeciding } from "./describe.ts";
import type { AuditFinding } from "./finding.ts";
import type { Observation, Observed, Way } from "./observe.ts";

const DANGEROUS: readonly Category[] = ["Execute", "Financial", "Destructive"];

const categorySchema = z.looseObject({ category: z.enum(CATEGORIES).optional().catch(undefined) });

export function findUnlimited(policy: ComparedPolicy, { targets }: Observation): readonly AuditFinding[] {
  return targets.flatMap(({ target, ways }): readonly AuditFinding[] => {
    if (target.tool === undefined) return [];
    const { server, tool } = target.label;
    for (const { inputText, evaluation } of ways) {
      if (evaluation.kind === "failed" || evaluation.decision.action !== "allow") continue;
      const { category = "Unknown" } = categorySchema.parse(JSON.parse(inputText));
      if (evaluation.decision.rate_limits.length > 0 || !DANGEROUS.includes(category)) continue;
      const [rule = ""] = listDeciding(evaluation, policy);
      const place = policy.rules.get(rule);
      const isCatalogued = describeTool(policy.catalogue, target.server, target.tool).definition.catalogued;
      const whose = tool === OTHER ? "any tool that the catalogue lacks" : tool;
      const what = `${whose} on ${server} is allowed with neither limit nor approval where it is ${category}; give the rule a rate_limit, or require_approval`;
      const finding = { level: isCatalogued ? "error" : "warning", rule: "audit/unlimited", what } as const;
      return [
        { ...finding, ...(place && { file: place.file, row: place.row }), server, tool, input: JSON.parse(inputText) },
      ];
    }
    return [];
  });
}

/** Inputs that the policy can't judge, and rules that contribute something else than a rule: both refuse the call. */
export function findFailures(policy: ComparedPolicy, { targets, samples }: Observation): readonly AuditFinding[] {
  const seen = new Map<string, AuditFinding>();
  const judged = [
    ...targets.flatMap(({ target, ways }) => ways.map((way) => ({ ...target.label, ...way }))),
    ...samples.map(({ sample, evaluation }) => ({
      server: "",
      tool: sample.name,
      inputText: sample.inputText,
      evaluation,
    })),
  ];
  for (const { server, tool, inputText, evaluation } of judged) {
    const faults = evaluation.kind === "failed" ? [evaluation.problem] : evaluation.decision.malformed;
    for (const fault of faults) {
      if (seen.has(fault)) continue;
      const place = policy.rules.get(fault.slice(0, fault.lastIndexOf(": ")));
      const level = evaluation.kind === "failed" ? "error" : "info";
      const what = evaluation.kind === "failed" ? fault : `is malformed for some inputs, which denies them: ${fault}`;
      const finding = { level, rule: "audit/failing", what, server, tool, input: JSON.parse(inputText) } as const;
      seen.set(fault, { ...finding, ...(place && { file: place.file, row: place.row }) });
    }
  }
  return [...seen.values()];
}

export function findUnreached(
  policy: ComparedPolicy,
  { reached, generated, samples, targets }: Observation,
): readonly AuditFinding[] {
  const isComplete = targets.every((target) => target.isComplete);
  return [...policy.rules].flatMap(([rule, { file, row }]): readonly AuditFinding[] => {
    if (reached.has(rule)) return [];
    const tried = `${countOf(generated, "generated input")} and ${countOf(samples.length, "sample")}`;
    const limits = isComplete ? "which is no proof" : "which is no proof, and there was more to try";
    const what = `none of ${tried} reaches ${rule}: can its conditions hold? (${limits}; a sample that does would end the doubt)`;
    return [{ level: "warning", rule: "audit/unreached", what, file, row }];
  });
}

/** Catalogued tools of a server that has a package, which no rule of it decides. */
export function findFallingThrough(policy: ComparedPolicy, { targets }: Observation): readonly AuditFinding[] {
  const servers = new Set([...policy.rules.values()].map(({ server }) => server));
  const byServer = new Map<string, string[]>();
  for (const { target, ways } of targets) {
    const { server, tool } = target.label;
    if (!servers.has(server) || tool === OTHER || target.tool === undefined || !fallsThrough(policy, ways)) continue;
    byServer.set(server, [...(byServer.get(server) ?? []), tool]);
  }
  return [...byServer].map(([server, tools]) => {
    const what = `${countOf(tools.length, "tool")} of ${server} left to the defaults of the category: ${tools.join(", ")}`;
    return { level: "info", rule: "audit/by-default", what, server };
  });
}

/** Whether a plain call goes by the defaults alone, and nothing of the server's own speaks to it in any way. */
export function fallsThrough(policy: ComparedPolicy, ways: Observed["ways"]): boolean {
  const rules = ways.flatMap(({ evaluation }: Way) => (evaluation.kind === "failed" ? [] : evaluation.decision.rules));
  return rules.every((rule) => policy.rules.get(rule)?.server === undefined) && rules.some(isDefault);
}
