// What happens to a call, top to bottom: is it frozen, complete, decide, take tokens, ask for approval, record. Whatever fails
// refuses; only on a server that is observed what the policy would refuse goes out, and the record says so.
// Pure: no node, no hono, no clock. Everything outside comes in through GatePorts; docs/life-of-a-call.md draws it.
import type { Call, Decision, Evaluation, Receipt, Refusal, Step, Taken, ToolFacts, Verdict } from "./types.ts";

/** What became of a call for which a rule requires approval. */
export type Approval =
  | { readonly kind: "approved" }
  /** Nobody can approve, or not yet: the agent is told `problem`. */
  | { readonly kind: "refused"; readonly problem: string };

/** One judged call, for the record. */
export type Judged = {
  readonly call: Call;
  readonly verdict: Verdict;
  /** When the gate began to judge, Unix time in milliseconds. */
  readonly startedUnixMs: number;
  /** How long complete, decide, limit and approve took, in nanoseconds. */
  readonly judgedNs: number;
};

export interface GatePorts {
  /** Before all else, and once more before the call goes out: why an operator has frozen calls like this one. */
  frozen(call: Call): string | undefined;
  /** Step 3. What the catalogue knows of the call's tool; undefined for methods that name no tool. */
  describe(call: Call): ToolFacts | undefined;
  /** Step 3. Where the arguments don't fit the reviewed inputSchema, in one sentence without their values. */
  checkArguments(call: Call): string | undefined;
  /** Step 4. The active bundle's decision; `unixMs` is the time that the policy sees. */
  evaluate(call: Call, facts: ToolFacts | undefined, unixMs: number): Evaluation;
  /** Step 5. All buckets of the decision, all or nothing. */
  take(call: Call, facts: ToolFacts | undefined, decision: Decision): Taken | Promise<Taken>;
  refund(receipt: Receipt): void;
  /** Step 6. */
  approve(call: Call, decision: Decision): Approval | Promise<Approval>;
  /** Step 9. A promise where the record must be on disk before the call may go out. */
  record(judged: Judged): Promise<void> | undefined;
  newDecisionId(): string;
  unixMs(): number;
  monotonicNs(): number;
}

export interface Gate {
  /** Judges one call and records it. Never rejects: whatever fails is a verdict of kind `failed`. A call without a record is refused. */
  judge(call: Call): Promise<Verdict>;
  /** Whether tools/list leaves the call's tool out: judged without args; a policy that fails hides it. Nothing is hidden of an observed server. Not recorded. */
  hides(call: Call): boolean;
  /** Gives a forwarded call's tokens back; only where not one byte of it was written upstream. */
  refund(receipt: Receipt): void;
}

/** What is known of a call before its outcome is. */
type Known = Omit<Verdict, "kind"> & { readonly kind?: never };

const NOT_ASKED: Approval = { kind: "refused", problem: "nobody is asked while the server is only observed" };

export function createGate(ports: GatePorts): Gate {
  return {
    judge: (call) => judge(ports, call),
    hides: (call) => hides(ports, call),
    refund: (receipt) => giveBack(ports, receipt),
  };
}

async function judge(ports: GatePorts, call: Call): Promise<Verdict> {
  const startedUnixMs = ports.unixMs();
  const startedNs = ports.monotonicNs();
  const decided = await decide(ports, call, ports.newDecisionId(), startedUnixMs);
  const verdict = call.observed === true && decided.kind !== "frozen" ? letThrough(decided) : decided;
  const judgedNs = ports.monotonicNs() - startedNs;
  try {
    await ports.record({ call, verdict, startedUnixMs, judgedNs });
    return verdict;
  } catch (error) {
    if (verdict.kind === "forward") giveBack(ports, verdict.receipt);
    return { ...known(verdict), ...failure("record", error) };
  }
}

