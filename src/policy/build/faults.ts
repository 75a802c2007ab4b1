// Turns OPA's errors into faults that a person mends: their own paths, one line for each, and the remedy where Regate knows
// one that OPA does not.
import { z } from "zod";
import { nearestWord } from "../../config/suggest.ts";

/** What the build itself finds wrong: `file` inside the policy folder. */
export type Fault = { readonly file: string; readonly row: number; readonly what: string };

/** What OPA finds wrong: `file` as OPA was given it, where it says one. */
export type OpaFault = {
  readonly file?: string;
  readonly row?: number;
  readonly column?: number;
  readonly what: string;
  /** OPA's own, e.g. `rego_type_error`. */
  readonly code?: string;
};

/** OPA's own form: `opa check`, `opa parse` and `opa eval` with `--format json`. */
const errorSchema = z.looseObject({
  message: z.string(),
  code: z.string().optional(),
  location: z.looseObject({ file: z.string(), row: z.int(), col: z.int().optional() }).optional(),
  details: z.unknown().optional(),
});
const reportSchema = z.looseObject({ errors: z.array(errorSchema).min(1) });

/** Beside a ref that the schemas know nothing of: its parts, the first that is wrong, and what may stand there. */
const wrongRefSchema = z.looseObject({
  ref: z.array(z.looseObject({ value: z.unknown() })),
  pos: z.int().positive(),
  oneOf: z.array(z.string()).min(1),
});

/** More are for nobody to read. */
const MAX_NAMES = 20;

const REMEDIES: readonly (readonly [missing: RegExp, remedy: string])[] = [
  [/^sprintf$/, 'the engine has no sprintf: write a template string, $"... {x}"'],
  [/^time\./, "the engine has no clock: the time of the call is input.time"],
  [/^(http|net\.lookup|opa\.runtime|rand|uuid)/, "a decision depends on its input and the bundle only"],
  [/^(yaml|regex\.split|json\.|regex\.)/, "the engine has no such builtin, or can't meter it"],
];

/**
 * @param report what OPA wrote, JSON or plain
 * @param showPath turns a path that OPA was given into the one that the person knows
 */
export function readFaults(report: string, showPath: (path: string) => string): [string, ...string[]] {
  const [first, ...others] = listFaults(report).map(({ file, row, what }) => {
    if (file === undefined) return what;
    return `${showPath(file)}:${row === undefined ? "" : `${row}:`} ${what}`;
  });
  return [first ?? "opa failed and said nothing", ...others];
}

/** @param report what OPA wrote, JSON or plain */
export function listFaults(report: string): readonly OpaFault[] {
  return readJsonReport(report) ?? readPlainReport(report);
}

/** What follows a name that is none of those that exist: ` (did you mean "path"?); it has content, path` */
export function suggestAmong(name: string, known: readonly string[]): string {
  const near = nearestWord(name, known);
  const more = known.length > MAX_NAMES ? ` and ${known.length - MAX_NAMES} more` : "";
  const names = `${known.slice(0, MAX_NAMES).join(", ")}${more}` || "none";
  return `${near === undefined ? "" : ` (did you mean "${near}"?)`}; it has ${names}`;
}

function readJsonReport(report: string): readonly OpaFault[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(report);
  } catch {
    return undefined;
  }
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return parsed.data.errors.map(({ message, code, location, details }) => ({
    what: describeWrongRef(details) ?? `${oneLine(message)}${remedyFor(message)}`,
    ...(code !== undefined && { code }),
    ...(location !== undefined && location.file !== "" && { file: location.file, row: location.row }),
    ...(location?.col !== undefined && { column: location.col }),
  }));
}

/** OPA says `undefined ref: input.args.pth`, and what may stand there in an array beside it. */
function describeWrongRef(details: unknown): string | undefined {
  const parsed = wrongRefSchema.safeParse(details);
  if (!parsed.success) return undefined;
  const { ref, pos, oneOf } = parsed.data;
  const parts = ref.map(({ value }) => String(value));
  const [name = ""] = parts.slice(pos);
  return `${parts.slice(0, pos).join(".")} has no "${name}"${suggestAmong(name, oneOf)}`;
}

/** Lines such as `error: 2 errors occurred:`, then `own/policy/a.rego:3: rego_type_error: ...`, which lines that are indented go on. */
function readPlainReport(report: string): readonly OpaFault[] {
  return report
    .replace(/\n[\t ]+\^*/g, " ")
    .split("\n")
    .map((line) => line.replace(/^error: /, "").replace(/^\d+ errors? occurred(?: during loading)?: ?/, ""))
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, file, row, what = line] = /^(\S+\.rego):(\d+): ?(.*)$/.exec(line) ?? [];
      const place = file === undefined ? {} : { file, row: Number(row) };
      return { ...place, what: what.trim() + remedyFor(line) };
    });
}

function remedyFor(message: string): string {
  const missing = /undefined function (\S+)/.exec(message)?.[1];
  if (missing === undefined) return "";
  const known = REMEDIES.find(([pattern]) => pattern.test(missing));
  return `; ${known?.[1] ?? "the engine's builtins are listed in tools/opa/capabilities.json"}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
