// The processes that take part in a measurement, and what they used of the machine.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export type Started = { readonly url: string; readonly pid: number };

export type StartOptions = {
  /** The line of standard output, or of standard error, that gives the URL. */
  readonly line?: RegExp;
  readonly env?: NodeJS.ProcessEnv;
};

const children = new Set<ChildProcess>();
/** However the measurement ends: nothing that it started outlives it. */
process.once("exit", () => {
  for (const child of children) child.kill();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.stdout.once("error", () => process.exit(1));
/** USER_HZ: what Linux counts a process's time in. */
const TICK_US = 10_000;
const PATIENCE_MS = 5_000;

/** Starts a server and waits for the line that gives its URL. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Promise<Started> {
  const { line = /^(http:\S+)/, env = {} } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
    keep(child);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ${args.join(" ")} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (text) => {
      const url = line.exec(text)?.[1];
      if (url !== undefined) resolve({ url, pid: child.pid ?? 0 });
    });
  });
}

/** Starts a server that does not say when it is ready: it is when `url` answers anything. */
export async function startSilent(
  command: string,
  args: readonly string[],
  url: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Started> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...env } });
  keep(child);
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  ended.catch(() => undefined);
  await Promise.race([ended, answers(url)]);
  return { url, pid: child.pid ?? 0 };
}

async function answers(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return void (await answer.body?.cancel());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A process with pipes, which stopAll stops too. */
export function startPiped(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  keep(child);
  return child;
}

/** Runs a command to its end; rejects where that is not 0. */
export function run(command: string, args: readonly string[], cwd?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], ...(cwd !== undefined && { cwd }) });
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")} ended with ${code}`)),
    );
  });
}

/** Stops what was started; resolves when all of it is gone. */
export async function stopAll(): Promise<void> {
  await Promise.all([...children].map(stop));
}

/** Stops one of them. */
export async function stopStarted(pid: number): Promise<void> {
  for (const child of children) if (child.pid === pid) await stop(child);
}

function stop(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  child.removeAllListeners("exit");
  // some peers don't end when they are asked to
  const stubborn = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const gone = new Promise((resolve) => child.once("exit", resolve)).finally(() => clearTimeout(stubborn));
  children.delete(child);
  child.kill("SIGTERM");
  return gone;
}

function keep(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}

/** Microseconds of the processor that a process has used so far; NaN where the system doesn't say. */
export function cpuUs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return Number.NaN;
  }
}

/** MiB that a process holds now; NaN where the system doesn't say. */
export function residentMiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;
  } catch {
    return Number.NaN;
  }
}

const MAX_WAITING_SOCKETS = 12_000;

/** Ports run out where a peer opens a connection for each call: waits until closed ones are forgotten. */
export async function untilPortsAreFree(): Promise<void> {
  for (;;) {
    const waiting = Number(/^TCP: .* tw (\d+)/m.exec(readSockstat())?.[1] ?? 0);
    if (waiting < MAX_WAITING_SOCKETS) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function readSockstat(): string {
  try {
    return readFileSync("/proc/net/sockstat", "utf8");
  } catch {
    return "";
  }
}
