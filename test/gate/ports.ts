// A gate over ports that a test sets one by one, and a trace of what was asked of them, in order.
import { createGate, type Gate, type GatePorts, type Judged } from "../../src/gate/gate.ts";
import type {
  ApprovalNote,
  Call,
  Decision,
  Evaluation,
  RateLimit,
  Receipt,
  Revision,
  ToolFacts,
} from "../../src/gate/types.ts";

export const BUNDLE: Revision = { revision: "r1", digest: "d1" };
export const FACTS: ToolFacts = {
  category: "Write",
  risk: "Medium",
  severity: "low",
  definition: { catalogued: true, changed: false },
};
export const LIMIT: RateLimit = { rule: "policy.s/few", max: 2, window: 60, per: "session", over: "tool", cost: 1 };
export const RECEIPT: Receipt = { charges: [{ key: "k", limit: LIMIT }], principal: "ann" };

/** Of a person who approved at once. */
export const NOTE: ApprovalNote = {
  id: "approval-1",
  state: "approved",
  askedUnixMs: 1_700_000_000_000,
  decided: { by: "operator", unixMs: 1_700_000_000_000, reason: undefined, grantMinutes: undefined },
  byGrant: false,
  waitedMs: 0,
  leftSeconds: 300,
  url: undefined,
};

export const CALL: Call = {
  server: "s",
  direction: "to_server",
  method: "tools/call",
  tool: "t",
  args: { text: '{"n":1.0}', value: { n: 1 } },
  session: "session-1",
  principal: { id: "ann", groups: [], claims: {} },
  definition: { sha256: "ab", text: "{}" },
};

export function decided(change: Partial<Decision> = {}): Evaluation {
  const decision: Decision = {
    action: "allow",
    reasons: [],
    rules: ["policy.s/few"],
    malformed: [],
    rate_limits: [LIMIT],
    approval: { timeout: 300, hold: 25 },
    labels: [],
    redact: [],
    hidden: false,
    ...change,
  };
  return { kind: "decided", decision, fuel: 42, bundle: BUNDLE };
}

export type Bench = {
  readonly gate: Gate;
  /** The ports that were called, in order. */
  readonly trace: string[];
  readonly recorded: Judged[];
  readonly refunded: Receipt[];
  readonly released: ApprovalNote[];
};

/** A gate whose ports allow the call and take a token for it, but for those in `change`. */
export function bench(change: Partial<GatePorts> = {}): Bench {
  const trace: string[] = [];
  const recorded: Judged[] = [];
  const refunded: Receipt[] = [];
  const released: ApprovalNote[] = [];
  let ns = 0;
  const ports: GatePorts = {
    frozen: () => undefined,
    describe: () => FACTS,
    checkArguments: () => undefined,
    recall: () => undefined,
    evaluate: () => decided(),
    take: () => ({ kind: "taken", receipt: RECEIPT }),
    refund: () => {},
    approve: () => ({ kind: "approved", note: NOTE }),
    release: () => {},
    record: () => undefined,
    remember: () => {},
    newDecisionId: () => "decision-1",
    unixMs: () => 1_700_000_000_000,
    monotonicNs: () => (ns += 1_000),
    ...change,
  };
  const gate = createGate({
    ...ports,
    describe(call) {
      trace.push("describe");
      return ports.describe(call);
    },
    checkArguments(call) {
      trace.push("checkArguments");
      return ports.checkArguments(call);
    },
    recall: (call) => ports.recall(call),
    evaluate(call, facts, unixMs, history) {
      trace.push("evaluate");
      return ports.evaluate(call, facts, unixMs, history);
    },
    take(call, facts, decision) {
      trace.push("take");
      return ports.take(call, facts, decision);
    },
    refund(receipt) {
      trace.push("refund");
      refunded.push(receipt);
      ports.refund(receipt);
    },
    approve(call, asking, waiter) {
      trace.push("approve");
      return ports.approve(call, asking, waiter);
    },
    release(approval) {
      trace.push("release");
      released.push(approval);
      ports.release(approval);
    },
    record(judged) {
      trace.push("record");
      recorded.push(judged);
      return ports.record(judged);
    },
  });
  return { gate, trace, recorded, refunded, released };
}
