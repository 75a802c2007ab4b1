// The step `test`: the policy's own tests in OPA, and which of its rows none of them reaches. That there are no tests is a
// failure; rows that none reaches are warnings.
import { z } from "zod";
import { listFaults } from "../policy/build/faults.ts";
import { type Opa, runOpa } from "../policy/opa.ts";
import { countOf, type Finding, type StepOutcome } from "./finding.ts";
import { parseJson } from "./parse-json.ts";
import { type PolicyRepository, showOwnFile } from "./policy-repository.ts";

/** Of one test, on a machine that is busy. */
const TIMEOUT = ["--timeout", "60s"];

const testsSchema = z.array(
  z.looseObject({
    location: z.looseObject({ file: z.string(), row: z.int(), col: z.int() }),
    package: z.string(),
    name: z.string(),
    fail: z.boolean().optional(),
    skip: z.boolean().optional(),
    error: z.unknown().optional(),
  }),
);
const rowsSchema = z.looseObject({ start: z.looseObject({ row: z.int() }), end: z.looseObject({ row: z.int() }) });
const coverageSchema = z.looseObject({
  files: z.record(
    z.string(),
    z.looseObject({ covered: z.array(rowsSchema).default([]), not_covered: z.array(rowsSchema).default([]) }),
  ),
});

type TestResult = z.infer<typeof testsSchema>[number];

export async function runTests(repository: PolicyRepository, opa: Opa): Promise<StepOutcome> {
  const { folder, shipped } = repository;
  const run = (...more: readonly string[]) => {
    return runOpa(opa, ["test", "--format", "json", ...TIMEOUT, ...more, ".", ...shipped], { cwd: folder.dir });
  };
  const { stdout, stderr } = await run();
  const results = testsSchema.safeParse(parseJson(stdout));
  if (!results.success) return { kind: "done", summary: "OPA can't run them", findings: whyNot(repository, stderr) };
  const own = results.data.filter(({ location }) => showOwnFile(repository, location.file) !== undefined);
  const findings = own.flatMap((result) => describe(repository, result));
  if (own.length === 0) {
    const what = "there is no test; write one in a file beside the rules, NAME_test.rego";
    return { kind: "done", summary: "no test", findings: [{ level: "error", rule: "opa-test", what }] };
  }
  const tests = countOf(own.length, "test");
  if (findings.some(({ level }) => level === "error")) return { kind: "done", summary: tests, findings };
  const coverage = measure(repository, coverageSchema.parse(parseJson((await run("--coverage")).stdout)));
  return {
    kind: "done",
    summary: `${tests}, ${coverage.percent} % of the rows covered`,
    findings: [...findings, ...coverage.findings],
  };
}

function describe(repository: PolicyRepository, result: TestResult): readonly Finding[] {
  const { location, package: path, name, fail, skip, error } = result;
  const file = showOwnFile(repository, location.file);
  const place = { ...(file !== undefined && { file }), row: location.row, column: location.col };
  const shown = `${path.replace(/^data\./, "")}.${name}`;
  if (error !== undefined) {
    return [
      { level: "error", rule: "opa-test", what: `${shown} ends in an error: ${JSON.stringify(error)}`, ...place },
    ];
  }
  if (fail === true) return [{ level: "error", rule: "opa-test", what: `${shown} fails`, ...place }];
  return skip === true ? [{ level: "warning", rule: "opa-test", what: `${shown} is skipped`, ...place }] : [];
}

function measure(
  repository: PolicyRepository,
  { files }: z.infer<typeof coverageSchema>,
): { readonly percent: string; readonly findings: readonly Finding[] } {
  const reports = Object.entries(files).flatMap(([path, report]) => {
    const file = showOwnFile(repository, path);
    if (file === undefined) return [];
    const missed = rowsOf(report.not_covered);
    return [{ file, missed, covered: new Set([...rowsOf(report.covered)].filter((row) => !missed.has(row))) }];
  });
  const findings = reports.flatMap(({ file, missed }) =>
    joinRows(missed).map(([from, to]): Finding => {
      const rows = from === to ? `row ${from}` : `rows ${from} to ${to}`;
      return { level: "warning", rule: "coverage", what: `no test reaches ${rows}`, file, row: from };
    }),
  );
  const covered = reports.reduce((sum, report) => sum + report.covered.size, 0);
  const all = reports.reduce((sum, report) => sum + report.missed.size, covered);
  // rounded down: 100 is all of them
  const percent = all === 0 ? 100 : Math.floor((covered * 1000) / all) / 10;
  return { percent: String(percent), findings };
}

/** Ranges may overlap: OPA gives one for each expression. */
function rowsOf(ranges: readonly z.infer<typeof rowsSchema>[]): Set<number> {
  return new Set(
    ranges.flatMap(({ start, end }) => Array.from({ length: end.row - start.row + 1 }, (_, i) => start.row + i)),
  );
}

/** Each run of rows by its first and its last. */
function joinRows(rows: ReadonlySet<number>): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (const row of [...rows].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === row - 1) last[1] = row;
    else runs.push([row, row]);
  }
  return runs;
}

function whyNot(repository: PolicyRepository, report: string): readonly Finding[] {
  return listFaults(report).map(({ file, row, what }): Finding => {
    const shown = file === undefined ? undefined : (showOwnFile(repository, file) ?? file);
    return {
      level: "error",
      rule: "opa-test",
      what,
      ...(shown !== undefined && { file: shown }),
      ...(row !== undefined && { row }),
    };
  });
}
