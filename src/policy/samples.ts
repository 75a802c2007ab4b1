// Reads the samples of a policy repository: inputs, each with the decision that it must get.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";

export type Sample = {
  /** Below the folder of the samples. */
  readonly name: string;
  readonly title: string;
  readonly inputText: string;
  readonly decision: unknown;
};

const sampleSchema = z.strictObject({ title: z.string(), input: z.looseObject({}), decision: z.looseObject({}) });

/**
 * All samples below `dir`, sorted by name; none where there is no such folder.
 * @throws Problem for a file that is no sample
 */
export async function readSamples(dir: string): Promise<readonly Sample[]> {
  return Promise.all((await listSamples(dir)).map((name) => readSample(dir, name)));
}

/** The names of the samples below `dir`, sorted; none where there is no such folder. */
export async function listSamples(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(".json")).sort();
}

/** @throws Problem where the file is no sample */
export async function readSample(dir: string, name: string): Promise<Sample> {
  const file = join(dir, name);
  try {
    const { title, input, decision } = sampleSchema.parse(JSON.parse(await readFile(file, "utf8")));
    return { name, title, inputText: JSON.stringify(input), decision };
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).replaceAll("\n", " ") : String(error);
    throw new Problem([`${file}: is no sample {"title", "input", "decision"}: ${what}`]);
  }
}
