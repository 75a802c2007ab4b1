// Finds OPA, in exactly the version that Regate pins, and runs it: without a shell, in a folder of the caller's choice and
// without its environment (OPA takes flags from OPA_* variables, and a bundle must not depend on who builds it). What
// OPA's answers mean is for the caller.
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { Problem } from "../problem.ts";
import { SHIPPED_ROOT } from "./shipped.ts";

export const OPA_VERSION = "1.22.2";

const TIMEOUT_MS = 300_000;
const REMEDY =
  `\`make tools\` in a checkout of Regate builds it; elsewhere \`go install github.com/open-policy-agent/opa@v${OPA_VERSION}\`` +
  " or its release, on PATH or named by the variable OPA";

/** An OPA binary of the pinned version, by its absolute path. */
export type Opa = { readonly file: string };

export type OpaRun = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/**
 * Looks at the variable OPA, then at the checkout's .tools/opa, then through PATH.
 * @param cwd that a relative OPA starts from
 * @throws Problem where there is none of the pinned version, or OPA names one that is not
 */
export async function findOpa(env: NodeJS.ProcessEnv, cwd: string): Promise<Opa> {
  if (env.OPA !== undefined && env.OPA !== "") {
    const file = resolve(cwd, env.OPA);
    const version = await readVersion(file);
    if (version === OPA_VERSION) return { file };
    const found = version === undefined ? "is not an OPA that runs" : `is version ${version}`;
    throw new Problem([`OPA=${env.OPA} ${found}; ${OPA_VERSION} is needed: ${REMEDY}`]);
  }
  const folders = [join(SHIPPED_ROOT, ".tools"), ...(env.PATH ?? "").split(delimiter).filter((path) => path !== "")];
  for (const folder of folders) {
    const file = resolve(cwd, folder, "opa");
    if ((await readVersion(file)) === OPA_VERSION) return { file };
  }
  throw new Problem([`OPA ${OPA_VERSION} is needed and was not found: ${REMEDY}`]);
}

/**
 * Runs one command of OPA to its end.
 * @param options.cwd absolute; the paths in `args` are relative to it
 * @param options.input standard input
 * @throws Problem where it can't be started or takes more than five minutes
 */
export async function runOpa(
  opa: Opa,
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<OpaRun> {
  return await new Promise((done, fail) => {
    const child = spawn(opa.file, args, { cwd: options.cwd, env: {}, timeout: TIMEOUT_MS, killSignal: "SIGKILL" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => undefined); // it may end without reading all; its exit code says why
    child.on("error", (error) => fail(new Problem([`${opa.file}: cannot be run (${error.message}); ${REMEDY}`])));
    child.on("close", (exitCode) => {
      if (exitCode === null) fail(new Problem([`opa ${args[0]} was stopped after ${TIMEOUT_MS / 1000} s`]));
      else done({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin.end(options.input ?? "");
  });
}

/** @returns undefined where the file is no OPA that runs */
async function readVersion(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    const { stdout } = await runOpa({ file }, ["version"], { cwd: SHIPPED_ROOT });
    return /^Version: (\S+)$/m.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
