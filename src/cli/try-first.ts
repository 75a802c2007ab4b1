// What to try first on a gate that has just started: for each server a tool that passes, one that is limited, one that is
// refused, as its policy decides a call without arguments now.
import type { Decision } from "../gate/types.ts";
import type { LoadedPolicy } from "../policy/active-policy.ts";
import { bareCall } from "../policy/bare-call.ts";
import { type CatalogueTool, describeTool } from "../policy/catalogue.ts";
import { composeInput } from "../policy/input.ts";

const MAX_TOOLS_TRIED = 200;

/** One sentence, or undefined where the catalogue knows no tool of the server. */
export function describeFirstTries(policy: LoadedPolicy, server: string): string | undefined {
  const listed = Object.entries(policy.catalogue[server]?.tools ?? {}).filter(
    ([, { source }]) => source !== "documented",
  );
  // those that ask for least come first: who tries has no asset ids at hand
  const tools = listed
    .filter(([, { listed_to }]) => listed_to === undefined)
    .toSorted(([, a], [, b]) => countParameters(a) - countParameters(b))
    .map(([tool]) => tool)
    .slice(0, MAX_TOOLS_TRIED);
  const decided = tools.flatMap((tool) => {
    const decision = decide(policy, server, tool);
    return decision === undefined ? [] : [{ tool, decision }];
  });
  const passes = decided.find(({ decision }) => decision.action === "allow" && decision.rate_limits.length === 0);
  const allLimited = decided.filter(({ decision }) => decision.action === "allow" && decision.rate_limits.length > 0);
  const limited =
    allLimited.find(({ decision }) => decision.rules.some((rule) => rule.startsWith("policy.servers"))) ??
    allLimited[0];
  // a hidden one is refused whatever its arguments are
  const refused = decided.find(({ decision }) => decision.hidden);
  const [limit] = limited?.decision.rate_limits ?? [];
  const parts = [
    passes && `${passes.tool} passes`,
    limited && limit && `${limited.tool} passes ${limit.max} times per ${limit.window} s`,
    refused && `${refused.tool} is refused`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(", ");
}

function countParameters({ parameters = {} }: CatalogueTool): number {
  return Object.keys(parameters).length;
}

function decide(policy: LoadedPolicy, server: string, tool: string): Decision | undefined {
  const facts = describeTool(policy.catalogue, server, tool);
  const evaluation = policy.engine.evaluate(
    composeInput(bareCall(server, tool, "tried"), facts, { unixMs: Date.now() }),
  );
  return evaluation.kind === "decided" ? evaluation.decision : undefined;
}