/** Whether it is frozen, and steps 3 to 6. */
async function decide(ports: GatePorts, call: Call, id: string, unixMs: number): Promise<Verdict> {
  let step: Step = "complete";
  let seen: Known = { id, decision: undefined, facts: undefined, fuel: 0, bundle: undefined };
  let receipt: Receipt | undefined;
  try {
    const frozen = ports.frozen(call);
    if (frozen !== undefined) return { ...seen, kind: "frozen", problem: frozen };
    if (call.definitionProblem !== undefined) return { ...seen, ...failure(step, call.definitionProblem) };
    const facts = ports.describe(call);
    seen = { ...seen, facts };
    const unfit = ports.checkArguments(call);
    if (unfit !== undefined) return { ...seen, kind: "invalid_arguments", problem: unfit };

    step = "decide";
    const evaluation = ports.evaluate(call, facts, unixMs);
    seen = { ...seen, fuel: evaluation.fuel, budget: evaluation.budget, bundle: evaluation.bundle };
    if (evaluation.kind === "failed") return { ...seen, ...failure(step, evaluation.problem) };
    const decision = evaluation.decision;
    seen = { ...seen, decision };
    if (decision.action === "deny") return { ...seen, kind: "denied", reasons: decision.reasons };

    step = "limit";
    if (decision.rate_limits.length > 0 && call.continued !== true) {
      const taken = await ports.take(call, facts, decision);
      if (taken.kind !== "too_many_buckets") seen = { ...seen, buckets: taken.buckets };
      if (taken.kind !== "taken") return { ...seen, ...refusedByLimit(taken) };
      receipt = taken.receipt;
    }

    step = "approve";
    if (decision.action === "require_approval") {
      const approval = call.observed === true ? NOT_ASKED : await ports.approve(call, decision);
      if (approval.kind === "refused") {
        giveBack(ports, receipt);
        return { ...seen, kind: "approval_needed", reasons: decision.reasons, problem: approval.problem };
      }
    }

    // what waited for tokens or a person may have been frozen meanwhile
    const frozenSince = ports.frozen(call);
    if (frozenSince === undefined) return { ...seen, kind: "forward", receipt };
    giveBack(ports, receipt);
    return { ...seen, kind: "frozen", problem: frozenSince };
  } catch (error) {
    giveBack(ports, receipt);
    return { ...seen, ...failure(step, error) };
  }
}

/** What would be refused goes out without tokens, and with what would have become of it. */
function letThrough(verdict: Verdict): Verdict {
  if (verdict.kind === "forward") return verdict;
  const { id, decision, facts, fuel, budget, bundle, buckets, ...instead } = verdict;
  return { id, decision, facts, fuel, budget, bundle, buckets, kind: "forward", receipt: undefined, instead };
}

function hides(ports: GatePorts, call: Call): boolean {
  if (call.observed === true) return false;
  try {
    const evaluation = ports.evaluate(call, ports.describe(call), ports.unixMs());
    return evaluation.kind === "failed" || evaluation.decision.hidden;
  } catch {
    return true;
  }
}

/** What can't be given back stays taken: the safe side, and no reason for another outcome. */
function giveBack(ports: GatePorts, receipt: Receipt | undefined): void {
  try {
    if (receipt !== undefined) ports.refund(receipt);
  } catch {
    // as said above
  }
}

function refusedByLimit(taken: Exclude<Taken, { kind: "taken" }>): Refusal {
  if (taken.kind === "too_many_buckets") return taken;
  return { kind: "rate_limited", limit: taken.limit, retryAfterSeconds: taken.retryAfterSeconds };
}

function failure(step: Step, cause: unknown): Refusal {
  return { kind: "failed", step, problem: cause instanceof Error ? cause.message : String(cause) };
}

function known(verdict: Verdict): Known {
  const { id, decision, facts, fuel, budget, bundle, buckets } = verdict;
  return { id, decision, facts, fuel, budget, bundle, buckets };
}
