// What Prometheus reads at /metrics: calls and how long they took are counted as they pass, everything else is asked when it
// is scraped. It changes nothing, and a failure of it is no call's.
import type { Judged } from "../gate/gate.ts";
import type { Upstream } from "../mcp/upstream.ts";
import type { Status } from "../status/status-schema.ts";
import { Counts, Observations } from "./counted.ts";
import { createBound, methodLabel, OTHER, toolLabel, verdictLabel } from "./labels.ts";

export type MetricsPorts = {
  readonly status: () => Status;
  /** Token buckets in memory. */
  readonly buckets: () => number;
  /** Requests for approval that nobody has decided. */
  readonly pendingApprovals: () => number;
  /** Spans that no collector got; undefined where none are drawn. */
  readonly lostSpans?: (() => number) | undefined;
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
const NS_PER_SECOND = 1e9;

const GATE_SECONDS = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1];
const EXCHANGE_SECONDS = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const FUEL_UNITS = [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 200_000, 500_000];

export function createMetrics(ports: MetricsPorts): Metrics {
  const calls = new Counts(
    {
      name: "regate_calls_total",
      help: "Requests and notifications that were judged, by what became of them; of an observed server, by what would have.",
    },
    ["server", "method", "tool", "verdict"],
  );
  const rules = new Counts(
    {
      name: "regate_rule_calls_total",
      help: "Calls that a rule of the policy matched, by what became of them.",
    },
    ["rule", "verdict"],
  );
  const gateSeconds = new Observations(
    {
      name: "regate_gate_duration_seconds",
      help: "Time in which the gate judged a call, without the time for which it was held for a person.",
    },
    GATE_SECONDS,
  );
  const exchangeSeconds = new Observations(
    {
      name: "regate_upstream_duration_seconds",
      help: "Time from forwarding a judged message to the end of its server's answer.",
    },
    EXCHANGE_SECONDS,
  );
  const fuel = new Observations(
    {
      name: "regate_policy_fuel_units",
      help: "Fuel that the policy took to decide a call: the same on every machine.",
    },
    FUEL_UNITS,
  );
  let registry: { metrics(): Promise<string> } | undefined;

  const isBoundedTool = createBound(MAX_TOOLS);
  const isBoundedRule = createBound(MAX_RULES);
  return {
    count(judged) {
      const { call, verdict: outcome, judgedNs } = judged;
      const { server } = call;
      const verdict = verdictLabel(judged);
      const named = toolLabel(judged);
      const method = methodLabel(judged);
      calls.add(`${server}\n${method}\n${named}\n${verdict}`, () => {
        const tool = isBoundedTool(`${server}\n${named}`) ? named : OTHER;
        return { server, method, tool, verdict };
      });
      for (const rule of outcome.decision?.rules ?? [])
        rules.add(`${rule}\n${verdict}`, () => ({ rule: isBoundedRule(rule) ? rule : OTHER, verdict }));
      gateSeconds.observe(server, judgedNs / NS_PER_SECOND);
      if (outcome.fuel > 0) fuel.observe(server, outcome.fuel);
    },
    countExchange(server, ns) {
      exchangeSeconds.observe(server, ns / NS_PER_SECOND);
    },
    async read() {
      if (registry === undefined) {
        const { createRegistry } = await import("./registry.ts");
        const counted = { counts: [calls, rules], observations: [gateSeconds, exchangeSeconds, fuel] };
        registry ??= createRegistry(ports, counted);
      }
      return registry.metrics();
    },
    contentType: "text/plain; version=0.0.4; charset=utf-8",
  };
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
