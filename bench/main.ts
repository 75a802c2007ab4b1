// `make bench`: what the gate costs, as ratios within this run. Absolute times mean little on a shared machine; the
// sides of each ratio run in turn, and each ratio is given as its least, median and greatest over the rounds. ONLY names the
// parts that are run; with LABELS it measures the classifier instead: see labels.ts.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBundle } from "../src/policy/bundle.ts";
import { createEngine } from "../src/policy/engine.ts";
import { Problem } from "../src/problem.ts";
import { benchBuckets } from "./buckets.ts";
import { benchCalls } from "./calls.ts";
import { benchHostile } from "./hostile.ts";
import { describeLabels, judgeLabels, readLabels } from "./labels.ts";
import { benchLarge } from "./large.ts";
import { benchOpa } from "./opa.ts";
import { benchPolicy } from "./policy.ts";
import { run } from "./processes.ts";
import { benchReplay } from "./replay.ts";
import { benchScale } from "./scale.ts";
import { benchStartup } from "./startup.ts";
import { benchStdio } from "./stdio.ts";

const ROUNDS = 7;
const CONNECTIONS = [1, 16, 64];

/** In the order in which they run. */
const PARTS: ReadonlyMap<string, (rounds: number) => Promise<void>> = new Map([
  ["policy", benchPolicy],
  ["opa", benchOpa],
  ["calls", (rounds) => benchCalls({ rounds, connections: CONNECTIONS })],
  ["stdio", benchStdio],
  ["large", benchLarge],
  ["hostile", benchHostile],
  ["scale", (rounds) => benchScale({ rounds, connections: CONNECTIONS })],
  ["startup", benchStartup],
  ["buckets", benchBuckets],
  ["replay", benchReplay],
]);

async function main(): Promise<void> {
  const { LABELS, ONLY, ROUNDS: given } = process.env;
  if (LABELS !== undefined && LABELS !== "") return benchLabels(LABELS);
  const wanted = ONLY === undefined || ONLY === "" ? [...PARTS.keys()] : ONLY.split(",");
  const unknown = wanted.find((part) => !PARTS.has(part));
  if (unknown !== undefined) throw new Problem([`ONLY=${unknown}: the parts are ${[...PARTS.keys()].join(", ")}`]);
  const rounds = readRounds(given);
  console.log(`node ${process.version}, ${rounds} rounds; each ratio: least / median / greatest\n`);
  for (const [part, bench] of PARTS) if (wanted.includes(part)) await bench(rounds);
}

function readRounds(given: string | undefined): number {
  if (given === undefined || given === "") return ROUNDS;
  if (/^[1-9]\d{0,2}$/.test(given)) return Number(given);
  throw new Problem([`ROUNDS=${given}: must be a whole number from 1 to 999`]);
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

await main().catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  console.error(error.lines.join("\n"));
  process.exitCode = 1;
});
