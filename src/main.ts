#!/usr/bin/env node
// The process around a command: its streams, its exit code. The only place that ends the process.
import type { CommandIo } from "./cli/command.ts";
import { runCommand } from "./cli/commands.ts";
import { wantsColour } from "./cli/paint.ts";
import { enableCompileCache } from "./compile-cache.ts";
import { removeTemporaries } from "./scratch.ts";

/**
 * EX_SOFTWARE: a bug of ours, told apart from what a command finds (1) and from wrong use (2). Who runs a hook goes on at any
 * code but 2.
 */
const EXIT_BUG = process.argv[2] === "hook" ? 2 : 70;
/** As a shell tells an end by a signal. */
const EXIT_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const CLEAR_LINE = "\r\u001b[K";
const isServing = ["serve", "dev"].includes(process.argv[2] ?? "");

const io: CommandIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  drained: waitForStdout,
  backlogBytes: () => process.stderr.writableLength,
  isTerminal: process.stderr.isTTY === true,
  isColoured: wantsColour(process.env, process.stdout.isTTY === true),
  ...(process.stdin.isTTY === true && process.stderr.isTTY === true && { ask }),
  env: process.env,
  cwd: process.cwd(),
  stdin: readStdin,
};

// Commands load what they need when they run, as it was compiled the last time.
enableCompileCache(process.env);

let ending = false;
process.on("uncaughtException", (error) => void endWithBug(error));
// Whoever read us has seen enough (`regate ... | head`). A gate goes on: it is there for its clients, not for who reads its log.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (!isServing) process.exit(error.code === "EPIPE" ? 0 : EXIT_BUG);
});
process.stderr.on("error", () => {});
// A limit on the size of files is a full disk to a gate, and no reason to die.
if (isServing) process.on("SIGXFSZ", () => {});
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // a gate and a relay end in their own way; told so again, they end as anything else
    if (process.listenerCount(signal) === 1) endBySignal(EXIT_SIGNALS[signal]);
  });

void runCommand(process.argv.slice(2), io).then(end).catch(endWithBug);

function waitForStdout(): Promise<void> | undefined {
  if (!process.stdout.writableNeedDrain) return undefined;
  return new Promise((resolve) => process.stdout.once("drain", resolve));
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return await new Promise((answer) => {
    lines.once("close", () => answer(""));
    lines.once("SIGINT", () => endBySignal(EXIT_SIGNALS.SIGINT));
    lines.question(question, (text) => {
      answer(text);
      lines.close();
    });
  });
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function endWithBug(error: unknown): Promise<void> {
  // a fault while ending must not begin it again
  if (ending) process.exit(EXIT_BUG);
  ending = true;
  const detail = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`regate: internal error; please report it with this text\n${detail}\n`);
  await end(EXIT_BUG);
}

/** What was begun is taken away, and nothing is waited for. */
function endBySignal(code: number): never {
  removeTemporaries();
  if (process.stderr.isTTY === true) process.stderr.write(CLEAR_LINE);
  process.exit(code);
}

/** Ends when all that was printed has been taken: a pipe is written to in the background. */
async function end(code: number): Promise<void> {
  process.exitCode = code;
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((taken) => stream.write("", taken));
  }
  process.exit(code);
}
