// Finds a program of exactly the version that Regate pins, and runs it: without a shell, in a folder of the caller's choice
// and without its environment (OPA takes flags from OPA_* variables, and a bundle must not depend on who builds it). What
// the answers mean is for the caller.
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { Problem } from "../problem.ts";
import { SHIPPED_ROOT } from "./shipped.ts";

export type PinnedProgram = {
  /** As people call it. */
  readonly name: string;
  /** As the file is called; the variable that names another file is this in capitals. */
  readonly command: string;
  readonly version: string;
  /** What its `version` prints, with the version as the first group. */
  readonly versionLine: RegExp;
  /** How to get it. */
  readonly remedy: string;
};

/** A binary of the pinned version, by its absolute path. */
export type FoundProgram = { readonly program: PinnedProgram; readonly file: string };

export type ProgramRun = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const TIMEOUT_MS = 300_000;

/**
 * Looks at the program's variable, then at the checkout's .tools, then through PATH.
 * @param cwd that a relative file in the variable starts from
 * @throws Problem where there is none of the pinned version, or the variable names one that is not
 */
export async function findProgram(program: PinnedProgram, env: NodeJS.ProcessEnv, cwd: string): Promise<FoundProgram> {
  const { name, command, version, remedy } = program;
  const variable = command.toUpperCase();
  const named = env[variable];
  if (named !== undefined && named !== "") {
    const file = resolve(cwd, named);
    const found = await readVersion({ program, file });
    if (found === version) return { program, file };
    const what = found === undefined ? `is no ${name} that runs` : `is version ${found}`;
    throw new Problem([`${variable}=${named} ${what}; ${version} is needed: ${remedy}`]);
  }
  const folders = [join(SHIPPED_ROOT, ".tools"), ...(env.PATH ?? "").split(delimiter).filter((path) => path !== "")];
  for (const folder of folders) {
    const file = resolve(cwd, folder, command);
    if ((await readVersion({ program, file })) === version) return { program, file };
  }
  throw new Problem([`${name} ${version} is needed and was not found: ${remedy}`]);
}

/**
 * Runs one command of the program to its end.
 * @param options.cwd absolute; the paths in `args` are relative to it
 * @param options.input standard input
 * @throws Problem where it can't be started or takes more than five minutes
 */
export async function runProgram(
  { program, file }: FoundProgram,
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<ProgramRun> {
  return await new Promise((done, fail) => {
    const child = spawn(file, args, { cwd: options.cwd, env: {}, timeout: TIMEOUT_MS, killSignal: "SIGKILL" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => undefined); // it may end without reading all; its exit code says why
    child.on("error", (error) => fail(new Problem([`${file}: cannot be run (${error.message}); ${program.remedy}`])));
    child.on("close", (exitCode) => {
      if (exitCode === null)
        fail(new Problem([`${program.command} ${args[0]} was stopped after ${TIMEOUT_MS / 1000} s`]));
      else done({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin.end(options.input ?? "");
  });
}

/** @returns undefined where the file is no such program that runs */
async function readVersion(found: FoundProgram): Promise<string | undefined> {
  try {
    await access(found.file, constants.X_OK);
    const { stdout } = await runProgram(found, ["version"], { cwd: SHIPPED_ROOT });
    return found.program.versionLine.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
