// `regate init [DIR]`: a policy repository of the user's own, in an empty folder: rules with their tests, catalogue, schemas,
// samples, the vendored library, and what makes a pull request say what it changes. It is made whole in a scratch folder and
// put in its place at once, and never over a file that is there.
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadMcpConfig, readMcpEntries } from "../config/mcp-config.ts";
import { findOpa, type Opa } from "../policy/opa.ts";
import { findRegal } from "../policy/regal.ts";
import { type FileChange, writeFiles } from "../policy/write-files.ts";
import { Problem } from "../problem.ts";
import { makeScratch, removeScratch } from "../scratch.ts";
import type { CommandIo } from "./command.ts";
import { playExample } from "./init/example.ts";
import { describeDone, describeExample } from "./init/greeting.ts";
import { NPM_FILES, refuseOccupied } from "./init/occupied.ts";
import { type Servers, startingServers, writeServers } from "./init/servers.ts";
import { composeFiles } from "./init/starting-files.ts";
import { type Outcome, readTimeout, scanServers, tell } from "./scan.ts";

const EXAMPLE = "docs/example-pull-request.md";

/** @returns 0, or 2 where a server could not be scanned: what the others list is written all the same */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "mcp-config": { type: "string" },
      timeout: { type: "string", default: "60" },
      json: { type: "boolean", default: false },
    },
  });
  const [shown = ".", ...others] = positionals;
  if (others.length > 0) throw new Problem([`regate init: one folder at a time, not ${positionals.join(" and ")}`]);
  const timeoutMs = readTimeout(values.timeout);
  const dir = resolve(io.cwd, shown);
  const present = await refuseOccupied(dir, shown);
  const servers = readServers(values["mcp-config"], dir, io);
  const scratch = makeScratch("init");
  try {
    await writeFiles(await composeFiles(scratch, servers, present));
    const outcomes = await scan(servers, scratch, timeoutMs, values.json ? { ...io, stdout: () => {} } : io);
    const { opa, missing } = await findPrograms(io);
    const example = opa === undefined ? undefined : await playExample(scratch, opa);
    if (example !== undefined) await writeFiles([placed(scratch, EXAMPLE, example.page)]);
    const files = await gather(scratch, dir, shown);
    await refuseOccupied(dir, shown);
    await writeFiles(files);
    const unscanned = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [outcome.server] : []));
    const isNpmFolder = present.has(NPM_FILES.manifest);
    if (values.json) {
      const kept = { folder: shown, files: files.map((file) => file.shown), unscanned, missing };
      io.stdout(`${JSON.stringify({ ...kept, example: example && join(shown, EXAMPLE) }, undefined, 2)}\n`);
      return unscanned.length > 0 ? 2 : 0;
    }
    io.stdout(describeDone({ shown, files: files.length, servers, unscanned, isNpmFolder }));
    if (opa !== undefined) io.stdout(describeExample(example, join(shown, EXAMPLE)));
    io.stderr(missing.map((line) => `missing on this machine: ${line}\n`).join(""));
    return unscanned.length > 0 ? 2 : 0;
  } finally {
    await removeScratch(scratch);
  }
}

function readServers(mcpConfig: string | undefined, dir: string, io: CommandIo): Servers {
  if (mcpConfig === undefined) return startingServers();
  const servers = loadMcpConfig(mcpConfig, io.env, io.cwd);
  if (servers.size === 0) throw new Problem([`${mcpConfig}: names no servers that are not disabled`]);
  return writeServers(servers, readMcpEntries(mcpConfig, io.cwd), dir);
}

/** @throws Problem where there are servers and none could be scanned */
async function scan(servers: Servers, scratch: string, timeoutMs: number, io: CommandIo): Promise<readonly Outcome[]> {
  if (servers.kind === "shipped") return [];
  const options = { folder: { dir: join(scratch, "rego"), shown: "rego" }, timeoutMs, isCheck: false };
  const outcomes = await scanServers([...servers.configured.values()], options, io, (outcome) => {
    tell(io, outcome, false);
  });
  if (outcomes.some(({ kind }) => kind === "scanned")) return outcomes;
  throw new Problem(["regate init: no server could be scanned, and nothing was written"]);
}

/** What the repository's targets need, and how to get what is not there. */
async function findPrograms(
  io: CommandIo,
): Promise<{ readonly opa: Opa | undefined; readonly missing: readonly string[] }> {
  const [opa, regal] = await Promise.allSettled([findOpa(io.env, io.cwd), findRegal(io.env, io.cwd)]);
  const missing = [opa, regal].flatMap((found) => {
    if (found.status === "fulfilled") return [];
    if (found.reason instanceof Problem) return found.reason.lines;
    throw found.reason;
  });
  return { opa: opa.status === "fulfilled" ? opa.value : undefined, missing };
}

/** All that was made, with the places it goes to. */
async function gather(scratch: string, dir: string, shown: string): Promise<readonly FileChange[]> {
  const entries = await readdir(scratch, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(
    paths.sort().map(async (path) => {
      const inside = path.slice(scratch.length + 1);
      return { file: join(dir, inside), shown: join(shown, inside), content: await readFile(path) };
    }),
  );
}

function placed(dir: string, path: string, content: string): FileChange {
  return { file: join(dir, path), shown: path, content };
}
