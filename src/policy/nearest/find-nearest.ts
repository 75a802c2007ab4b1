// Looks for the input nearest to a refused one that the policy lets through: with one place changed, else two, else three. It
// tries what rules compare with, a bounded number of inputs, always in the same order; that none is found is no proof that
// there is none, unless nothing that refuses reads anything of the input. Pure.
import type { Decision, Evaluation } from "../../gate/types.ts";
import { write } from "../probe/draft.ts";
import type { ProbedPolicy } from "../probe/targets.ts";
import type { Speaker } from "../speakers.ts";
import { applyChanges, type Change, type Input, listChanges } from "./changes.ts";

export type NearestPolicy = ProbedPolicy & { evaluate(inputText: string): Evaluation };

export type Nearest =
  /** `action`: `require_approval` where nothing that was tried is allowed outright. */
  | {
      readonly kind: "found";
      readonly action: "allow" | "require_approval";
      readonly changes: readonly Change[];
      readonly inputText: string;
      readonly decision: Decision;
      readonly tried: number;
    }
  | {
      readonly kind: "none";
      readonly tried: number;
      /** Places that were changed, as in `args.path`. */
      readonly places: readonly string[];
      /** False where there was more to try than may be tried. */
      readonly complete: boolean;
    };

const MAX_TRIED = 8_000;
/** How many places are changed at once, and with how many values each. */
const COMBINED = [
  [1, Number.POSITIVE_INFINITY],
  [2, 24],
  [3, 8],
] as const;

/**
 * @param speakers the rules that may speak to the input
 * @param takesApproval whether what a person would be asked about is better than the input that was refused
 */
export function findNearest(
  policy: NearestPolicy,
  input: Input,
  speakers: readonly Speaker[],
  takesApproval: boolean,
): Nearest {
  const changes = listChanges(policy, input, speakers);
  const places = groupByPlace(changes);
  let tried = 0;
  let approvable: Nearest | undefined;
  for (const [count, perPlace] of COMBINED) {
    // alone, the nearest of all comes first; of several, those of the nearest place
    for (const chosen of count === 1 ? changes.map((change) => [change]) : combinations(places, count, perPlace)) {
      if (tried >= MAX_TRIED) return approvable ?? describeNone(places, tried, false);
      tried += 1;
      const inputText = write(applyChanges(input, chosen));
      const action = lettingThrough(policy.evaluate(inputText));
      if (action === undefined) continue;
      const found = { kind: "found", ...action, changes: chosen, inputText, tried } as const;
      if (action.action === "allow") return found;
      if (takesApproval) approvable ??= found;
    }
  }
  return approvable === undefined ? describeNone(places, tried, true) : { ...approvable, tried };
}

/** A call that costs more than a bucket ever holds is let through by no decision. */
function lettingThrough(
  evaluation: Evaluation,
): { readonly action: "allow" | "require_approval"; readonly decision: Decision } | undefined {
  if (evaluation.kind === "failed") return undefined;
  const { decision } = evaluation;
  if (decision.action === "deny" || decision.rate_limits.some(({ cost, max }) => cost > max)) return undefined;
  return { action: decision.action, decision };
}

type Place = { readonly path: readonly string[]; readonly changes: readonly Change[] };

function groupByPlace(changes: readonly Change[]): readonly Place[] {
  const places = new Map<string, Change[]>();
  for (const change of changes) {
    const name = JSON.stringify(change.path);
    places.set(name, [...(places.get(name) ?? []), change]);
  }
  return [...places.values()].map((own) => ({ path: own[0]?.path ?? [], changes: own }));
}

/** Each choice of so many places, one change at each; a place inside another is never chosen with it. */
function* combinations(places: readonly Place[], count: number, perPlace: number): Generator<readonly Change[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const [index, { path, changes }] of places.entries()) {
    const others = places
      .slice(index + 1)
      .filter((other) => !isWithin(other.path, path) && !isWithin(path, other.path));
    for (const change of changes.slice(0, perPlace)) {
      for (const more of combinations(others, count - 1, perPlace)) yield [change, ...more];
    }
  }
}

function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.every((key, position) => inner[position] === key);
}

function describeNone(places: readonly Place[], tried: number, complete: boolean): Nearest {
  return { kind: "none", tried, places: places.map(({ path }) => path.join(".")), complete };
}
