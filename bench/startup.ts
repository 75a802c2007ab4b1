// `make bench ONLY=startup`: how long from the start of a process to its first answer: the bare forwarder, and the gate with the shipped
// bundle; and how long commands take that need no server, against a Node that does nothing.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_FLAGS } from "./gate.ts";
import { openSession } from "./load.ts";
import { cpuUs, start, stopAll, stopStarted } from "./processes.ts";
import { formatTable, median, spread, whole } from "./spread.ts";

const COMMANDS = [["--version"], ["help"], ["keys", "list"]];
const RUNS_OF_COMMANDS = 3;

/** By the clock, and of the processor, all threads: on a machine that does other work only the second says much. */
type Started = { readonly ms: number; readonly cpuMs: number };
const MEASURES: readonly (readonly [string, (started: Started) => number])[] = [
  ["milliseconds", ({ ms }) => ms],
  ["milliseconds of the processor", ({ cpuMs }) => cpuMs],
];

export async function benchStartup(rounds: number): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const upstream = await start(process.execPath, ["bench/out/bench/upstream.js"]);
    const config = join(scratch, "regate.yaml");
    const servers = { bench: { url: upstream.url } };
    await writeFile(config, JSON.stringify({ listen: "127.0.0.1:0", bundle: "bundles/regate.tar.gz", servers }));
    const bundle = join(process.cwd(), "bundles/regate.tar.gz");
    const serve = [...NODE_FLAGS, "dist/main.js", "serve", "-c", config, "--bundle", bundle];
    const forwarders: Started[] = [];
    const gates: Started[] = [];
    for (let round = 0; round < rounds + 1; round++) {
      const forwarder = await timeFirstAnswer(["bench/out/bench/forwarder.js", upstream.url]);
      const gate = await timeFirstAnswer(serve, /listening on (http:\S+)/, "/mcp/bench");
      if (round === 0) continue; // files come into the cache, and the gate's caches are made
      forwarders.push(forwarder);
      gates.push(gate);
    }
    for (const [what, of] of MEASURES) {
      const bare = forwarders.map(of);
      const own = gates.map(of);
      const ratios = own.map((ms, round) => ms / (bare[round] ?? 0));
      console.log(`From the start of the process to the first answer, ${what}`);
      console.log(`  the bare forwarder        ${spread(bare)}`);
      console.log(`  the gate                  ${spread(own)}`);
      console.log(`  gate to forwarder         ${spread(ratios)}\n`);
    }
    await benchCommands(rounds, config);
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function timeFirstAnswer(args: readonly string[], line?: RegExp, path = ""): Promise<Started> {
  const began = performance.now();
  const { url, pid } = await start(process.execPath, args, line === undefined ? {} : { line });
  await openSession({ url: `${url}${path}`, pid });
  const started = { ms: performance.now() - began, cpuMs: cpuUs(pid) / 1_000 };
  await stopStarted(pid);
  return started;
}

async function benchCommands(rounds: number, config: string): Promise<void> {
  console.log("A command that needs no server, against `node -e 0`: milliseconds");
  const table: string[][] = [["", "node -e 0", "command", "command / node"]];
  for (const command of COMMANDS) {
    const args = command[0] === "keys" ? [...command, "-c", config] : command;
    const bare: number[] = [];
    const own: number[] = [];
    for (let round = 0; round < rounds * RUNS_OF_COMMANDS; round++) {
      bare.push(await timeRun(["-e", "0"]));
      own.push(await timeRun(["dist/main.js", ...args]));
    }
    const ratios = own.map((ms, round) => ms / (bare[round] ?? 0));
    table.push([`regate ${command.join(" ")}`, whole(median(bare)), whole(median(own)), spread(ratios)]);
  }
  console.log(`${formatTable(table)}\n`);
}

function timeRun(args: readonly string[]): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve(performance.now() - began) : reject(new Error(`node ${args.join(" ")} ended with ${code}`)),
    );
  });
}
