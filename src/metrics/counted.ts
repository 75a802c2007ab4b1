// What is counted for Prometheus while calls pass: a call only looks its series up; labels are put together when one begins, and
// Prometheus' own library is loaded when somebody scrapes (registry.ts). Pure.

export type Labels = Record<string, string>;

/** Of one metric: what it is called, and what it says. */
export type Metric = { readonly name: string; readonly help: string };

type Series = { readonly labels: Labels; count: number };

/** Beyond so many, or where one is longer, series are looked up by their labels. */
const MAX_KEYS = 20_000;
const MAX_KEY_CHARACTERS = 512;

/** Counts by labels. The caller sees to it that there are not too many different ones. */
export class Counts {
  readonly metric: Metric;
  readonly labelNames: readonly string[];
  readonly #series = new Map<string, Series>();
  readonly #byKey = new Map<string, Series>();

  constructor(metric: Metric, labelNames: readonly string[]) {
    this.metric = metric;
    this.labelNames = labelNames;
  }

  /** @param key stands for the labels, which are asked where it is not known */
  add(key: string, labels: () => Labels): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const series = this.#find(labels());
    series.count += 1;
    if (this.#byKey.size < MAX_KEYS && key.length <= MAX_KEY_CHARACTERS) this.#byKey.set(key, series);
  }

  samples(): readonly Readonly<Series>[] {
    return [...this.#series.values()];
  }

  #find(labels: Labels): Series {
    const name = JSON.stringify(labels);
    const series = this.#series.get(name) ?? { labels, count: 0 };
    this.#series.set(name, series);
    return series;
  }
}

/** One sample of a histogram in Prometheus' format. */
export type Sample = {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
};

type Observed = { readonly counts: Float64Array; sum: number };

/** How often values were observed, by server and by size; servers are named by the configuration, so they are few. */
export class Observations {
  readonly metric: Metric;
  /** Ascending; each takes in what is not above it. */
  readonly #bounds: readonly number[];
  readonly #servers = new Map<string, Observed>();

  constructor(metric: Metric, bounds: readonly number[]) {
    this.metric = metric;
    this.#bounds = bounds;
  }

  observe(server: string, value: number): void {
    let observed = this.#servers.get(server);
    if (observed === undefined) {
      observed = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
      this.#servers.set(server, observed);
    }
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? 0)) at += 1;
    observed.counts[at] = (observed.counts[at] ?? 0) + 1;
    observed.sum += value;
  }

  samples(): Sample[] {
    const { name } = this.metric;
    return [...this.#servers].flatMap(([server, { counts, sum }]) => {
      let upTo = 0;
      const buckets = [...counts].map((count, at): Sample => {
        upTo += count;
        return { metricName: `${name}_bucket`, labels: { le: this.#bounds[at] ?? "+Inf", server }, value: upTo };
      });
      const labels = { server };
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: upTo },
      ];
    });
  }
}
