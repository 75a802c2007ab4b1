import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeDecision, describeLimit, describeSignal, treatmentOf } from "../../src/console/words.ts";
import type { Decision, RateLimit } from "../../src/gate/types.ts";
import { ROOT } from "../policy/support.ts";

const LIMIT: RateLimit = { rule: "r", max: 10, window: 60, per: "session", over: "tool", cost: 1 };
const DECISION: Decision = {
  action: "allow",
  reasons: [],
  rules: ["r"],
  malformed: [],
  rate_limits: [],
  approval: { timeout: 300, hold: 25 },
  labels: [],
  redact: [],
  hidden: false,
};

test("every signal of the classifier has a meaning", () => {
  const rego = readFileSync(join(ROOT, "rego/regate/classifier/signals/signals.rego"), "utf8");
  const [, weighed = ""] = /_severities := \{([^}]*)\}/.exec(rego) ?? [];
  const signals = [...weighed.matchAll(/"(\w+)":/g)].map(([, signal = ""]) => signal);
  expect(signals.length).toBeGreaterThan(15);
  expect(signals.filter((signal) => describeSignal(signal) === undefined)).toEqual([]);
});

describe("a limit in words", () => {
  test.each<[Partial<RateLimit>, string]>([
    [{}, "10 calls per 60 s in each session"],
    [{ max: 1 }, "1 call per 60 s in each session"],
    [
      { per: "principal", over: "category" },
      "10 calls per 60 s for each principal, counted over all tools of the category",
    ],
    [{ per: "everyone", over: "all" }, "10 calls per 60 s for everyone together, counted over all servers"],
    [
      { over: "server", max: 5_000, cost: 20 },
      "5,000 tokens per 60 s in each session, counted over all tools of the server; this call takes 20",
    ],
  ])("%j", (change, words) => {
    expect(describeLimit({ ...LIMIT, ...change })).toBe(words);
  });
});

describe("a decision in words", () => {
  test.each<[Partial<Decision>, string, string]>([
    [{}, "is allowed", "allow"],
    [{ rate_limits: [LIMIT, LIMIT] }, "is allowed, within 2 limits", "limited"],
    [
      { action: "require_approval", rate_limits: [LIMIT] },
      "waits for a person's approval, within 1 limit",
      "require_approval",
    ],
    [{ action: "deny", rate_limits: [LIMIT] }, "is denied", "deny"],
    [{ action: "deny", hidden: true }, "is denied, and left out of tools/list", "deny"],
  ])("%j", (change, words, treatment) => {
    const decision = { ...DECISION, ...change };
    expect(describeDecision(decision)).toBe(words);
    expect(treatmentOf({ kind: "decided", decision, fuel: 1, bundle: { revision: "r", digest: "d" } })).toBe(treatment);
  });

  test("is a refusal where there is none", () => {
    expect(treatmentOf({ kind: "failed", problem: "out of fuel", fuel: 1, bundle: undefined })).toBe("refused");
  });
});
