// How one policy sees a call: what it knows of the tool, whether the arguments fit, what it decides. The same for the policy
// that is active and for one that judges beside it.
import type { Live } from "./compose-live.ts";
import type { GatePorts } from "./gate/gate.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { isReviewed } from "./policy/catalogue.ts";
import { composeInput, NO_HISTORY } from "./policy/input.ts";
import { createToolFacts } from "./policy/tool-facts.ts";

export type Judging = Pick<GatePorts, "describe" | "checkArguments" | "evaluate">;

export function composeJudging(policy: ActivePolicy, live: Live, timezone: string): Judging {
  const describeTool = createToolFacts(policy);
  return {
    describe: ({ server, tool, definition }) =>
      tool === undefined ? undefined : describeTool(server, tool, definition),
    checkArguments({ server, tool, definition, args, looseArguments }) {
      if (tool === undefined || definition === undefined || looseArguments === true) return undefined;
      if (!isReviewed(policy.current.catalogue, server, tool, definition.sha256)) return undefined;
      return live.argumentCheck.check({ server, tool, ...definition }, args);
    },
    evaluate: (call, facts, unixMs) => policy.evaluate(composeInput(call, facts, { unixMs }, NO_HISTORY, timezone)),
  };
}
