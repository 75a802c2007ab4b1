// `gate.json` in the state folder: where the running gate can be reached, for the commands that talk to it. It may outlive
// the gate: whoever connects has what listens there prove that it holds the file's secret (src/cli/gate-connection.ts).
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, Problem } from "../problem.ts";

const schema = z.object({
  pid: z.int().positive(),
  url: z.url({ protocol: /^http$/ }),
  instance: z.uuid(),
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  startedUnixMs: z.number(),
});

export type RunningGate = {
  readonly pid: number;
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** UUID of this run of the gate; it answers it in the header `Regate-Instance`, to anyone. */
  readonly instance: string;
  /** Of this run of the gate, 32 bytes in base64url: never sent anywhere, never logged. */
  readonly secret: string;
  readonly startedUnixMs: number;
};

/** Base URL at which this machine reaches the gate: one that listens on every address is reached by this machine's own. */
export function reachableUrl({ url }: Pick<RunningGate, "url">): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/**
 * Written when the gate listens.
 * @param state the state folder, absolute
 * @throws Problem where it can't be
 */
export function writeRunningGate(state: string, gate: RunningGate): void {
  const half = `${fileIn(state)}.${gate.pid}`;
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    rmSync(half, { force: true });
    writeFileSync(half, `${JSON.stringify(gate)}\n`, { mode: 0o600, flag: "wx" });
    renameSync(half, fileIn(state));
  } catch (error) {
    throw new Problem([
      `${fileIn(state)}: it can't be written (${messageOf(error)}): make room on its disk, and its folder writable`,
    ]);
  }
}

/** What was written last: the gate may have died since. Undefined where nothing is there, or not all of it. */
export function readRunningGate(state: string): RunningGate | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(fileIn(state), "utf8")));
  } catch {
    return undefined;
  }
}

/** Removed when the gate stops; the file of another run stays. */
export function removeRunningGate(state: string, instance: string): void {
  if (readRunningGate(state)?.instance === instance) rmSync(fileIn(state), { force: true });
}

function fileIn(state: string): string {
  return join(state, "gate.json");
}
