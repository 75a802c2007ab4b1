// What a gate holds over time, and whether that grows: a line through the samples, by least squares. Pure.

export type Sample = { readonly seconds: number; readonly miB: number };

export type Trend = {
  readonly samples: number;
  readonly first: number;
  readonly last: number;
  readonly most: number;
  readonly miBPerMinute: number;
};

/** A line of what a gate holds, in bytes, once garbage is collected. */
export type MemoryLine = { readonly atMs: number; readonly rss: number; readonly held: number };

/** The process, and what its program holds in it. */
export type Trends = { readonly resident: Trend; readonly held: Trend };

/** @returns undefined where there is too little to say anything */
export function trendsOf(lines: readonly MemoryLine[]): Trends | undefined {
  const of = (bytes: (line: MemoryLine) => number) =>
    trendOf(lines.map((line) => ({ seconds: line.atMs / 1_000, miB: bytes(line) / 1_048_576 })));
  const [resident, held] = [of(({ rss }) => rss), of((line) => line.held)];
  return resident && held && { resident, held };
}

/** The first half of a run is warm-up: code is compiled, tables grow to what they hold, V8 keeps the code of some dozen bundles. */
const WARM_UP = 1 / 2;

/** @returns undefined where there is too little to say anything */
export function trendOf(all: readonly Sample[]): Trend | undefined {
  const samples = all.slice(Math.floor(all.length * WARM_UP));
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 3) return undefined;
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const [meanSeconds, meanMiB] = [mean(({ seconds }) => seconds), mean(({ miB }) => miB)];
  const above = samples.reduce((sum, { seconds, miB }) => sum + (seconds - meanSeconds) * (miB - meanMiB), 0);
  const below = samples.reduce((sum, { seconds }) => sum + (seconds - meanSeconds) ** 2, 0);
  return {
    samples: samples.length,
    first: first.miB,
    last: last.miB,
    most: Math.max(...samples.map(({ miB }) => miB)),
    miBPerMinute: below === 0 ? 0 : (above / below) * 60,
  };
}
