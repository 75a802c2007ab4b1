// What is counted for Prometheus, that its own checker takes it, and that no name of an agent's choosing becomes a series.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Judged } from "../../src/gate/gate.ts";
import type { Call, Verdict } from "../../src/gate/types.ts";
import type { Upstream } from "../../src/mcp/upstream.ts";
import { createMetrics, timeExchanges } from "../../src/metrics/metrics.ts";
import type { Status } from "../../src/status/status-schema.ts";
import { CALL } from "../gate/ports.ts";

const PROMTOOL = process.env.PROMTOOL ?? "promtool";
const RULES = join(import.meta.dirname, "regate.rules.test.yaml");
const DEFINITION = { sha256: "d1", text: "{}" };
const SINCE = "2026-11-02T12:00:00.000Z";
const STATUS: Status = {
  version: "1.2.3",
  instance: "00000000-0000-4000-8000-000000000000",
  started: SINCE,
  now: SINCE,
  policy: { file: "b.tar.gz", revision: "r1", digest: "d1", since: SINCE },
  bundle: { name: "regate" },
  frozen: [{ what: "All calls", since: SINCE }],
  servers: [
    {
      key: "f",
      catalogue: "files",
      mode: "observe",
      arguments: "checked",
      has_rules: true,
      upstream: { kind: "stdio", processes: 1 },
      changed_tools: ["a", "b"],
      verdicts: {},
      let_through: 0,
      sessions: 4,
    },
  ],
  log: { file: "/d.jsonl", durable: false, on_failure: "continue", lost: 3, failing: true },
};

function start(status: () => Status = () => STATUS) {
  return createMetrics({ status, buckets: () => 7, pendingApprovals: () => 2, lostSpans: () => 9 });
}

function judged(kind: Verdict["kind"], call: Partial<Call> = {}, more: Record<string, unknown> = {}): Judged {
  const verdict = { id: "d", kind, decision: undefined, facts: undefined, fuel: 9_000, bundle: undefined, ...more };
  return {
    call: { ...CALL, server: "files", tool: "read_file", definition: DEFINITION, ...call },
    verdict: verdict as unknown as Verdict,
    startedUnixMs: 0,
    judgedNs: 80_000,
  };
}

