// `regate learn --from LOG...`: from the calls that decision logs hold, least-privilege rules for each server, their tests and
// samples; and what it saw too little of. It writes new files only, all or none, and asks no gate.
import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parseJson } from "../check/parse-json.ts";
import { type LearnedServer, learnServer } from "../learn/learned-server.ts";
import { describeShortTime, describeSource, describeTools, listDoubts } from "../learn/report.ts";
import { Gatherer, type Seen } from "../learn/seen.ts";
import { writeRules } from "../learn/write-rules.ts";
import { writeSamples } from "../learn/write-samples.ts";
import { writeTests } from "../learn/write-tests.ts";
import { withRotated } from "../log/log-files.ts";
import { readLoggedDecision } from "../log/logged-decision.ts";
import { readOwnLine } from "../log/own-line.ts";
import { openLines } from "../log/read-lines.ts";
import type { PolicyFolder } from "../policy/build/sources.ts";
import { type FileChange, writeFiles } from "../policy/write-files.ts";
import { Problem } from "../problem.ts";
import { checkServerName, rulesFile, rulesTestFile, schemaFile, schemaNames } from "../scan/places.ts";
import { bindSchema } from "../scan/scaffold.ts";
import type { CommandIo } from "./command.ts";
import { createProgress } from "./diff/progress.ts";

const DEFAULT_ENOUGH = 20;
/** Rules that nobody can read are no rules that anybody reviews. */
const MAX_TOOLS = 200;
const schemaSchema = z.looseObject({ properties: z.record(z.string(), z.unknown()) });

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      from: { type: "string", multiple: true },
      output: { type: "string", short: "o", default: "rego" },
      "min-calls": { type: "string", default: String(DEFAULT_ENOUGH) },
      json: { type: "boolean", default: false },
    },
  });
  // a shell puts several logs behind one --from
  const logs = [...(values.from ?? []), ...positionals];
  if (values.from === undefined) throw new Problem(["regate learn: name the decision logs with --from FILE..."]);
  const enough = readEnough(values["min-calls"]);
  const { seen, faults } = await gather(logs, io);
  if (seen.calls === 0) {
    throw new Problem([
      `${logs.join(", ")}: no call of a tool that went out; a server in mode: observe lets all of them out${describeFaults(faults)}`,
    ]);
  }
  const folder = { dir: resolve(io.cwd, values.output), shown: values.output };
  const servers = [...seen.servers]
    .map(([server, of]) => ({ learned: learnServer(server, of, enough), of }))
    .filter(({ learned }) => learned.tools.length > 0);
  const changes = (await Promise.all(servers.map(({ learned }) => listFiles(learned, folder, seen)))).flat();
  await refuseExisting(changes);
  await writeFiles(changes);
  if (values.json) {
    const data = servers.map(({ learned, of }) => ({
      server: learned.server,
      rules: rulesFile(folder, learned.server).shown,
      samples: learned.tools.length + 1,
      tools: describeTools(learned),
      doubts: listDoubts(learned, of, enough),
    }));
    const report = { calls: seen.calls, servers: data, passed_over: Object.fromEntries(faults) };
    io.stdout(`${JSON.stringify(report, undefined, 2)}\n`);
    return 0;
  }
  for (const { learned, of } of servers) {
    io.stdout(
      `${learned.server}: ${rulesFile(folder, learned.server).shown}, its test and ${learned.tools.length + 1} samples\n`,
    );
    for (const line of describeTools(learned)) io.stdout(`  ${line}\n`);
    const doubts = listDoubts(learned, of, enough);
    if (doubts.length > 0) io.stdout("  seen too little of, or to be looked at:\n");
    for (const doubt of doubts) io.stdout(`  - ${doubt}\n`);
  }
  const short = describeShortTime(seen);
  if (short !== undefined) io.stdout(`${short}\n`);
  if (faults.size > 0) io.stdout(`lines that were passed over${describeFaults(faults)}\n`);
  io.stdout(
    `${describeSource(seen)}; requests other than calls of tools stay with the defaults. Read the rules, then regate build ${folder.shown}\n`,
  );
  return 0;
}

