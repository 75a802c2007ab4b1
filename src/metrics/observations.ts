// How often values were observed, by server and by size, as a Prometheus histogram tells it: counted in arrays, since a call must
// not wait for the labels of a series to be put together. Pure. Servers are named by the configuration, so they are few.

/** One sample of a histogram in Prometheus' format. */
export type Sample = {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
};

type Observed = { readonly counts: Float64Array; sum: number };

export class Observations {
  readonly #name: string;
  /** Ascending; each takes in what is not above it. */
  readonly #bounds: readonly number[];
  readonly #servers = new Map<string, Observed>();

  constructor(name: string, bounds: readonly number[]) {
    this.#name = name;
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
    return [...this.#servers].flatMap(([server, { counts, sum }]) => {
      let upTo = 0;
      const buckets = [...counts].map((count, at): Sample => {
        upTo += count;
        return { metricName: `${this.#name}_bucket`, labels: { le: this.#bounds[at] ?? "+Inf", server }, value: upTo };
      });
      const labels = { server };
      return [
        ...buckets,
        { metricName: `${this.#name}_sum`, labels, value: sum },
        { metricName: `${this.#name}_count`, labels, value: upTo },
      ];
    });
  }
}
