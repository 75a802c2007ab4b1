// `regate scan SERVER | --all`: reads what a live server lists into the catalogue, the schemas that rules are checked against
// and, for a server without rules, a first rule file. `--check` writes nothing, and says what is not as it was reviewed.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ServerConfig } from "../config/server-schema.ts";
import { nearestWord } from "../config/suggest.ts";
import type { Classification } from "../gate/types.ts";
import type { PolicyFolder } from "../policy/build/sources.ts";
import { readBundle } from "../policy/bundle.ts";
import { createEngine, type Engine } from "../policy/engine.ts";
import { SHIPPED_BUNDLE } from "../policy/shipped.ts";
import { writeFiles } from "../policy/write-files.ts";
import { Problem } from "../problem.ts";
import { formatJson } from "../scan/format-json.ts";
import { describeCheck, describeScan, isDrift } from "../scan/report.ts";
import { type Scanned, type ScanOptions, type ScanTarget, scanServer } from "../scan/scan-server.ts";
import { readVersion } from "../version.ts";
import type { CommandIo } from "./command.ts";
import { readConfig } from "./serve.ts";

const DEFAULT_TIMEOUT_SECONDS = 60;

export type Outcome =
  | { readonly kind: "scanned"; readonly scanned: Scanned }
  | { readonly kind: "failed"; readonly server: string; readonly lines: readonly string[] };

/** @returns 0 where all is well, 1 where a check found something, 2 where a server could not be scanned */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c" },
      "mcp-config": { type: "string" },
      dir: { type: "string", short: "d", default: "rego" },
      timeout: { type: "string", default: String(DEFAULT_TIMEOUT_SECONDS) },
      all: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const timeoutMs = readTimeout(values.timeout);
  const { servers } = readConfig(values, io);
  const folder = { dir: resolve(io.cwd, values.dir), shown: values.dir };
  const targets = selectTargets([...servers.values()], positionals, values.all);
  const outcomes = await scanTargets(targets, { folder, timeoutMs, isCheck: values.check }, io, (outcome) => {
    if (!values.json) tell(io, outcome, values.check);
  });
  if (values.json) io.stdout(formatJson({ servers: outcomes.map(toData) }));
  return exitCode(outcomes, values.check);
}

export type ScanRequest = {
  readonly folder: PolicyFolder;
  readonly timeoutMs: number;
  /** Writes nothing. */
  readonly isCheck: boolean;
};

/** All of them, one after the other; one that fails does not hinder those that follow. */
export async function scanServers(
  servers: readonly ServerConfig[],
  request: ScanRequest,
  io: CommandIo,
  onOutcome: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  return scanTargets(selectTargets(servers, [], true), request, io, onOutcome);
}

async function scanTargets(
  targets: readonly ScanTarget[],
  { folder, timeoutMs, isCheck }: ScanRequest,
  io: CommandIo,
  onOutcome: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const engine = await createEngine(await readBundle(SHIPPED_BUNDLE));
  const options: ScanOptions = {
    folder,
    version: readVersion(),
    timeoutMs,
    nowMs: () => performance.now(),
    env: io.env,
    classify: (definitionText) => classify(engine, definitionText),
    onPage: (server, tools, pages) => {
      io.doing?.(`${server}: ${tools} tools on ${pages === 1 ? "1 page" : `${pages} pages`}`);
    },
  };
  const outcomes: Outcome[] = [];
  for (const target of targets) {
    io.doing?.(`${target.server}: connecting`);
    const outcome = await scanOne(target, options, isCheck);
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}

export function readTimeout(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return 1_000 * Number(text);
  throw new Problem([`--timeout ${text}: must be whole seconds for each answer, from 1 to 9999`]);
}

/** The catalogues to scan. A server that several entries serve is scanned whole, whichever of them is named. */
function selectTargets(
  servers: readonly ServerConfig[],
  named: readonly string[],
  isAll: boolean,
): readonly ScanTarget[] {
  const [name, ...others] = named;
  if (others.length > 0 || (name !== undefined) === isAll)
    throw new Problem(["regate scan: name one server of the configuration, or say --all"]);
  if (servers.length === 0) throw new Problem(["regate scan: the configuration names no servers"]);
  const chosen = servers.filter(({ key, catalogue }) => isAll || key === name || catalogue === name);
  if (chosen.length === 0) throw new Problem([describeUnknown(name ?? "", servers)]);
  const catalogues = [...new Set(chosen.map(({ catalogue }) => catalogue))];
  const folded = new Map(catalogues.map((catalogue) => [catalogue.toLowerCase(), catalogue]));
  const twin = catalogues.find((catalogue) => folded.get(catalogue.toLowerCase()) !== catalogue);
  if (twin !== undefined)
    throw new Problem([
      `${twin} and ${folded.get(twin.toLowerCase())} would be one folder on some machines; give one of them another name with \`catalogue:\``,
    ]);
  return catalogues.map((server) => ({ server, entries: servers.filter(({ catalogue }) => catalogue === server) }));
}

function describeUnknown(name: string, servers: readonly ServerConfig[]): string {
  const keys = servers.map(({ key }) => key);
  const near = nearestWord(name, keys);
  const hint = near === undefined ? `it has ${keys.join(", ")}` : `did you mean ${near}?`;
  return `${JSON.stringify(name).slice(1, -1)}: the configuration has no such server; ${hint}`;
}

async function scanOne(target: ScanTarget, options: ScanOptions, isCheck: boolean): Promise<Outcome> {
  try {
    const scanned = await scanServer(target, options);
    if (!isCheck) await writeFiles(scanned.files);
    return { kind: "scanned", scanned };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: "failed", server: target.server, lines: error.lines };
  }
}

/** A tool that can't be classified is what nobody knows: the defaults deny it. */
function classify(engine: Engine, definitionText: string): Classification {
  const classified = engine.classify(definitionText);
  if (classified.kind === "classified") return classified.classification;
  const rationale = `Not classified: ${classified.problem}.`;
  return { category: "Unknown", risk: "Unknown", severity: "critical", signals: [], required: [], rationale };
}

export function tell(io: CommandIo, outcome: Outcome, isCheck: boolean): void {
  if (outcome.kind === "failed") io.stderr(outcome.lines.map((line) => `${line}\n`).join(""));
  else io.stdout(isCheck ? describeCheck(outcome.scanned) : describeScan(outcome.scanned));
}

function toData(outcome: Outcome): unknown {
  if (outcome.kind === "failed") return { kind: outcome.kind, server: outcome.server, problems: outcome.lines };
  const { files, ...scanned } = outcome.scanned;
  return { kind: outcome.kind, ...scanned, files: files.map(({ shown }) => shown) };
}

function exitCode(outcomes: readonly Outcome[], isCheck: boolean): number {
  if (outcomes.some(({ kind }) => kind === "failed")) return 2;
  const isFound = outcomes.some(
    (outcome) =>
      outcome.kind === "scanned" && (outcome.scanned.faults.length > 0 || outcome.scanned.changes.some(isDrift)),
  );
  return isCheck && isFound ? 1 : 0;
}
