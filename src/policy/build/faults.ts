// Turns OPA's errors into the lines of a Problem: the person's own paths, one line for each fault, and the remedy where
// Regate knows one that OPA does not.
import { z } from "zod";

/** What the build itself finds wrong: `file` inside the policy folder. */
export type Fault = { readonly file: string; readonly row: number; readonly what: string };

/** OPA's own form: `opa check`, `opa parse` and `opa eval` with `--format json`. */
const reportSchema = z.looseObject({
  errors: z
    .array(
      z.looseObject({
        message: z.string(),
        location: z.looseObject({ file: z.string(), row: z.int() }).optional(),
      }),
    )
    .min(1),
});

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
  const [first, ...others] = readJsonReport(report, showPath) ?? readPlainReport(report, showPath);
  return [first ?? "opa failed and said nothing", ...others];
}

function readJsonReport(report: string, showPath: (path: string) => string): string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(report);
  } catch {
    return undefined;
  }
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return parsed.data.errors.map(({ message, location }) => {
    const where = location === undefined || location.file === "" ? "" : `${showPath(location.file)}:${location.row}: `;
    return `${where}${oneLine(message)}${remedyFor(message)}`;
  });
}

/** Lines such as `error: 2 errors occurred:`, then `own/policy/a.rego:3: rego_type_error: ...` */
function readPlainReport(report: string, showPath: (path: string) => string): string[] {
  return report
    .split("\n")
    .map((line) => line.replace(/^error: /, "").replace(/^\d+ errors? occurred: ?/, ""))
    .filter((line) => line.trim() !== "")
    .map((line) => line.replace(/^\S+\.rego(?=:\d+:)/, showPath).trim() + remedyFor(line));
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