/** The samples of one metric, as `labels value`. */
async function samplesOf(metrics: ReturnType<typeof start>, name: string): Promise<string[]> {
  const lines = (await metrics.read()).split("\n");
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe("calls", () => {
  test("are counted by server, method, tool and verdict, their rules beside them", async () => {
    const metrics = start();
    const decision = { rules: ["policy.servers.files/reads", "policy.guardrails/all"] };
    metrics.count(judged("forward", {}, { decision }));
    metrics.count(judged("denied", {}, { decision }));
    metrics.count(judged("denied", {}, { decision }));
    expect(await samplesOf(metrics, "regate_calls_total")).toEqual([
      'regate_calls_total{server="files",method="tools/call",tool="read_file",verdict="forward"} 1',
      'regate_calls_total{server="files",method="tools/call",tool="read_file",verdict="denied"} 2',
    ]);
    expect(await samplesOf(metrics, "regate_rule_calls_total")).toContain(
      'regate_rule_calls_total{rule="policy.guardrails/all",verdict="denied"} 2',
    );
    expect(await samplesOf(metrics, "regate_gate_duration_seconds_bucket")).toContain(
      'regate_gate_duration_seconds_bucket{le="0.0001",server="files"} 3',
    );
    expect(await samplesOf(metrics, "regate_policy_fuel_units_sum")).toEqual([
      'regate_policy_fuel_units_sum{server="files"} 27000',
    ]);
  });

  test("of an observed server count as what they would have become", async () => {
    const metrics = start();
    metrics.count(judged("forward", {}, { instead: { kind: "denied" } }));
    expect((await samplesOf(metrics, "regate_calls_total"))[0]).toContain('verdict="denied"');
  });

  test("of a tool that is not listed, or a method that nobody knows, have no name of the agent's choosing", async () => {
    const metrics = start();
    const { definition: _, ...unlisted } = judged("denied").call;
    metrics.count({ ...judged("denied"), call: { ...unlisted, tool: "x".repeat(50) } });
    const { tool: _tool, ...other } = judged("denied", { method: "made/up" }).call;
    metrics.count({ ...judged("denied"), call: other });
    expect(await samplesOf(metrics, "regate_calls_total")).toEqual([
      'regate_calls_total{server="files",method="tools/call",tool="(unlisted)",verdict="denied"} 1',
      'regate_calls_total{server="files",method="(other)",tool="",verdict="denied"} 1',
    ]);
  });

  test("of a tool that the catalogue has are named, listed or not", async () => {
    const metrics = start();
    const { call, verdict } = judged("denied");
    const { definition: _, ...unlisted } = call;
    const known = { definition: { catalogued: true, changed: false } };
    const facts = { category: "Read", risk: "Low", severity: "low", ...known } as const;
    metrics.count({ ...judged("denied"), call: unlisted, verdict: { ...verdict, facts } });
    expect((await samplesOf(metrics, "regate_calls_total"))[0]).toContain('tool="read_file"');
  });

  test("of more tools, or by more rules, than there is room for are counted together", async () => {
    const metrics = start();
    for (let index = 0; index < 2_500; index += 1) {
      metrics.count(judged("forward", { tool: `t${index}` }, { decision: { rules: [`p/r${index}`] } }));
    }
    const tools = await samplesOf(metrics, "regate_calls_total");
    expect(tools).toHaveLength(2_001);
    expect(tools.at(-1)).toBe(
      'regate_calls_total{server="files",method="tools/call",tool="(other)",verdict="forward"} 500',
    );
    expect(await samplesOf(metrics, "regate_rule_calls_total")).toHaveLength(2_001);
  });
});

test("what the gate holds is asked at each scrape, its status once", async () => {
  let asked = 0;
  const metrics = start(() => {
    asked += 1;
    return STATUS;
  });
  const text = await metrics.read();
  expect(asked).toBe(1);
  for (const sample of [
    'regate_build_info{version="1.2.3"} 1',
    'regate_policy_info{revision="r1",digest="d1"} 1',
    `regate_policy_activated_timestamp_seconds ${Date.parse(SINCE) / 1_000}`,
    'regate_sessions{server="files"} 4',
    'regate_observed{server="files"} 1',
    'regate_changed_tools{server="files"} 2',
    "regate_buckets 7",
    "regate_approvals_pending 2",
    "regate_freezes 1",
    "regate_decision_log_lost 3",
    "regate_decision_log_failing 1",
    "regate_spans_lost 9",
  ])
    expect(text.split("\n")).toContain(sample);
  await metrics.read();
  expect(asked).toBe(2);
});

test("the time of each exchange with a server is counted when it is over", async () => {
  const metrics = start();
  const order: string[] = [];
  const upstream = { post: async () => void order.push("over") } as unknown as Upstream;
  const timed = timeExchanges(upstream, (ns) => {
    order.push("counted");
    metrics.countExchange("files", ns);
  });
  await timed.post({} as never);
  expect(order).toEqual(["over", "counted"]);
  expect(await samplesOf(metrics, "regate_upstream_duration_seconds_count")).toEqual([
    'regate_upstream_duration_seconds_count{server="files"} 1',
  ]);
});

test("promtool takes the metrics, and each alert fires on what it is for and on nothing else", async () => {
  const metrics = start();
  metrics.count(judged("forward", { tool: 'quote " and \\ and \n line' }));
  metrics.countExchange("files", 1e6);
  execFileSync(PROMTOOL, ["check", "metrics"], { input: await metrics.read(), stdio: ["pipe", "pipe", "pipe"] });
  execFileSync(PROMTOOL, ["test", "rules", RULES], { stdio: "pipe" });
});
