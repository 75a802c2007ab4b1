// `make bench ONLY=hostile`: what a policy that loops, that allocates, or that is 5 MB long costs the calls that have nothing to do
// with it. Sixteen connections call a plain tool; meanwhile one more calls the tool of such a rule, again and again, and must be
// refused each time. With and without take turns in every round.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Connection } from "./connection.ts";
import { startGate } from "./gate.ts";
import { type Load, load, openSession, requestOf, type Target } from "./load.ts";
import { run, start, stopAll } from "./processes.ts";
import { formatTable, median, spread, whole } from "./spread.ts";

const CONNECTIONS = 16;
const CALLS = 1_500;
/** Of a catalogue of 5 MB, which comes into the bundle. */
const BIG_TOOLS = 10_000;
/** Besides the plain ones, for one rule each. */
const UPSTREAM_TOOLS = { MANY_TOOLS: "3" };

const RULES = `package policy.servers.bench

rules.echo contains {"id": "echo", "action": "allow"}

rules.tool_0 contains {"id": "loops", "action": "allow"} if {
	some i in numbers.range(1, 2000)
	some j in numbers.range(1, 2000)
	i * j == input.args.never
}

rules.tool_1 contains {"id": "allocates", "action": "allow"} if {
	texts := [text | some i in numbers.range(1, 100000); text := concat("", ["a long text, and a number: ", format_int(i, 10)])]
	count(concat("", texts)) == input.args.never
}

rules.tool_2 contains {"id": "is-long", "action": "allow"} if {
	some tool in data.catalogue.big.tools
	contains(tool.description, input.args.never)
}
`;

const KINDS = [
  ["loops", "tool_0"],
  ["allocates", "tool_1"],
  ["is 5 MB long", "tool_2"],
] as const;

export async function benchHostile(rounds: number): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const upstream = await start(process.execPath, ["bench/out/bench/upstream.js"], { env: UPSTREAM_TOOLS });
    const target = await openSession(await startGate(await prepare(scratch, upstream.url)));
    const alone = () => load(target, { tool: "echo", connections: CONNECTIONS, calls: CALLS });
    await alone();
    const rows = [];
    for (const [kind, tool] of KINDS) {
      const pairs: { readonly without: Load; readonly with: Load; readonly refusedMs: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        const without = await alone();
        const refusing = refuseAgainAndAgain(target, tool);
        pairs.push({ without, with: await alone(), refusedMs: await refusing.stop() });
      }
      rows.push([
        `a policy that ${kind}`,
        whole(median(pairs.map(({ without }) => without.p99Us))),
        whole(median(pairs.map((pair) => pair.with.p99Us))),
        spread(pairs.map((pair) => pair.with.p99Us / pair.without.p99Us)),
        median(pairs.map(({ refusedMs }) => refusedMs)).toFixed(1),
      ]);
    }
    console.log(`Other calls, ${CONNECTIONS} connections, beside one that is refused by such a policy again and again`);
    console.log(formatTable([["", "p99 us without", "with", "with / without", "refused in ms"], ...rows]), "\n");
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function prepare(scratch: string, url: string): Promise<{ readonly config: string; readonly bundle: string }> {
  const config = join(scratch, "regate.yaml");
  const bundle = join(scratch, "bundle.tar.gz");
  await writeFile(config, JSON.stringify({ listen: "127.0.0.1:0", bundle, servers: { bench: { url } } }));
  await run("node", [resolve("dist/main.js"), "scan", "bench", "-c", config], scratch);
  const rules = join(scratch, "rego/policy/servers/bench/bench.rego");
  await mkdir(dirname(rules), { recursive: true });
  await writeFile(rules, RULES);
  const tools = Array.from({ length: BIG_TOOLS }, (_, index) => [`tool_${index}`, bigTool(index)]);
  const big = join(scratch, "rego/catalogue/big/data.json");
  await mkdir(dirname(big), { recursive: true });
  await writeFile(
    big,
    JSON.stringify({ title: "big", package: "big", version: "1.0.0", tools: Object.fromEntries(tools) }),
  );
  await run("node", ["dist/main.js", "build", join(scratch, "rego"), "-o", bundle]);
  return { config, bundle };
}

/** One call at a time, until `stop` gives the milliseconds that the median of them took. */
function refuseAgainAndAgain(target: Target, tool: string): { stop(): Promise<number> } {
  let isOver = false;
  const times: number[] = [];
  async function call(): Promise<void> {
    const connection = await Connection.open(new URL(target.url));
    for (let id = 1; !isOver; id += 1) {
      const startedMs = performance.now();
      const { body } = await connection.send(requestOf(target, id, tool, "any"));
      times.push(performance.now() - startedMs);
      if (!body.includes('"isError":true')) throw new Error(`${tool} was not refused: ${body.slice(0, 300)}`);
    }
    connection.close();
  }
  const calling = call();
  return {
    async stop() {
      isOver = true;
      await calling;
      return median(times);
    },
  };
}

/** Of some 500 bytes. */
function bigTool(index: number): Readonly<Record<string, unknown>> {
  const description = `Text ${index} of a catalogue that is long. `.repeat(10);
  return { category: "Read", risk: "Low", severity: "low", source: "documented", description };
}
