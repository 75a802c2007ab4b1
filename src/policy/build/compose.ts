// Builds a bundle: the shipped library and a user's own policy, each with its roots, checked and compiled by OPA in a
// scratch folder with relative paths, so that the same sources give the same bytes wherever they lie. It answers bytes and
// writes nothing outside the scratch folder. What it answers has been loaded by the gate's own engine.
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../problem.ts";
import { makeScratch, removeScratch } from "../../scratch.ts";
import { type Bundle, ENTRYPOINTS, parseBundle, RESULT_ENTRYPOINT } from "../bundle.ts";
import { toJson } from "../conditions.ts";
import { createEngine } from "../engine.ts";
import { MASK_ENTRYPOINT } from "../log-masks.ts";
import { type Opa, runOpa } from "../opa.ts";
import { SHIPPED_CAPABILITIES } from "../shipped.ts";
import { checkAnswerFields, checkInputFields, checkNegations } from "./check-reads.ts";
import { readFaults } from "./faults.ts";
import { indexAnswerRules } from "./index-answer-rules.ts";
import { indexConditions } from "./index-conditions.ts";
import { indexRules } from "./index-rules.ts";
import { type LogPolicy, readLogPolicy } from "./log-policy.ts";
import type { Module } from "./module.ts";
import { readPolicy, refuseFaults, writeSources } from "./read-policy.ts";
import { computeRevision } from "./revision.ts";
import { checkForms } from "./rule-form.ts";
import { copySchemas } from "./schemas.ts";
import { type PolicyFolder, readLibrary, readVendoredLibrary, type Source } from "./sources.ts";
import { findSpeakingRules } from "./speaking-rules.ts";

const LIBRARY_ROOTS = ["regate"];
const OWN_ROOTS = ["policy", "catalogue", "conditions", "results", "rules"];
const BUNDLES = ["library", "own"];
const CAPABILITIES = ["--capabilities", "capabilities.json"];

export type BuiltBundle = { readonly bytes: Buffer; readonly bundle: Bundle };

/** Whose library goes in: the shipped one, which a copy in the folder must equal, or that copy, where there is one. */
export type LibraryChoice = "shipped" | "vendored";

/** By what OPA signs the bundle. */
export type Signing = {
  /** Absolute. */
  readonly keyFile: string;
  readonly algorithm: string;
  /** What is signed besides the files. */
  readonly claims: Readonly<Record<string, unknown>>;
};

/** @throws Problem with a line for each fault in the policy */
export async function buildBundle(
  folder: PolicyFolder,
  opa: Opa,
  choice: LibraryChoice = "shipped",
  signing?: Signing,
): Promise<BuiltBundle> {
  const scratch = makeScratch("build");
  try {
    const vendored = choice === "vendored" ? await readVendoredLibrary(folder) : [];
    return await buildIn(scratch, folder, vendored.length > 0 ? vendored : await readLibrary(), opa, signing);
  } finally {
    await removeScratch(scratch);
  }
}

async function buildIn(
  scratch: string,
  folder: PolicyFolder,
  library: readonly Source[],
  opa: Opa,
  signing: Signing | undefined,
): Promise<BuiltBundle> {
  const { given, defaults, modules } = await readPolicy(scratch, folder, library, opa);
  const files = new Set(modules.map(({ file }) => file));
  const own = [...given.rego.filter(({ path }) => files.has(path)), ...defaults, ...given.catalogue];
  await writeSources(join(scratch, "library"), [...library, manifest(LIBRARY_ROOTS)]);
  const log = readLogPolicy(modules);
  const { generated, judgesAnswers } = await checkRules(opa, scratch, folder, modules, log);
  await writeSources(join(scratch, "own"), [...own, manifest(OWN_ROOTS), ...generated]);
  await copyFile(SHIPPED_CAPABILITIES, join(scratch, "capabilities.json"));

  await checkWithOpa(opa, scratch, folder);
  const entrypoints = [
    ...ENTRYPOINTS,
    ...(log.masks.length > 0 ? [MASK_ENTRYPOINT] : []),
    ...(judgesAnswers ? [RESULT_ENTRYPOINT] : []),
  ];
  return compile(opa, scratch, folder, entrypoints, [
    "--revision",
    computeRevision([...library, ...own]),
    ...(await signingArgs(scratch, signing)),
  ]);
}

