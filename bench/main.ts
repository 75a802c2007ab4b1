// `make bench`: what the gate costs, as ratios within this run. Absolute times mean little on a shared machine; the two
// sides of each ratio run in turn, and each ratio is given as its least, median and greatest over the rounds. With LABELS it
// measures the classifier instead: see labels.ts.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBundle } from "../src/policy/bundle.ts";
import { createEngine } from "../src/policy/engine.ts";
import { Problem } from "../src/problem.ts";
import { describeLabels, judgeLabels, readLabels } from "./labels.ts";
import { load, openSession, type Target } from "./load.ts";
import { generateEngine, timeEvaluations } from "./policy.ts";
import { run, start, stopAll } from "./processes.ts";
import { benchReplay } from "./replay.ts";

const ROUNDS = 7;
const CALLS = { 1: 1_500, 16: 8_000 } as const;

async function main(): Promise<void> {
  const labels = process.env.LABELS;
  if (labels !== undefined && labels !== "") return benchLabels(labels);
  console.log(`node ${process.version}, ${ROUNDS} rounds; each ratio: least / median / greatest\n`);
  const parts = process.argv.slice(2);
  const isWanted = (part: string): boolean => parts.length === 0 || parts.includes(part);
  if (isWanted("policy")) await benchPolicy();
  if (isWanted("proxy")) await benchProxy();
  if (isWanted("replay")) await benchReplay();
}

async function benchLabels(file: string): Promise<void> {
  const labels = await readLabels(file);
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const bundle = join(scratch, "bundle.tar.gz");
    await run("node", ["dist/main.js", "build", "rego", "-o", bundle]);
    const { classify } = await createEngine(await readBundle(bundle));
    judgeLabels(labels, classify); // warm-up
    console.log(describeLabels(judgeLabels(labels, classify)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function benchPolicy(): Promise<void> {
  console.log("One decision in process (100 packages with 5,000 tools against 1 package with 10)");
  const small = await generateEngine(1, 10);
  const large = await generateEngine(100, 50);
  const ratios: number[] = [];
  const us: number[] = [];
  let fuel = { small: 0, large: 0 };
  for (let round = 0; round < ROUNDS + 1; round++) {
    const ofSmall = timeEvaluations(small, "server-0", "tool_7");
    const ofLarge = timeEvaluations(large, "server-63", "tool_31");
    fuel = { small: ofSmall.fuel, large: ofLarge.fuel };
    if (round === 0) continue; // warm-up
    ratios.push(ofLarge.us / ofSmall.us);
    us.push(ofSmall.us);
  }
  console.log(`  time, large to small      ${spread(ratios)}`);
  console.log(`  fuel                      ${fuel.small} units small, ${fuel.large} large`);
  console.log(`  microseconds, small       ${spread(us)}\n`);
}

async function benchProxy(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const upstream = await start("node", ["bench/out/bench/upstream.js"]);
    const forwarder = await start("node", ["bench/out/bench/forwarder.js", upstream]);
    const gate = await startGate(scratch, upstream);
    const targets = {
      direct: await openSession(upstream),
      forwarder: await openSession(forwarder),
      gate: await openSession(gate),
    };
    for (const tool of ["echo", "limited"]) {
      for (const connections of [1, 16] as const) await benchCalls(targets, tool, connections);
    }
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

type Targets = { readonly direct: Target; readonly forwarder: Target; readonly gate: Target };

async function benchCalls(targets: Targets, tool: string, connections: 1 | 16): Promise<void> {
  const calls = CALLS[connections];
  const kind = tool === "limited" ? "a rate-limited rule" : "a plain rule";
  const rates = { direct: [] as number[], forwarder: [] as number[], gate: [] as number[] };
  const ofDirect: number[] = [];
  const ofForwarder: number[] = [];
  const added: number[] = [];
  const addedToForwarder: number[] = [];
  for (let round = 0; round < ROUNDS + 1; round++) {
    const direct = await load(targets.direct, tool, connections, calls);
    const forwarder = await load(targets.forwarder, tool, connections, calls);
    const gate = await load(targets.gate, tool, connections, calls);
    if (round === 0) continue; // warm-up
    rates.direct.push(direct.callsPerSecond);
    rates.forwarder.push(forwarder.callsPerSecond);
    rates.gate.push(gate.callsPerSecond);
    ofDirect.push(gate.callsPerSecond / direct.callsPerSecond);
    ofForwarder.push(gate.callsPerSecond / forwarder.callsPerSecond);
    added.push(gate.p50Us - direct.p50Us);
    addedToForwarder.push(gate.p50Us - forwarder.p50Us);
  }
  console.log(`tools/call through the gate, ${kind}, ${connections} connection${connections === 1 ? "" : "s"}`);
  console.log(
    `  calls/s, median           direct ${whole(rates.direct)}, bare forwarder ${whole(rates.forwarder)}, gate ${whole(rates.gate)}`,
  );
  console.log(`  calls/s, gate to direct   ${spread(ofDirect)}`);
  console.log(`  calls/s, gate to forwarder ${spread(ofForwarder)}`);
  console.log(
    `  p50 added, over direct    ${spread(added)} us; over the bare forwarder ${spread(addedToForwarder)} us\n`,
  );
}

async function startGate(scratch: string, upstream: string): Promise<string> {
  const policy = join(scratch, "rego/policy/servers/bench");
  await run("mkdir", ["-p", policy]);
  await writeFile(
    join(policy, "bench.rego"),
    `package policy.servers.bench

rules.echo contains {"id": "echo", "action": "allow"}

rules.limited contains {"id": "limited", "action": "allow", "rate_limit": {"max": 1000000000, "window": 3600}}
`,
  );
  const bundle = join(scratch, "bundle.tar.gz");
  await run("node", ["dist/main.js", "build", join(scratch, "rego"), "-o", bundle]);
  const config = {
    listen: "127.0.0.1:0",
    bundle,
    state: join(scratch, "state"),
    servers: { bench: { url: upstream } },
  };
  const file = join(scratch, "regate.yaml");
  await writeFile(file, JSON.stringify(config));
  const url = await start("node", ["dist/main.js", "serve", "-c", file], /listening on (http:\S+)/);
  return `${url}/mcp/bench`;
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

function spread(values: readonly number[]): string {
  const all = sorted(values);
  return [all[0], all[all.length >> 1], all.at(-1)].map((value) => round(value ?? Number.NaN)).join(" / ");
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function whole(values: readonly number[]): string {
  return (sorted(values)[values.length >> 1] ?? Number.NaN).toFixed(0);
}

await main().catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  console.error(error.lines.join("\n"));
  process.exitCode = 1;
});
