// Runs the server scenarios of the MCP conformance suite (as a process, as its users do) against a URL, and counts what it found.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { ROOT, runToEnd } from "../e2e/harness-process.ts";

/** How one scenario came out; `complaints` says what did not succeed, for the reader of a failed test. */
export type Figures = {
  readonly passed: number;
  readonly failed: number;
  readonly warnings: number;
  readonly complaints: readonly string[];
};

const CHECKS = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

/**
 * @param suite `active`: what the suite counts; `all`: also json-schema-2020-12 and server-sse-polling, which it calls pending
 * @returns figures by scenario, in the suite's order
 */
export async function runConformance(url: string, suite: "active" | "all"): Promise<Map<string, Figures>> {
  const out = mkdtempSync(join(tmpdir(), "regate-conformance-"));
  try {
    const cli = join(ROOT, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
    const { stdout, stderr } = await runToEnd(process.execPath, [
      cli,
      "server",
      "--url",
      url,
      "--suite",
      suite,
      "-o",
      out,
    ]);
    const scenarios = [...stdout.matchAll(/^=== Running scenario: (\S+) ===$/gm)].map(([, name = ""]) => name);
    if (scenarios.length === 0) throw new Error(`the conformance suite ran nothing:\n${stdout}${stderr}`);
    return new Map(scenarios.map((scenario) => [scenario, readFigures(out, scenario)]));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function readFigures(out: string, scenario: string): Figures {
  const folder = readdirSync(out).find((name) => new RegExp(`^server-${scenario}-\\d{4}-`).test(name));
  if (folder === undefined) return { passed: 0, failed: 1, warnings: 0, complaints: ["the scenario itself broke off"] };
  const checks = CHECKS.parse(JSON.parse(readFileSync(join(out, folder, "checks.json"), "utf8")));
  const count = (status: string) => checks.filter((check) => check.status === status).length;
  const complaints = checks
    .filter(({ status }) => status === "FAILURE" || status === "WARNING")
    .map(({ id, status, errorMessage }) => `${status} ${id}: ${errorMessage ?? "no message"}`);
  return { passed: count("SUCCESS"), failed: count("FAILURE"), warnings: count("WARNING"), complaints };
}
