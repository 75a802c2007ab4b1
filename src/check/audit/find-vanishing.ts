// Finds decisions that get looser where a field of the input is missing or of another type: each sample and one input of each
// way in which a tool is judged, with each of its fields dropped and mistyped. Not all that is found is wrong: a rule that asks
// for a field by name means to be silent without it, and what the tool's schema refuses never reaches a policy.

import type { Decision, Evaluation } from "../../gate/types.ts";
import type { Comparison, Path } from "../../policy/conditions.ts";
import { compareEffects } from "../../policy/diff/compare-outcomes.ts";
import type { ComparedPolicy } from "../../policy/diff/compare-policies.ts";
import { type Effect, effectOf } from "../../policy/diff/effect.ts";
import { ABSENT, type Draft, put, write } from "../../policy/probe/draft.ts";
import { type Shape, shapeAt } from "../../policy/probe/shape.ts";
import type { Level } from "../finding.ts";
import { describeDecision } from "./describe.ts";
import type { AuditFinding } from "./finding.ts";
import { type Variation, varyInput } from "./vary-input.ts";

/** An input to vary, and whom it is about. */
export type Start = {
  readonly server: string;
  readonly tool: string;
  readonly inputText: string;
  readonly evaluation: Evaluation;
  /** What the caller gives is varied always; what the gate fills in, in samples only. */
  readonly fields: "given" | "all";
  /** Of the tool's arguments, where a gate holds calls against it before the policy. */
  readonly shape: Shape | undefined;
};

/** By the type that was there. */
const ANY_OTHER: ReadonlyMap<string, Draft> = new Map<string, Draft>([
  ["string", "what no policy names"],
  ["number", 8_675_309.25],
]);
/** Whoever compares with these asks whether there is anything. */
const OF_NOTHING: ReadonlySet<string> = new Set(["null", "true", "false", '""', "[]", "{}"]);
const TIGHTENING = ["deny", "require_approval", "limit"];
/** How a field is compared where its absence means nothing: whoever asks for what it is, or may look like, asks for it. */
const BY_NAME: readonly Comparison[] = ["equal", "key", "prefix", "suffix", "part", "regex", "glob"];

export function findVanishing(policy: ComparedPolicy, starts: readonly Start[]): readonly AuditFinding[] {
  const found = new Map<string, AuditFinding & { readonly others: Set<string> }>();
  for (const start of starts) {
    // what is refused for being malformed is refused for nothing that the input says
    if (start.evaluation.kind === "failed" || start.evaluation.decision.malformed.length > 0) continue;
    const before = effectOf(start.evaluation, policy);
    if (isLoosest(before)) continue;
    for (const variation of varyInput(start.inputText, start.fields)) {
      if (wasMistyped(start, variation)) continue;
      const evaluation = policy.evaluate(variation.inputText);
      if (evaluation.kind === "failed") continue;
      if (compareEffects(before, effectOf(evaluation, policy))?.kind !== "looser") continue;
      const culprits = findCulprits(policy, start.evaluation.decision, evaluation.decision);
      const level = weigh(policy, start, variation, culprits);
      const key = JSON.stringify([level, culprits, variation.path, variation.how]);
      const known = found.get(key);
      const name = `${start.server}/${start.tool}`;
      if (known !== undefined) known.others.add(name);
      else
        found.set(key, { ...describe(policy, start, variation, evaluation, culprits, level), others: new Set([name]) });
    }
  }
  return [...found.values()].map(({ others, ...finding }) => {
    const more = others.size - 1;
    return more === 0
      ? finding
      : { ...finding, what: `${finding.what}; so on ${more} more tool${more === 1 ? "" : "s"}` };
  });
}

function isLoosest({ action, rate_limits, redact }: Effect): boolean {
  return action === "allow" && rate_limits.length === 0 && redact.length === 0;
}

/** The rules that are no longer there, as far as they tighten; else those that are new, as far as they permit. */
function findCulprits({ conditions }: ComparedPolicy, before: Decision, after: Decision): readonly string[] {
  const tightens = (rule: string): boolean => {
    const action = conditions?.rules.get(rule)?.action;
    return action === undefined || TIGHTENING.includes(action);
  };
  const gone = before.rules.filter((rule) => !after.rules.includes(rule));
  const tightening = gone.filter(tightens);
  if (tightening.length > 0) return tightening;
  const come = after.rules.filter((rule) => !before.rules.includes(rule) && !tightens(rule));
  return come.length > 0 ? come : gone;
}

/**
 * What is found counts least where no call can be so, and where the rule asks for the field itself, or holds without it: then
 * its author means it to be silent.
 */
