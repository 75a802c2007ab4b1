// Lines of the decision log as the gate writes them, for pages to show.
import type { Judged } from "../../src/gate/gate.ts";
import type { Call, Decision, Verdict } from "../../src/gate/types.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { CALL, decided } from "../gate/ports.ts";

export type Given = {
  readonly id?: string;
  readonly call?: Partial<Call>;
  readonly decision?: Partial<Decision>;
  /** Of the verdict: its kind, and what that kind has besides. */
  readonly outcome?: Readonly<Record<string, unknown>> & { readonly kind: Verdict["kind"] };
  readonly atUnixMs?: number;
};

export const AT = Date.parse("2026-11-02T12:34:56.789Z");

export function judgedOf({ id = "decision-1", call, decision, outcome, atUnixMs = AT }: Given = {}): Judged {
  const evaluation = decided(decision);
  const known = {
    id,
    decision: evaluation.kind === "decided" ? evaluation.decision : undefined,
    facts: { category: "Write", risk: "Medium", severity: "high", definition: { catalogued: true, changed: false } },
    fuel: 8_717,
    budget: 204_360,
    bundle: { revision: "r1", digest: "d1" },
  };
  const verdict = { ...known, kind: "forward", receipt: undefined, ...outcome } as Verdict;
  return { call: { ...CALL, ...call }, verdict, startedUnixMs: atUnixMs, judgedNs: 412_000 };
}

export function lineOf(given: Given = {}, maskedKeys: readonly string[] = []): string {
  const judged = judgedOf(given);
  const rules = (judged.verdict.decision?.rules ?? []).map((id) => ({ id, file: "policy/s.rego", row: 7 }));
  const labels = { id: "gate", version: "0.1.0" };
  return toLogLine({ ...judged, rules }, { labels, maskedKeys: new Set(maskedKeys) });
}
