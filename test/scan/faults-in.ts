// What the real tools say against a policy repository: OPA formats, checks and tests it with coverage, Regal lints it with our
// rules.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { ROOT } from "../policy/support.ts";

const REGAL = process.env.REGAL ?? join(ROOT, ".tools/regal");

export async function opa(dir: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runOpa(await findOpa(process.env, ROOT), args, { cwd: dir });
  if (exitCode !== 0) throw new Error(`opa ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** What fmt, check, test, coverage and lint say against the servers' files. */
export async function faultsIn(dir: string): Promise<unknown[]> {
  await opa(dir, "fmt", "--fail", "--list", "rego/policy");
  await opa(dir, "check", "--strict", "--schema", "schemas", "rego");
  await opa(dir, "test", "--fail-on-empty", "--timeout", "60s", "rego");
  const { files }: { files: Record<string, { not_covered?: unknown[] }> } = JSON.parse(
    await opa(dir, "test", "--coverage", "--timeout", "60s", "rego"),
  );
  const uncovered = Object.entries(files).flatMap(([file, { not_covered = [] }]) =>
    not_covered.map((rows) => ({ file, rows })),
  );
  const linting = promisify(execFile)(REGAL, ["lint", "--format", "json", "rego", ".regal/rules"], { cwd: dir });
  const { stdout } = await linting.catch((error: { stdout: string }) => error);
  const { violations }: { violations: { title: string; location: { file: string; row: number } }[] } =
    JSON.parse(stdout);
  const faults = [...uncovered, ...violations.map(({ title, location }) => ({ title, ...location }))];
  return faults.filter(({ file }) => file.includes("policy/servers/"));
}
