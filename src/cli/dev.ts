// `regate dev`: serves like `regate serve`, and at each save in the policy folder builds it, tests it, says which decisions
// changed, and has the gate take it. What does not build or test changes nothing.
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { PLAIN_BUNDLE } from "../config/bundle-schema.ts";
import { readTracesConfig } from "../config/traces-env.ts";
import { buildBundle } from "../policy/build/compose.ts";
import { writeSources } from "../policy/build/read-policy.ts";
import { type PolicyFolder, readShippedFor } from "../policy/build/sources.ts";
import { readBundle } from "../policy/bundle.ts";
import type { ChangeRow } from "../policy/diff/change-table.ts";
import { describeOutcome } from "../policy/diff/compare-outcomes.ts";
import { comparePolicies, openPolicy } from "../policy/diff/compare-policies.ts";
import { findOpa, type Opa, runOpa } from "../policy/opa.ts";
import { readSamples } from "../policy/samples.ts";
import { Problem } from "../problem.ts";
import { makeScratch, removeScratch } from "../scratch.ts";
import type { CommandIo } from "./command.ts";
import { createLog, readConfig, start, untilStopped } from "./serve.ts";

const LOOK_MS = 250;
const MAX_CHANGES_SHOWN = 50;

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: "string", short: "c" }, port: { type: "string" }, "mcp-config": { type: "string" } },
  });
  if (positionals.length > 1) {
    throw new Problem([`regate dev: one policy folder at a time, not ${positionals.join(" and ")}`]);
  }
  const shown = positionals[0] ?? "rego";
  const folder = { dir: resolve(io.cwd, shown), shown };
  const config = readConfig(values, io);
  const traces = readTracesConfig(io.env);
  const opa = await findOpa(io.env, io.cwd);
  const scratch = makeScratch("dev");
  const bundle = join(scratch, "bundle.tar.gz");
  try {
    await buildAndTest(folder, opa, bundle);
    const gate = await start(
      { ...config, bundle: { ...PLAIN_BUNDLE, source: { kind: "file", file: bundle } }, watch: false },
      io,
      { readServers: () => readConfig(values, io).servers, traces, log: createLog(config, traces, io) },
    );
    const stopWatching = watchFolder(folder.dir, async () => {
      const offered = await offer(folder, opa, bundle);
      if (offered.taken) await gate.reload();
      io.stdout(offered.text);
    });
    io.stdout(`\nwatching ${shown}: each save is built, tested and taken\n`);
    await untilStopped(gate);
    await stopWatching();
    await gate.close();
    return 0;
  } finally {
    await removeScratch(scratch);
  }
}

/** @throws Problem where the folder does not build, or a test of its own fails */
async function buildAndTest(folder: PolicyFolder, opa: Opa, file: string): Promise<void> {
  await writeFile(file, (await buildBundle(folder, opa)).bytes);
  const shipped = join(dirname(file), "shipped");
  await rm(shipped, { recursive: true, force: true });
  await writeSources(shipped, await readShippedFor(folder));
  const beside = (await readdir(shipped).catch(() => [])).length > 0 ? [shipped] : [];
  const { exitCode, stdout, stderr } = await runOpa(opa, ["test", ".", ...beside], { cwd: folder.dir });
  if (exitCode === 0) return;
  const [first = "opa test fails", ...more] = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  throw new Problem([first, ...more]);
}

/** What became of a save, and what is said of it. */
type Offered = { readonly taken: boolean; readonly text: string };

/** Puts what was saved in the place of `bundle` where it builds and tests. */
async function offer(folder: PolicyFolder, opa: Opa, bundle: string): Promise<Offered> {
  try {
    const next = `${bundle}.next`;
    await buildAndTest(folder, opa, next);
    const samples = await readSamples(join(folder.dir, "..", "test", "samples"));
    const policies = {
      base: await openPolicy(await readBundle(bundle), true),
      head: await openPolicy(await readBundle(next), true),
    };
    const { table } = comparePolicies(policies, samples);
    await rename(next, bundle);
    return { taken: true, text: describeChanges(table.rows()) };
  } catch (error) {
    const lines = error instanceof Problem ? error.lines : [String(error)];
    return { taken: false, text: `\n${lines.join("\n")}\nnot taken: the policy in force stays\n` };
  }
}

function describeChanges(rows: readonly ChangeRow[]): string {
  if (rows.length === 0) return "\nbuilt and tested: no decision changes\n";
  const lines = rows.slice(0, MAX_CHANGES_SHOWN).map(({ change, tool, server, shown: { base, head } }) => {
    return `  ${change.padEnd(8)}  ${tool} on ${server}: ${describeOutcome(base)} -> ${describeOutcome(head)}`;
  });
  const more =
    rows.length > MAX_CHANGES_SHOWN ? [`  and ${rows.length - MAX_CHANGES_SHOWN} more; regate diff has all`] : [];
  const count = rows.length === 1 ? "1 decision changes" : `${rows.length} decisions change`;
  return `\nbuilt and tested: ${count}\n${[...lines, ...more].join("\n")}\n`;
}

/**
 * Calls `saved` after each save, one at a time. Looks at the files itself: node's recursive watch loses files that are
 * replaced, as most editors and git do. @returns stops watching, and waits for the last call
 */
function watchFolder(dir: string, saved: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let seen = "";
  const watching = (async () => {
    seen = await fingerprint(dir);
    while (!stopped) {
      await sleep(LOOK_MS);
      const now = await fingerprint(dir);
      if (now === seen || stopped) continue;
      seen = now;
      await saved();
    }
  })();
  return () => {
    stopped = true;
    return watching;
  };
}

/** Changes with any file of the folder. */
async function fingerprint(dir: string): Promise<string> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const found = await stat(join(dir, name)).catch(() => undefined);
      return found === undefined || found.isDirectory() ? "" : `${name} ${found.mtimeMs} ${found.size} ${found.ino}`;
    }),
  );
  return files.join("\n");
}
