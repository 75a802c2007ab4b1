// A soak: gates, servers and clients as real processes and real connections on loopback, with faults at random, and a ledger of
// each gate at the end. One gate is killed again and again, one too whose log is durable, and one lives through all the rest, so
// that what it holds over time can be seen.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { approve } from "./approver.ts";
import { SoakClient } from "./client.ts";
import { type Disk, mountDisk } from "./disk.ts";
import { deathsOf, type Fault, type Lane, runLane, troublesOf, untilServed, upstreamFaults } from "./faults.ts";
import { SoakGate } from "./gate.ts";
import { type Attempt, closeLedger, type Effect, type Ledger } from "./ledger.ts";
import { trendsOf } from "./memory.ts";
import { buildBundles, SIZES } from "./policy.ts";
import { openFiles, type SoakProcess, startProcess } from "./process.ts";
import { createRandom } from "./random.ts";
import { readLogged } from "./read-logged.ts";
import { findingsOf, type GateReport, type SoakReport } from "./report.ts";
import { openIdleStreams } from "./streams.ts";

export type SoakOptions = {
  readonly seed: number;
  /** Goes on so long, and until each fault was tried. */
  readonly minutes: number;
  readonly gates: readonly GateKind[];
  /** Idle event streams on the gate that is never killed. */
  readonly streams: number;
  readonly tell: (line: string) => void;
};

/** `steady` is never killed; the others are, and the log of `durable` is. */
export type GateKind = "steady" | "killed" | "durable";

type Client = { readonly server: "wire" | "pipe"; readonly era: "legacy" | "modern" };
const CLIENTS: readonly Client[] = [
  { server: "wire", era: "legacy" },
  { server: "wire", era: "legacy" },
  { server: "wire", era: "modern" },
  { server: "pipe", era: "legacy" },
  { server: "pipe", era: "modern" },
];
/** What hangs at a server hangs no longer. */
const SETTLE_MS = 4_500;
const KEPT = { recursive: true, filter: (file: string) => !file.endsWith(".key") };
const LOG_FILE_BYTES = 16_777_216;

