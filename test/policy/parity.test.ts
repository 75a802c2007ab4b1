// Every sample gets the decision that stands beside it, from the Rego sources in native OPA and from the bundle's WASM
// alike. Inputs are taken as slices of the files, so that hostile numbers arrive as they are written.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { memberOf, scanJson } from "../../src/mcp/json-scan.ts";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { buildFolder, ROOT } from "./support.ts";

type Sample = { readonly name: string; readonly inputText: string; readonly decision: unknown };

const sampleSchema = z.strictObject({ title: z.string(), input: z.unknown(), decision: z.unknown() });
const evalSchema = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.array(z.unknown()) })]) })]),
});

const dir = join(ROOT, "test/samples");
const files = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith(".json")).sort();
const samples = await Promise.all(files.map(readSample));

async function readSample(name: string): Promise<Sample> {
  const text = await readFile(join(dir, name), "utf8");
  const scan = scanJson(text, { maxDepth: 512, tolerant: true });
  const input = scan.kind === "scanned" && scan.root.kind === "object" ? memberOf(scan.root, "input") : undefined;
  if (input === undefined) throw new Error(`${name} has no input`);
  const { decision } = sampleSchema.parse(JSON.parse(text));
  return { name: name.replace(/\.json$/, ""), inputText: text.slice(input.start, input.end), decision };
}

/** One process for all: each sample is judged as its own input. */
async function judgeNatively(): Promise<readonly unknown[]> {
  const query = "[decision | some i in input; decision := data.regate.decision with input as i]";
  const args = ["eval", "--format", "json", "--data", "rego", "--ignore", "*_test.rego", "--stdin-input", query];
  const input = `[${samples.map(({ inputText }) => inputText).join(",")}]`;
  const { exitCode, stdout, stderr } = await runOpa(await findOpa(process.env, ROOT), args, { cwd: ROOT, input });
  if (exitCode !== 0) throw new Error(`${stdout}${stderr}`);
  const [{ expressions }] = evalSchema.parse(JSON.parse(stdout)).result;
  return expressions[0].value;
}

let native: readonly unknown[];
let engine: Engine;

beforeAll(async () => {
  native = await judgeNatively();
  engine = await createEngine((await buildFolder(join(ROOT, "rego"))).bundle);
}, 60_000);

test("there are samples, and native OPA judges each of them", () => {
  expect(samples.length).toBeGreaterThan(50);
  expect(native).toHaveLength(samples.length);
});

describe.each(samples.map((sample, index) => ({ ...sample, index })))("$name", ({ inputText, decision, index }) => {
  test("natively", () => {
    expect(native[index]).toEqual(decision);
  });

  test("in WASM", () => {
    const evaluation = engine.evaluate(inputText);
    expect(evaluation.kind === "decided" ? evaluation.decision : evaluation).toEqual(decision);
  });
});
