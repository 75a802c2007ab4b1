// `make bench ONLY=scale`: whether it costs more where there is much. One gate with three tools and one session beside one whose policy
// knows ten thousand tools more, and which has a hundred thousand live sessions: each was opened, and has called.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareGate, startGate } from "./gate.ts";
import { type Load, load, openSession, type Target } from "./load.ts";
import { writePackages } from "./packages.ts";
import { residentMiB, start, stopAll } from "./processes.ts";
import { formatTable, median, spread, whole } from "./spread.ts";

const [PACKAGES, TOOLS_OF_EACH] = [100, 100];
const SESSIONS = 100_000;
const OPENED_AT_A_TIME = 16;
const WARM_UP_CALLS = 12_000;
const CALLS: Readonly<Record<number, number>> = { 1: 1_500, 16: 6_000, 64: 6_000 };
/** Coprime to any power of ten: one call of a session follows another's, in an order that no cache likes. */
const STRIDE = 7_368_787;

type Side = { readonly target: Target; readonly sessions: readonly string[] };

export async function benchScale({ rounds, connections }: { rounds: number; connections: readonly number[] }) {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const upstream = await start(process.execPath, ["bench/out/bench/upstream.js"]);
    const few = await startSide(join(scratch, "few"), upstream.url, 1, async () => {});
    const many = await startSide(join(scratch, "many"), upstream.url, SESSIONS, (rego) =>
      writePackages(rego, PACKAGES, TOOLS_OF_EACH),
    );
    console.log(
      `3 tools and 1 session, beside ${whole(PACKAGES * TOOLS_OF_EACH)} tools more and ${whole(SESSIONS)} live sessions`,
    );
    const rows: string[][] = [["connections", "calls/s, many / few", "p50, many / few", "CPU, many / few"]];
    for (const count of connections) rows.push(await compare(few, many, rounds, count));
    console.log(formatTable(rows));
    console.log(`  resident: ${whole(residentMiB(few.target.pid))} and ${whole(residentMiB(many.target.pid))} MiB\n`);
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function startSide(
  scratch: string,
  url: string,
  count: number,
  writeMore: (rego: string) => Promise<void>,
): Promise<Side> {
  const gate = await startGate(await prepareGate(scratch, { url }, writeMore));
  const target = await openSession(gate);
  const sessions: string[] = [];
  let left = count;
  const open = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1;
      const { headers } = await openSession(gate);
      sessions.push(headers["mcp-session-id"] ?? "");
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_A_TIME }, open));
  const side = { target, sessions };
  await call(side, 16, Math.max(count, WARM_UP_CALLS));
  return side;
}

function call({ target, sessions }: Side, connections: number, calls: number): Promise<Load> {
  const sessionOf = (index: number): string => sessions[(index * STRIDE) % sessions.length] ?? "";
  return load(target, { tool: "limited", connections, calls, sessionOf });
}

async function compare(few: Side, many: Side, rounds: number, connections: number): Promise<string[]> {
  const pairs: { readonly few: Load; readonly many: Load }[] = [];
  for (let round = 0; round < rounds; round++) {
    const calls = CALLS[connections] ?? 6_000;
    pairs.push({ few: await call(few, connections, calls), many: await call(many, connections, calls) });
  }
  const ratio = (pick: (one: Load) => number): string => spread(pairs.map((pair) => pick(pair.many) / pick(pair.few)));
  const rate = median(pairs.map((pair) => pair.many.callsPerSecond));
  return [
    String(connections),
    `${ratio((one) => one.callsPerSecond)} (${whole(rate)})`,
    ratio((one) => one.p50Us),
    ratio((one) => one.cpuUs),
  ];
}