function weigh(policy: ComparedPolicy, start: Start, variation: Variation, culprits: readonly string[]): Level {
  const { shape } = start;
  const { path, how } = variation;
  const isGiven = path[0] === "args" || path[0] === "params";
  if (path[0] === "args" && shape !== undefined && isRefused(shape, variation)) return "info";
  const suspects = culprits.filter((rule) => how !== "missing" || needs(policy, rule, path));
  const isByName = suspects.every((rule) => comparedAt(policy, rule, path).every((one) => BY_NAME.includes(one)));
  if (!isByName) return isGiven ? "error" : "warning";
  if (isGiven && how === "missing" && suspects.some((rule) => refusesAnyOther(policy, start, path, rule)))
    return "error";
  // what was named is still there, and is not seen any more
  return isGiven && how === "wrapped" && suspects.length > 0 ? "warning" : "info";
}

/**
 * Whether the rule names what it does not refuse: it holds for a value that nobody named as well. Then it refuses all but the
 * named ones, and what is missing is none of them.
 */
function refusesAnyOther(policy: ComparedPolicy, { inputText }: Start, path: Path, rule: string): boolean {
  const tests = policy.conditions?.rules.get(rule)?.tests ?? [];
  if (!tests.some((test) => test.how !== "key" && isAlong(test.path, path) && !OF_NOTHING.has(test.literal)))
    return false;
  const other = ANY_OTHER.get(typeof valueAt(inputText, path));
  if (other === undefined) return false;
  const varied = put(JSON.parse(inputText), path, other);
  if (varied === ABSENT) return false;
  const evaluation = policy.evaluate(write(varied));
  return evaluation.kind === "decided" && evaluation.decision.rules.includes(rule);
}

function needs({ conditions }: ComparedPolicy, rule: string, path: Path): boolean {
  return conditions?.rules.get(rule)?.needs.some((needed) => isAlong(needed, path)) ?? true;
}

/** Where the input was of a wrong type before, the right one is no mistake. */
function wasMistyped({ shape, inputText }: Start, { path, how }: Variation): boolean {
  if (path[0] !== "args" || how === "missing" || shape === undefined) return false;
  const { types } = shapeAt(shape, path.slice(1));
  return types.length > 0 && !types.some((type) => fits(type, valueAt(inputText, path)));
}

/** Whether a call is refused before any policy sees it, because its arguments don't fit. */
function isRefused(shape: Shape, { path: [, ...path], how, inputText }: Variation): boolean {
  if (how === "missing") {
    if (path.length === 0) return [...shape.fields.values()].some(({ required }) => required);
    return shapeAt(shape, path).required;
  }
  const { types } = shapeAt(shape, path);
  return types.length > 0 && !types.some((type) => fits(type, valueAt(inputText, ["args", ...path])));
}

/** @param type of JSON Schema, or what a catalogue says where there is none */
function fits(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
    default:
      return true;
  }
}

/** How a rule compares the field, what lies in it, or what it lies in. */
function comparedAt({ conditions }: ComparedPolicy, rule: string, path: Path): readonly Comparison[] {
  const tests = conditions?.rules.get(rule)?.tests ?? [];
  return tests.filter((test) => isAlong(test.path, path)).map(({ how }) => how);
}

function isAlong(one: Path, other: Path): boolean {
  const length = Math.min(one.length, other.length);
  return one
    .slice(0, length)
    .every((key, position) => key === null || other[position] === null || key === other[position]);
}

function describe(
  policy: ComparedPolicy,
  { server, tool, evaluation: before, inputText }: Start,
  variation: Variation,
  after: Evaluation,
  [culprit]: readonly string[],
  level: Level,
): AuditFinding {
  const field = `input.${variation.path.join(".")}`;
  // where the same rules hold, what one of them computes has changed
  const rule = culprit ?? (before.kind === "decided" ? before.decision.rate_limits[0]?.rule : undefined);
  const place = rule === undefined ? undefined : policy.rules.get(rule);
  const how =
    variation.how === "missing" ? "is missing" : `is ${JSON.stringify(valueAt(variation.inputText, variation.path))}`;
  return {
    level,
    rule: "audit/vanishing",
    what: `${tool} on ${server}: ${describeDecision(before, policy)} becomes ${describeDecision(after, policy)} where ${field} ${how}`,
    ...(place !== undefined && { file: place.file, row: place.row }),
    server,
    tool,
    input: JSON.parse(variation.inputText),
    from: JSON.parse(inputText),
  };
}

function valueAt(inputText: string, path: Path): unknown {
  return path.reduce((value: unknown, key) => {
    return typeof value === "object" && value !== null && key !== null ? Reflect.get(value, key) : undefined;
  }, JSON.parse(inputText));
}
