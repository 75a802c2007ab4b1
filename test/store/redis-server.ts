// A real redis-server for tests: on a free port of 127.0.0.1, with its append-only file in a folder of its own, gone when the
// test is over. It can be killed and started again on the same port and files.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROGRAM = process.env.REDIS_SERVER ?? "redis-server";
const PATIENCE_MS = 15_000;
const POLL_MS = 10;

export type RedisServer = {
  readonly port: number;
  readonly url: string;
  /** What it answers to one inline command; a connection of its own. */
  readonly ask: (command: string) => Promise<string>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends it, and removes its files. */
  readonly remove: () => Promise<void>;
};

/** @param args further arguments of redis-server */
export async function startRedis(...args: readonly string[]): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), "regate-redis-"));
  const port = await freePort();
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const kept = ["--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
    const options = ["--port", port, "--bind", "127.0.0.1", ...kept, ...args];
    const child = spawn(PROGRAM, options.map(String), { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const keep = (chunk: Buffer): void => {
      said += String(chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    let problem: string | undefined;
    child.once("error", (error) => {
      problem = `${PROGRAM} can't be started (${error.message}): install redis-server, or name it with REDIS_SERVER=`;
    });
    child.once("exit", (code) => {
      problem ??= `${PROGRAM} ended (${code}): ${said}`;
    });
    running = child;
    for (const begin = Date.now(); !(await answers()); await sleep(POLL_MS)) {
      if (problem !== undefined) throw new Error(problem);
      if (Date.now() - begin > PATIENCE_MS) throw new Error(`${PROGRAM} does not answer: ${said}`);
    }
  }

  async function answers(): Promise<boolean> {
    return /^(?:\+PONG|-NOAUTH)/.test(await ask("PING").catch(() => ""));
  }

  async function ask(command: string): Promise<string> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`${command}\r\n`);
    const [answer] = await once(socket, "data");
    socket.destroy();
    return String(answer);
  }

  async function kill(): Promise<void> {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  process.once("exit", () => running?.kill("SIGKILL"));
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    ask,
    kill,
    start,
    async remove() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Nobody's at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
