// One process of a soak: started, watched, killed. What it says is kept, and an end that nobody asked for is told.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type SoakProcess = {
  readonly pid: number;
  /** The first match in what it prints; rejects where it ends before. */
  printed(pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
  /** Resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<Ended>;
  /** Without waiting. */
  signal(signal: NodeJS.Signals): void;
  readonly lastLines: () => readonly string[];
};

export type WatchOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly onLine?: (line: string) => void;
  /** It ended, and nobody told it to. */
  readonly onEnd?: (ended: Ended) => void;
};

const KEPT_LINES = 40;
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

export function startProcess(command: string, args: readonly string[], options: WatchOptions = {}): SoakProcess {
  const { env, cwd, onLine, onEnd } = options;
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  children.add(child);
  const lines: string[] = [];
  const waiting = new Set<{ pattern: RegExp; resolve(found: string): void; reject(error: Error): void }>();
  let isMeant = false;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLine?.(line);
      for (const waiter of waiting) {
        const found = waiter.pattern.exec(line)?.[1];
        if (found !== undefined) {
          waiting.delete(waiter);
          waiter.resolve(found);
        }
      }
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once("error", (error) => lines.push(error.message));
    child.once("close", (code, signal) => {
      children.delete(child);
      for (const { reject } of waiting) reject(new Error(`${command} ${args.join(" ")} ended:\n${lines.join("\n")}`));
      if (!isMeant) onEnd?.({ code, signal });
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid ?? 0,
    printed: (pattern) => new Promise((resolve, reject) => waiting.add({ pattern, resolve, reject })),
    ended,
    kill(signal) {
      isMeant = true;
      child.kill(signal);
      return ended;
    },
    signal: (signal) => void child.kill(signal),
    lastLines: () => lines,
  };
}

/** The processes that `pid` started whose command has `name` in it. Linux only; none where the system doesn't say. */
export function childrenOf(pid: number, name: string): number[] {
  try {
    const pids = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return pids.filter((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes(name));
  } catch {
    return [];
  }
}

/** How many files and sockets a process has open; NaN where the system doesn't say. */
export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN;
  }
}
