// Starts `regate serve` as a process of its own, which outlives its starter, and waits until it can judge. Two starters at
// once are no fault: the state folder lets one gate have it, and both find that one.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MAIN } from "../package-root.ts";
import { Problem } from "../problem.ts";
import { findGate } from "./find-gate.ts";

/** They keep what V8 has not collected yet small: docs/operating.md. A running process can't be told any more. */
const NODE_FLAGS = ["--max-semi-space-size=8"];

const PATIENCE_MS = 30_000;
/** How long a gate that another process is starting may take to show once ours has given up. */
const OTHERS_PATIENCE_MS = 3_000;
const POLL_MS = 50;
const SHOWN_LINES = 10;

export type StartOptions = {
  /** The configuration file, absolute. */
  readonly config: string;
  /** The state folder, absolute. */
  readonly state: string;
  readonly env: NodeJS.ProcessEnv;
  /** For a person, a line at a time. */
  readonly log: (line: string) => void;
};

/**
 * Resolves when a gate on the state folder can judge; starts one where none runs.
 * @throws Problem where none can be started, with what it said
 */
export async function ensureGate(options: StartOptions): Promise<void> {
  const found = await findGate(options.state);
  if (found.kind === "ready") return;
  const started = found.kind === "unready" ? undefined : startGate(options);
  let problem = "problem" in found ? found.problem : "it did not answer";
  let deadline = Date.now() + PATIENCE_MS;
  let gaveUp = false;
  while (Date.now() < deadline) {
    await sleep(POLL_MS);
    if (started !== undefined && !gaveUp && started.hasExited()) {
      gaveUp = true;
      deadline = Date.now() + OTHERS_PATIENCE_MS;
    }
    const now = await findGate(options.state);
    if (now.kind === "ready") {
      if (now.gate.pid === started?.pid) options.log(started.describe());
      return;
    }
    if (now.kind !== "none") problem = now.problem;
  }
  throw new Problem([`no gate can judge on ${options.config}: ${problem}`, ...(started?.said() ?? [])]);
}

type Started = {
  /** Undefined where no process could be started. */
  readonly pid: number | undefined;
  /** What a person must know of it: it outlives its starter. */
  readonly describe: () => string;
  readonly hasExited: () => boolean;
  /** The last lines that it wrote. */
  readonly said: () => string[];
};

function startGate({ config, state, env }: StartOptions): Started {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const logFile = join(state, "serve.log");
  const log = openSync(logFile, "a", 0o600);
  const begin = statSync(logFile).size;
  // The agent's key is not the gate's; and whoever reads this log is not shown an operator key.
  const { REGATE_API_KEY: _, ...rest } = env;
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, "serve", "-c", config], {
    cwd: dirname(config),
    env: { ...rest, REGATE_STARTED_BY: "stdio" },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let exited = false;
  child.once("error", () => {
    exited = true;
  });
  child.once("exit", () => {
    exited = true;
  });
  child.unref();
  return {
    pid: child.pid,
    describe: () =>
      `no gate ran on ${config}, so one was started in the background: its log is ${logFile}, kill ${child.pid} stops it`,
    hasExited: () => exited,
    said: () =>
      readFileSync(logFile)
        .subarray(begin)
        .toString("utf8")
        .split("\n")
        .filter((line) => line !== "")
        .slice(-SHOWN_LINES),
  };
}
