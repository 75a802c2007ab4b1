// Reads one line of a decision log back into the call that was judged. What the log masked or cut is named, never filled in.
// Anything that is no decision of a gate is foreign. Pure.
import { z } from "zod";
import { readOwnLine } from "./own-line.ts";
import { RESULT_PATH } from "./result-line.ts";

export type RecordedCall = {
  /** The input that was judged, with marks where something was masked or cut. */
  readonly input: Readonly<Record<string, unknown>> & { readonly server: string };
  /** Where in the input that is, as keys and indices from its root. */
  readonly unreadable: readonly (readonly string[])[];
  /** Where in the input something was that the log does not have. */
  readonly unrecorded: readonly (readonly string[])[];
  /** Of the tool's definition; absent where none was listed. */
  readonly definitionSha256?: string | undefined;
  /** SHA-256 of the bundle that judged. */
  readonly digest?: string | undefined;
  /** The decision, where there was one and all of it is in the log. */
  readonly result?: unknown;
};

const pointersSchema = z.array(z.string()).optional();
const lineSchema = z.looseObject({
  path: z.literal("regate/decision"),
  input: z.looseObject({ server: z.string() }),
  result: z.unknown().optional(),
  bundles: z.looseObject({ regate: z.looseObject({ digest: z.string().optional() }).optional() }).optional(),
  masked: pointersSchema,
  regate: z
    .looseObject({
      definition_sha256: z.string().optional(),
      truncated: pointersSchema,
      verdict: z.string().optional(),
    })
    .optional(),
});

export type RecordedLine =
  | { readonly kind: "call"; readonly call: RecordedCall }
  | { readonly kind: "not_json" }
  /** What the log wrote about itself, or about an answer. */
  | { readonly kind: "own" }
  /** JSON, and no decision of a gate. */
  | { readonly kind: "foreign" };

/** Far beyond what a configuration may let through. */
const MAX_DEPTH = 1_000;

/** A look at the text, for most lines: only so many brackets can be so deep. */
function mayBeDeep(text: string): boolean {
  let brackets = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at !== -1 && brackets <= MAX_DEPTH; at = text.indexOf(bracket, at + 1)) {
      brackets += 1;
    }
  }
  return brackets > MAX_DEPTH;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  let level = [value];
  for (let below = 0; level.length > 0; below += 1) {
    if (below > depth) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}

function isResultLine(value: unknown): boolean {
  return typeof value === "object" && value !== null && "path" in value && value.path === RESULT_PATH;
}

export function readRecordedLine(text: string): RecordedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "not_json" };
  }
  // no gate takes a message as deep as that, and whoever reads on may go down into it
  if (mayBeDeep(text) && isDeeperThan(value, MAX_DEPTH)) return { kind: "foreign" };
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return { kind: isResultLine(value) || readOwnLine(text) !== undefined ? "own" : "foreign" };
  const { input, result, bundles, masked = [], regate } = parsed.data;
  const pointers = [...masked, ...(regate?.truncated ?? [])].map(splitPointer);
  return {
    kind: "call",
    call: {
      input,
      unreadable: pointers.flatMap(([root, ...path]) => (root === "input" ? [path] : [])),
      // of a question it is what was asked; the gate writes it down where the policy looked at it
      unrecorded: input.history === undefined && regate?.verdict !== "asked" ? [["history"]] : [],
      definitionSha256: regate?.definition_sha256,
      digest: bundles?.regate?.digest,
      result: pointers.some(([root]) => root === "result") ? undefined : result,
    },
  };
}

/** "/input/args/a~1b" as ["input", "args", "a/b"]. */
function splitPointer(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
