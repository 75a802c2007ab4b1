// Runs scenarios of the MCP conformance suite (as a process, as its users do, on the Node that it needs) and counts what it found.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT, runToEnd } from "../e2e/harness-process.ts";

export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];
export type Leg = "server" | "client";

/** How one scenario came out; `complaints` says what did not succeed, for the reader of a failed test. */
export type Figures = {
  readonly passed: number;
  readonly failed: number;
  readonly warnings: number;
  readonly complaints: readonly string[];
};

/** The scenarios of one leg of a revision, in the suite's order. */
export type Requirements = {
  readonly required: readonly string[];
  /** Run and told, but no part of conformance, each with the suite's reason. */
  readonly notScored: ReadonlyMap<string, string>;
};

const CLIENTS = join(ROOT, ".tools/clients");
const SUITE = join(CLIENTS, "node_modules/@modelcontextprotocol/conformance");
const NODE = join(CLIENTS, "node_modules/node/bin/node");
/** Gates and clients start slowly where many of them do. */
const CLIENT_TIMEOUT_MS = 60_000;

const scenarioSchema = z.object({ scenario: z.string(), leg: z.enum(["server", "client"]), reason: z.string() });
const requirementsSchema = z.object({
  server: z.array(z.string()),
  client: z.array(z.string()),
  not_scored: z.array(scenarioSchema),
});
const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.string(),
    description: z.string().optional(),
    errorMessage: z.string().optional(),
  }),
);

export function isClean({ failed, warnings, complaints }: Figures): boolean {
  return failed === 0 && warnings === 0 && complaints.length === 0;
}

/** Of the suite. */
export function suiteVersion(): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(SUITE, "package.json"), "utf8"))).version;
}

export function readRequirements(revision: Revision, leg: Leg): Requirements {
  if (!existsSync(SUITE)) throw new Error(".tools/clients is missing: `make .tools/clients/ready` makes it");
  const all = requirementsSchema.parse(parse(readFileSync(join(SUITE, `requirements/${revision}.yaml`), "utf8")));
  const notScored = all.not_scored.filter((entry) => entry.leg === leg);
  return { required: all[leg], notScored: new Map(notScored.map(({ scenario, reason }) => [scenario, reason])) };
}

/** Every server scenario that `revision` names, against a URL. @returns figures by scenario, in the suite's order */
export async function runServer(url: string, revision: Revision): Promise<Map<string, Figures>> {
  return await withFolder(async (out) => {
    const printed = await runSuite("server", "--url", url, "--requirements", revision, "-o", out);
    const scenarios = [...printed.matchAll(/^=== Running scenario: (\S+) ===$/gm)].map(([, name = ""]) => name);
    if (scenarios.length === 0) throw new Error(`the conformance suite ran nothing:\n${printed}`);
    return new Map(scenarios.map((scenario) => [scenario, readFigures(out, `server-${scenario}`)]));
  });
}

/** One client scenario: the suite runs `command` with the URL of a server of its own. */
export async function runClient(command: string, scenario: string, revision: Revision): Promise<Figures> {
  return await withFolder(async (out) => {
    const which = ["--scenario", scenario, "--spec-version", revision, "--timeout", String(CLIENT_TIMEOUT_MS)];
    const printed = await runSuite("client", "--command", command, ...which, "-o", out);
    const figures = readFigures(out, scenario);
    const broke = /CLIENT (TIMED OUT|EXITED WITH ERROR)[^\n]*/.exec(printed)?.[0];
    return broke === undefined ? figures : { ...figures, complaints: [...figures.complaints, broke] };
  });
}

async function runSuite(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runToEnd(NODE, [join(SUITE, "dist/index.js"), ...args]);
  return `${stdout}${stderr}`;
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const out = mkdtempSync(join(tmpdir(), "regate-conformance-"));
  try {
    return await use(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** @param name of the result's folder, before its time; names of scenarios may have a slash */
function readFigures(out: string, name: string): Figures {
  const parent = join(out, dirname(name));
  const begins = new RegExp(`^${basename(name)}-\\d{4}-`);
  const folder = existsSync(parent) ? readdirSync(parent).find((entry) => begins.test(entry)) : undefined;
  const file = join(parent, folder ?? "", "checks.json");
  if (folder === undefined || !existsSync(file)) {
    return { passed: 0, failed: 1, warnings: 0, complaints: ["the scenario itself broke off"] };
  }
  const checks = checksSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const count = (status: string) => checks.filter((check) => check.status === status).length;
  const complaints = checks
    .filter(({ status }) => status === "FAILURE" || status === "WARNING")
    .map(
      ({ id, status, errorMessage, description }) => `${status} ${id}: ${errorMessage ?? description ?? "no message"}`,
    );
  return { passed: count("SUCCESS"), failed: count("FAILURE"), warnings: count("WARNING"), complaints };
}
