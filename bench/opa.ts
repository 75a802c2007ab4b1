// `make bench ONLY=opa`: a policy decision alone, by the gate's engine in its own process, against OPA's REST API with the same policy
// at the number of connections that it answers most at. No two inputs are alike, and rules read where they differ.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPolicy } from "../src/policy/active-policy.ts";
import { findOpa } from "../src/policy/opa.ts";
import { Connection } from "./connection.ts";
import { prepareGate } from "./gate.ts";
import { freePort } from "./peers.ts";
import { start, startSilent, stopAll } from "./processes.ts";
import { formatTable, median, spread, whole } from "./spread.ts";

const CONCURRENCIES = [1, 4, 16, 64];
const DECISIONS = 3_000;
const EXPECTED = ["policy.servers.bench/guarded"];

export async function benchOpa(rounds: number): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const upstream = await start(process.execPath, ["bench/out/bench/upstream.js"]);
    const folder = await prepareGate(scratch, { url: upstream.url });
    await stopAll();
    const { engine } = await loadPolicy(folder.bundle);
    const url = await startOpa(scratch);
    const decide = (text: string): boolean => {
      const evaluation = engine.evaluate(text);
      return evaluation.kind === "decided" && isExpected(evaluation.decision);
    };
    await askOpa(url, 16, DECISIONS);
    timeEngine(decide, DECISIONS);
    const rates = { engine: [] as number[], opa: new Map(CONCURRENCIES.map((count) => [count, [] as number[]])) };
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      let best = 0;
      for (const [count, own] of rates.opa) {
        const rate = await askOpa(url, count, DECISIONS);
        own.push(rate);
        best = Math.max(best, rate);
      }
      const rate = timeEngine(decide, 4 * DECISIONS);
      rates.engine.push(rate);
      ratios.push(rate / best);
    }
    console.log("A decision alone: the engine in process against OPA's REST API");
    const rows = [...rates.opa].map(([count, own]) => [`OPA, ${count} at once`, whole(median(own))]);
    console.log(formatTable([["", "decisions/s"], ["engine", whole(median(rates.engine))], ...rows]));
    console.log(`  engine to OPA's best      ${spread(ratios)}\n`);
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function startOpa(scratch: string): Promise<string> {
  const { file } = await findOpa(process.env, process.cwd());
  const url = `http://127.0.0.1:${await freePort()}`;
  const sources = ["rego/regate", "rego/policy/defaults", join(scratch, "rego")];
  const flags = [
    "--addr",
    new URL(url).host,
    "--log-level",
    "error",
    "--ignore",
    "*_test.rego",
    "--skip-version-check",
  ];
  await startSilent(file, ["run", "--server", ...flags, ...sources], `${url}/health`);
  return url;
}

function inputOf(number: number): string {
  return JSON.stringify({
    server: "bench",
    tool: "guarded",
    category: "Read",
    risk: "Low",
    severity: "low",
    session: "5f0c",
    method: "tools/call",
    direction: "to_server",
    args: { text: `call ${number}` },
    principal: { id: "local", groups: [], claims: {} },
    time: { unix: 1_800_000_000, rfc3339: "2027-01-15T08:00:00Z", weekday: "Friday", hour: 8 },
    definition: { catalogued: true, changed: false },
    history: { tools: {}, categories: {}, labels: {} },
  });
}

function timeEngine(decide: (text: string) => boolean, count: number): number {
  const inputs = Array.from({ length: count }, (_, number) => inputOf(number));
  const started = performance.now();
  for (const input of inputs) if (!decide(input)) throw new Error("the engine decided otherwise");
  return (count * 1_000) / (performance.now() - started);
}

async function askOpa(base: string, connections: number, count: number): Promise<number> {
  const url = new URL(`${base}/v1/data/regate/decision`);
  const head = `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\ncontent-length: `;
  const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(url)));
  let next = 0;
  const run = async (connection: Connection): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      const body = `{"input":${inputOf(number)}}`;
      const answer = await connection.send(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
      if (!isExpected(JSON.parse(answer.body).result)) throw new Error(`OPA answered ${answer.body.slice(0, 300)}`);
    }
  };
  const started = performance.now();
  await Promise.all(opened.map(run));
  const rate = (count * 1_000) / (performance.now() - started);
  for (const connection of opened) connection.close();
  return rate;
}

function isExpected(decision: { readonly action: string; readonly rules: readonly string[] }): boolean {
  return decision.action === "allow" && decision.rules.join() === EXPECTED.join();
}
