// Prometheus' registry over what was counted and what the gate says of itself when it is asked. Loaded at the first scrape: a gate
// that nobody scrapes does without the library. The one file that knows it.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Status } from "../status/status-schema.ts";
import type { Counts, Observations } from "./counted.ts";
import type { MetricsPorts } from "./metrics.ts";

/** Of the library's own, those that are no counters and are called so. */
const MISNAMED = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

export type Counted = { readonly counts: readonly Counts[]; readonly observations: readonly Observations[] };

export function createRegistry(ports: MetricsPorts, { counts, observations }: Counted): Pick<Registry, "metrics"> {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  for (const counted of counts) {
    new Counter({
      ...counted.metric,
      labelNames: [...counted.labelNames],
      registers,
      collect() {
        this.reset();
        for (const { labels, count } of counted.samples()) this.inc(labels, count);
      },
    });
  }
  for (const observed of observations) new ObservedHistogram(observed, registers);
  addGauges(registry, ports);
  return registry;
}

/** Its values are those that were observed, not what the library would have counted. */
class ObservedHistogram extends Histogram {
  readonly #observations: Observations;

  constructor(observations: Observations, registers: Registry[]) {
    super({ ...observations.metric, labelNames: ["server"], registers });
    this.#observations = observations;
  }

  /** What the registry asks for. */
  async getForPromString() {
    const { metric } = this.#observations;
    return { ...metric, type: "histogram", aggregator: "sum", values: this.#observations.samples() };
  }
}

/** What is asked of the gate at each scrape. */
function addGauges(registry: Registry, { status, buckets, pendingApprovals, lostSpans }: MetricsPorts): void {
  const registers = [registry];
  let now: Status | undefined;
  /** One status for all gauges of a scrape. */
  const asked = (): Status => {
    now ??= status();
    queueMicrotask(() => {
      now = undefined;
    });
    return now;
  };
  type Sample = readonly [labels: Record<string, string>, value: number];
  function gauge(name: string, help: string, labelNames: string[], read: () => readonly Sample[]): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }
  const one = (value: number): readonly Sample[] => [[{}, value]];
  const unixSeconds = (text: string): number => Date.parse(text) / 1_000;

  gauge("regate_build_info", "The gate that runs.", ["version"], () => [[{ version: asked().version }, 1]]);
  gauge("regate_policy_info", "The bundle that judges.", ["revision", "digest"], () => {
    const { revision, digest } = asked().policy;
    return [[{ revision, digest }, 1]];
  });
  gauge("regate_policy_activated_timestamp_seconds", "Since when the bundle judges, Unix time.", [], () =>
    one(unixSeconds(asked().policy.since)),
  );
  gauge("regate_sessions", "Sessions that were heard of in the last hour.", ["server"], () =>
    asked().servers.map(({ catalogue, sessions }) => [{ server: catalogue }, sessions]),
  );
  gauge(
    "regate_observed",
    "1 where a server is only observed: nothing that the policy refuses is refused.",
    ["server"],
    () => asked().servers.map(({ catalogue, mode }) => [{ server: catalogue }, mode === "observe" ? 1 : 0]),
  );
  gauge("regate_changed_tools", "Tools whose definition is not the reviewed one.", ["server"], () =>
    asked().servers.map(({ catalogue, changed_tools }) => [{ server: catalogue }, changed_tools.length]),
  );
  gauge("regate_buckets", "Token buckets in memory.", [], () => one(buckets()));
  gauge("regate_approvals_pending", "Requests for approval that nobody has decided.", [], () =>
    one(pendingApprovals()),
  );
  gauge("regate_freezes", "What operators have frozen.", [], () => one(asked().frozen.length));
  gauge("regate_decision_log_lost", "Decisions that are missing from the log since the gate started.", [], () =>
    one(asked().log.lost),
  );
  if (lostSpans !== undefined)
    gauge("regate_spans_lost", "Spans that no collector got since the gate started.", [], () => one(lostSpans()));
  gauge("regate_decision_log_failing", "1 while the decision log can't be written.", [], () =>
    one(asked().log.failing ? 1 : 0),
  );
  gauge("regate_shadow_divergences", "Calls of which a shadow policy makes something else.", ["change"], () =>
    Object.entries(asked().shadow?.divergences ?? {}).map(([change, count]) => [{ change }, count]),
  );
}
