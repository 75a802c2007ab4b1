// Judges live calls by a second policy beside the active one, and tells where they differ. It works after the call's own
// judgement, some calls in each turn of the event loop, and leaves out what comes faster than that: no call ever waits for it,
// fails for it or takes a token for it.
import type { Judged } from "../gate/gate.ts";
import type { Evaluation, Revision, Verdict } from "../gate/types.ts";
import { type Change, compareEffects, describeOutcome, mayReadHistory } from "../policy/diff/compare-outcomes.ts";
import { effectOf } from "../policy/diff/effect.ts";
import type { IndexedRules } from "../policy/speakers.ts";
import { createDivergences, type DivergenceRow } from "./divergences.ts";

/** A policy, as far as its decisions are compared. */
export type Judge = IndexedRules & { readonly revision: Revision };

/** A policy that may take the place of the active one. */
export type Candidate = Judge & {
  /** Steps 3 and 4 of a call, as the gate would take them by this policy. */
  judge(judged: Judged): Outcome;
};

/** What one policy makes of a call: `unfit` where its arguments don't fit the reviewed schema. */
export type Outcome = Evaluation | { readonly kind: "unfit" };

/** One divergence, whole: for the record. */
export type Diverged = {
  readonly judged: Judged;
  readonly change: Change;
  readonly active: Outcome;
  readonly shadow: Outcome;
  readonly shadowRevision: Revision;
};

export type ShadowOptions = {
  /** Undefined while there is none. */
  readonly candidate: () => Candidate | undefined;
  readonly active: () => Judge;
  readonly onDiverged: (diverged: Diverged) => void;
  /** Runs work when the calls at hand have had their turn. */
  readonly later: (work: () => void) => void;
};

export type ShadowCounts = {
  readonly judged: number;
  /** Calls that came faster than they could be judged a second time. */
  readonly dropped: number;
  readonly divergences: Readonly<Record<Change["kind"], number>>;
  readonly top: readonly DivergenceRow[];
};

export interface Shadow {
  /** Has a call that was just judged judged once more, later. Never throws. */
  offer(judged: Judged): void;
  /** Since one of the two policies was taken. */
  read(): ShadowCounts;
}

const CALLS_PER_TURN = 8;
/** What a few plain decisions take: one candidate that loops over large arguments is enough for one turn. */
const FUEL_PER_TURN = 200_000;
const MAX_WAITING = 1_000;
const MAX_WAITING_CHARACTERS = 16_777_216;
const TOP_ROWS = 20;

export function createShadow({ candidate, active, onDiverged, later }: ShadowOptions): Shadow {
  const divergences = createDivergences();
  const waiting: Judged[] = [];
  let waitingCharacters = 0;
  let isScheduled = false;
  let pair = "";
  /** Of one of the two that are compared. */
  let readsHistory = false;
  let judgedCount = 0;
  let dropped = 0;

  /** What was counted is about two policies: with another one it begins anew. */
  function renew(): void {
    const now = `${active().revision.digest} ${candidate()?.revision.digest}`;
    if (now === pair) return;
    pair = now;
    readsHistory = mayReadHistory([active(), candidate()].filter((one) => one !== undefined));
    judgedCount = 0;
    dropped = 0;
    divergences.clear();
  }

  function work(): void {
    isScheduled = false;
    let fuel = 0;
    for (let calls = 0; calls < CALLS_PER_TURN && fuel < FUEL_PER_TURN; calls += 1) {
      const judged = waiting.shift();
      if (judged === undefined) break;
      waitingCharacters -= charactersOf(judged);
      fuel += judgeOnce(judged);
    }
    if (waiting.length > 0) schedule();
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    later(work);
  }

  /** @returns the fuel that it took */
  function judgeOnce(judged: Judged): number {
    renew();
    const second = candidate();
    const first = outcomeOf(judged.verdict);
    // judged by a policy that is active no more, or by none
    if (second === undefined || first === undefined || !isOf(active().revision, first)) return 0;
    let fuel = 0;
    try {
      const shadow = second.judge(judged);
      fuel = shadow.kind === "unfit" ? 0 : shadow.fuel;
      judgedCount += 1;
      const effects = [effectOf(toEvaluation(first), active()), effectOf(toEvaluation(shadow), second)] as const;
      const change = compareEffects(...effects, { readsHistory });
      if (change === undefined) return fuel;
      const { call, verdict } = judged;
      divergences.add({
        server: call.server,
        tool: call.tool ?? call.method,
        change: change.kind,
        what: change.parts.map(({ what }) => what),
        active: describe(first),
        shadow: describe(shadow),
        decisionId: verdict.id,
      });
      onDiverged({ judged, change, active: first, shadow, shadowRevision: second.revision });
    } catch {
      dropped += 1;
    }
    return fuel;
  }

  return {
    offer(judged) {
      if (candidate() === undefined) return;
      renew();
      const characters = charactersOf(judged);
      if (waiting.length >= MAX_WAITING || waitingCharacters + characters > MAX_WAITING_CHARACTERS) {
        dropped += 1;
        return;
      }
      waiting.push(judged);
      waitingCharacters += characters;
      schedule();
    },
    read() {
      renew();
      return { judged: judgedCount, dropped, divergences: divergences.counts(), top: divergences.top(TOP_ROWS) };
    },
  };
}

function charactersOf({ call }: Judged): number {
  return (call.args ?? call.params)?.text.length ?? 0;
}

/** What the active policy made of the call; undefined where it was not asked. */
function outcomeOf(verdict: Verdict): Outcome | undefined {
  const { decision, fuel, bundle } = verdict;
  if (decision !== undefined && bundle !== undefined) return { kind: "decided", decision, fuel, bundle };
  const outcome = verdict.kind === "forward" ? (verdict.instead ?? verdict) : verdict;
  if (outcome.kind === "invalid_arguments") return { kind: "unfit" };
  if (outcome.kind !== "failed" || outcome.step !== "decide") return undefined;
  return { kind: "failed", problem: outcome.problem, fuel, bundle };
}

function isOf(active: Revision, outcome: Outcome): boolean {
  return outcome.kind === "unfit" || outcome.bundle === undefined || outcome.bundle.digest === active.digest;
}

/** Refused either way: what doesn't fit, and what a policy fails at. */
function toEvaluation(outcome: Outcome): Evaluation {
  return outcome.kind === "unfit" ? { kind: "failed", problem: "unfit", fuel: 0, bundle: undefined } : outcome;
}

export function describe(outcome: Outcome): string {
  return outcome.kind === "unfit" ? "invalid arguments" : describeOutcome(outcome);
}