function readEnough(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) > 0) return Number(text);
  throw new Problem([`--min-calls ${text}: must be a whole number from 1 on`]);
}

type Gathered = { readonly seen: Seen; readonly faults: ReadonlyMap<string, number> };

async function gather(logs: readonly string[], io: CommandIo): Promise<Gathered> {
  const gatherer = new Gatherer();
  const faults = new Map<string, number>();
  for (const { file, shown } of await withRotated(logs.map((shown) => ({ file: resolve(io.cwd, shown), shown })))) {
    const reader = await openLines(file, shown);
    const progress = createProgress(io, reader.sizeBytes);
    let lines = 0;
    try {
      await reader.read(
        (line) => {
          lines += 1;
          const text = line.kind === "text" || line.kind === "unended" ? line.text : undefined;
          const decision = text === undefined ? undefined : readLoggedDecision(text);
          if (decision !== undefined) gatherer.add(decision);
          else if (text?.trim() !== "" && (text === undefined || readOwnLine(text) === undefined)) {
            const what = line.kind === "text" ? "no decision of a gate" : line.kind.replaceAll("_", " ");
            faults.set(what, (faults.get(what) ?? 0) + 1);
          }
        },
        (readBytes) => progress.show(readBytes, lines),
      );
    } finally {
      progress.end();
      await reader.close();
    }
  }
  return { seen: gatherer.seen, faults };
}

function describeFaults(faults: ReadonlyMap<string, number>): string {
  return faults.size === 0 ? "" : `: ${[...faults].map(([what, count]) => `${count} ${what}`).join(", ")}`;
}

/** @throws Problem for a server that no folder can be named after, or with more tools than anybody reviews */
async function listFiles(learned: LearnedServer, folder: PolicyFolder, seen: Seen): Promise<readonly FileChange[]> {
  const { server, tools } = learned;
  checkServerName(server, server);
  if (tools.length > MAX_TOOLS) {
    throw new Problem([
      `${server}: ${tools.length} tools were called, more than rules can be read for; write rules for groups of them`,
    ]);
  }
  const source = `It goes by ${describeSource(seen)}.`;
  const bound = await bindSchemas(learned, folder);
  const rules = writeRules({ ...learned, source, schemaLines: ({ name }) => bound.get(name) ?? [] });
  const samples = writeSamples(learned).map(({ name, text }) => {
    const path = ["..", "test", "samples", server, name] as const;
    return { file: join(folder.dir, ...path), shown: join(folder.shown, ...path), content: text };
  });
  return [
    { ...rulesFile(folder, server), content: rules },
    { ...rulesTestFile(folder, server), content: writeTests(learned) },
    ...samples,
  ];
}

/** For the tools whose schema lies in the repository and has all that was seen: with it `opa check` knows their arguments. */
async function bindSchemas(
  { server, tools }: LearnedServer,
  folder: PolicyFolder,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = schemaNames(tools.map(({ name }) => name));
  const found = await Promise.all(
    tools.map(async ({ name, constraints }): Promise<[string, readonly string[]]> => {
      const schema = names.get(name) ?? name;
      const { file } = schemaFile(folder, server, `${schema}.json`);
      const known: readonly string[] = await readFile(file, "utf8").then(readProperties, () => []);
      return [name, constraints.every((one) => known.includes(one.name)) ? bindSchema(server, schema) : []];
    }),
  );
  return new Map(found);
}

function readProperties(text: string): readonly string[] {
  const parsed = schemaSchema.safeParse(parseJson(text));
  return parsed.success ? Object.keys(parsed.data.properties) : [];
}

async function refuseExisting(changes: readonly FileChange[]): Promise<void> {
  const there = await Promise.all(changes.map(async (change) => ((await exists(change.file)) ? [change.shown] : [])));
  const [first, ...others] = there.flat();
  if (first === undefined) return;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  throw new Problem([`${first}${more}: is there already, and is not written over; name another folder with -o DIR`]);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