type Running = {
  readonly gate: SoakGate;
  readonly disk: Disk;
  readonly kind: GateKind;
  readonly attempts: Attempt[];
  readonly approvals: Map<string, number>;
  readonly clients: readonly SoakClient[];
  readonly effectsFile: string;
};

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, minutes, tell } = options;
  const scratch = await mkdtemp(join(tmpdir(), "regate-soak-"));
  const findings: string[] = [];
  const find = (finding: string): void => {
    findings.push(finding);
    tell(`FOUND: ${finding}`);
  };
  const disks: Disk[] = [];
  let report: SoakReport | undefined;
  const ending: (() => Promise<unknown>)[] = [];
  try {
    const bundles = await buildBundles(scratch);
    const server = await startServer(join(scratch, "wire.effects"), find);
    ending.push(() => server.current.kill("SIGKILL"));
    // a stream ends with its server: those that are to stay open have one that is never killed
    const quiet = await startServer(join(scratch, "quiet.effects"), find);
    ending.push(() => quiet.current.kill("SIGKILL"));
    const running: Running[] = [];
    for (const kind of options.gates) {
      const folder = join(scratch, kind);
      const disk = mountDisk(join(folder, "state"));
      disks.push(disk);
      running.push(await prepare({ ...options, kind, folder, disk, scratch, server, quiet, bundles, find }));
    }
    const hasStrace = canTrace();
    const untried = [
      ...(disks.every(({ isOwn }) => isOwn) ? [] : ["a full or read-only disk (mounting a tmpfs takes root)"]),
      ...(hasStrace ? [] : ["a slow disk (takes strace, and leave to trace)"]),
    ];
    for (const what of untried) tell(`NOT TRIED: ${what}`);
    for (const { gate } of running) {
      ending.push(() => gate.end("SIGKILL"));
      await gate.start();
    }

    const steady = running.find(({ kind }) => kind === "steady")?.gate;
    const idle =
      steady === undefined || options.streams === 0
        ? undefined
        : await openIdleStreams(steady, idleKeyOf(seed), options.streams);
    if (idle !== undefined)
      tell(`${idle.opened} of ${options.streams} idle streams are open${idle.problem ? `: ${idle.problem}` : ""}`);
    const filesBefore = steady && openFiles(steady.pid);
    const startedMs = performance.now();
    const seconds = (): number => (performance.now() - startedMs) / 1_000;
    const isOver = (): boolean => seconds() >= minutes * 60;

    const random = (name: string) => createRandom(seed, name);
    const short: [number, number] = minutes < 1 ? [100, 700] : [500, 6_000];
    const lanes: { faults: readonly Fault[]; name: string; ready?: Lane["ready"] }[] = [
      { name: "upstream", faults: upstreamFaults(server) },
      ...running.map(({ gate, disk }) => ({
        name: `${gate.name} troubles`,
        faults: troublesOf(gate, disk, hasStrace),
      })),
      ...running
        .filter(({ kind }) => kind !== "steady")
        .map(({ gate, disk }) => ({
          name: `${gate.name} deaths`,
          faults: deathsOf(gate, disk, find),
          ready: untilServed(gate),
        })),
    ];
    const tried = Promise.all(
      lanes.map(({ name, ...lane }) => runLane({ ...lane, pauseMs: short, random: random(name) }, isOver)),
    );
    let areLanesOver = false;
    const faulting = tried.finally(() => {
      areLanesOver = true;
    });
    const acting = running.flatMap(({ clients }) =>
      clients.map(async (client) => {
        while (!areLanesOver) await client.act();
      }),
    );
    const approving = running.map(({ gate, approvals }) =>
      approve(gate, random(`${gate.name} approver`), approvals, () => areLanesOver),
    );
    const telling = setInterval(() => tell(progressOf(seconds(), running)), 30_000);
    const faults = await faulting;
    await Promise.all([...acting, ...approving]);
    clearInterval(telling);
    const loadSeconds = seconds();

    await Promise.all(running.flatMap(({ clients }) => clients.map((client) => client.leave())));
    if (steady !== undefined) await sleep(SETTLE_MS);
    const idleLeft = idle?.open();
    const filesAfter = steady && openFiles(steady.pid);
    idle?.close();
    for (const { gate } of running) await gate.end("SIGTERM");
    await server.current.kill("SIGTERM");

    const wire = await readLines<Effect>(join(scratch, "wire.effects"));
    const gates: GateReport[] = [];
    for (const { gate, attempts, approvals, effectsFile } of running) {
      const own = [
        ...wire.filter(({ key }) => key.startsWith(`${gate.name}-`)),
        ...(await readLines<Effect>(effectsFile)),
      ];
      const logged = await readLogged(gate.logFile);
      const ledger: Ledger = closeLedger({ attempts, effects: own, logged, sizes: SIZES, approvals });
      gates.push({ name: gate.name, count: gate.count, ledger, logged, verified: verifyLog(gate) });
    }
    report = {
      seed,
      loadSeconds,
      faults: sumFaults(faults),
      untried,
      gates,
      findings,
      memory: trendsOf(await readLines(memoryFileIn(scratch))),
      files:
        filesBefore === undefined || filesAfter === undefined ? undefined : { before: filesBefore, after: filesAfter },
      streams: idle && { wanted: options.streams, opened: idle.opened, left: idleLeft ?? 0, problem: idle.problem },
    };
    return report;
  } finally {
    for (const end of ending.reverse()) await end().catch(() => undefined);
    const isKept = report === undefined || findingsOf(report).length > 0;
    if (isKept) {
      for (const kind of options.gates) await cp(join(scratch, kind, "state"), join(scratch, kind, "state-kept"), KEPT);
      tell(`what there is to look at is kept in ${scratch}`);
    }
    for (const disk of disks) disk.unmount();
    if (!isKept) await rm(scratch, { recursive: true, force: true });
  }
}

