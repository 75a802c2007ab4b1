// Turns minutes into the bars of a chart: as many as fit, each with what became of its calls. Pure.
import type { Minute, VerdictKind } from "../status/activity.ts";
import { type Latencies, quantileOf } from "../status/latency.ts";
import { VERDICTS } from "./verdicts.ts";

export const RANGES = [
  { name: "hour", title: "Last hour", minutes: 60, barMinutes: 1 },
  { name: "day", title: "Last 24 hours", minutes: 1_440, barMinutes: 20 },
] as const;
export type Range = (typeof RANGES)[number];

export type Bar = {
  readonly fromUnixMs: number;
  /** In the order of VERDICTS, without those that there are none of. */
  readonly parts: readonly { readonly kind: string; readonly count: number }[];
  readonly total: number;
};

export type Summary = {
  readonly bars: readonly Bar[];
  readonly counts: readonly { readonly kind: string; readonly count: number }[];
  readonly total: number;
  readonly refused: number;
  /** Nanoseconds; undefined where nothing was judged. */
  readonly p50Ns: number | undefined;
  readonly p99Ns: number | undefined;
};

const MINUTE_MS = 60_000;

export function readRange(given: string | undefined): Range {
  return RANGES.find(({ name }) => name === given) ?? RANGES[0];
}

/** @param minutes as they are, gaps and all */
export function summarize(minutes: readonly Minute[], range: Range, nowUnixMs: number): Summary {
  const barMs = range.barMinutes * MINUTE_MS;
  // the last bar is the one that is being filled
  const endMs = nowUnixMs - (nowUnixMs % barMs) + barMs;
  const startMs = endMs - range.minutes * MINUTE_MS;
  const bars = Array.from({ length: range.minutes / range.barMinutes }, () => new Map<VerdictKind, number>());
  const all = new Map<VerdictKind, number>();
  const latencies: Latencies[] = [];
  for (const minute of minutes) {
    const bar = bars[Math.floor((minute.unixMs - startMs) / barMs)];
    if (bar === undefined) continue;
    latencies.push(minute.latencies);
    for (const [kind, count] of minute.verdicts) {
      bar.set(kind, (bar.get(kind) ?? 0) + count);
      all.set(kind, (all.get(kind) ?? 0) + count);
    }
  }
  const total = sumOf(all);
  return {
    bars: bars.map((counts, index) => ({
      fromUnixMs: startMs + index * barMs,
      parts: listParts(counts),
      total: sumOf(counts),
    })),
    counts: listParts(all),
    total,
    refused: total - (all.get("forward") ?? 0),
    p50Ns: quantileOf(latencies, 0.5),
    p99Ns: quantileOf(latencies, 0.99),
  };
}

/** The least round number that is no smaller, and of which the half is whole: the top of an axis. */
export function roundUp(count: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, count)));
  const steps = power === 1 ? [4, 6, 8, 10] : [1, 2, 3, 4, 5, 6, 8, 10];
  return power * (steps.find((step) => step * power >= count) ?? 10);
}

function listParts(counts: ReadonlyMap<string, number>): Bar["parts"] {
  const known = VERDICTS.map(({ kind }) => kind as string);
  const kinds = [...known, ...[...counts.keys()].filter((kind) => !known.includes(kind))];
  return kinds.flatMap((kind) => {
    const count = counts.get(kind) ?? 0;
    return count === 0 ? [] : [{ kind, count }];
  });
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
