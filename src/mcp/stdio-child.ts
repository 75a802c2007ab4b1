// One process of a stdio server: started without a shell, spoken to in whole lines, and ended together with every process
// of its group. It knows lines, not JSON-RPC; which message belongs to whom is decided in stdio-session.ts.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { inheritedEnvironment } from "./inherited-environment.ts";
import { oneWriteATurn } from "./one-write.ts";
import { showable } from "./showable.ts";
import { decodeLine, frameLine, LineSplitter } from "./stdio-lines.ts";
import type { Reaper } from "./stdio-reaper.ts";

/** How long a server may take to end after its input has ended, and again after SIGTERM. */
const GRACE_MS = 2000;
/** A server that has not read this much of what was written to it gets nothing more. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
const MAX_STDERR_LINE_BYTES = 64 * 1024;
const MAX_LOGGED_CHARACTERS = 1000;
/** After so many lines of one server everyone else gets a turn: a chunk can hold 65,536. */
const LINES_PER_TURN = 100;

export type ChildOptions = {
  readonly command: string;
  readonly args: readonly string[];
  /** Joins the few variables that are safe to inherit (PATH, HOME, ...); nothing else of the gate's environment is seen. */
  readonly env: Readonly<Record<string, string>>;
  /** Working directory; the gate's own where it is undefined. */
  readonly cwd: string | undefined;
  /** Longest line the server may send: a longer one ends it. */
  readonly maxMessageBytes: number;
  /** Ends the server where the gate no longer can. */
  readonly reaper: Reaper;
};

export type ChildEvents = {
  /** One line of output, in order: the next one comes when the promise is fulfilled, and the server waits meanwhile. */
  readonly onLine: (text: string) => Promise<void>;
  /** The process is gone and everything it wrote has been handed over. Called once; `problem` says why, as in "it ended". */
  readonly onEnd: (problem: string) => void;
  /** A line of the server's standard error, or of its output that no message can be; fit for the log. */
  readonly onNoise: (line: string) => void;
};

export type Started =
  | { readonly kind: "started"; readonly child: StdioChild }
  | { readonly kind: "failed"; readonly problem: string };

/** What came of a write: `problem` says why not one byte of it went out. */
export type Written = { readonly kind: "written" } | { readonly kind: "not_written"; readonly problem: string };

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts the server; never throws. A failure names the command, never its arguments: they may hold secrets. */
export function startChild(options: ChildOptions, events: ChildEvents): Promise<Started> {
  return new Promise((resolve) => {
    const fail = (error: unknown) => resolve({ kind: "failed", problem: describeFailure(options, error) });
    try {
      const started = spawn(options.command, options.args, {
        cwd: options.cwd,
        env: { ...inheritedEnvironment(process.env), ...options.env },
        stdio: ["pipe", "pipe", "pipe"],
        shell: false,
        windowsHide: true,
        // In a process group of its own, so that the server of an `npx` goes with it.
        detached: process.platform !== "win32",
      });
      started.once("error", fail);
      started.once("spawn", () => {
        if (started.pid === undefined) return fail("no process id");
        resolve({ kind: "started", child: new StdioChild(started, started.pid, options, events) });
      });
    } catch (error) {
      fail(error);
    }
  });
}

export class StdioChild {
  readonly #process: Process;
  readonly #options: ChildOptions;
  readonly #events: ChildEvents;
  readonly #exited: Promise<void>;
  /** Resolves when the process is gone and everything it wrote has been handed over. */
  readonly gone: Promise<void>;
  readonly #join: () => void;
  /** Why the gate ended it, where the gate did. */
  #endedBecause: string | undefined;

  /** @param process has just been spawned; its pid is `pid` */
  constructor(
    process: Process,
    readonly pid: number,
    options: ChildOptions,
    events: ChildEvents,
  ) {
    this.#process = process;
    this.#options = options;
    this.#events = events;
    this.#join = oneWriteATurn(process.stdin);
    this.#exited = new Promise((resolve) => process.once("exit", () => resolve()));
    // Errors of the pipes come with the end of the process, which `#run` sees.
    for (const emitter of [process, process.stdin, process.stdout, process.stderr]) emitter.on("error", () => {});
    options.reaper.watch(pid);
    this.gone = this.#run();
  }

  /** Writes one JSON message as one line, in one write. */
  send(message: Uint8Array): Written {
    const { stdin, exitCode, signalCode } = this.#process;
    if (this.#endedBecause !== undefined || exitCode !== null || signalCode !== null || !stdin.writable) {
      return { kind: "not_written", problem: "it has ended" };
    }
    if (stdin.writableLength > MAX_UNREAD_BYTES) {
      return { kind: "not_written", problem: "it does not read what it is sent" };
    }
    this.#join();
    stdin.write(frameLine(message));
    return { kind: "written" };
  }

