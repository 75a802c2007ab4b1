// What happens to a call, top to bottom: is it frozen, is there room for it, complete, decide, take tokens, ask for approval, record. Whatever fails
// refuses; only on a server that is observed what the policy would refuse goes out, and the record says so.
// Pure: no node, no hono, no clock. Everything outside comes in through GatePorts; docs/life-of-a-call.md draws it.
import type {
  ApprovalNote,
  Call,
  Decision,
  Draft,
  Evaluation,
  Forward,
  History,
  Receipt,
  Refusal,
  Step,
  Taken,
  ToolFacts,
  Verdict,
} from "./types.ts";
import { run, type Steps, wait } from "./waiting.ts";

/** What became of a call for which a rule requires approval. */
export type Approval =
  | { readonly kind: "approved"; readonly note: ApprovalNote }
  /** Nobody can approve, not yet, or a person said no: the agent is told `problem`. */
  | { readonly kind: "refused"; readonly problem: string; readonly note?: ApprovalNote };

/** Who waits for the verdict of a call while a person is asked; the gate only hands it on. */
export interface Waiter {
  /** A person is asked, and the call is held. @param leave ends that; the request for approval stays */
  held(note: ApprovalNote, holdSeconds: number, leave: () => void): void;
  /** SHA-256 of the definition that counts for the tool by now; undefined where the server lists no such tool. */
  definition(): Promise<string | undefined>;
}

/** One judged call, for the record. */
export type Judged = {
  readonly call: Call;
  readonly verdict: Verdict;
  /** When the gate began to judge, Unix time in milliseconds. */
  readonly startedUnixMs: number;
  /** How long complete, decide, limit and approve took, in nanoseconds, without the time for which the call was held. */
  readonly judgedNs: number;
};

export interface GatePorts {
  /** Before all else, and again before the call goes out, however long it waits for that: why an operator has frozen calls like this one. */
  frozen(call: Call): string | undefined;
  /** Step 3. What the catalogue knows of the call's tool; undefined for methods that name no tool. */
  describe(call: Call): ToolFacts | undefined;
  /** Step 3. Where the arguments don't fit the reviewed inputSchema, in one sentence without their values. */
  checkArguments(call: Call): string | undefined;
  /** Step 3. The principal's earlier calls; undefined where no policy looks at them. Throws where more was done than is known. */
  recall(call: Call): History | undefined;
  /** Step 4. The active bundle's decision; `unixMs` is the time that the policy sees. */
  evaluate(call: Call, facts: ToolFacts | undefined, unixMs: number, history: History | undefined): Evaluation;
  /** Step 5. All buckets of the decision, all or nothing. */
  take(call: Call, facts: ToolFacts | undefined, decision: Decision): Taken | Promise<Taken>;
  refund(receipt: Receipt): void;
  /** Step 6. An approval fits this call and the bundle that asks for it. May hold the call. */
  approve(call: Call, asking: Asking, waiter: Waiter | undefined): Approval | Promise<Approval>;
  /** The call that was approved did not go out: the same one may, on the same approval. */
  release(approval: ApprovalNote): void;
  /** Step 9. A promise where the record must be on disk before the call may go out. */
  record(judged: Judged): Promise<void> | undefined;
  /** In the very turn in which the call was last decided on, so that the next one is judged with it: it is part of the principal's history from now on. */
  remember(call: Call, verdict: Verdict, unixMs: number): void;
  newDecisionId(): string;
  unixMs(): number;
  monotonicNs(): number;
}

/** What asks for approval. */
export type Asking = {
  /** UUID of the decision. */
  readonly id: string;
  readonly decision: Decision;
  readonly deciding: readonly string[];
  /** Of the bundle that decided. */
  readonly revision: string;
};

export interface Gate {
  /**
   * Judges one call and records it; at once, where nothing is waited for. Never throws or rejects: whatever fails is a verdict
   * of kind `failed`. A call without a record is refused.
   * @param waiter where there is none, no call is held for an approver
   */
  judge(call: Call, waiter?: Waiter): Verdict | Promise<Verdict>;
  /** Whether tools/list leaves the call's tool out: judged without args; a policy that fails hides it. Nothing is hidden of an observed server. Not recorded. */
  hides(call: Call): boolean;
  /** Gives a forwarded call's tokens and approval back; only where not one byte of it was written upstream. */
  refund(verdict: Forward): void;
  /**
   * What becomes of a forwarded call that was frozen since: asked right before its first byte goes out, which a connection or
   * credentials may keep it from for long. Undefined where it goes. Not recorded: the call's own line says that it was let out.
   */
  stops(call: Call, verdict: Verdict): Refused | undefined;
}

