// How long something took, counted in steps of a tenth: enough to say a median and a 99th percentile of any number of
// samples in a few hundred numbers.

/** From one step to the next. */
const RATIO = 1.1;
const FIRST_NS = 1_000;
/** The last step is beyond a minute. */
const STEPS = 192;

export type Latencies = Uint32Array;

export function createLatencies(): Latencies {
  return new Uint32Array(STEPS);
}

export function addLatency(latencies: Latencies, ns: number): void {
  const step = ns <= FIRST_NS ? 0 : Math.min(STEPS - 1, Math.ceil(Math.log(ns / FIRST_NS) / Math.log(RATIO)));
  latencies[step] = (latencies[step] ?? 0) + 1;
}

/**
 * The nanoseconds that a share of all samples took at most, at most a tenth too many; undefined where there is none.
 * @param share 0.5 for the median
 */
export function quantileOf(many: readonly Latencies[], share: number): number | undefined {
  const counts = new Array<number>(STEPS).fill(0);
  for (const latencies of many)
    for (const [step, count] of latencies.entries()) counts[step] = (counts[step] ?? 0) + count;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(total * share);
  for (const [step, count] of counts.entries()) {
    left -= count;
    if (total > 0 && left <= 0) return FIRST_NS * RATIO ** step;
  }
  return undefined;
}