/** @returns what is generated from the rules, and whether any speaks to answers */
async function checkRules(
  opa: Opa,
  scratch: string,
  folder: PolicyFolder,
  modules: readonly Module[],
  log: LogPolicy,
): Promise<{ readonly generated: readonly Source[]; readonly judgesAnswers: boolean }> {
  const { rules, answers, faults } = findSpeakingRules(modules);
  const spoken = [...rules, ...answers];
  const { faults: doubled } = indexRules(spoken);
  const conditions = indexConditions(modules, rules, log.masks);
  const indexed = indexAnswerRules(modules, answers);
  const forms = await checkForms(opa, scratch, spoken);
  refuseFaults(folder, [
    ...faults,
    ...log.faults,
    ...forms,
    ...checkNegations(spoken),
    ...checkInputFields(modules),
    ...checkAnswerFields(rules, conditions),
    ...indexed.faults,
    ...doubled,
  ]);
  const generated = [
    jsonSource("rules/data.json", Object.fromEntries(indexRules(rules).index)),
    jsonSource("conditions/data.json", toJson(conditions)),
    ...(answers.length > 0 ? [jsonSource("results/data.json", Object.fromEntries(indexed.index))] : []),
  ];
  return { generated, judgesAnswers: answers.length > 0 };
}

/** As a bundle, because only then OPA sees data that shadows a rule. */
async function checkWithOpa(opa: Opa, scratch: string, folder: PolicyFolder): Promise<void> {
  await copySchemas(folder, join(scratch, "schemas"));
  const args = [
    "check",
    "--strict",
    "--bundle",
    "--format",
    "json",
    "--schema",
    "schemas",
    ...CAPABILITIES,
    ...BUNDLES,
  ];
  const { exitCode, stdout, stderr } = await runOpa(opa, args, { cwd: scratch });
  if (exitCode !== 0) throw new Problem(readFaults(stderr || stdout, (path) => showPath(folder, path)));
}

async function compile(
  opa: Opa,
  scratch: string,
  folder: PolicyFolder,
  names: readonly string[],
  more: readonly string[],
): Promise<BuiltBundle> {
  const entrypoints = names.flatMap((entrypoint) => ["--entrypoint", entrypoint]);
  const output = [...more, "--output", "bundle.tar.gz"];
  const args = ["build", "--bundle", "--target", "wasm", ...entrypoints, ...output, ...CAPABILITIES, ...BUNDLES];
  const { exitCode, stdout, stderr } = await runOpa(opa, args, { cwd: scratch });
  if (exitCode !== 0) throw new Problem(readFaults(stderr || stdout, (path) => showPath(folder, path)));
  const bytes = await readFile(join(scratch, "bundle.tar.gz"));
  const bundle = await parseBundle(bytes, folder.shown);
  await createEngine(bundle);
  return { bytes, bundle };
}

/** From a path in the scratch folder to the one that the person knows. */
function showPath(folder: PolicyFolder, path: string): string {
  if (path.startsWith("own/")) return join(folder.shown, path.slice("own/".length));
  return path.replace(/^library\//, "the shipped ");
}

async function signingArgs(scratch: string, signing: Signing | undefined): Promise<readonly string[]> {
  if (signing === undefined) return [];
  const { keyFile, algorithm, claims } = signing;
  const args = ["--signing-key", keyFile, "--signing-alg", algorithm];
  if (Object.keys(claims).length === 0) return args;
  await writeSources(scratch, [jsonSource("claims.json", claims)]);
  return [...args, "--claims-file", "claims.json"];
}

function manifest(roots: readonly string[]): Source {
  return jsonSource(".manifest", { roots });
}

function jsonSource(path: string, value: unknown): Source {
  return { path, bytes: new TextEncoder().encode(JSON.stringify(value)) };
}
