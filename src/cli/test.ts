// `regate test [DIR]`: the whole gate of a policy in one command and one summary: format, types, lint, tests, build, samples,
// audit. It writes nothing but the reports that are asked for.
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { STEPS, type StepName, type StepReport, statusOf } from "../check/finding.ts";
import { formatGithub } from "../check/report-github.ts";
import { formatJson } from "../check/report-json.ts";
import { formatSarif } from "../check/report-sarif.ts";
import { formatStep, formatSummary } from "../check/report-text.ts";
import { runSteps } from "../check/run-steps.ts";
import { findOpa } from "../policy/opa.ts";
import { findRegal } from "../policy/regal.ts";
import { writeFiles } from "../policy/write-files.ts";
import { Problem } from "../problem.ts";
import { readVersion } from "../version.ts";
import type { CommandIo } from "./command.ts";
import { paint } from "./paint.ts";
import { readWord } from "./read-word.ts";
import { formatMarkdown } from "./test-markdown.ts";

const FORMATS = ["text", "json", "sarif", "github", "markdown"] as const;
type Format = (typeof FORMATS)[number];

/** The status of a step, behind its name; what all of them come to. */
const STATUS = /^([a-z]+ +)(ok|failed|unable)(?= )/;
const VERDICT = /^(\n(?:[a-z]+ )?)(ok|failed)/;

/** One more report, in a file. */
type FileReport = { readonly format: Format; readonly file: string };

type Options = {
  readonly dir: string;
  readonly format: Format;
  readonly files: readonly FileReport[];
  readonly strict: boolean;
  readonly skip: ReadonlySet<StepName>;
};

/** @returns 0 where every step is well, 1 where one failed, 2 where one could not be made */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { dir, format, files, strict, skip } = readArgs(args);
  // code hosts know files by their path from the folder that CI starts in
  const isForPeople = files.length === 0 && (format === "text" || format === "json");
  const shown = isForPeople ? dir : relative(io.cwd, resolve(io.cwd, dir)) || ".";
  const opa = await findOpa(io.env, io.cwd);
  const reports = await runSteps(shown, io.cwd, {
    opa,
    findRegal: () => findRegal(io.env, io.cwd),
    skip,
    onStep: (report) => {
      if (format === "text") io.stdout(paint(io, formatStep(report, strict), STATUS));
    },
  });
  if (format === "text") io.stdout(paint(io, formatSummary(reports, strict), VERDICT));
  else io.stdout(formatReports(reports, format, strict, shown));
  await writeFiles(
    files.map(({ format, file }) => {
      return { file: resolve(io.cwd, file), shown: file, content: formatReports(reports, format, strict, shown) };
    }),
  );
  const statuses = reports.map((report) => statusOf(report, strict));
  if (statuses.includes("failed")) return 1;
  return statuses.includes("unable") ? 2 : 0;
}

function formatReports(reports: readonly StepReport[], format: Format, strict: boolean, folder: string): string {
  switch (format) {
    case "text":
      return [...reports.map((report) => formatStep(report, strict)), formatSummary(reports, strict)].join("");
    case "json":
      return formatJson(reports, strict);
    case "sarif":
      return formatSarif(reports, { strict, version: readVersion(), folder });
    case "github":
      return formatGithub(reports, strict);
    case "markdown":
      return formatMarkdown(reports, strict);
  }
}

function readArgs(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      report: { type: "string", multiple: true, default: [] },
      strict: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      skip: { type: "string", multiple: true, default: [] },
    },
  });
  const [dir = "rego", ...others] = positionals;
  if (others.length > 0)
    throw new Problem([`regate test: one policy folder at a time, not ${positionals.join(" and ")}`]);
  const format = values.json ? "json" : readWord("test", "--format", values.format, FORMATS);
  return {
    dir,
    format,
    files: values.report.map(readFileReport),
    strict: values.strict,
    skip: new Set(values.skip.map((name) => readWord("test", "--skip", name, STEPS))),
  };
}

function readFileReport(text: string): FileReport {
  const [, format, file] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  if (format === undefined || file === undefined) {
    throw new Problem([`regate test: --report ${text}: must be FORMAT=FILE, as in sarif=test.sarif`]);
  }
  return { format: readWord("test", "--report", format, FORMATS), file };
}
