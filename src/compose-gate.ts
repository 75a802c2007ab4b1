// The gate's core, set on its parts: which part answers each of its ports. Made once, by the composition root.
import { randomUUID } from "node:crypto";
import type { RunningApprovals } from "./compose-approvals.ts";
import { composeJudging } from "./compose-judging.ts";
import type { Live } from "./compose-live.ts";
import type { Config } from "./config/schema.ts";
import type { Freezes } from "./freeze/freeze.ts";
import { createGate, type Gate, type Judged } from "./gate/gate.ts";
import type { Call, Charge, Decision, ToolFacts } from "./gate/types.ts";
import { bucketKey } from "./limits/bucket-key.ts";
import type { Limiter } from "./limits/limiter.ts";
import type { DecisionLog } from "./log/decision-log.ts";
import type { DefinitionChange } from "./log/log-line.ts";
import type { RuleSite } from "./log/write-line.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { inputTimeOf } from "./policy/input.ts";
import type { RuleIndex } from "./policy/rule-index.ts";
import type { Shadow } from "./shadow/shadow.ts";
import type { Activity } from "./status/activity.ts";

export type GateParts = {
  readonly policy: ActivePolicy;
  readonly limiter: Limiter;
  readonly approvals: Pick<RunningApprovals, "approve" | "release">;
  readonly decisions: DecisionLog;
  readonly live: Live;
  /** Sees each call that was judged. */
  readonly freezes: Pick<Freezes, "frozen">;
  readonly activity: Pick<Activity, "count">;
  readonly shadow: Pick<Shadow, "offer"> | undefined;
};

/** What names no tool but reads (rego/regate/layers): it takes from the same buckets. */
const COUNTED_AS_READ = new Set(["resources/read", "prompts/get"]);

/** The gate's ports onto the parts; describe, checkArguments and evaluate run without a pause between them, so on one bundle. */
export function composeGate(config: Config, parts: GateParts): Gate {
  const { policy, limiter, approvals, decisions, live, freezes, activity, shadow } = parts;
  return createGate({
    ...composeJudging({ policy, ...live, timezone: config.timezone }),
    frozen: (call) => freezes.frozen(call),
    take: (call, facts, decision) => limiter.take(chargesOf(call, facts, decision), call.principal.id),
    refund: (receipt) => limiter.refund(receipt),
    approve: approvals.approve,
    release: approvals.release,
    record(judged) {
      shadow?.offer(judged);
      const recorded = decisions.record({
        ...judged,
        rules: sitesOf(judged.verdict.decision, policy.current.rules),
        definitionChange: changeOf(judged, live),
        time: inputTimeOf(judged.startedUnixMs, config.timezone),
      });
      if (recorded === undefined) activity.count(judged);
      else
        recorded.then(
          () => activity.count(judged),
          () => activity.count(unrecorded(judged)),
        );
      return recorded;
    },
    newDecisionId: randomUUID,
    unixMs: Date.now,
    monotonicNs: () => performance.now() * 1e6,
  });
}

/** As the gate refuses it then. */
function unrecorded(judged: Judged): Judged {
  const problem = "the decision can't be recorded";
  return { ...judged, verdict: { ...judged.verdict, kind: "failed", step: "record", problem } };
}

function chargesOf(call: Call, facts: ToolFacts | undefined, decision: Decision): Charge[] {
  const { server, tool, method, session, principal } = call;
  const category = facts?.category ?? (COUNTED_AS_READ.has(method) ? "Read" : "Unknown");
  const countable = { server, tool, method, session, principal: principal.id, category };
  return decision.rate_limits.map((limit) => ({ key: bucketKey(limit, countable), limit }));
}

function changeOf({ call, verdict }: Judged, live: Live): DefinitionChange | undefined {
  if (call.tool === undefined || verdict.facts?.definition.changed !== true) return undefined;
  return live.tools.changeOf(call.server, call.tool, call.definition);
}

export function sitesOf(decision: Decision | undefined, rules: RuleIndex): RuleSite[] {
  return (decision?.rules ?? []).map((id) => {
    const site = rules.get(id);
    return site === undefined ? { id } : { id, file: site.file, row: site.row };
  });
}
