// /metrics of a running gate: what an agent did is counted there, Prometheus' checker takes it, and only who may reads it.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { startRecorder } from "./harness-fixtures.ts";
import { OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { openSession, send } from "./harness-wire.ts";

const TOKEN = "a-token-that-only-reads-metrics";

test("the calls of an agent are in what Prometheus scrapes with the token of the metrics", async () => {
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({
    servers: { rec: { url: recorder.url, catalogue: "recorder", arguments: "loose" } },
    config: { metrics: { token: `\${METRICS_TOKEN}` } },
    env: { METRICS_TOKEN: TOKEN },
  });
  const session = await openSession(gate.url("rec"));
  await session.call("echo", { text: "one" });
  await session.call("echo", { text: "two" });
  await session.call("made-up-by-the-agent", {});

  const scrape = (authorization?: string) =>
    send(`${gate.base}/metrics`, "GET", authorization === undefined ? {} : { authorization });
  const scraped = await scrape(`Bearer ${TOKEN}`);
  expect(scraped.status).toBe(200);
  const lines = scraped.text.split("\n");
  expect(lines).toContain('regate_calls_total{server="recorder",method="tools/call",tool="echo",verdict="forward"} 2');
  expect(lines).toContain(
    'regate_calls_total{server="recorder",method="tools/call",tool="(unlisted)",verdict="denied"} 1',
  );
  expect(scraped.text).toMatch(/^regate_upstream_duration_seconds_count\{server="recorder"\} [1-9]/m);
  expect(scraped.text).not.toContain("made-up-by-the-agent");
  execFileSync(process.env.PROMTOOL ?? "promtool", ["check", "metrics"], { input: scraped.text, stdio: "pipe" });

  expect((await scrape()).status).toBe(401);
  expect((await scrape(`Bearer ${TOKEN}x`)).status).toBe(401);
  expect((await scrape(`Bearer ${OPERATOR_KEY}`)).status).toBe(200);
  // the token opens nothing else
  expect((await send(`${gate.base}/v1/status`, "GET", { authorization: `Bearer ${TOKEN}` })).status).toBe(401);
});
