// Runs one target: the cases that were found before, then new inputs, by a number of runs or by time. What fails is shrunk,
// written to test/fuzz/cases/TARGET, and told with the seed that leads to it again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { inputsOf } from "./mutate.ts";
import type { Target } from "./target.ts";

const CASES = join(import.meta.dirname, "cases");

export type Length = { readonly runs: number } | { readonly ms: number };

/** All cases of a target, each by its file's name. */
export function casesOf({ name }: Target): readonly (readonly [string, Uint8Array])[] {
  const folder = join(CASES, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => [file, Uint8Array.from(readFileSync(join(folder, file)))] as const);
}

/** Fails with what was found. Answers how many inputs were tried. */
export async function fuzz(target: Target, seed: number, length: Length): Promise<number> {
  const bound =
    "runs" in length ? { numRuns: length.runs } : { numRuns: 1_000_000_000, interruptAfterTimeLimit: length.ms };
  const property = fc.asyncProperty(inputsOf(target), async (input) => target.check(input));
  const found = await fc.check(property, { seed, ...bound, endOnFailure: target.unshrunk === true });
  if (!found.failed || found.counterexample === null) return found.numRuns;
  const [input] = found.counterexample;
  const file = writeCase(target, input);
  const cause = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  throw new Error(`${target.name}, seed ${seed}, run ${found.numRuns}: ${cause}\nthe input is ${file}`);
}

function writeCase({ name }: Target, input: Uint8Array): string {
  const folder = join(CASES, name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${createHash("sha256").update(input).digest("hex").slice(0, 16)}.bin`);
  writeFileSync(file, input);
  return file;
}
