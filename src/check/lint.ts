// The step `lint`: what Regal finds, by its own rules and by Regate's, set as a policy needs it. What the repository says in a
// `.regal` folder of its own goes before that.
import { cp, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Regal, runRegal } from "../policy/regal.ts";
import { SHIPPED_LINT_CONFIG, SHIPPED_LINT_RULES } from "../policy/shipped.ts";
import { Problem } from "../problem.ts";
import { countOf, type Finding, type StepOutcome } from "./finding.ts";
import { parseJson } from "./parse-json.ts";
import { type PolicyRepository, showOwnFile } from "./policy-repository.ts";

const reportSchema = z.looseObject({
  violations: z
    .array(
      z.looseObject({
        title: z.string(),
        description: z.string(),
        category: z.string(),
        level: z.enum(["warning", "error"]),
        location: z
          .looseObject({ file: z.string(), row: z.int().optional(), col: z.int().optional() })
          .or(z.looseObject({ file: z.undefined().optional() }))
          .optional(),
      }),
    )
    .nullable(),
});
const settingsSchema = z.record(z.string(), z.unknown()).nullable();

type Settings = Readonly<Record<string, unknown>>;

/** What the repository has for Regal; absolute. */
type OwnSettings = { readonly config?: string; readonly rules?: string };

/** @param scratch an absolute folder to write to */
export async function lint(repository: PolicyRepository, regal: Regal, scratch: string): Promise<StepOutcome> {
  const { folder, cwd, shipped } = repository;
  const own = await findOwnSettings(folder.dir);
  const config = join(scratch, "regal.json");
  await writeFile(config, JSON.stringify(await mergeSettings(own)));
  const ruleArgs = ["--rules", SHIPPED_LINT_RULES, "--rules", await copyOwnRules(own, join(scratch, "rules"))];
  // as it would be called by hand, since the repository's settings name files as they are seen from there
  const args = ["lint", "--format", "json", "--config-file", config, ...ruleArgs, folder.shown, ...shipped];
  const { stdout, stderr } = await runRegal(regal, args, { cwd });
  const report = reportSchema.safeParse(parseJson(stdout));
  if (!report.success) {
    const what = `Regal can't lint it: ${(stderr || stdout).trim().replace(/\s*\n\s*/g, " ")}`;
    return { kind: "done", summary: "not linted", findings: [{ level: "error", rule: "regal", what }] };
  }
  const findings = (report.data.violations ?? []).flatMap((violation): readonly Finding[] => {
    const { category, title, description, level, location } = violation;
    const finding = { level, rule: `${category}/${title}`, what: description.trim().replace(/\s*\n\s*/g, " ") };
    if (location?.file === undefined || location.file === "") return [finding];
    const file = showOwnFile(repository, resolve(cwd, location.file));
    if (file === undefined) return [];
    const place = {
      ...(location.row !== undefined && { row: location.row }),
      ...(location.col !== undefined && { column: location.col }),
    };
    return [{ ...finding, file, ...place }];
  });
  return { kind: "done", summary: countOf(repository.files.length, "file"), findings };
}

/** Where Regal would look: the nearest `.regal` folder, or `.regal.yaml`, in the policy folder or above. */
async function findOwnSettings(from: string): Promise<OwnSettings> {
  for (let dir = from; ; dir = dirname(dir)) {
    const [config, plain, rules] = await Promise.all(
      [".regal/config.yaml", ".regal.yaml", ".regal/rules"].map(async (path) => {
        const found = join(dir, path);
        return (await stat(found).catch(() => undefined)) === undefined ? undefined : found;
      }),
    );
    const chosen = config ?? plain;
    if (chosen !== undefined || rules !== undefined) {
      return { ...(chosen !== undefined && { config: chosen }), ...(rules !== undefined && { rules }) };
    }
    if (dir === dirname(dir)) return {};
  }
}

/** The repository's own rules without a copy of ours, which may be an older one. */
async function copyOwnRules({ rules }: OwnSettings, to: string): Promise<string> {
  await mkdir(to, { recursive: true });
  if (rules === undefined) return to;
  const ours = ["custom/regate", "custom/regal/rules/regate"].map((path) => join(rules, path));
  await cp(rules, to, { recursive: true, filter: (path) => !ours.includes(path) });
  return to;
}

async function mergeSettings({ config }: OwnSettings): Promise<Settings> {
  const shipped = await readSettings(SHIPPED_LINT_CONFIG);
  return config === undefined ? shipped : merge(shipped, await readSettings(config));
}

async function readSettings(file: string): Promise<Settings> {
  try {
    return settingsSchema.parse(parse(await readFile(file, "utf8"))) ?? {};
  } catch (error) {
    const what = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    throw new Problem([`${file}: can't be read as settings for Regal (${what})`]);
  }
}

/** Key by key; what is no object is replaced. */
function merge(under: Settings, over: Settings): Settings {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = under[key];
    return [key, isSettings(below) && isSettings(value) ? merge(below, value) : value] as const;
  });
  return { ...under, ...Object.fromEntries(merged) };
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
