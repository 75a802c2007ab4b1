// The whole gate of a policy, step by step: each is made even where one before it failed, as long as it can say something
// new. What one step has said of a row, a later one does not say again.
import { join } from "node:path";
import { type BuiltBundle, buildBundle } from "../policy/build/compose.ts";
import { readConditions } from "../policy/conditions.ts";
import { openPolicy } from "../policy/diff/compare-policies.ts";
import { createEngine } from "../policy/engine.ts";
import type { Opa } from "../policy/opa.ts";
import type { Regal } from "../policy/regal.ts";
import { listServers } from "../policy/rule-index.ts";
import { readToolSchemas } from "../policy/tool-schemas.ts";
import { Problem } from "../problem.ts";
import { makeScratch, removeScratch } from "../scratch.ts";
import { auditPolicy } from "./audit/audit.ts";
import type { AuditFinding } from "./audit/finding.ts";
import { checkFormat } from "./check-format.ts";
import { checkSamples, readSoundSamples, type SampledPolicy } from "./check-samples.ts";
import { checkTypes } from "./check-types.ts";
import {
  countOf,
  type Finding,
  findingsOf,
  STEPS,
  type StepName,
  type StepOutcome,
  type StepReport,
  sortFindings,
} from "./finding.ts";
import { knowTools } from "./known-tools.ts";
import { lint } from "./lint.ts";
import { lintPolicy } from "./policy-lint/lint-policy.ts";
import { openRepository, type PolicyRepository } from "./policy-repository.ts";
import { runTests } from "./run-tests.ts";

export type StepsOptions = {
  readonly opa: Opa;
  /** Found when lint needs it. @throws Problem where there is none */
  readonly findRegal: () => Promise<Regal>;
  readonly skip: ReadonlySet<StepName>;
  /** Called as each step is done. */
  readonly onStep: (report: StepReport) => void;
};

/** What steps hand on to those that follow. */
type Progress = {
  isParsed: boolean;
  built?: BuiltBundle;
  /** Each `file:row` that OPA's compiler has found something in. */
  told: ReadonlySet<string>;
};

const UNPARSED: StepOutcome = { kind: "skipped", why: "check says what can't be parsed" };
const UNBUILT: StepOutcome = { kind: "skipped", why: "nothing was built" };

/**
 * @param shown the policy folder as the person named it
 * @throws Problem where there is no such folder
 */
export async function runSteps(shown: string, cwd: string, options: StepsOptions): Promise<readonly StepReport[]> {
  const scratch = makeScratch("test");
  try {
    const repository = await openRepository(shown, cwd, scratch);
    const progress: Progress = { isParsed: true, told: new Set() };
    const reports: StepReport[] = [];
    for (const name of STEPS) {
      const outcome: StepOutcome = options.skip.has(name)
        ? { kind: "skipped", why: "as asked" }
        : await runStep(name, repository, options, progress, scratch);
      const report = { name, outcome: sorted(outcome) };
      options.onStep(report);
      reports.push(report);
    }
    return reports;
  } finally {
    await removeScratch(scratch);
  }
}

async function runStep(
  name: StepName,
  repository: PolicyRepository,
  { opa, findRegal }: StepsOptions,
  progress: Progress,
  scratch: string,
): Promise<StepOutcome> {
  switch (name) {
    case "format":
      return checkFormat(repository, opa);
    case "check": {
      const { outcome, isParsed } = await checkTypes(repository, opa, scratch);
      progress.isParsed = isParsed;
      if (outcome.kind === "done") progress.told = new Set(outcome.findings.map(placeOf));
      return outcome;
    }
    case "lint": {
      if (!progress.isParsed) return UNPARSED;
      const regal = await findRegal().catch(problemOf);
      if (typeof regal === "string") return { kind: "unable", problem: `${regal}; --skip lint goes without` };
      const outcome = await lint(repository, regal, scratch);
      if (outcome.kind !== "done") return outcome;
      const more = (await lintPolicy(repository, opa)).filter((finding) => !progress.told.has(placeOf(finding)));
      return { ...outcome, findings: [...outcome.findings, ...more] };
    }
    case "test":
      return progress.isParsed ? withoutTold(await runTests(repository, opa), progress) : UNPARSED;
    case "build":
      return progress.isParsed ? withoutTold(await build(repository, opa, progress), progress) : UNPARSED;
    case "samples":
      if (progress.built === undefined) return UNBUILT;
      return checkSamples(repository, opa, await openSampled(progress.built));
    case "audit":
      return progress.built === undefined ? UNBUILT : audit(repository, progress.built);
  }
}

async function openSampled({ bundle }: BuiltBundle): Promise<SampledPolicy> {
  const { rules } = bundle;
  return { engine: await createEngine(bundle), rules, conditions: readConditions(bundle.conditions) };
}

async function build(repository: PolicyRepository, opa: Opa, progress: Progress): Promise<StepOutcome> {
  try {
    const built = await buildBundle(repository.folder, opa);
    progress.built = built;
    const { revision, rules } = built.bundle;
    const sizes = [countOf(rules.size, "rule"), countOf(listServers(rules).length, "server")];
    return {
      kind: "done",
      summary: `revision ${revision}, ${sizes.join(", ")}, ${countOf(built.bytes.length, "byte")}`,
      findings: [],
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: "done", summary: "nothing was built", findings: findingsOf(error.lines, "build") };
  }
}

async function audit(repository: PolicyRepository, { bundle }: BuiltBundle): Promise<StepOutcome> {
  const policy = await openPolicy(bundle, true);
  const known = knowTools(policy.catalogue, await readToolSchemas(join(repository.schemas.dir, "tools")));
  // a file that is no sample is for the step `samples` to tell
  const { samples } = await readSoundSamples(repository);
  const { observation, findings } = auditPolicy(policy, samples, known);
  const tools = observation.targets.filter(({ target }) => target.tool !== undefined).length;
  const tried = `${countOf(observation.generated, "generated input")}, ${countOf(samples.length, "sample")}`;
  return {
    kind: "done",
    summary: `${countOf(tools, "tool")}, ${tried}`,
    findings: findings.map((one) => showPlace(repository, one)),
  };
}

/** What lies in the bundle and not in the folder is for nobody to mend there. */
function showPlace(repository: PolicyRepository, { file, row, ...finding }: AuditFinding): AuditFinding {
  if (file === undefined || row === undefined || !repository.files.includes(file)) return finding;
  return { ...finding, file: join(repository.folder.shown, file), row };
}

/** What the compiler says, it says to whoever calls it. */
function withoutTold(outcome: StepOutcome, { told }: Progress): StepOutcome {
  if (outcome.kind !== "done") return outcome;
  const findings = outcome.findings.filter((finding) => !told.has(placeOf(finding)));
  if (findings.length === 0 && outcome.findings.length > 0)
    return { kind: "skipped", why: "check says why it can't be" };
  return { ...outcome, findings };
}

function sorted(outcome: StepOutcome): StepOutcome {
  return outcome.kind === "done" ? { ...outcome, findings: sortFindings(outcome.findings) } : outcome;
}

function placeOf({ file, row }: Finding): string {
  return `${file}:${row}`;
}

function problemOf(error: unknown): string {
  if (error instanceof Problem) return error.lines.join("; ");
  throw error;
}
