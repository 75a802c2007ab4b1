// Where two policies judged the same call otherwise: each way once, with how many calls showed it and the last of them. Bounded:
// ways beyond the bound are counted by their kind only.
import { CHANGES, type ChangeKind } from "../policy/diff/compare-outcomes.ts";

/** One call that two policies judge otherwise, in words. */
export type Divergence = {
  readonly server: string;
  /** The tool, or the method of what is no tool's call. */
  readonly tool: string;
  readonly change: ChangeKind;
  /** What differs: `action`, `limits`, `reasons`, ... */
  readonly what: readonly string[];
  readonly active: string;
  readonly shadow: string;
  readonly decisionId: string;
};

export type DivergenceRow = Divergence & { readonly calls: number };

export interface Divergences {
  add(divergence: Divergence): void;
  clear(): void;
  counts(): Readonly<Record<ChangeKind, number>>;
  /** The most frequent first: looser before stricter before other, where they are alike. */
  top(rows: number): readonly DivergenceRow[];
}

const MAX_ROWS = 500;

export function createDivergences(): Divergences {
  const rows = new Map<string, DivergenceRow>();
  let counts = noCounts();
  return {
    add(divergence) {
      const { decisionId: _, ...way } = divergence;
      const key = JSON.stringify(way);
      const known = rows.get(key);
      counts[divergence.change] += 1;
      if (known !== undefined || rows.size < MAX_ROWS) rows.set(key, { ...divergence, calls: (known?.calls ?? 0) + 1 });
    },
    clear() {
      rows.clear();
      counts = noCounts();
    },
    counts: () => ({ ...counts }),
    top: (count) => [...rows.values()].sort(compare).slice(0, count),
  };
}

function noCounts(): Record<ChangeKind, number> {
  return { looser: 0, stricter: 0, other: 0 };
}

function compare(a: DivergenceRow, b: DivergenceRow): number {
  return b.calls - a.calls || CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change);
}
