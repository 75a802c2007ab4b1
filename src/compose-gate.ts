// The gate's core, set on its parts: which part answers each of its ports. Made once, by the composition root.
import { randomUUID } from "node:crypto";
import type { Config } from "./config/schema.ts";
import { createGate, type Gate } from "./gate/gate.ts";
import type { Call, Charge, Decision, ToolFacts } from "./gate/types.ts";
import { bucketKey } from "./limits/bucket-key.ts";
import type { Limiter } from "./limits/limiter.ts";
import type { DecisionLog } from "./log/decision-log.ts";
import type { RuleSite } from "./log/log-line.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { describeTool } from "./policy/catalogue.ts";
import { composeInput, inputTimeOf, NO_HISTORY } from "./policy/input.ts";
import type { RuleIndex } from "./policy/rule-index.ts";

/** What names no tool but reads (rego/regate/layers): it takes from the same buckets. */
const COUNTED_AS_READ = new Set(["resources/read", "prompts/get"]);
/** The gate's ports onto the parts; describe and evaluate run without a pause between them, so on one bundle. */
export function composeGate(config: Config, policy: ActivePolicy, limiter: Limiter, decisions: DecisionLog): Gate {
  return createGate({
    describe: (call) =>
      call.tool === undefined
        ? undefined
        : describeTool(policy.current.catalogue, call.server, call.tool, call.definitionSha256 ?? null),
    evaluate: (call, facts, unixMs) =>
      policy.evaluate(composeInput(call, facts, { unixMs }, NO_HISTORY, config.timezone)),
    take: (call, facts, decision) => limiter.take(chargesOf(call, facts, decision), call.principal.id),
    refund: (receipt) => limiter.refund(receipt),
    approve: () => ({ kind: "refused", problem: "no approver is configured" }),
    record: (judged) =>
      decisions.record({
        ...judged,
        rules: sitesOf(judged.verdict.decision, policy.current.rules),
        time: inputTimeOf(judged.startedUnixMs, config.timezone),
      }),
    newDecisionId: randomUUID,
    unixMs: Date.now,
    monotonicNs: () => performance.now() * 1e6,
  });
}

function chargesOf(call: Call, facts: ToolFacts | undefined, decision: Decision): Charge[] {
  const { server, tool, method, session, principal } = call;
  const category = facts?.category ?? (COUNTED_AS_READ.has(method) ? "Read" : "Unknown");
  const countable = { server, tool, method, session, principal: principal.id, category };
  return decision.rate_limits.map((limit) => ({ key: bucketKey(limit, countable), limit }));
}

function sitesOf(decision: Decision | undefined, rules: RuleIndex): RuleSite[] {
  return (decision?.rules ?? []).map((id) => {
    const site = rules.get(id);
    return site === undefined ? { id } : { id, file: site.file, row: site.row };
  });
}