  /**
   * Ends the server: end of input, then SIGTERM, then SIGKILL, to its whole process group; resolves when it is gone.
   * @param because why, as in "it was idle"
   */
  async stop(because: string): Promise<void> {
    if (this.#endedBecause === undefined) {
      this.#endedBecause = because;
      this.#process.stdin.end();
      if (!(await this.#exitsInTime())) this.#signal("SIGTERM");
      if (!(await this.#exitsInTime())) this.#signal("SIGKILL");
    }
    await this.#exited;
  }

  async #run(): Promise<void> {
    const { stdout, stderr } = this.#process;
    const read = Promise.all([
      this.#readOutput(stdout).catch((error) => this.#endForFault(error)),
      this.#readErrors(stderr),
    ]);
    await this.#exited;
    // Who was started by the server and stayed goes now, and lets go of the pipes.
    this.#signal("SIGKILL");
    this.#options.reaper.forget(this.pid);
    await Promise.race([read, sleep(GRACE_MS, undefined, { ref: false })]);
    stdout.destroy();
    stderr.destroy();
    this.#events.onEnd(this.#describeEnd());
  }

  async #readOutput(stdout: Readable): Promise<void> {
    const splitter = new LineSplitter(this.#options.maxMessageBytes);
    let lines = 0;
    for await (const chunk of chunksOf(stdout)) {
      for (const line of splitter.push(chunk)) {
        if (line.kind === "too_long") return this.#endForLongLine();
        lines += 1;
        if (lines % LINES_PER_TURN === 0) await nextTurn();
        await this.#handLine(line.bytes);
      }
    }
    await this.#handLine(splitter.rest());
  }

  async #handLine(bytes: Uint8Array): Promise<void> {
    const text = decodeLine(bytes);
    if (text === undefined)
      return this.#events.onNoise(`sent a line that is not UTF-8 (${bytes.length} bytes), dropped`);
    if (text.trim() !== "") await this.#events.onLine(text);
  }

  #endForLongLine(): void {
    const problem = `it sent a line of more than ${this.#options.maxMessageBytes} bytes, and was killed`;
    this.#events.onNoise(problem);
    this.#endedBecause ??= problem;
    this.#signal("SIGKILL");
  }

  /** A fault of the gate's own: what it could not hand over is not passed over. */
  #endForFault(error: unknown): void {
    this.#events.onNoise(`its output could not be handled: ${String(error)}`);
    this.#endedBecause ??= "its output could not be handled, and it was killed";
    this.#signal("SIGKILL");
  }

  async #readErrors(stderr: Readable): Promise<void> {
    let splitter = new LineSplitter(MAX_STDERR_LINE_BYTES);
    const tell = (bytes: Uint8Array) => {
      const text = Buffer.from(bytes).toString("utf8").trimEnd();
      // what a server has to say of its own end, which the gate asked for, is no news
      if (text !== "" && this.#endedBecause === undefined)
        this.#events.onNoise(`stderr: ${showable(text, MAX_LOGGED_CHARACTERS)}`);
    };
    let lines = 0;
    for await (const chunk of chunksOf(stderr)) {
      for (const line of splitter.push(chunk)) {
        lines += 1;
        if (lines % LINES_PER_TURN === 0) await nextTurn();
        if (line.kind === "line") tell(line.bytes);
        else {
          this.#events.onNoise(`stderr: a line of more than ${MAX_STDERR_LINE_BYTES} bytes, dropped`);
          splitter = new LineSplitter(MAX_STDERR_LINE_BYTES);
        }
      }
    }
    tell(splitter.rest());
  }

  async #exitsInTime(): Promise<boolean> {
    const timer = new AbortController();
    const late = sleep(GRACE_MS, false, { signal: timer.signal }).catch(() => false);
    const inTime = await Promise.race([this.#exited.then(() => true), late]);
    timer.abort();
    return inTime;
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (process.platform === "win32") this.#process.kill(signal);
      else process.kill(-this.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #describeEnd(): string {
    if (this.#endedBecause !== undefined) return this.#endedBecause;
    const { exitCode, signalCode } = this.#process;
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
    return `it ended unexpectedly, ${how}`;
  }
}

/** The chunks of a pipe until it ends or breaks. */
async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch {
    // A pipe that breaks or is destroyed ends here; the process's end says the rest.
  }
}

function describeFailure({ command, cwd }: ChildOptions, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
  if (cwd !== undefined && !existsSync(cwd)) return "it can't be started: its working directory does not exist";
  if (code === "ENOENT") return `it can't be started: the command ${command} was not found`;
  return `it can't be started: the command ${command} failed with ${code}`;
}
