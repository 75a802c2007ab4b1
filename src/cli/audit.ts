// `regate audit [DIR]`: for each tool which rule decides, and what of a policy is dangerous, unreachable, misnamed, or gone when
// a field is missing. By generated inputs and samples; it writes nothing.
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { auditPolicy } from "../check/audit/audit.ts";
import { formatAuditJson, formatAuditText } from "../check/audit/report.ts";
import { isAtLeast, LEVELS, type Level } from "../check/finding.ts";
import { knowTools } from "../check/known-tools.ts";
import { nearestWord } from "../config/suggest.ts";
import { buildBundle } from "../policy/build/compose.ts";
import { type Bundle, readBundle } from "../policy/bundle.ts";
import { type ComparedPolicy, openPolicy } from "../policy/diff/compare-policies.ts";
import { findOpa } from "../policy/opa.ts";
import { readSamples } from "../policy/samples.ts";
import { readToolSchemas } from "../policy/tool-schemas.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { paint } from "./paint.ts";
import { readWord } from "./read-word.ts";

const FORMATS = ["text", "json"] as const;
/** A finding that is an error begins with that word. */
const LEVEL = /^()(error)(?=: )/gm;

type Options = {
  readonly dir: string;
  readonly bundle: string | undefined;
  readonly server: string | undefined;
  readonly format: (typeof FORMATS)[number];
  readonly failOn: Level;
  readonly all: boolean;
};

/** @returns 1 where anything of the level, or a higher one, was found */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readArgs(args);
  const policy = await openPolicy(await findBundle(options, io), options.bundle === undefined);
  const { server } = options;
  if (server !== undefined) checkServer(server, policy);
  const beside = (path: string): [string, string] => [
    resolve(io.cwd, options.dir, "..", path),
    join(options.dir, "..", path),
  ];
  const known = knowTools(policy.catalogue, await readToolSchemas(beside("schemas/tools")[0]));
  const audit = auditPolicy(policy, await readSamples(...beside("test/samples")), known);
  const report = { least: options.all ? LEVELS[0] : "warning", ...(server !== undefined && { server }) } as const;
  if (options.format === "json") io.stdout(formatAuditJson(policy, audit, report));
  else io.stdout(paint(io, formatAuditText(policy, audit, report), LEVEL));
  const counted = audit.findings.filter((finding) => server === undefined || (finding.server ?? server) === server);
  return counted.some(({ level }) => isAtLeast(level, options.failOn)) ? 1 : 0;
}

/** A bundle says all but what lies beside its sources. */
async function findBundle({ dir, bundle }: Options, { cwd, env }: CommandIo): Promise<Bundle> {
  if (bundle !== undefined) return readBundle(resolve(cwd, bundle), bundle);
  const folder = { dir: resolve(cwd, dir), shown: dir };
  await access(folder.dir).catch(() => {
    throw new Problem([`${dir}: no such folder; name the one that holds policy/, or a bundle with --bundle`]);
  });
  return (await buildBundle(folder, await findOpa(env, cwd))).bundle;
}

function checkServer(server: string, { rules, catalogue }: ComparedPolicy): void {
  const servers = new Set([...Object.keys(catalogue), ...[...rules.values()].flatMap((rule) => rule.server ?? [])]);
  if (servers.has(server)) return;
  const near = nearestWord(server, [...servers]);
  const hint =
    near === undefined ? `; it knows ${[...servers].sort().join(", ") || "none"}` : ` (did you mean ${near}?)`;
  throw new Problem([`regate audit: the policy knows no server ${server}${hint}`]);
}

function readArgs(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      bundle: { type: "string", short: "b" },
      server: { type: "string", short: "s" },
      format: { type: "string", default: "text" },
      "fail-on": { type: "string", default: "error" },
      all: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [dir = "rego", ...others] = positionals;
  if (others.length > 0)
    throw new Problem([`regate audit: one policy folder at a time, not ${positionals.join(" and ")}`]);
  return {
    dir,
    bundle: values.bundle,
    server: values.server,
    format: values.json ? "json" : readWord("audit", "--format", values.format, FORMATS),
    failOn: readWord("audit", "--fail-on", values["fail-on"], LEVELS),
    all: values.all,
  };
}
