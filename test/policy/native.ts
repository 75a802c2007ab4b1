// The samples of this repository as they are written, and what native OPA makes of inputs: the measure for everything else.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { memberOf, scanJson } from "../../src/mcp/json-scan.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { ROOT } from "./support.ts";

export type SampleFile = { readonly name: string; readonly inputText: string; readonly decision: unknown };

const sampleSchema = z.strictObject({ title: z.string(), input: z.unknown(), decision: z.unknown() });
const evalSchema = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.array(z.unknown()) })]) })]),
});

const dir = join(ROOT, "test/samples");

/** Sorted by name; inputs are slices of the files, so that hostile numbers arrive as they are written. */
export async function readSampleFiles(): Promise<readonly SampleFile[]> {
  const files = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(files.map(readSample));
}

async function readSample(name: string): Promise<SampleFile> {
  const text = await readFile(join(dir, name), "utf8");
  const scan = scanJson(text, { maxDepth: 512, tolerant: true });
  const input = scan.kind === "scanned" && scan.root.kind === "object" ? memberOf(scan.root, "input") : undefined;
  if (input === undefined) throw new Error(`${name} has no input`);
  const { decision } = sampleSchema.parse(JSON.parse(text));
  return { name: name.replace(/\.json$/, ""), inputText: text.slice(input.start, input.end), decision };
}

/** What `opa eval` decides by the sources. One process for all: each input is judged as its own. */
export async function judgeNatively(inputTexts: readonly string[]): Promise<readonly unknown[]> {
  const query = "[decision | some i in input; decision := data.regate.decision with input as i]";
  const args = ["eval", "--format", "json", "--data", "rego", "--ignore", "*_test.rego", "--stdin-input", query];
  const input = `[${inputTexts.join(",")}]`;
  const { exitCode, stdout, stderr } = await runOpa(await findOpa(process.env, ROOT), args, { cwd: ROOT, input });
  if (exitCode !== 0) throw new Error(`${stdout}${stderr}`);
  const [{ expressions }] = evalSchema.parse(JSON.parse(stdout)).result;
  return expressions[0].value;
}
