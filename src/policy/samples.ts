// Reads the samples of a policy repository: inputs, each with the decision that it must get.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { compactJson, sliceMember } from "./json-member.ts";

export type Sample = {
  /** Below the folder of the samples. */
  readonly name: string;
  readonly title: string;
  /** The input as it is written: numbers keep their lexemes. */
  readonly inputText: string;
  readonly decision: unknown;
};

const sampleSchema = z.strictObject({ title: z.string(), input: z.looseObject({}), decision: z.looseObject({}) });

/**
 * All samples below `dir`, sorted by name; none where there is no such folder.
 * @param shown the folder as the person knows it
 * @throws Problem for a file that is no sample
 */
export async function readSamples(dir: string, shown = dir): Promise<readonly Sample[]> {
  return Promise.all((await listSamples(dir)).map((name) => readSample(dir, name, shown)));
}

/** The names of the samples below `dir`, sorted; none where there is no such folder. */
export async function listSamples(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(".json")).sort();
}

/**
 * @param shown the folder as the person knows it
 * @throws Problem where the file is no sample
 */
export async function readSample(dir: string, name: string, shown = dir): Promise<Sample> {
  try {
    const text = await readFile(join(dir, name), "utf8");
    const { title, input, decision } = sampleSchema.parse(JSON.parse(text));
    return { name, title, inputText: compactJson(sliceMember(text, "input") ?? JSON.stringify(input)), decision };
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).replaceAll("\n", " ") : String(error);
    throw new Problem([`${join(shown, name)}: is no sample {"title", "input", "decision"}: ${what}`]);
  }
}