export type Refused = Exclude<Verdict, { readonly kind: "forward" }>;

/** What is known of a call before its outcome is. */
type Known = Pick<
  Verdict,
  "id" | "decision" | "deciding" | "facts" | "fuel" | "budget" | "bundle" | "buckets" | "history"
>;

/** What can still become of a call that a person approved. */
type LateRefusal = Extract<Refusal, { readonly kind: "denied" | "failed" }>;

const NOT_ASKED: Approval = { kind: "refused", problem: "nobody is asked while the server is only observed" };

export function createGate(ports: GatePorts): Gate {
  return {
    judge: (call, waiter) => run(judge(ports, call, waiter)),
    hides: (call) => hides(ports, call),
    refund: (verdict) => giveBack(ports, verdict),
    stops: (call, verdict) => stops(ports, call, verdict),
  };
}

function* judge(ports: GatePorts, call: Call, waiter: Waiter | undefined): Steps<Verdict> {
  const startedUnixMs = ports.unixMs();
  const startedNs = ports.monotonicNs();
  const decided = yield* decide(ports, call, ports.newDecisionId(), startedUnixMs, waiter);
  const verdict = call.observed === true && decided.kind !== "frozen" ? letThrough(decided) : decided;
  if (verdict !== decided && verdict.kind === "forward") ports.remember(call, verdict, startedUnixMs);
  const judgedNs = ports.monotonicNs() - startedNs - heldNs(decided);
  const judged = { call, verdict, startedUnixMs, judgedNs };
  try {
    yield* wait(ports.record(judged));
    return verdict;
  } catch (error) {
    if (verdict.kind === "forward") giveBack(ports, verdict);
    return verdictOf(verdict, failure("record", error));
  }
}

/** Whether it is frozen, and steps 3 to 6. */
function* decide(ports: GatePorts, call: Call, id: string, unixMs: number, waiter: Waiter | undefined): Steps<Verdict> {
  let step: Step = "complete";
  const seen = nothingKnown(id);
  let receipt: Receipt | undefined;
  let approval: ApprovalNote | undefined;
  let hasWaited = false;
  try {
    const frozen = ports.frozen(call);
    if (frozen !== undefined) return verdictOf(seen, { kind: "frozen", problem: frozen });
    if (call.overload !== undefined) return verdictOf(seen, { kind: "too_many_in_flight", overload: call.overload });
    if (call.definitionProblem !== undefined) return verdictOf(seen, failure(step, call.definitionProblem));
    const facts = ports.describe(call);
    seen.facts = facts;
    const unfit = call.misspelt ?? ports.checkArguments(call);
    if (unfit !== undefined) return verdictOf(seen, { kind: "invalid_arguments", problem: unfit });

    step = "decide";
    const history = ports.recall(call);
    seen.history = history;
    const evaluation = ports.evaluate(call, facts, unixMs, history);
    seen.fuel = evaluation.fuel;
    seen.budget = evaluation.budget;
    seen.bundle = evaluation.bundle;
    if (evaluation.kind === "failed") return verdictOf(seen, failure(step, evaluation.problem));
    const decision = evaluation.decision;
    seen.decision = decision;
    if (evaluation.deciding !== undefined) seen.deciding = evaluation.deciding;
    if (decision.action === "deny") return verdictOf(seen, { kind: "denied", reasons: decision.reasons });

    step = "limit";
    if (decision.rate_limits.length > 0 && call.continued !== true) {
      const taking = ports.take(call, facts, decision);
      hasWaited = taking instanceof Promise;
      const taken = yield* wait(taking);
      if (taken.kind !== "too_many_buckets") seen.buckets = taken.buckets;
      if (taken.kind !== "taken") return verdictOf(seen, refusedByLimit(taken));
      receipt = taken.receipt;
    }

    step = "approve";
    if (decision.action === "require_approval") {
      const deciding = evaluation.deciding ?? decision.rules;
      const asking = { id, decision, deciding, revision: evaluation.bundle.revision };
      const asked = call.observed === true ? NOT_ASKED : yield* wait(ports.approve(call, asking, waiter));
      if (asked.kind === "refused") {
        giveBack(ports, { receipt });
        const { problem, note } = asked;
        return verdictOf(seen, { kind: "approval_needed", reasons: decision.reasons, problem, approval: note });
      }
      approval = asked.note;
    }
    hasWaited ||= approval !== undefined && approval.waitedMs > 0;
    const refused = hasWaited || ports.recall(call) !== history ? refusesNow(ports, call, facts, approval) : undefined;
    if (refused !== undefined) {
      giveBack(ports, { receipt, approval });
      return verdictOf(seen, { ...refused, approval });
    }
    // what waited for tokens or a person may have been frozen meanwhile
    const frozenSince = ports.frozen(call);
    if (frozenSince !== undefined) {
      giveBack(ports, { receipt, approval });
      return verdictOf(seen, { kind: "frozen", problem: frozenSince, approval });
    }
    const verdict = forward(seen, { receipt, approval, instead: undefined });
    ports.remember(call, verdict, unixMs);
    return verdict;
  } catch (error) {
    giveBack(ports, { receipt, approval });
    return verdictOf(seen, failure(step, error));
  }
}

