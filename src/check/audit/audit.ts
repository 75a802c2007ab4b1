// Audits one policy: what decides each tool, and what is dangerous, unreachable, misnamed, or gone when a field is missing. By
// generated inputs and samples: what they don't show is not proven to be absent.
import { describeTool } from "../../policy/catalogue.ts";
import type { ComparedPolicy } from "../../policy/diff/compare-policies.ts";
import { shapeOfTarget } from "../../policy/probe/search.ts";
import type { Target } from "../../policy/probe/targets.ts";
import type { Sample } from "../../policy/samples.ts";
import type { KnownTools } from "../known-tools.ts";
import { findFailures, findFallingThrough, findUnlimited, findUnreached } from "./find-dangers.ts";
import { findUnknownNames } from "./find-names.ts";
import { findVanishing, type Start } from "./find-vanishing.ts";
import type { AuditFinding } from "./finding.ts";
import { namesOfSample, type Observation, observe, type Way } from "./observe.ts";

/** The shipped guardrail that denies every tool whose definition is not the reviewed one. */
export const CHANGED_DEFINITION = "regate.guardrails/changed-definition";

export type Audit = { readonly observation: Observation; readonly findings: readonly AuditFinding[] };

export function auditPolicy(policy: ComparedPolicy, samples: readonly Sample[], known: KnownTools): Audit {
  const observation = observe(policy, samples, known);
  const findings = [
    ...findFailures(policy, observation),
    ...findUnlimited(policy, observation),
    ...findVanishing(policy, listStarts(policy, observation, known)),
    ...findUnreached(policy, observation),
    ...findUnknownNames(policy),
    ...findFallingThrough(policy, observation),
  ];
  return { observation, findings };
}

/** Every sample, and one input of each way in which a tool or method is judged. */
function listStarts(policy: ComparedPolicy, { targets, samples }: Observation, known: KnownTools): readonly Start[] {
  const byTool = new Map(targets.map(({ target }) => [`${target.label.server}/${target.label.tool}`, target]));
  const shapeOf = (target: Target | undefined) => {
    if (target?.tool === undefined) return undefined;
    if (!describeTool(policy.catalogue, target.server, target.tool).definition.catalogued) return undefined;
    const schema = known.arguments.get(`${target.server}/${target.tool}`)?.schema;
    return shapeOfTarget(target, [policy], schema === undefined ? [] : [schema]);
  };
  return [
    ...samples.map(({ sample, evaluation }): Start => {
      const { server, tool } = namesOfSample(sample);
      const shape = shapeOf(byTool.get(`${server}/${tool}`));
      return { server, tool, inputText: sample.inputText, evaluation, fields: "all", shape };
    }),
    // of a tool that nobody knows, generated arguments may be of any type: which is wrong can't be told
    ...targets.flatMap(({ target, ways }) => {
      const shape = shapeOf(target);
      if (shape === undefined) return [];
      const { server, tool } = target.label;
      return ways
        .filter(isOfReviewed)
        .map(({ inputText, evaluation }): Start => ({ server, tool, inputText, evaluation, fields: "given", shape }));
    }),
  ];
}

/** A tool whose definition has changed is denied whatever its arguments are. */
function isOfReviewed({ evaluation }: Way): boolean {
  return evaluation.kind === "failed" || !evaluation.decision.rules.includes(CHANGED_DEFINITION);
}
