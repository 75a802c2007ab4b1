// The step `samples`: each sample gets the decision that stands in it, from the Rego in OPA and from the bundle's WASM alike,
// and within the budget of fuel. It says which of them costs most.

import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Engine, fuelBudget } from "../policy/engine.ts";
import { type Opa, runOpa } from "../policy/opa.ts";
import { listSamples, readSample, type Sample } from "../policy/samples.ts";
import { Problem } from "../problem.ts";
import { countOf, type Finding, findingsOf, type StepOutcome } from "./finding.ts";
import { parseJson } from "./parse-json.ts";
import type { PolicyRepository } from "./policy-repository.ts";

/** Each sample is judged as its own input, by one process. */
const QUERY = "[decision | some i in input; decision := data.regate.decision with input as i]";
/** A sample that takes more of its budget leaves little for inputs that are longer. */
const MUCH = 0.5;

const evalSchema = z.looseObject({
  result: z.tuple([z.looseObject({ expressions: z.tuple([z.looseObject({ value: z.array(z.unknown()) })]) })]),
});
const recordSchema = z.record(z.string(), z.unknown());

type Judged = { readonly sample: Sample; readonly file: string; readonly fuel: number; readonly budget: number };

/** @param engine of the bundle that was built from the folder */
export async function checkSamples(repository: PolicyRepository, opa: Opa, engine: Engine): Promise<StepOutcome> {
  const { samples, faults } = await readSoundSamples(repository);
  if (samples.length + faults.length === 0) {
    const what = `there is no sample in ${repository.samples.shown}: inputs with the decision that each must get`;
    return { kind: "done", summary: "no sample", findings: [{ level: "warning", rule: "samples", what }] };
  }
  const native = await judgeNatively(repository, opa, samples);
  const findings: Finding[] = [...faults];
  let costliest: Judged | undefined;
  for (const [index, sample] of samples.entries()) {
    const file = join(repository.samples.shown, sample.name);
    const fail = (rule: string, what: string, level: Finding["level"] = "error"): void => {
      findings.push({ level, rule, what, file, row: 1 });
    };
    const evaluation = engine.evaluate(sample.inputText);
    const inWasm = evaluation.kind === "decided" ? evaluation.decision : undefined;
    if (evaluation.kind === "failed") fail("samples", evaluation.problem);
    else if (!isDeepStrictEqual(inWasm, native[index])) {
      fail("native-wasm", `OPA and the bundle differ: ${describeDifference(native[index], inWasm)}`);
    } else if (!isDeepStrictEqual(inWasm, sample.decision)) {
      fail("samples", `another decision than it must get: ${describeDifference(sample.decision, inWasm)}`);
    }
    const judged = { sample, file, fuel: evaluation.fuel, budget: fuelBudget(Buffer.byteLength(sample.inputText)) };
    if (judged.fuel > judged.budget * MUCH && evaluation.kind === "decided") {
      fail("fuel", `takes ${describeCost(judged)} of fuel`, "warning");
    }
    if (costliest === undefined || shareOf(judged) > shareOf(costliest)) costliest = judged;
  }
  const cost = costliest === undefined ? "" : `; at most ${describeCost(costliest)} of fuel, ${costliest.file}`;
  return { kind: "done", summary: `${countOf(samples.length, "sample")}, alike in OPA and WASM${cost}`, findings };
}

/** All that can be read, and a finding for each that can't. */
export async function readSoundSamples({ samples: { dir, shown } }: PolicyRepository): Promise<{
  readonly samples: readonly Sample[];
  readonly faults: readonly Finding[];
}> {
  const samples: Sample[] = [];
  const faults: Finding[] = [];
  for (const name of await listSamples(dir)) {
    try {
      samples.push(await readSample(dir, name, shown));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      faults.push(...findingsOf(error.lines, "samples"));
    }
  }
  return { samples, faults };
}

async function judgeNatively(
  { folder, shipped }: PolicyRepository,
  opa: Opa,
  samples: readonly Sample[],
): Promise<readonly unknown[]> {
  const data = [".", ...shipped].flatMap((path) => ["--data", path]);
  const args = ["eval", "--format", "json", ...data, "--ignore", "*_test.rego", "--stdin-input", QUERY];
  const input = `[${samples.map(({ inputText }) => inputText).join(",")}]`;
  const { stdout, stderr } = await runOpa(opa, args, { cwd: folder.dir, input });
  const parsed = evalSchema.safeParse(parseJson(stdout));
  const decisions = parsed.data?.result[0].expressions[0].value;
  if (decisions?.length === samples.length) return decisions;
  throw new Problem([`OPA can't judge the samples: ${(stderr || stdout).trim()}`]);
}

/** `action is "deny", not "allow"`, for each field that differs. */
function describeDifference(expected: unknown, got: unknown): string {
  const [wanted, found] = [recordSchema.safeParse(expected), recordSchema.safeParse(got)];
  if (!wanted.success || !found.success) return `${JSON.stringify(got)}, not ${JSON.stringify(expected)}`;
  const fields = [...new Set([...Object.keys(wanted.data), ...Object.keys(found.data)])];
  return fields
    .filter((field) => !isDeepStrictEqual(wanted.data[field], found.data[field]))
    .map((field) => `${field} is ${JSON.stringify(found.data[field])}, not ${JSON.stringify(wanted.data[field])}`)
    .join("; ");
}

function shareOf({ fuel, budget }: Judged): number {
  return fuel / budget;
}

function describeCost({ fuel, budget }: Judged): string {
  const percent = Math.ceil((fuel / budget) * 100);
  return `${fuel.toLocaleString("en-US")} of ${budget.toLocaleString("en-US")} units (${percent} %)`;
}
