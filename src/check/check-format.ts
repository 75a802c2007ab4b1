// The step `format`: whether every Rego file is as `opa fmt` leaves it. It changes none.
import { type Opa, runOpa } from "../policy/opa.ts";
import { countOf, type Finding, type StepOutcome } from "./finding.ts";
import { type PolicyRepository, showOwnFile } from "./policy-repository.ts";

export async function checkFormat(repository: PolicyRepository, opa: Opa): Promise<StepOutcome> {
  const { dir } = repository.folder;
  const { exitCode, stdout } = await runOpa(opa, ["fmt", "--list", "."], { cwd: dir });
  if (exitCode !== 0) return { kind: "skipped", why: "there is Rego that can't be parsed" };
  const files = stdout.split("\n").flatMap((line) => showOwnFile(repository, line.trim() || "..") ?? []);
  const findings = files.map((file): Finding => {
    return { level: "error", rule: "opa-fmt", what: `is not formatted; opa fmt --write ${file}`, file, row: 1 };
  });
  return { kind: "done", summary: countOf(repository.files.length, "file"), findings };
}
