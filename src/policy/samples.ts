// Reads the samples of a policy repository: inputs, each with the decision that it must get.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { compactJson, sliceMember } from "./json-member.ts";

/** `inputText` is the input as it is written: numbers keep their lexemes. */
export type Sample = { readonly title: string; readonly inputText: string };

const sampleSchema = z.strictObject({ title: z.string(), input: z.looseObject({}), decision: z.looseObject({}) });

/**
 * All samples below `dir`, sorted by path; none where there is no such folder.
 * @param shown the folder as the person knows it
 * @throws Problem for a file that is no sample
 */
export async function readSamples(dir: string, shown = dir): Promise<readonly Sample[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).sort();
  return Promise.all(files.map((name) => readSample(join(dir, name), join(shown, name))));
}

async function readSample(file: string, shown: string): Promise<Sample> {
  try {
    const text = await readFile(file, "utf8");
    const { title, input } = sampleSchema.parse(JSON.parse(text));
    return { title, inputText: compactJson(sliceMember(text, "input") ?? JSON.stringify(input)) };
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).replaceAll("\n", " ") : String(error);
    throw new Problem([`${shown}: is no sample {"title", "input", "decision"}: ${what}`]);
  }
}
