// What a gate holds over time, and whether that grows. What a call takes for a moment only ever adds to what is held, so the least
// of each half minute is looked at; the slope is the median of the slopes between any two of those (Theil and Sen), which no single
// peak can turn, and its interval is Sen's. Pure.

export type Sample = { readonly seconds: number; readonly miB: number };

/** In MiB, and MiB a minute. */
export type Trend = {
  readonly samples: number;
  /** Half minutes whose least was looked at. */
  readonly points: number;
  readonly first: number;
  readonly last: number;
  readonly most: number;
  readonly slope: number;
  /** Where the slope is, nine times out of ten. */
  readonly from: number;
  readonly to: number;
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
const POINT_SECONDS = 30;
const FEWEST_POINTS = 3;
/** Of the normal distribution, for nine times out of ten. */
const Z = 1.645;

/** @returns undefined where there is too little to say anything */
export function trendOf(all: readonly Sample[]): Trend | undefined {
  const samples = all.slice(Math.floor(all.length * WARM_UP));
  const [first, last] = [samples[0], samples.at(-1)];
  const points = leastOf(samples);
  if (first === undefined || last === undefined || points.length < FEWEST_POINTS) return undefined;
  return {
    samples: samples.length,
    points: points.length,
    first: first.miB,
    last: last.miB,
    most: Math.max(...samples.map(({ miB }) => miB)),
    ...slopeOf(points),
  };
}

function leastOf(samples: readonly Sample[]): Sample[] {
  const least = new Map<number, Sample>();
  for (const sample of samples) {
    const point = Math.floor((sample.seconds - (samples[0]?.seconds ?? 0)) / POINT_SECONDS);
    const known = least.get(point);
    if (known === undefined || sample.miB < known.miB) least.set(point, sample);
  }
  return [...least.values()];
}

/** By time: no two at once. */
function slopeOf(points: readonly Sample[]): Pick<Trend, "slope" | "from" | "to"> {
  const slopes = points
    .flatMap((one, index) => points.slice(index + 1).map((other) => slopeBetween(one, other)))
    .sort((a, b) => a - b);
  const { length: n } = points;
  // of Kendall's S, where nothing grows
  const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const aside = Math.max(0, Math.floor((slopes.length - Z * deviation) / 2));
  const at = (index: number): number => slopes[index] ?? Number.NaN;
  const middle = (slopes.length - 1) / 2;
  const slope = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { slope, from: at(aside), to: at(slopes.length - 1 - aside) };
}

function slopeBetween(one: Sample, other: Sample): number {
  return ((other.miB - one.miB) / (other.seconds - one.seconds)) * 60;
}

export type Growth = "flat" | "grows" | "unknown";

/**
 * `grows`: by more than `most` MiB a minute, and not by chance. `flat`: by less, nine times out of ten.
 * `unknown`: the samples are too few, or too far apart, to say either.
 */
export function growthOf({ slope, from, to }: Trend, most: number): Growth {
  if (to <= most) return "flat";
  return slope > most && from > 0 ? "grows" : "unknown";
}
