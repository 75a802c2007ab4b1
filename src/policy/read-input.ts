// Reads the input of `regate/decision` that a person or another gate wrote: in order, or the first thing that is wrong with
// it, in one sentence that names the field.
import type { z } from "zod";
import { nearestWord } from "../config/suggest.ts";
import { INPUT_KEYS, inputSchema } from "./input-schema.ts";

export type Input = z.infer<typeof inputSchema>;

export type ReadInput =
  | { readonly kind: "read"; readonly input: Input }
  | { readonly kind: "refused"; readonly problem: string };

/** @param value parsed JSON; the text itself is what is judged */
export function readInput(value: unknown): ReadInput {
  const parsed = inputSchema.safeParse(value, { reportInput: true });
  if (parsed.success) return { kind: "read", input: parsed.data };
  const [issue] = parsed.error.issues;
  const what = issue === undefined ? "no input" : describeIssue(issue);
  return { kind: "refused", problem: `${what}; schemas/input.json is the form of an input` };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const near = path === "" ? nearestWord(key, INPUT_KEYS) : undefined;
    const inside = path === "" ? "" : ` in ${path}`;
    return `unknown field "${key}"${inside}${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
  }
  if (path !== "" && issue.input === undefined && issue.code === "invalid_type") return `${path} is missing`;
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
