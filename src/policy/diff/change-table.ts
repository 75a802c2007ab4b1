// Gathers the changes of decisions: each distinct one once, with the smallest input that shows it and how many do. Bounded: a
// million inputs that each change in a way of their own become so many rows and a number.
import type { Evaluation } from "../../gate/types.ts";
import { OTHER } from "../probe/targets.ts";
import type { IndexedRules } from "../speakers.ts";
import {
  CHANGES,
  type Change,
  type ChangeKind,
  type ChangePart,
  compareEffects,
  mayReadHistory,
} from "./compare-outcomes.ts";
import { type Effect, effectOf } from "./effect.ts";
import { type Culprit, findCulprits } from "./find-culprits.ts";
import { shrinkInputs } from "./shrink-input.ts";

/** Where an input comes from. */
export type Origin = "generated" | "sample" | "recorded";

/** One input as either side sees it, and what each makes of it. */
export type Compared = {
  /** As a report names them. */
  readonly server: string;
  readonly tool: string;
  readonly origin: Origin;
  /** Of a sample. */
  readonly title?: string | undefined;
  readonly inputs: { readonly base: string; readonly head: string };
  readonly base: Evaluation;
  readonly head: Evaluation;
};

export type ChangeRow = {
  readonly server: string;
  readonly tool: string;
  readonly change: ChangeKind;
  readonly parts: readonly ChangePart[];
  /** The smallest that shows the change, one of ours before a recorded one. */
  readonly shown: Compared;
  readonly culprits: readonly Culprit[];
  /** How many inputs show it. */
  readonly counts: Readonly<Record<Origin, number>>;
};

/** A change that is in the table. */
export type Added = {
  /** One more input shows it. */
  again(): Added;
};

/** Inputs whose change has no row of its own. */
export type Unlisted = {
  readonly server: string;
  readonly tool: string;
  readonly change: ChangeKind;
  readonly inputs: number;
};

/** Of one kind of change of one tool. */
const MAX_ROWS_PER_TOOL = 20;
const MAX_ROWS = 20_000;
const OTHERS = "(others)";

type Gathered = { shown: Compared; readonly change: Change; readonly counts: Record<Origin, number> };

export class ChangeTable {
  readonly #rows = new Map<string, Gathered>();
  readonly #rowsPerTool = new Map<string, number>();
  readonly #unlisted = new Map<string, Unlisted>();
  /** Rules of limits that are gone, each with the one new rule that has its place. */
  readonly #successors = new Map<string, string>();

  readonly #readsHistory: boolean;

  constructor(private readonly policies: { readonly base: IndexedRules; readonly head: IndexedRules }) {
    this.#readsHistory = mayReadHistory([policies.base, policies.head]);
  }

  /** @returns undefined where nothing changes */
  add(compared: Compared): Added | undefined {
    const named = this.#name(compared);
    if (named === undefined) return undefined;
    const { key, change } = named;
    const count = (): void => {
      const known = this.#rows.get(key);
      if (known !== undefined) known.counts[compared.origin] += 1;
      else this.#countUnlisted(change.kind, compared);
    };
    const known = this.#rows.get(key);
    if (known === undefined) this.#begin(key, compared, change);
    else if (isBetter(compared, known.shown)) known.shown = compared;
    count();
    const added: Added = {
      again: () => {
        count();
        return added;
      },
    };
    return added;
  }

