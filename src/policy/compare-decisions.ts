// Which decisions differ between two policies, over the samples and over a bare call of every catalogued tool.
import type { Call, Evaluation } from "../gate/types.ts";
import type { LoadedPolicy } from "./active-policy.ts";
import { bareCall } from "./bare-call.ts";
import { describeTool } from "./catalogue.ts";
import { composeInput } from "./input.ts";
import type { Sample } from "./samples.ts";

/** One input that the two judge differently, each side in a few words: `deny (no-deletes)`. */
export type ChangedDecision = { readonly title: string; readonly before: string; readonly after: string };

export function compareDecisions(
  before: LoadedPolicy,
  after: LoadedPolicy,
  samples: readonly Pick<Sample, "title" | "inputText">[],
): ChangedDecision[] {
  const cases = [
    ...samples.map(({ title, inputText }) => ({ title, before: inputText, after: inputText })),
    ...bareCalls(before, after),
  ];
  return cases.flatMap(({ title, ...input }) => {
    const sides = { before: before.engine.evaluate(input.before), after: after.engine.evaluate(input.after) };
    if (comparable(sides.before) === comparable(sides.after)) return [];
    return [{ title, before: describe(sides.before), after: describe(sides.after) }];
  });
}

/** Each tool that either catalogue has, called without arguments; each side sees it as its own catalogue does. */
function bareCalls(before: LoadedPolicy, after: LoadedPolicy): { title: string; before: string; after: string }[] {
  const names = new Map<string, Call>();
  for (const { catalogue } of [before, after]) {
    for (const [server, { tools }] of Object.entries(catalogue)) {
      for (const tool of Object.keys(tools)) names.set(`${tool} on ${server}`, bareCall(server, tool, "compared"));
    }
  }
  return [...names].map(([title, call]) => ({
    title,
    before: inputOf(before, call),
    after: inputOf(after, call),
  }));
}

function inputOf(policy: LoadedPolicy, call: Call): string {
  return composeInput(call, describeTool(policy.catalogue, call.server, call.tool ?? ""), { unixMs: 0 });
}

function comparable(evaluation: Evaluation): string {
  return evaluation.kind === "failed" ? `failed: ${evaluation.problem}` : JSON.stringify(evaluation.decision);
}

function describe(evaluation: Evaluation): string {
  if (evaluation.kind === "failed") return `failed (${evaluation.problem})`;
  const { action, rules, rate_limits } = evaluation.decision;
  const ids = rules.map((rule) => rule.slice(rule.lastIndexOf("/") + 1));
  const limits = rate_limits.map(({ max, window, per }) => `, ${max} per ${window} s and ${per}`);
  return `${action} (${ids.join(", ") || "no rule"}${limits.join("")})`;
}
