// Judged calls for the tests of the log.
import type { Call, Decision, History, Outcome, ToolFacts } from "../../src/gate/types.ts";
import type { DecisionEvent } from "../../src/log/log-line.ts";

export const DECISION: Decision = {
  action: "allow",
  reasons: [],
  rules: ['policy.servers["files"]/reads'],
  malformed: [],
  rate_limits: [],
  approval: { timeout: 300, hold: 25 },
  labels: [],
  redact: [],
  hidden: false,
};

const FACTS: ToolFacts = {
  category: "Read",
  risk: "Low",
  severity: "low",
  definition: { catalogued: true, changed: false },
};

export const BUNDLE = { revision: "0123456789ab", digest: "d".repeat(64) };

export type EventParts = {
  readonly id?: string;
  readonly args?: unknown;
  readonly call?: Partial<Call>;
  readonly decision?: Partial<Decision>;
  readonly facts?: Partial<ToolFacts>;
  readonly history?: History;
  readonly outcome?: Outcome;
  readonly startedUnixMs?: number;
};

export function makeEvent(parts: EventParts = {}): DecisionEvent {
  const args = parts.args === undefined ? {} : { args: { text: JSON.stringify(parts.args), value: parts.args } };
  const outcome: Outcome = parts.outcome ?? { kind: "forward", receipt: undefined };
  return {
    call: {
      server: "files",
      direction: "to_server",
      method: "tools/call",
      tool: "read_file",
      session: "s-1",
      principal: { id: "claude", groups: ["dev"], claims: {} },
      ...args,
      ...parts.call,
    },
    verdict: {
      id: parts.id ?? "5f0c0c3e-5a53-4d36-9e5f-0f3a4b7e8a11",
      decision: { ...DECISION, ...parts.decision },
      facts: { ...FACTS, ...parts.facts },
      fuel: 4321,
      bundle: BUNDLE,
      history: parts.history,
      ...outcome,
    },
    startedUnixMs: parts.startedUnixMs ?? Date.parse("2026-11-23T06:18:00.123Z"),
    judgedNs: 41_500,
    rules: [{ id: 'policy.servers["files"]/reads', file: "policy/servers/files/files.rego", row: 12 }],
  };
}
