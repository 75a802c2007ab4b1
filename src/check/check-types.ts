// The step `check`: what OPA's compiler finds, strictly, with types from the schemas. A policy may call only what the engine
// has; its tests run in OPA and may call everything.
import { join } from "node:path";
import { listFaults, type OpaFault } from "../policy/build/faults.ts";
import { copySchemas } from "../policy/build/schemas.ts";
import { type Opa, runOpa } from "../policy/opa.ts";
import { SHIPPED_CAPABILITIES } from "../policy/shipped.ts";
import { countOf, type Finding, type StepOutcome } from "./finding.ts";
import { type PolicyRepository, showOwnFile } from "./policy-repository.ts";

/** Whether anything can be said of the policy, or OPA already stops at the syntax of a file. */
export type TypesChecked = { readonly outcome: StepOutcome; readonly isParsed: boolean };

const ALL_ERRORS = ["--max-errors", "0"];

/** @param scratch an absolute folder to write to */
export async function checkTypes(repository: PolicyRepository, opa: Opa, scratch: string): Promise<TypesChecked> {
  const schemas = join(scratch, "schemas");
  await copySchemas(repository.folder, schemas);
  const common = ["check", "--strict", "--format", "json", ...ALL_ERRORS, "--schema", schemas];
  const what = [".", ...repository.shipped];
  const runs = await Promise.all(
    [["--capabilities", SHIPPED_CAPABILITIES, "--ignore", "*_test.rego"], []].map(async (more) => {
      const { exitCode, stdout, stderr } = await runOpa(opa, [...common, ...more, ...what], {
        cwd: repository.folder.dir,
      });
      return exitCode === 0 ? [] : listFaults(stderr || stdout);
    }),
  );
  const faults = new Map(runs.flat().map((fault) => [JSON.stringify(fault), fault]));
  const findings = [...faults.values()].map((fault) => describe(repository, schemas, fault));
  const isParsed = ![...faults.values()].some(({ code }) => code === "rego_parse_error");
  return {
    outcome: { kind: "done", summary: countOf(repository.files.length, "file"), findings },
    isParsed,
  };
}

function describe(repository: PolicyRepository, schemas: string, { file, row, column, what }: OpaFault): Finding {
  const message = what.replaceAll(schemas, repository.schemas.shown);
  if (file === undefined) return { level: "error", rule: "opa-check", what: message };
  const shown = showOwnFile(repository, file) ?? file;
  return {
    level: "error",
    rule: "opa-check",
    what: message,
    file: shown,
    ...(row !== undefined && { row }),
    ...(column !== undefined && { column }),
  };
}
