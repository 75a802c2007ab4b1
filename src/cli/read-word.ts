// An option that takes one of a few words.
import { z } from "zod";
import { nearestWord } from "../config/suggest.ts";
import { Problem } from "../problem.ts";

/** @throws Problem for any other word, with "did you mean" */
export function readWord<const T extends string>(
  command: string,
  option: string,
  word: string,
  known: readonly T[],
): T {
  const parsed = z.enum(known).safeParse(word);
  if (parsed.success) return parsed.data;
  const near = nearestWord(word, known);
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  throw new Problem([`regate ${command}: ${option} ${word}${hint}; it may be ${known.join(", ")}`]);
}
