// The faults of a soak, in lanes: each lane does one at a time, in an order of its own, and all lanes go on at once. A lane's
// faults are drawn like cards, so that each of them was tried once before one is tried again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Disk } from "./disk.ts";
import type { SoakGate } from "./gate.ts";
import { childrenOf, type SoakProcess } from "./process.ts";
import type { Random } from "./random.ts";

export type Fault = { readonly name: string; readonly run: (random: Random) => Promise<void> };

export type Lane = {
  readonly faults: readonly Fault[];
  /** From the end of one to the next. */
  readonly pauseMs: readonly [least: number, most: number];
  /** Before each of them. */
  readonly ready?: ((random: Random) => Promise<void>) | undefined;
  readonly random: Random;
};

/** Draws until `isOver`, and until each fault of the lane was tried. @returns how often each was */
export async function runLane(lane: Lane, isOver: () => boolean): Promise<Map<string, number>> {
  const { faults, pauseMs, ready, random } = lane;
  const tried = new Map<string, number>();
  for (;;) {
    for (const { name, run } of random.shuffle(faults)) {
      if (isOver() && tried.has(name)) continue;
      await sleep(random.between(...pauseMs));
      await ready?.(random);
      await run(random);
      tried.set(name, (tried.get(name) ?? 0) + 1);
    }
    if (isOver()) return tried;
  }
}

const PATIENCE_MS = 30_000;
const POLL_MS = 20;

/** A gate that is killed has served some calls before: how many, and not how long, so that a slow machine tries the same. */
export function untilServed(gate: SoakGate): (random: Random) => Promise<void> {
  return async (random) => {
    const wanted = random.between(1, 60);
    for (const sinceMs = Date.now(); gate.served < wanted && Date.now() - sinceMs < PATIENCE_MS; ) await sleep(POLL_MS);
  };
}

/** Of a gate that is killed, and started again on its state. */
export function deathsOf(gate: SoakGate, disk: Disk, find: (finding: string) => void): Fault[] {
  const downFor = (random: Random): Promise<void> => sleep(random.between(0, 200));
  const faults: Fault[] = [
    {
      name: "gate killed",
      async run(random) {
        await gate.end("SIGKILL");
        await downFor(random);
        await gate.start();
      },
    },
    {
      name: "gate ended",
      async run(random) {
        await gate.end("SIGTERM");
        await downFor(random);
        await gate.start();
      },
    },
    {
      name: "gate killed while it starts",
      async run(random) {
        await gate.end("SIGKILL");
        const starting = gate.start();
        await sleep(random.between(0, 50));
        await starting;
        await gate.end("SIGKILL");
        await gate.start();
      },
    },
  ];
  if (!disk.isOwn) return faults;
  const readOnly: Fault = {
    name: "gate started on a read-only disk",
    async run() {
      await gate.end("SIGKILL");
      let refusal: string | undefined;
      await disk.alone(async () => {
        disk.readOnly();
        refusal = await gate.tryStart();
        disk.mend();
      });
      if (refusal === undefined) find(`${gate.name} started on a read-only disk`);
      else await gate.start();
    },
  };
  return [...faults, readOnly];
}

/** Of any gate, while it serves. */
export function troublesOf(gate: SoakGate, disk: Disk, hasStrace: boolean): Fault[] {
  const faults: Fault[] = [
    { name: "policy reloaded", run: () => gate.reload() },
    { name: "gate held up", run: (random) => gate.holdUp(random.between(50, 600)) },
    {
      name: "stdio server killed",
      async run(random) {
        const pids = childrenOf(gate.pid, "stdio-upstream");
        if (pids.length > 0) signal(random.pick(pids), "SIGKILL");
      },
    },
    {
      name: "stdio server held up",
      async run(random) {
        const pids = childrenOf(gate.pid, "stdio-upstream");
        for (const pid of pids) signal(pid, "SIGSTOP");
        await sleep(random.between(50, 800));
        for (const pid of pids) signal(pid, "SIGCONT");
      },
    },
  ];
  if (disk.isOwn) {
    faults.push({
      name: "disk full",
      run: (random) =>
        disk.alone(async () => {
          disk.fill();
          await sleep(random.between(300, 1_500));
          disk.mend();
        }),
    });
  }
  if (hasStrace) faults.push({ name: "disk slow", run: (random) => slowDown(gate.pid, random.between(400, 1_500)) });
  return faults;
}

/** Of the HTTP server that all gates stand before. */
export function upstreamFaults(server: { current: SoakProcess; restart(): Promise<void> }): Fault[] {
  return [
    {
      name: "HTTP server killed",
      async run(random) {
        await server.current.kill("SIGKILL");
        await sleep(random.between(0, 500));
        await server.restart();
      },
    },
    {
      name: "HTTP server held up",
      async run(random) {
        const held = server.current;
        held.signal("SIGSTOP");
        await sleep(random.between(50, 1_000));
        held.signal("SIGCONT");
      },
    },
  ];
}

const EACH_US = 100_000;
const LETTING_GO_MS = 3_000;

/** Each write and each sync of the process takes a while longer. */
async function slowDown(pid: number, forMs: number): Promise<void> {
  const calls = "fdatasync,fsync,pwrite64,write";
  const inject = `inject=${calls}:delay_enter=${EACH_US}:when=1+7`;
  const tracing = spawn(
    "strace",
    ["-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", inject, "-p", String(pid)],
    {
      stdio: "ignore",
    },
  );
  const ended = once(tracing, "exit");
  await sleep(forMs);
  tracing.kill("SIGTERM");
  // where its process was killed meanwhile, it may wait for ever for a thread that it holds, and the process can't go
  const stuck = setTimeout(() => tracing.kill("SIGKILL"), LETTING_GO_MS);
  await ended;
  clearTimeout(stuck);
  // who lets go of a process stops it for that: it must not stay so
  signal(pid, "SIGCONT");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended meanwhile
  }
}
