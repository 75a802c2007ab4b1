// The gate's core, set on its parts: which part answers each of its ports. Made once, by the composition root.
import { randomUUID } from "node:crypto";
import type { RunningApprovals } from "./compose-approvals.ts";
import { composeJudging } from "./compose-judging.ts";
import type { Live } from "./compose-live.ts";
import type { Config } from "./config/schema.ts";
import type { Freezes } from "./freeze/freeze.ts";
import { createGate, type Gate, type Judged } from "./gate/gate.ts";
import type { Call, Charge, Decision, History, ToolFacts } from "./gate/types.ts";
import type { HistoryJournal } from "./history/history-journal.ts";
import { bucketKey } from "./limits/bucket-key.ts";
import type { Takes } from "./limits/limiter.ts";
import type { DecisionLog } from "./log/decision-log.ts";
import type { DefinitionChange } from "./log/log-line.ts";
import type { RuleSite } from "./log/write-line.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { composeInput, inputTimeOf, NO_HISTORY } from "./policy/input.ts";
import { listDeciding, type RuleIndex } from "./policy/rule-index.ts";
import type { Shadow } from "./shadow/shadow.ts";
import type { Activity } from "./status/activity.ts";

export type GateParts = {
  readonly policy: ActivePolicy;
  readonly limiter: Takes;
  readonly approvals: Pick<RunningApprovals, "approve" | "release">;
  readonly decisions: DecisionLog;
  readonly history: Pick<HistoryJournal, "read" | "add">;
  readonly live: Live;
  /** Sees each call that was judged. */
  readonly freezes: Pick<Freezes, "frozen">;
  readonly activity: Pick<Activity, "count">;
  readonly shadow: (Pick<Shadow, "offer"> & { readsHistory(): boolean }) | undefined;
};

/** What names no tool but reads (rego/regate/layers): it takes from the same buckets. */
const COUNTED_AS_READ = new Set(["resources/read", "prompts/get"]);

/** The gate's ports onto the parts; describe, checkArguments and evaluate run without a pause between them, so on one bundle. */
export function composeGate(config: Config, parts: GateParts): Gate {
  const { policy, limiter, approvals, decisions, history, live, freezes, activity, shadow } = parts;
  return createGate({
    ...composeJudging({ policy, ...live, timezone: config.timezone }),
    frozen: (call) => freezes.frozen(call),
    recall: (call) => recall(call, parts),
    take: (call, facts, decision) => limiter.take(chargesOf(call, facts, decision), call.principal.id),
    refund: (receipt) => limiter.refund(receipt),
    approve: approvals.approve,
    release: approvals.release,
    record(judged) {
      shadow?.offer(judged);
      const { engine } = policy.current;
      const { call, verdict, startedUnixMs, judgedNs } = judged;
      const recorded = decisions.record({
        call,
        verdict,
        startedUnixMs,
        judgedNs,
        rules: sitesOf(verdict.decision, policy.current.rules),
        definitionChange: changeOf(judged, live),
        time: inputTimeOf(startedUnixMs, config.timezone),
        // asked when the line is written
        mask: engine.hasMasks ? () => engine.mask(inputOf(judged, config.timezone)) : undefined,
      });
      if (recorded === undefined) activity.count(judged);
      else
        recorded.then(
          () => activity.count(judged),
          () => activity.count(unrecorded(judged)),
        );
      return recorded;
    },
    remember: (call, verdict, unixMs) => history.add({ call, verdict, unixMs }, policy.current.readsHistory),
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

/** What the policy was asked about the call. */
export function inputOf({ call, verdict, startedUnixMs }: Judged, timezone: string): string {
  return composeInput(call, verdict.facts, { unixMs: startedUnixMs }, verdict.history ?? NO_HISTORY, timezone);
}

function recall(call: Call, { policy, history, shadow }: GateParts): History | undefined {
  if (policy.current.readsHistory) return history.read(call);
  if (shadow?.readsHistory() !== true) return undefined;
  try {
    return history.read(call);
  } catch {
    // it is the shadow that can't judge then: no call is refused for it
    return undefined;
  }
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

const NO_SITES: readonly RuleSite[] = [];
/** By decision: a policy answers many calls with the very same. */
const knownSites = new WeakMap<Decision, { readonly rules: RuleIndex; readonly sites: readonly RuleSite[] }>();

export function sitesOf(decision: Decision | undefined, rules: RuleIndex): readonly RuleSite[] {
  if (decision === undefined) return NO_SITES;
  const known = knownSites.get(decision);
  if (known?.rules === rules) return known.sites;
  const sites = findSites(decision, rules);
  knownSites.set(decision, { rules, sites });
  return sites;
}

/** Those that carry the decision come first. */
function findSites(decision: Decision, rules: RuleIndex): readonly RuleSite[] {
  const sites = [...new Set([...listDeciding(decision, rules), ...decision.rules])].map((id) => {
    const site = rules.get(id);
    return Object.freeze(site === undefined ? { id } : { id, file: site.file, row: site.row });
  });
  return Object.freeze(sites);
}
