// `make bench ONLY=stdio`: tools/call over stdio, a number of calls in flight at once: the server itself, the same behind `regate stdio`
// and the running gate, and behind Intercept where INTERCEPT names its binary.
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareGate, startGate } from "./gate.ts";
import { interceptEnv, writeInterceptPolicy } from "./peers.ts";
import { startPiped, stopAll } from "./processes.ts";
import { formatTable, median, spread, whole } from "./spread.ts";

const IN_FLIGHT = [1, 16];
const CALLS: Readonly<Record<number, number>> = { 1: 1_500, 16: 5_000 };
const WARM_UP_CALLS = 6_000;
const SERVER = [join(import.meta.dirname, "stdio-upstream.js")];

type Side = { readonly name: string; readonly client: StdioClient };
type Run = { readonly callsPerSecond: number; readonly p50Us: number };

export async function benchStdio(rounds: number): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const sides = await startSides(scratch);
    for (const { client } of sides) await client.load(16, WARM_UP_CALLS);
    for (const inFlight of IN_FLIGHT) {
      const runs = new Map<string, Run[]>(sides.map(({ name }) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const { name, client } of sides)
          runs.get(name)?.push(await client.load(inFlight, CALLS[inFlight] ?? 5_000));
      }
      const gate = runs.get("gate") ?? [];
      const rows = [...runs].map(([name, own]) => [
        name,
        whole(median(own.map((one) => one.callsPerSecond))),
        name === "gate" ? "" : spread(own.map((one, at) => (gate[at]?.callsPerSecond ?? 0) / one.callsPerSecond)),
        whole(median(own.map((one) => one.p50Us))),
      ]);
      console.log(`tools/call over stdio, a rate-limited rule, ${inFlight} in flight`);
      console.log(formatTable([["", "calls/s", "gate / it", "p50 us"], ...rows]), "\n");
    }
  } finally {
    await stopAll();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function startSides(scratch: string): Promise<readonly Side[]> {
  const { INTERCEPT } = process.env;
  const folder = await prepareGate(join(scratch, "gate"), { command: process.execPath, args: SERVER });
  await startGate(folder);
  const sides: Side[] = [
    { name: "direct", client: await StdioClient.open(startPiped(process.execPath, SERVER)) },
    {
      name: "gate",
      client: await StdioClient.open(
        startPiped(process.execPath, ["dist/main.js", "stdio", "bench", "-c", folder.config]),
      ),
    },
  ];
  if (INTERCEPT) {
    const flags = ["-c", await writeInterceptPolicy(scratch), "--state-dir", join(scratch, "intercept-state")];
    const args = [...flags, "--log-level", "error", "--", process.execPath, ...SERVER];
    const child = startPiped(INTERCEPT, args, interceptEnv(scratch));
    sides.push({ name: "intercept", client: await StdioClient.open(child) });
  }
  return sides;
}

/** Sends messages line by line, and knows answers by their ids. */
export class StdioClient {
  readonly #waiting = new Map<number, (line: string) => void>();
  #rest = "";
  #next = 1;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding("utf8");
    child.stdout?.on("data", (chunk: string) => this.#take(chunk));
  }

  static async open(child: ChildProcess): Promise<StdioClient> {
    const client = new StdioClient(child);
    const clientInfo = { name: "bench", version: "1.0.0" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    await client.#ask("initialize", params);
    client.#send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return client;
  }

  async load(inFlight: number, calls: number): Promise<Run> {
    const times = new Float64Array(calls);
    let sent = 0;
    const run = async (): Promise<void> => {
      for (let index = sent++; index < calls; index = sent++) {
        const text = `call ${index}`;
        const began = performance.now();
        const line = await this.#ask("tools/call", { name: "limited", arguments: { text } });
        times[index] = (performance.now() - began) * 1_000;
        if (JSON.parse(line).result?.content?.[0]?.text !== text) throw new Error(`answered ${line.slice(0, 300)}`);
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: inFlight }, run));
    const callsPerSecond = (calls * 1_000) / (performance.now() - started);
    times.sort();
    return { callsPerSecond, p50Us: times[calls >> 1] ?? Number.NaN };
  }

  #ask(method: string, params: unknown): Promise<string> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}`);
    });
  }

  #send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  #take(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const { id } = JSON.parse(line);
      this.#waiting.get(id)?.(line);
      this.#waiting.delete(id);
    }
  }
}
