// What there is to say of one logged decision: which rules stand behind it and where, whether it can be judged again, what the
// policy at hand makes of it now, and which input or which moment would be let through. Facts only; words are for the formats.
import { z } from "zod";
import { CATEGORIES, type Evaluation } from "../../gate/types.ts";
import type { LoggedDecision } from "../../log/logged-decision.ts";
import type { ComparedPolicy } from "../../policy/diff/compare-policies.ts";
import { type Input, isBeyondInput } from "../../policy/nearest/changes.ts";
import { findNearest, type Nearest } from "../../policy/nearest/find-nearest.ts";
import { Projection } from "../../policy/projection.ts";
import { listSpeakers, type Speaker } from "../../policy/speakers.ts";

export type ExplainedRule = {
  readonly id: string;
  /** As the log has it: where it stood when it judged. */
  readonly file?: string | undefined;
  readonly row?: number | undefined;
  /** From the policy at hand, which may have changed since. */
  readonly title?: string | undefined;
  readonly action?: string | undefined;
  /** True where it denies whatever the input of such a call is. */
  readonly isFinal: boolean;
};

/** What the policy at hand makes of the recorded input. */
export type Again =
  | { readonly kind: "judged"; readonly evaluation: Evaluation; readonly isAlike: boolean }
  /** The log does not hold all that the decision may read: these places of the input are masked, cut or missing. */
  | { readonly kind: "masked"; readonly places: readonly string[] };

export type Wait =
  | { readonly kind: "until"; readonly seconds: number; readonly at: string }
  /** The call costs more than the bucket ever holds. */
  | { readonly kind: "never" };

export type Explanation = {
  readonly decision: LoggedDecision;
  readonly rules: readonly ExplainedRule[];
  readonly policy: ComparedPolicy;
  readonly shownBundle: string;
  /** Whether it is the very bundle that judged. */
  readonly isSameBundle: boolean;
  readonly again: Again;
  /** Of a call over a limit. */
  readonly wait: Wait | undefined;
  /** Undefined where none is looked for. */
  readonly nearest: Nearest | undefined;
};

const inputSchema = z.record(z.string(), z.json());
const EMPTY_HISTORY = { tools: {}, categories: {}, labels: {} };

export function explain(decision: LoggedDecision, policy: ComparedPolicy, shownBundle: string): Explanation {
  const input = inputOf(decision);
  const speakers = speakersOf(decision, policy);
  const again = judgeAgain(decision, input, policy, speakers);
  const rules = decision.rules.map((site) => explainRule(site, policy));
  const wait = waitOf(decision);
  return {
    decision,
    rules,
    policy,
    shownBundle,
    isSameBundle: decision.digest !== undefined && decision.digest === policy.digest,
    again,
    wait,
    nearest: isLookedFor(again, wait)
      ? findNearest(policy, input, speakers, again.evaluation.kind === "failed" || isDenied(again.evaluation))
      : undefined,
  };
}

/** As the log holds it; where it has no history, none that could be read is made up. */
export function inputOf({ input }: LoggedDecision): Input {
  return { history: EMPTY_HISTORY, ...inputSchema.parse(input) };
}

function speakersOf({ input }: LoggedDecision, policy: ComparedPolicy): readonly Speaker[] {
  const { server, tool, method, category } = input;
  const addressee = {
    server,
    tool: typeof tool === "string" ? tool : undefined,
    method: typeof method === "string" ? method : "tools/call",
  };
  const known = CATEGORIES.find((name) => name === category);
  return listSpeakers(policy, addressee, known === undefined ? undefined : [known]);
}

function judgeAgain(
  { unreadable, unrecorded, result }: LoggedDecision,
  input: Input,
  policy: ComparedPolicy,
  speakers: readonly Speaker[],
): Again {
  const { conditions } = policy;
  const projection =
    conditions === undefined
      ? Projection.whole()
      : Projection.of(
          conditions.always,
          speakers.map((speaker) => speaker.conditions),
        );
  const places = [...unreadable, ...unrecorded]
    .filter((place) => projection.reads(place))
    .map((place) => place.join("."));
  if (places.length > 0) return { kind: "masked", places };
  const evaluation = policy.evaluate(JSON.stringify(input));
  const now = evaluation.kind === "decided" ? evaluation.decision : undefined;
  return { kind: "judged", evaluation, isAlike: JSON.stringify(now) === JSON.stringify(result) };
}

function explainRule({ id, file, row }: LoggedDecision["rules"][number], policy: ComparedPolicy): ExplainedRule {
  const conditions = policy.conditions?.rules.get(id);
  const action = conditions?.action;
  return {
    id,
    file,
    row,
    title: policy.rules.get(id)?.title,
    action,
    isFinal: conditions !== undefined && action === "deny" && isBeyondInput(conditions),
  };
}

function waitOf({ verdict, retryAfterSeconds: seconds, timestamp }: LoggedDecision): Wait | undefined {
  if (verdict !== "rate_limited") return undefined;
  if (seconds === undefined) return { kind: "never" };
  return { kind: "until", seconds, at: new Date(Date.parse(timestamp) + Math.ceil(seconds) * 1_000).toISOString() };
}

/** What is let through now, or after a while, needs no other input. */
function isLookedFor(again: Again, wait: Wait | undefined): again is Extract<Again, { kind: "judged" }> {
  if (again.kind !== "judged" || wait?.kind === "until") return false;
  const { evaluation } = again;
  return evaluation.kind === "failed" || evaluation.decision.action !== "allow" || wait?.kind === "never";
}

function isDenied(evaluation: Evaluation): boolean {
  return evaluation.kind === "decided" && evaluation.decision.action === "deny";
}
