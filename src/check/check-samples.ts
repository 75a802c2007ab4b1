// The step `samples`: each sample gets the decision that stands in it, from the Rego in OPA and from the bundle's WASM alike, also
// on what the gate leaves of its input for the rules that may speak, and within the budget of fuel. It says which costs most.

import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { CATEGORIES } from "../gate/types.ts";
import { type Engine, fuelBudget } from "../policy/engine.ts";
import { type Opa, runOpa } from "../policy/opa.ts";
import { Projection } from "../policy/projection.ts";
import { listSamples, readSample, type Sample } from "../policy/samples.ts";
import { type IndexedRules, listSpeakers } from "../policy/speakers.ts";
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
/** Of an input that a gate could get. */
const addresseeSchema = z.looseObject({
  server: z.string(),
  tool: z.string().optional(),
  method: z.string().default("tools/call"),
  category: z.enum(CATEGORIES).optional(),
});

type Judged = { readonly sample: Sample; readonly file: string; readonly fuel: number; readonly budget: number };

/** The bundle that was built from the folder. */
export type SampledPolicy = IndexedRules & { readonly engine: Pick<Engine, "evaluate"> };

export async function checkSamples(
  repository: PolicyRepository,
  opa: Opa,
  policy: SampledPolicy,
): Promise<StepOutcome> {
  const { engine } = policy;
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
    const onRest = judgeRest(policy, sample.inputText);
    if (inWasm !== undefined && onRest !== undefined && !isDeepStrictEqual(inWasm, onRest)) {
      const what = `a gate decides otherwise, since its index of what the rules read lacks something: ${describeDifference(inWasm, onRest)}`;
      fail("projection", `${what}; this is a bug of Regate's, please report it`);
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

/** @returns the decision, or the problem, on what the gate leaves of an input; undefined for one that no gate could get */
function judgeRest(policy: SampledPolicy, inputText: string): unknown {
  const addressee = addresseeSchema.safeParse(JSON.parse(inputText)).data;
  if (policy.conditions === undefined || addressee === undefined) return undefined;
  const { category } = addressee;
  const speakers = listSpeakers(policy, addressee, category === undefined ? undefined : [category]);
  const projection = Projection.of(
    policy.conditions.always,
    speakers.map(({ conditions }) => conditions),
  );
  const evaluation = policy.engine.evaluate(projection.projectText(inputText));
  return evaluation.kind === "decided" ? evaluation.decision : evaluation.problem;
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
