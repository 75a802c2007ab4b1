// Real processes for the end-to-end tests: started in their own process group, waited for by what they print, and gone when
// the test file is over, however it ends. Nothing sleeps; whoever waits gives up after a while and shows what was printed.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";

export const ROOT = resolve(import.meta.dirname, "../..");
const PATIENCE_MS = 20_000;
const POLL_MS = 20;
const STOP_MS = 5_000;

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Running = {
  readonly pid: number;
  readonly stdin: NodeJS.WritableStream;
  /** All that was printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The first match in stdout and stderr together, as soon as it is printed; throws where the process ends before. */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly exited: Promise<Exit>;
  /** Signals the whole process group and waits until it is gone; SIGKILL follows where `signal` does not do it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Exit>;
};

const running = new Set<Running>();
const cleanups: (() => Promise<void> | void)[] = [];

/** Runs `cleanup` after the test file's last test, the latest first, before the processes are stopped. */
export function whenDone(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await Promise.all([...running].map((process) => process.stop()));
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

process.on("exit", () => {
  for (const { pid } of running) signalGroup(pid, "SIGKILL");
});

const dirs: string[] = [];

/** A fresh directory, removed after the test file's last test. */
export function makeTempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "regate-e2e-"));
  dirs.push(dir);
  return dir;
}

export type RunOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

export function run(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = new Promise<Exit>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code, signal) => done({ code, signal }));
  });
  if (child.pid === undefined) throw new Error(`could not start ${command}`);
  const started = describe(child, child.pid, `${command} ${args.join(" ")}`, exited);
  running.add(started);
  exited.finally(() => running.delete(started)).catch(() => {});
  return started;
}

/** Runs a command to its end. */
export async function runToEnd(command: string, args: readonly string[], options: RunOptions = {}) {
  const started = run(command, args, options);
  started.stdin.end();
  return { ...(await started.exited), stdout: started.stdout(), stderr: started.stderr() };
}

function describe(child: ChildProcess, pid: number, title: string, exited: Promise<Exit>): Running {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("no pipes");
  // A process that ended leaves its pipe broken; what was written to it no longer matters.
  stdin.on("error", () => {});
  const readStdout = collect(stdout);
  const readStderr = collect(stderr);
  const shown = () => `${readStdout()}${readStderr()}`;
  let ended: Exit | undefined;
  exited.then(
    (exit) => {
      ended = exit;
    },
    () => {},
  );

  return {
    pid,
    stdin,
    stdout: readStdout,
    stderr: readStderr,
    exited,
    async printed(pattern) {
      for (const start = Date.now(); Date.now() - start < PATIENCE_MS; await sleep(POLL_MS)) {
        const match = pattern.exec(shown());
        if (match !== null) return match;
        if (ended !== undefined) break;
      }
      throw new Error(
        `${title} did not print ${pattern} ${ended === undefined ? "in time" : "before it ended"}:\n${shown()}`,
      );
    },
    async stop(signal = "SIGTERM") {
      signalGroup(pid, signal);
      const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_MS);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => chunks.push(chunk));
  return () => chunks.join("");
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: it is gone already.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Waits until `probe` answers something other than undefined or false; `what` says what was waited for. */
export async function waitFor<T>(what: string, probe: () => T | undefined | false): Promise<T> {
  for (const start = Date.now(); Date.now() - start < PATIENCE_MS; await sleep(POLL_MS)) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}
