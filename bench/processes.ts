// The processes that take part in a measurement.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const children: ChildProcess[] = [];

/** Starts a server and waits for the line that gives its URL. */
export function start(command: string, args: readonly string[], line = /^(http:\S+)/): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    child.once("exit", (code) => reject(new Error(`${command} ${args.join(" ")} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (text) => {
      const url = line.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Runs a command to its end; rejects where that is not 0. */
export function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")} ended with ${code}`)),
    );
  });
}

/** Stops what was started; resolves when all of it is gone. */
export async function stopAll(): Promise<void> {
  const stopped = children.splice(0).map((child) => {
    child.removeAllListeners("exit");
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    return gone;
  });
  await Promise.all(stopped);
}
