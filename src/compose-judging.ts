// How one policy sees a call: what it knows of the tool, whether the arguments fit, what it decides. The same for the policy
// that is active and for one that judges beside it.
import type { ArgumentCheck } from "./arguments/argument-check.ts";
import type { GatePorts } from "./gate/gate.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { isReviewed } from "./policy/catalogue.ts";
import type { LiveClassifier } from "./policy/live-classifier.ts";
import { listDeciding } from "./policy/rule-index.ts";
import { findFacts } from "./policy/tool-facts.ts";

export type Judging = Pick<GatePorts, "describe" | "checkArguments" | "evaluate">;

export type JudgingParts = {
  readonly policy: ActivePolicy;
  /** By that policy. */
  readonly classify: LiveClassifier;
  readonly argumentCheck: ArgumentCheck;
  readonly timezone: string;
};

export function composeJudging({ policy, classify, argumentCheck, timezone }: JudgingParts): Judging {
  return {
    describe: ({ server, tool, definition }) =>
      tool === undefined ? undefined : findFacts(policy.current.catalogue, classify, { server, tool, definition }),
    checkArguments({ server, tool, definition, args, looseArguments }) {
      if (tool === undefined || definition === undefined || looseArguments === true) return undefined;
      if (!isReviewed(policy.current.catalogue, server, tool, definition.sha256)) return undefined;
      return argumentCheck.check({ server, tool, sha256: definition.sha256, text: definition.text }, args);
    },
    evaluate(call, facts, unixMs, history) {
      const { judge, rules } = policy.current;
      const evaluation = judge(call, facts, unixMs, timezone, history);
      // only a refusal names them
      if (evaluation.kind === "failed" || evaluation.decision.action === "allow") return evaluation;
      return { ...evaluation, deciding: listDeciding(evaluation.decision, rules) };
    },
  };
}
