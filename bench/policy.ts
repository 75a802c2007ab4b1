// `make bench ONLY=policy`: one decision in process. Does it cost more where the bundle speaks about more tools? Builds both bundles
// from generated rules, evaluates them in turn, and compares.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBundle } from "../src/policy/bundle.ts";
import { createEngine, type Engine } from "../src/policy/engine.ts";
import { writePackages } from "./packages.ts";
import { run } from "./processes.ts";
import { spread } from "./spread.ts";

const EVALUATIONS = 20_000;

export async function benchPolicy(rounds: number): Promise<void> {
  console.log("One decision in process (100 packages with 5,000 tools against 1 package with 10)");
  const small = await generateEngine(1, 10);
  const large = await generateEngine(100, 50);
  const ratios: number[] = [];
  const us: number[] = [];
  let fuel = { small: 0, large: 0 };
  for (let round = 0; round < rounds + 1; round++) {
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

/** Builds a bundle of `servers` packages with `tools` tools each, every tool catalogued and with two rules. */
async function generateEngine(servers: number, tools: number): Promise<Engine> {
  const dir = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    await writePackages(join(dir, "rego"), servers, tools);
    const file = join(dir, "bundle.tar.gz");
    await run("node", ["dist/main.js", "build", join(dir, "rego"), "-o", file]);
    return await createEngine(await readBundle(file));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Microseconds of one evaluation, and the units of fuel that it took. */
function timeEvaluations(engine: Engine, server: string, tool: string): { readonly us: number; readonly fuel: number } {
  const input = JSON.stringify({
    server,
    tool,
    category: "Write",
    risk: "Medium",
    severity: "medium",
    session: "5f0c",
    method: "tools/call",
    direction: "to_server",
    args: { path: "/srv/data/report.txt" },
    principal: { id: "local", groups: [], claims: {} },
    time: { unix: 1_800_000_000, rfc3339: "2027-01-15T08:00:00Z", weekday: "Friday", hour: 8 },
    definition: { catalogued: true, changed: false },
    history: { tools: {}, categories: {}, labels: {} },
  });
  let fuel = 0;
  const started = performance.now();
  for (let i = 0; i < EVALUATIONS; i++) {
    const evaluation = engine.evaluate(input);
    if (evaluation.kind === "failed" || evaluation.decision.action !== "allow")
      throw new Error(JSON.stringify(evaluation));
    fuel = evaluation.fuel;
  }
  return { us: ((performance.now() - started) * 1_000) / EVALUATIONS, fuel };
}
