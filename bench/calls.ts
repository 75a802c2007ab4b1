// `make bench ONLY=calls`: tools/call over HTTP through the gate with the whole product on, beside the upstream itself, a bare
// forwarder in Node, and the peers whose binaries the environment names. All take their turn in every round; ratios are of
// one round.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareGate, startGate } from "./gate.ts";
import { type Calls, type Load, load, openSession, type Target } from "./load.ts";
import { startAgentgateway, startIntercept } from "./peers.ts";
import { residentMiB, start, stopAll, untilPortsAreFree } from "./processes.ts";
import { formatTable, median, spread, whole } from "./spread.ts";

export type CallsOptions = { readonly rounds: number; readonly connections: readonly number[] };

const CALLS: Readonly<Record<number, number>> = { 1: 1_500, 16: 6_000, 64: 6_000 };
/** A peer that opens a connection for each call uses up the ports. */
const MAX_CALLS_OF_PEERS = 3_000;
const TOOLS = ["limited", "guarded", "echo"] as const;
const WHAT_TOOLS_ARE = {
  limited: "a rate-limited rule",
  guarded: "a rate-limited rule, and one that reads the arguments",
  echo: "a plain rule",
} as const;
/** Processes of one round each, before it counts. */
const WARM_UP_CALLS = 12_000;

type Name = "direct" | "forwarder" | "gate" | "intercept" | "agentgateway";
type Side = { readonly name: Name; readonly target: Target };
type Sides = readonly Side[];

export async function benchCalls(options: CallsOptions): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const sides = await startSides(scratch);
    for (const tool of TOOLS) await benchTool(sides, tool, options);
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function startSides(scratch: string): Promise<Sides> {
  const { INTERCEPT, AGENTGATEWAY } = process.env;
  const upstream = await start(process.execPath, ["bench/out/bench/upstream.js"]);
  const gate = await prepareGate(join(scratch, "gate"), { url: upstream.url });
  const started: (readonly [Name, { readonly url: string; readonly pid: number }])[] = [
    ["direct", upstream],
    ["forwarder", await start(process.execPath, ["bench/out/bench/forwarder.js", upstream.url])],
    ["gate", await startGate(gate)],
  ];
  if (INTERCEPT) started.push(["intercept", await startIntercept(INTERCEPT, scratch, upstream.url)]);
  if (AGENTGATEWAY) started.push(["agentgateway", await startAgentgateway(AGENTGATEWAY, scratch, upstream.url)]);
  return Promise.all(started.map(async ([name, server]) => ({ name, target: await openSession(server) })));
}

async function benchTool(
  sides: Sides,
  tool: (typeof TOOLS)[number],
  { rounds, connections }: CallsOptions,
): Promise<void> {
  // the peers have one rule for these tools: they are measured once
  const measured = tool === "limited" ? sides : sides.filter(({ name }) => !isPeer(name));
  for (const { name, target } of measured) {
    await load(target, { tool, connections: 16, calls: isPeer(name) ? MAX_CALLS_OF_PEERS : WARM_UP_CALLS });
  }
  for (const count of connections) {
    const loads = new Map<Name, Load[]>(measured.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, target } of measured) {
        if (name === "intercept") await untilPortsAreFree();
        const calls: Calls = { tool, connections: count, calls: callsOf(name, count) };
        loads.get(name)?.push(await load(target, calls));
      }
    }
    console.log(`tools/call, ${WHAT_TOOLS_ARE[tool]}, ${count} connection${count === 1 ? "" : "s"}`);
    console.log(describe(measured, loads), "\n");
  }
}

function isPeer(name: Name): boolean {
  return name === "intercept" || name === "agentgateway";
}

function callsOf(name: Name, connections: number): number {
  const calls = CALLS[connections] ?? 6_000;
  return isPeer(name) ? Math.min(calls, MAX_CALLS_OF_PEERS) : calls;
}

function describe(sides: Sides, loads: ReadonlyMap<Name, readonly Load[]>): string {
  const gate = loads.get("gate") ?? [];
  const direct = loads.get("direct") ?? [];
  const rows = sides.map(({ name, target }) => {
    const own = loads.get(name) ?? [];
    const of = (pick: (one: Load) => number): number => median(own.map(pick));
    const ratio = (pick: (one: Load) => number): string =>
      name === "gate" ? "" : spread(own.map((one, round) => pick(gate[round] ?? one) / pick(one)));
    const added = own.map((one, round) => one.p50Us - (direct[round]?.p50Us ?? Number.NaN));
    const gateAdded = gate.map((one, round) => one.p50Us - (direct[round]?.p50Us ?? Number.NaN));
    return [
      name,
      whole(of((one) => one.callsPerSecond)),
      ratio((one) => one.callsPerSecond),
      whole(of((one) => one.cpuUs)),
      name === "direct" ? "" : ratio((one) => one.cpuUs),
      name === "direct" ? "" : whole(median(added)),
      name === "direct" || name === "gate" ? "" : spread(gateAdded.map((us, round) => us / (added[round] ?? 0))),
      whole(of((one) => one.p50Us)),
      whole(of((one) => one.p99Us)),
      whole(residentMiB(target.pid)),
    ];
  });
  const titles = [
    "",
    "calls/s",
    "gate / it",
    "CPU us",
    "gate / it",
    "p50 added",
    "gate / it",
    "p50 us",
    "p99 us",
    "MiB",
  ];
  return formatTable([titles, ...rows]);
}
