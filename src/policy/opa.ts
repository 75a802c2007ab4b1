// OPA in the version that Regate pins: it parses, checks, tests and compiles every policy.
import { type FoundProgram, findProgram, type PinnedProgram, type ProgramRun, runProgram } from "./run-program.ts";

export const OPA_VERSION = "1.22.2";

export const OPA_PROGRAM: PinnedProgram = {
  name: "OPA",
  command: "opa",
  version: OPA_VERSION,
  versionLine: /^Version: (\S+)$/m,
  remedy:
    `\`make tools\` in a checkout of Regate builds it; elsewhere \`go install github.com/open-policy-agent/opa@v${OPA_VERSION}\`` +
    " or its release, on PATH or named by the variable OPA",
};

export type Opa = FoundProgram;

/** @throws Problem where there is none of the pinned version, or the variable OPA names one that is not */
export async function findOpa(env: NodeJS.ProcessEnv, cwd: string): Promise<Opa> {
  return findProgram(OPA_PROGRAM, env, cwd);
}

/** @throws Problem where it can't be started or takes more than five minutes */
export async function runOpa(
  opa: Opa,
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<ProgramRun> {
  return runProgram(opa, args, options);
}
