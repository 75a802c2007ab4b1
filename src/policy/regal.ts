// Regal in the version that Regate pins: it lints policies, by its own rules and by Regate's (.regal/rules).
import { type FoundProgram, findProgram, type PinnedProgram, type ProgramRun, runProgram } from "./run-program.ts";

export const REGAL_VERSION = "0.38.1";

const MODULE = "github.com/open-policy-agent/regal";

export const REGAL_PROGRAM: PinnedProgram = {
  name: "Regal",
  command: "regal",
  version: REGAL_VERSION,
  versionLine: /^Version:\s+(\S+)$/m,
  remedy:
    `\`make tools\` in a checkout of Regate builds it; elsewhere \`go install -ldflags "-X ${MODULE}/pkg/version.Version=${REGAL_VERSION}" ` +
    `${MODULE}@v${REGAL_VERSION}\` or its release, on PATH or named by the variable REGAL`,
};

export type Regal = FoundProgram;

/** @throws Problem where there is none of the pinned version, or the variable REGAL names one that is not */
export async function findRegal(env: NodeJS.ProcessEnv, cwd: string): Promise<Regal> {
  return findProgram(REGAL_PROGRAM, env, cwd);
}

/** @throws Problem where it can't be started or takes more than five minutes */
export async function runRegal(
  regal: Regal,
  args: readonly string[],
  options: { readonly cwd: string },
): Promise<ProgramRun> {
  return runProgram(regal, args, options);
}
