// Compares two policies over generated inputs and samples: every decision that changes. Nothing here reads a file or a
// clock; recorded calls come through replay.ts into the same table.
import { z } from "zod";
import type { Evaluation } from "../../gate/types.ts";
import { startPolicy } from "../active-policy.ts";
import type { Bundle } from "../bundle.ts";
import { PLAIN_DECISION } from "../decision-schema.ts";
import { withMasks } from "../log-masks.ts";
import { type Judged, searchInputs } from "../probe/search.ts";
import { listTargets, type ProbedPolicy } from "../probe/targets.ts";
import type { Sample } from "../samples.ts";
import { ChangeTable } from "./change-table.ts";
import { listOtherFacts } from "./other-facts.ts";
import { createUnchangedCheck } from "./unchanged.ts";

export type ComparedPolicy = ProbedPolicy & {
  readonly revision: string;
  readonly digest: string;
  /** Whether its index is known to be that of its sources, because it was built just now: then it says what can't have changed. */
  readonly isBuiltHere: boolean;
  evaluate(inputText: string): Evaluation;
  /** The same, with what the log masks of the arguments as what is redacted. */
  evaluateMasked(inputText: string): Evaluation;
};

export type Policies = { readonly base: ComparedPolicy; readonly head: ComparedPolicy };

export type Comparison = {
  readonly table: ChangeTable;
  readonly generated: number;
  readonly samples: number;
  /** Rules that are new, changed or gone and that no input reached, sorted: what changes by them may not show. */
  readonly unreached: readonly string[];
  /** Rules of the base that changed or are gone, were reached, and that no input shows to decide otherwise; sorted. */
  readonly unshown: readonly string[];
  /** Tools for which there was more to try than may be tried, `<server>/<tool>`. */
  readonly incomplete: readonly string[];
  /** The most that one decision took, in units of fuel. */
  readonly fuel: { readonly base: number; readonly head: number };
};

/** @throws Problem where the bundle can't be started, or can't judge a plain call */
export async function openPolicy(bundle: Bundle, isBuiltHere: boolean): Promise<ComparedPolicy> {
  const { engine, rules, conditions, catalogue } = await startPolicy(bundle);
  const { revision, digest } = engine.revision;
  const evaluate = (inputText: string): Evaluation => engine.evaluate(inputText);
  const evaluateMasked = (inputText: string): Evaluation => withMasks(evaluate(inputText), engine.mask(inputText));
  return { revision, digest, isBuiltHere, rules, catalogue, conditions, evaluate, evaluateMasked };
}

const NOTHING_PERMITTED: Evaluation = {
  kind: "decided",
  decision: { action: "deny", ...PLAIN_DECISION, reasons: ["No rule permits this call"] },
  fuel: 0,
  bundle: { revision: "none", digest: "" },
};

/** Where there is no policy yet, nothing is permitted: what a first policy permits is looser than that. */
export const NO_POLICY: ComparedPolicy = {
  revision: "none",
  digest: "",
  isBuiltHere: true,
  rules: new Map(),
  catalogue: {},
  conditions: { always: [], library: "", rules: new Map() },
  evaluate: () => NOTHING_PERMITTED,
  evaluateMasked: () => NOTHING_PERMITTED,
};

/** @param schemas JSON Schemas of tools' args by `<server>/<tool>`, where more than the catalogues is known */
export function comparePolicies(
  policies: Policies,
  samples: readonly Sample[],
  schemas: ReadonlyMap<string, readonly unknown[]> = new Map(),
): Comparison {
  const { base, head } = policies;
  const table = new ChangeTable(policies);
  const reached = { base: new Set<string>(), head: new Set<string>() };
  const fuel = { base: 0, head: 0 };
  const incomplete: string[] = [];
  let generated = 0;

  const evaluate = (inputs: { base: string; head: string }): { base: Evaluation; head: Evaluation } => {
    const judged = { base: base.evaluateMasked(inputs.base), head: head.evaluateMasked(inputs.head) };
    fuel.base = Math.max(fuel.base, judged.base.fuel);
    fuel.head = Math.max(fuel.head, judged.head.fuel);
    for (const side of ["base", "head"] as const) {
      const evaluation = judged[side];
      if (evaluation.kind === "decided") for (const rule of evaluation.decision.rules) reached[side].add(rule);
    }
    return judged;
  };

  const isUnchanged = createUnchangedCheck(policies);
  for (const target of listTargets([base, head])) {
    if (isUnchanged.target(target)) continue;
    const { server, tool } = target.label;
    const judge = (texts: readonly string[]): Judged => {
      const [forBase = "", forHead = forBase] = texts;
      const inputs = { base: forBase, head: forHead };
      const judged = evaluate(inputs);
      table.add({ server, tool, origin: "generated", inputs, ...judged });
      const sides = [judged.base, judged.head];
      return { way: JSON.stringify(sides.map(wayOf)), isPermitted: sides.some(isPermitted) };
    };
    const searched = searchInputs(target, [base, head], judge, {
      schemas: schemas.get(`${target.server}/${target.tool}`),
      isInFocus: isUnchanged.focusOn(target),
      otherFacts: listOtherFacts(policies, target),
    });
    generated += searched.inputs;
    if (!searched.complete) incomplete.push(`${server}/${tool}`);
  }
  for (const { title, inputText } of samples) {
    const inputs = { base: inputText, head: inputText };
    table.add({ ...namesOf(JSON.parse(inputText)), origin: "sample", title, inputs, ...evaluate(inputs) });
  }
  table.shrink(evaluate);
  const changed = [...new Set([...base.rules.keys(), ...head.rules.keys()])].filter((rule) => !isUnchanged.rule(rule));
  const isReached = (rule: string): boolean =>
    (["base", "head"] as const).every((side) => reached[side].has(rule) || !policies[side].rules.has(rule));
  const unreached = changed.filter((rule) => !isReached(rule)).sort();
  const shown = new Set(table.rows().flatMap(({ culprits }) => culprits.map(({ rule }) => rule)));
  // of a bundle from elsewhere it is not known which rules changed, and of what has no row, by which rule
  const isKnown = (rule: string): boolean => isUnchanged.knowsRules || !head.rules.has(rule);
  const isListed = table.unlisted().length === 0;
  const unshown = changed.filter((rule) => {
    return isListed && base.rules.has(rule) && isKnown(rule) && isReached(rule) && !shown.has(rule);
  });
  return { table, generated, samples: samples.length, unreached, unshown: unshown.sort(), incomplete, fuel };
}

/** How a call is judged, whatever its reasons and numbers say. */
export function wayOf(evaluation: Evaluation): unknown {
  if (evaluation.kind === "failed") return "failed";
  const { action, rules, malformed } = evaluation.decision;
  return [action, rules, malformed.length > 0];
}

export function isPermitted(evaluation: Evaluation): boolean {
  return evaluation.kind === "decided" && evaluation.decision.action !== "deny";
}

const namesSchema = z.looseObject({
  server: z.string().optional().catch(undefined),
  tool: z.string().optional().catch(undefined),
  method: z.string().optional().catch(undefined),
});

/** What a report names an input by that was not made for a target. */
export function namesOf(input: unknown): { readonly server: string; readonly tool: string } {
  const { server = "(none)", tool, method = "tools/call" } = namesSchema.parse(input);
  return { server, tool: tool ?? (method === "tools/call" ? "(none)" : `methods[${JSON.stringify(method)}]`) };
}