  /** Sorted by server and tool, stand-ins last; in each, looser before stricter before other. */
  rows(): readonly ChangeRow[] {
    const rows = [...this.#rows.values()].map(({ shown, change, counts }): ChangeRow => {
      const culprits = findCulprits(shown.base, shown.head, this.policies);
      const { server, tool } = shown;
      return { server, tool, change: change.kind, parts: change.parts, shown, culprits, counts };
    });
    return this.#withoutEchoes(rows).sort((a, b) => compareTexts(placeOf(a), placeOf(b)));
  }

  /** Shows each change by a smaller input, where it was found by one of ours. */
  shrink(evaluate: (inputs: Compared["inputs"]) => Pick<Compared, "base" | "head">): void {
    for (const [key, row] of this.#rows) {
      if (row.shown.origin !== "generated") continue;
      const inputs = shrinkInputs(row.shown.inputs, (smaller) => {
        return this.#name({ ...row.shown, ...evaluate(smaller) })?.key === key;
      });
      row.shown = { ...row.shown, inputs };
    }
  }

  unlisted(): readonly Unlisted[] {
    return [...this.#unlisted.values()];
  }

  /**
   * Where a rule of a tool loosens or tightens it, calls that are refused for something else as well lose or gain a reason.
   * That says nothing more.
   */
  #withoutEchoes(rows: readonly ChangeRow[]): ChangeRow[] {
    const told = new Set(rows.filter(({ change }) => change !== "other").flatMap(culpritsOf));
    return rows.filter((row) => {
      const { base, head } = row.shown;
      const before = effectOf(base, this.policies.base);
      const after = effectOf(head, this.policies.head);
      const areRefused = before.action === "deny" && after.action === "deny";
      const isEcho = row.change === "other" && areRefused && before.rules.some((rule) => after.rules.includes(rule));
      return !isEcho || culpritsOf(row).some((culprit) => !told.has(culprit));
    });
  }

  /** Two changes with the same key are one. */
  #name({ server, tool, base, head }: Compared): { readonly key: string; readonly change: Change } | undefined {
    const effects: readonly [Effect, Effect] = [effectOf(base, this.policies.base), effectOf(head, this.policies.head)];
    const change = compareEffects(...effects, {
      succeeds: (rule, successor) => this.#succeeds(rule, successor),
      readsHistory: this.#readsHistory,
    });
    return change === undefined ? undefined : { key: JSON.stringify([server, tool, change.kind, effects]), change };
  }

  /** A rule with another name counts as it did; two rules in the place of one have a bucket each, and let twice as much through. */
  #succeeds(rule: string, successor: string): boolean {
    if (this.policies.head.rules.has(rule) || this.policies.base.rules.has(successor)) return false;
    const known = this.#successors.get(rule);
    if (known === undefined) this.#successors.set(rule, successor);
    return known === undefined || known === successor;
  }

  /** Makes a row, where there is room for one. */
  #begin(key: string, compared: Compared, change: Change): void {
    const ofTool = JSON.stringify([compared.server, compared.tool, change.kind]);
    const rows = this.#rowsPerTool.get(ofTool) ?? 0;
    if (rows >= MAX_ROWS_PER_TOOL || this.#rows.size >= MAX_ROWS) return;
    this.#rowsPerTool.set(ofTool, rows + 1);
    this.#rows.set(key, { shown: compared, change, counts: { generated: 0, sample: 0, recorded: 0 } });
  }

  #countUnlisted(change: ChangeKind, { server, tool }: Compared): void {
    const ofTool = JSON.stringify([server, tool, change]);
    const named = this.#rowsPerTool.has(ofTool) ? { server, tool } : { server: OTHERS, tool: OTHERS };
    const key = JSON.stringify([named.server, named.tool, change]);
    this.#unlisted.set(key, { ...named, change, inputs: (this.#unlisted.get(key)?.inputs ?? 0) + 1 });
  }
}

const ORIGINS: readonly Origin[] = ["generated", "sample", "recorded"];

function isBetter(a: Compared, b: Compared): boolean {
  // what was recorded is somebody's
  const [ofA, ofB] = [a, b].map(({ origin }) => (origin === "recorded" ? 1 : 0));
  if (ofA !== ofB) return (ofA ?? 0) < (ofB ?? 0);
  const [textA, textB] = [a.inputs.head, b.inputs.head];
  if (textA.length !== textB.length) return textA.length < textB.length;
  if (textA !== textB) return textA < textB;
  return ORIGINS.indexOf(a.origin) < ORIGINS.indexOf(b.origin);
}

/** Each with the tool that it matters for. */
function culpritsOf({ server, tool, culprits }: ChangeRow): readonly string[] {
  return culprits.map(({ rule }) => JSON.stringify([server, tool, rule]));
}

function placeOf({ server, tool, change, shown }: ChangeRow): string {
  const order = CHANGES.indexOf(change);
  const { head } = shown.inputs;
  return JSON.stringify([
    server === OTHER,
    server,
    tool === OTHER,
    tool,
    order,
    String(head.length).padStart(9, "0"),
    head,
  ]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
