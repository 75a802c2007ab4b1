// `make bench ONLY=large`: calls with arguments of 1 MB, and answers that are streams of 50 MB, a few at a time: how much memory the gate
// holds meanwhile at most, round after round. Flat is what it has to be.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareGate, startGate } from "./gate.ts";
import { load, openSession, type Target } from "./load.ts";
import { residentMiB, start, stopAll } from "./processes.ts";
import { formatTable, whole } from "./spread.ts";

const AT_A_TIME = 4;
const CALLS = 40;
const STREAMS = 8;
const MEGABYTE = 1_048_576;
const STREAM_MEGABYTES = 50;
const SAMPLE_MS = 10;

export async function benchLarge(rounds: number): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const upstream = await start(process.execPath, ["bench/out/bench/upstream.js"]);
    const gate = await startGate(await prepareGate(join(scratch, "gate"), { url: upstream.url }));
    const target = await openSession(gate);
    await load(target, { tool: "limited", connections: 16, calls: 10_000 });
    const table: string[][] = [["MiB at most", "1 MB arguments", `${STREAM_MEGABYTES} MB streams`]];
    console.log(`${AT_A_TIME} at a time; the gate holds ${whole(residentMiB(gate.pid))} MiB after 10,000 small calls`);
    for (let round = 1; round <= rounds; round++) {
      const calls = await mostMiB(gate.pid, () => callLarge(target));
      const streams = await mostMiB(gate.pid, () => readStreams(target));
      table.push([`round ${round}`, whole(calls), whole(streams)]);
    }
    console.log(`${formatTable(table)}\n`);
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function callLarge(target: Target): Promise<void> {
  const textOf = (index: number): string => `${index} ${"x".repeat(MEGABYTE)}`;
  await load(target, { tool: "limited", connections: AT_A_TIME, calls: CALLS, textOf });
}

async function readStreams(target: Target): Promise<void> {
  let left = STREAMS;
  const run = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await readStream(target);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, run));
}

async function readStream({ url, headers }: Target): Promise<void> {
  const params = { name: "limited", arguments: { text: `stream ${STREAM_MEGABYTES}` } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const answer = await fetch(url, { method: "POST", headers, body });
  let bytes = 0;
  let end = "";
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    end = Buffer.from(chunk.subarray(-200)).toString();
  }
  if (bytes < STREAM_MEGABYTES * MEGABYTE || !end.includes('"result"'))
    throw new Error(`${url} answered ${bytes} bytes, which end with ${JSON.stringify(end)}`);
}

/** What the process held at most while the work was done. */
async function mostMiB(pid: number, work: () => Promise<void>): Promise<number> {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, residentMiB(pid));
}