type Server = { current: SoakProcess; readonly url: string; restart(): Promise<void> };

async function startServer(effects: string, find: (finding: string) => void): Promise<Server> {
  const start = async (port: string): Promise<{ process: SoakProcess; url: string }> => {
    const script = resolve("bench/soak/upstream.mjs");
    const process_ = startProcess(process.execPath, [script, effects, port], {
      onEnd: ({ code, signal }) => find(`the HTTP server of the soak ended by itself (${code ?? signal})`),
    });
    return { process: process_, url: await process_.printed(/^(http:\S+)/) };
  };
  const { process: first, url } = await start("0");
  const server: Server = {
    current: first,
    url,
    async restart() {
      server.current = (await start(new URL(url).port)).process;
    },
  };
  return server;
}

type Preparing = SoakOptions & {
  readonly kind: GateKind;
  readonly folder: string;
  readonly scratch: string;
  readonly disk: Disk;
  readonly server: Server;
  readonly quiet: Server;
  readonly bundles: readonly [string, string];
  readonly find: (finding: string) => void;
};

async function prepare(options: Preparing): Promise<Running> {
  const { kind, folder, scratch, disk, server, quiet, bundles, find, seed } = options;
  const keys = CLIENTS.map((_, index) => ({
    name: `agent-${index}`,
    key: `rgk_${randomBytes(32).toString("base64url")}`,
  }));
  // not on the gate's disk: the server is to know what it did though that is full
  const effectsFile = join(scratch, `${kind}.effects`);
  const all = [...keys, { name: "idle", key: idleKeyOf(seed) }];
  const config = {
    keys: all.map(({ name, key }) => ({ name, sha256: createHash("sha256").update(key).digest("hex") })),
    servers: {
      wire: { url: server.url, catalogue: "soak" },
      quiet: { url: quiet.url, catalogue: "soak" },
      pipe: {
        command: process.execPath,
        args: [resolve("bench/soak/stdio-upstream.mjs"), effectsFile],
        catalogue: "soak",
      },
    },
    limits: { newSessions: { max: 1_000_000, window: 60 } },
    log: { durable: kind === "durable", rotate: { maxBytes: LOG_FILE_BYTES } },
  };
  const memoryFile = kind === "steady" ? memoryFileIn(scratch) : undefined;
  const gate = await SoakGate.make({ name: kind, folder, config, bundles, memoryFile, find });
  const attempts: Attempt[] = [];
  const clients = CLIENTS.map(({ server: to, era }, index) => {
    const { name = "", key: apiKey = "" } = keys[index] ?? {};
    const random = createRandom(seed, `${kind} ${name}`);
    return new SoakClient({ name, apiKey, gate, server: to, era, random, record: (attempt) => attempts.push(attempt) });
  });
  return { gate, disk, kind, attempts, approvals: new Map(), clients, effectsFile };
}

function idleKeyOf(seed: number): string {
  return `rgk_${createHash("sha256").update(`idle ${seed}`).digest("base64url")}`;
}

function canTrace(): boolean {
  try {
    execFileSync("strace", ["-qq", "-o", "/dev/null", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function memoryFileIn(scratch: string): string {
  return join(scratch, "memory.jsonl");
}

/** Of JSON; none where there is no such file. */
async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): T => JSON.parse(line));
}

function verifyLog(gate: SoakGate): { readonly isClean: boolean; readonly said: string } {
  try {
    const args = [resolve("dist/main.js"), "log", "verify", "-c", gate.configFile];
    const said = execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return { isClean: true, said };
  } catch (error) {
    const said = error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
    return { isClean: false, said };
  }
}

function sumFaults(lanes: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const lane of lanes) for (const [name, count] of lane) sum.set(name, (sum.get(name) ?? 0) + count);
  return sum;
}

function progressOf(seconds: number, running: readonly Running[]): string {
  const gates = running.map(({ gate, attempts }) => `${gate.name} ${attempts.length} calls, ${gate.count.kills} kills`);
  return `${Math.round(seconds)} s: ${gates.join("; ")}`;
}
