// What docs/cookbook.md takes from examples/: the Rego behind each `<!-- rego: FILE [NAME...] -->`, and the calls behind each
// `<!-- calls: FOLDER -->`. The rest of the page is written by hand.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readSamples } from "../../src/policy/samples.ts";
import { ROOT } from "../policy/support.ts";

const REGO = /^<!-- rego: (\S+)((?: \S+)*) -->\n(?:```rego\n[\s\S]*?^```\n)?/gm;
const CALLS = /^<!-- calls: (\S+) -->\n(?:\|.*\n)*/gm;

const inputSchema = z.looseObject({ tool: z.string(), args: z.unknown() });
const decisionSchema = z.looseObject({
  action: z.enum(["allow", "deny", "require_approval"]),
  reasons: z.array(z.string()),
  rate_limits: z.array(z.looseObject({ cost: z.number() })),
});

/** The page as it must be, from the page as it is. */
export async function renderCookbook(page: string): Promise<string> {
  const withRego = page.replace(REGO, (_, file: string, names: string) => {
    return `<!-- rego: ${file}${names} -->\n\`\`\`rego\n${readRego(file, names.split(" ").filter(Boolean))}\n\`\`\`\n`;
  });
  const folders = [...withRego.matchAll(CALLS)].map(([, folder = ""]) => folder);
  const tables = new Map(await Promise.all(folders.map(async (folder) => [folder, await readCalls(folder)] as const)));
  return withRego.replace(CALLS, (_, folder: string) => `<!-- calls: ${folder} -->\n${tables.get(folder)}`);
}

/** A file without METADATA; only the rules with these ids and names, where there are any. */
function readRego(file: string, names: readonly string[]): string {
  const text = readFileSync(join(ROOT, file), "utf8").replace(/^# METADATA\n(?:#.*\n)*/gm, "");
  if (names.length === 0) return text.trim();
  const parts = text.trim().split("\n\n");
  const chosen = names.flatMap((name) => {
    const found = parts.filter((part) => part.includes(`"id": "${name}"`) || new RegExp(`^${name}\\b`, "m").test(part));
    if (found.length === 0) throw new Error(`${file} has no rule ${name}`);
    return found;
  });
  return [parts[0], ...chosen].join("\n\n");
}

async function readCalls(folder: string): Promise<string> {
  const samples = await readSamples(join(ROOT, folder), folder);
  if (samples.length === 0) throw new Error(`${folder} has no sample`);
  const rows = samples.map(({ title, inputText, decision }) => {
    const { tool, args } = inputSchema.parse(JSON.parse(inputText));
    return `| ${title}: \`${`${tool} ${JSON.stringify(args)}`.replaceAll("|", "\\|")}\` | ${describe(decision)} |\n`;
  });
  return `| call | decision |\n|---|---|\n${rows.join("")}`;
}

function describe(decision: unknown): string {
  const { action, reasons, rate_limits: limits } = decisionSchema.parse(decision);
  if (action !== "allow") return [action, ...reasons].join(": ");
  const costs = [...new Set(limits.map(({ cost }) => cost))].filter((cost) => cost !== 1);
  return costs.length === 0 ? action : `${action}, at a cost of ${costs.join(" and ")}`;
}