/** What would be refused goes out without tokens, and with what would have become of it. */
function letThrough(verdict: Verdict): Verdict {
  if (verdict.kind === "forward") return verdict;
  const { id, decision, deciding, facts, fuel, budget, bundle, history, buckets, ...instead } = verdict;
  return forward(verdict, { receipt: undefined, approval: undefined, instead });
}

function hides(ports: GatePorts, call: Call): boolean {
  if (call.observed === true) return false;
  try {
    const evaluation = ports.evaluate(call, ports.describe(call), ports.unixMs(), ports.recall(call));
    return evaluation.kind === "failed" || evaluation.decision.hidden;
  } catch {
    return true;
  }
}

function stops(ports: GatePorts, call: Call, verdict: Verdict): Refused | undefined {
  try {
    const problem = ports.frozen(call);
    return problem === undefined ? undefined : verdictOf(verdict, { kind: "frozen", problem });
  } catch (error) {
    return verdictOf(verdict, failure("record", error));
  }
}

/**
 * Time, or another call, has passed since the call was decided on: what a policy says that reads the clock, or the history, may be
 * stricter by now, and it may be another policy.
 */
function refusesNow(
  ports: GatePorts,
  call: Call,
  facts: ToolFacts | undefined,
  approval: ApprovalNote | undefined,
): (LateRefusal & Partial<Pick<Known, "decision" | "deciding" | "history">>) | undefined {
  const history = ports.recall(call);
  const evaluation = ports.evaluate(call, facts, ports.unixMs(), history);
  if (evaluation.kind === "failed") return failure("decide", evaluation.problem);
  const { decision, deciding } = evaluation;
  if (decision.action === "deny") return { kind: "denied", reasons: decision.reasons, decision, deciding, history };
  if (decision.action === "require_approval" && approval === undefined)
    return failure("decide", "since it was judged it needs approval: call again");
  return undefined;
}

/** What can't be given back stays taken: the safe side, and no reason for another outcome. */
function giveBack(ports: GatePorts, { receipt, approval }: Pick<Forward, "receipt" | "approval">): void {
  try {
    if (receipt !== undefined) ports.refund(receipt);
  } catch {
    // as said above
  }
  try {
    if (approval !== undefined) ports.release(approval);
  } catch {
    // as said above
  }
}

function heldNs(verdict: Verdict): number {
  return "approval" in verdict ? (verdict.approval?.waitedMs ?? 0) * 1e6 : 0;
}

function refusedByLimit(taken: Exclude<Taken, { kind: "taken" }>): Refusal {
  if (taken.kind === "too_many_buckets") return taken;
  return { kind: "rate_limited", limit: taken.limit, retryAfterSeconds: taken.retryAfterSeconds };
}

function failure(step: Step, cause: unknown): Extract<Refusal, { readonly kind: "failed" }> {
  return { kind: "failed", step, problem: cause instanceof Error ? cause.message : String(cause) };
}

function nothingKnown(id: string): Draft<Known> {
  return {
    id,
    decision: undefined,
    deciding: undefined,
    facts: undefined,
    fuel: 0,
    budget: undefined,
    bundle: undefined,
    buckets: undefined,
    history: undefined,
  };
}

function verdictOf(
  { id, decision, deciding, facts, fuel, budget, bundle, buckets, history }: Known,
  refusal: Refusal,
): Refused {
  return { id, decision, deciding, facts, fuel, budget, bundle, buckets, history, ...refusal };
}

/** Most calls come here: each member by its name, since what is spread first takes V8 a hundred times as long. */
function forward(
  { id, decision, deciding, facts, fuel, budget, bundle, buckets, history }: Known,
  { receipt, approval, instead }: Omit<Forward, "kind">,
): Verdict {
  return {
    id,
    decision,
    deciding,
    facts,
    fuel,
    budget,
    bundle,
    buckets,
    history,
    kind: "forward",
    receipt,
    approval,
    instead,
  };
}
