// Verdicts of every kind that refuses, for the tests of what is told of them.
import type { Decision, Outcome, RateLimit } from "../../src/gate/types.ts";
import type { RefusedVerdict } from "../../src/mcp/refusal.ts";

export const ID = "7f3a2b10-0000-4000-8000-000000000001";
export const PACKAGE = 'policy.servers["awslabs.sitewise"]';
export const CALL = { server: "sitewise", method: "tools/call", tool: "create_api_key" };

export const DECISION: Decision = {
  action: "deny",
  reasons: ["Assets are deleted by people, not by agents"],
  rules: [`${PACKAGE}/no-deletes`],
  malformed: [],
  rate_limits: [],
  approval: { timeout: 300, hold: 25 },
  labels: [],
  redact: [],
  hidden: true,
};

export function verdict(
  outcome: Exclude<Outcome, { kind: "forward" }>,
  decision: Decision | undefined = DECISION,
): RefusedVerdict {
  const facts = {
    category: "Write",
    risk: "Medium",
    severity: "low",
    definition: { catalogued: true, changed: false },
  } as const;
  return { id: ID, decision, facts, fuel: 1, bundle: { revision: "abcdef012345", digest: "d" }, ...outcome };
}

export const denied = (reasons: readonly string[], decision?: Decision) =>
  verdict({ kind: "denied", reasons }, decision);

export const LIMIT: RateLimit = {
  rule: `${PACKAGE}/ten-keys`,
  max: 10,
  window: 60,
  per: "session",
  over: "tool",
  cost: 1,
};
export const limited = (limit: Partial<RateLimit>, retryAfterSeconds?: number) =>
  verdict({ kind: "rate_limited", limit: { ...LIMIT, ...limit }, retryAfterSeconds });
