// What Prometheus reads at /metrics: calls and how long they took are counted as they pass, everything else is asked when it
// is scraped. It changes nothing, and a failure of it is no call's.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Judged } from "../gate/gate.ts";
import type { Upstream } from "../mcp/upstream.ts";
import type { Status } from "../status/status-schema.ts";
import { createBound, methodLabel, OTHER, toolLabel, verdictLabel } from "./labels.ts";
import { Observations } from "./observations.ts";

export type MetricsPorts = {
  readonly status: () => Status;
  /** Token buckets in memory. */
  readonly buckets: () => number;
  /** Requests for approval that nobody has decided. */
  readonly pendingApprovals: () => number;
};

export interface Metrics {
  /** One call that was judged and recorded. */
  count(judged: Judged): void;
  /** One exchange with a server, from the first byte that was written to the last that came back. */
  countExchange(server: string, ns: number): void;
  /** In Prometheus' text format. */
  read(): Promise<string>;
  readonly contentType: string;
}

/** Of all servers together: (server, method, tool). */
const MAX_TOOLS = 2_000;
const MAX_RULES = 2_000;
/** Of the library's own, those that are no counters and are called so. */
const MISNAMED = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);
/** Beyond so many, series are looked up by their labels. */
const MAX_KEYS = 20_000;
const MAX_KEY_CHARACTERS = 512;
const NS_PER_SECOND = 1e9;

const GATE_SECONDS = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1];
const EXCHANGE_SECONDS = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const FUEL_UNITS = [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 200_000, 500_000];

export function createMetrics(ports: MetricsPorts): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const calls = countSeries(registers, {
    name: "regate_calls_total",
    help: "Requests and notifications that were judged, by what became of them; of an observed server, by what would have.",
    labelNames: ["server", "method", "tool", "verdict"],
  });
  const rules = countSeries(registers, {
    name: "regate_rule_calls_total",
    help: "Calls that a rule of the policy matched, by what became of them.",
    labelNames: ["rule", "verdict"],
  });
  const gateSeconds = observeSeries(registers, {
    name: "regate_gate_duration_seconds",
    help: "Time in which the gate judged a call, without the time for which it was held for a person.",
    buckets: GATE_SECONDS,
  });
  const exchangeSeconds = observeSeries(registers, {
    name: "regate_upstream_duration_seconds",
    help: "Time from forwarding a judged message to the end of its server's answer.",
    buckets: EXCHANGE_SECONDS,
  });
  const fuel = observeSeries(registers, {
    name: "regate_policy_fuel_units",
    help: "Fuel that the policy took to decide a call: the same on every machine.",
    buckets: FUEL_UNITS,
  });
  addGauges(registry, ports);

  const isBoundedTool = createBound(MAX_TOOLS);
  const isBoundedRule = createBound(MAX_RULES);
  return {
    count(judged) {
      const { call, verdict: outcome, judgedNs } = judged;
      const { server } = call;
      const verdict = verdictLabel(judged);
      const named = toolLabel(judged);
      const method = methodLabel(judged);
      calls(`${server}\n${method}\n${named}\n${verdict}`, () => {
        const tool = isBoundedTool(`${server}\n${named}`) ? named : OTHER;
        return { server, method, tool, verdict };
      });
      for (const rule of outcome.decision?.rules ?? [])
        rules(`${rule}\n${verdict}`, () => ({ rule: isBoundedRule(rule) ? rule : OTHER, verdict }));
      gateSeconds.observe(server, judgedNs / NS_PER_SECOND);
      if (outcome.fuel > 0) fuel.observe(server, outcome.fuel);
    },
    countExchange(server, ns) {
      exchangeSeconds.observe(server, ns / NS_PER_SECOND);
    },
    read: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Labels = Record<string, string>;
type SeriesOptions = { readonly name: string; readonly help: string };

/**
 * A counter of which a call only looks up its series: names are put together, and checked, when a series begins.
 * @returns counts one in the series that the key stands for; the labels are asked where the key is not known
 */
function countSeries(
  registers: Registry[],
  options: SeriesOptions & { readonly labelNames: string[] },
): (key: string, labels: () => Labels) => void {
  const known = new Map<string, { readonly labels: Labels; count: number }>();
  const counter: Counter = new Counter({
    ...options,
    registers,
    collect() {
      for (const row of known.values()) {
        if (row.count > 0) counter.inc(row.labels, row.count);
        row.count = 0;
      }
    },
  });
  return (key, labels) => {
    const row = known.get(key);
    if (row !== undefined) row.count += 1;
    else if (known.size < MAX_KEYS && key.length <= MAX_KEY_CHARACTERS) known.set(key, { labels: labels(), count: 1 });
    else counter.inc(labels());
  };
}

function observeSeries(
  registers: Registry[],
  { name, help, buckets }: SeriesOptions & { readonly buckets: number[] },
): Observations {
  const observations = new Observations(name, buckets);
  class Observed extends Histogram {
    /** What the registry and `get` ask for. */
    async getForPromString() {
      return { name, help, type: "histogram", aggregator: "sum", values: observations.samples() };
    }
  }
  new Observed({ name, help, labelNames: ["server"], buckets, registers });
  return observations;
}

/** What is asked of the gate at each scrape. */
function addGauges(registry: Registry, { status, buckets, pendingApprovals }: MetricsPorts): void {
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
  gauge("regate_decision_log_failing", "1 while the decision log can't be written.", [], () =>
    one(asked().log.failing ? 1 : 0),
  );
  gauge("regate_shadow_divergences", "Calls of which a shadow policy makes something else.", ["change"], () =>
    Object.entries(asked().shadow?.divergences ?? {}).map(([change, count]) => [{ change }, count]),
  );
}

/** The same server, with the time of each message that it is sent; a stream counts until it ends. */
export function timeExchanges(upstream: Upstream, count: (ns: number) => void): Upstream {
  return {
    ...upstream,
    async post(exchange) {
      const startedMs = performance.now();
      await upstream.post(exchange);
      count((performance.now() - startedMs) * 1e6);
    },
  };
}
