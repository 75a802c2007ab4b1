// `regate servers add | list | remove`: the servers in regate.yaml. It changes the file and no gate: one that runs is to be
// started again. What is listed shows no secret.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { locateState } from "../config/config.ts";
import { readConfigDocument } from "../config/edit.ts";
import {
  addServers,
  checkEntry,
  modeOpenToOthers,
  readServerEntries,
  removeServer,
  type ServerEntry,
} from "../config/edit-servers.ts";
import { readRunningGate } from "../config/running-gate.ts";
import { nearestWord } from "../config/suggest.ts";
import { showable } from "../mcp/showable.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { maskEntry, secretsOf } from "./wrap/entry-secrets.ts";

const USAGE =
  "use: regate servers add NAME --url URL [--header 'NAME: VALUE']..., regate servers add NAME [--env NAME=VALUE]... -- COMMAND ARGS..., regate servers list, or regate servers remove NAME";

type Values = {
  readonly config: string;
  readonly url?: string;
  readonly header?: string[];
  readonly env?: string[];
  readonly catalogue?: string;
  readonly json?: boolean;
};

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const end = args.indexOf("--");
  const command = end === -1 ? undefined : args.slice(end + 1);
  const { values, positionals } = parseArgs({
    args: end === -1 ? [...args] : args.slice(0, end),
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      url: { type: "string" },
      header: { type: "string", multiple: true },
      env: { type: "string", multiple: true },
      catalogue: { type: "string" },
      json: { type: "boolean" },
    },
  });
  const [action, name, ...more] = positionals;
  if (more.length > 0) throw new Problem([`${USAGE}; ${more.join(" ")} is too much`]);
  if (action === "add" && name !== undefined) return add(name, readEntry(values, command), values, io);
  const added = [values.url, values.header, values.env, values.catalogue, command].some((it) => it !== undefined);
  if (added) throw new Problem([USAGE]);
  if (action === "list" && name === undefined) return list(values, io);
  if (action === "remove" && name !== undefined) return remove(name, values, io);
  throw new Problem([USAGE]);
}

function readEntry({ url, header, env, catalogue }: Values, command: readonly string[] | undefined): ServerEntry {
  if ((url === undefined) === (command === undefined))
    throw new Problem([`${USAGE}; either a URL or a command, which stands behind --`]);
  if (url === undefined ? header !== undefined : env !== undefined)
    throw new Problem([`${USAGE}; --header goes with --url, and --env with a command`]);
  const [program, ...args] = command ?? [];
  if (command !== undefined && program === undefined) throw new Problem([`${USAGE}; no command stands behind --`]);
  return {
    ...(url === undefined ? { command: program, ...(args.length > 0 && { args }) } : { url }),
    ...(env && { env: readPairs(env, /^([^=]+)=(.*)$/s, "--env must be NAME=VALUE") }),
    ...(header && { headers: readPairs(header, /^([^:\s]+):\s*(.*)$/s, "--header must be 'NAME: VALUE'") }),
    ...(catalogue !== undefined && { catalogue }),
  };
}

/** What is given is never quoted: it may be a secret. */
function readPairs(texts: readonly string[], form: RegExp, problem: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text): [string, string] => {
      const [, name, value] = form.exec(text) ?? [];
      if (name === undefined || value === undefined) throw new Problem([problem]);
      return [name, value];
    }),
  );
}

function add(key: string, entry: ServerEntry, { config, json }: Values, io: CommandIo): number {
  if (readServerEntries(config, io.cwd).has(key))
    throw new Problem([`${config}: the server ${key} is there already; remove it first, or choose another name`]);
  const checked = checkEntry(key, entry, resolve(io.cwd, config), io.env);
  if (checked.kind === "faulty") {
    const [first = "is not in order", ...more] = checked.problems.map((problem) => `${key}: ${problem}`);
    throw new Problem([first, ...more]);
  }
  const secrets = secretsOf(entry);
  const mode = modeOpenToOthers(config, io.cwd);
  if (secrets.length > 0 && mode !== undefined) {
    throw new Problem([
      `${config}: its mode ${mode} lets others read it, and it would hold what may be secret (${secrets.join(", ")} of ${key}); chmod 600 ${config} first, or write \${NAME} and keep the value in the gate's environment`,
    ]);
  }
  const isNew = !existsSync(resolve(io.cwd, config));
  addServers(config, io.cwd, new Map([[key, entry]]));
  if (json === true) io.stdout(`${JSON.stringify({ key, config, created: isNew }, undefined, 2)}\n`);
  else io.stdout(`${key}: added to ${config}${isNew ? ", which is new" : ""}\n`);
  if (secrets.length > 0)
    io.stderr(`${config} holds what may be secret (${secrets.join(", ")} of ${key}): keep it out of version control\n`);
  for (const name of checked.unset) io.stderr(`${key} takes ${name} from the gate's environment; it is not set here\n`);
  tellOfRestart(config, io);
  return 0;
}

function list({ config, json }: Values, io: CommandIo): number {
  // says where there is no such file
  readConfigDocument(config, io.cwd);
  const servers = [...readServerEntries(config, io.cwd)].map(([key, entry]) => ({ key, ...maskEntry(entry) }));
  if (json === true) io.stdout(`${JSON.stringify(servers, undefined, 2)}\n`);
  else for (const { key, ...entry } of servers) io.stdout(`${showable(key)}  ${describe(entry)}\n`);
  return 0;
}

function describe({ command, args, url }: ServerEntry): string {
  const parts = url === undefined ? [command, ...(Array.isArray(args) ? args : [])] : [url];
  return showable(parts.map(String).join(" "), 500);
}

function remove(key: string, { config, json }: Values, io: CommandIo): number {
  removeServer(config, io.cwd, key, (keys) => {
    const near = nearestWord(key, keys);
    const hint =
      near === undefined
        ? keys.length === 0
          ? "there are none"
          : `there are ${keys.join(", ")}`
        : `did you mean ${near}?`;
    return `${config}: there is no server ${key}; ${hint}`;
  });
  io.stdout(json === true ? `${JSON.stringify({ key, config }, undefined, 2)}\n` : `${key}: removed from ${config}\n`);
  tellOfRestart(config, io);
  return 0;
}

/** A gate reads its servers at its start, and when it is told to. */
export function tellOfRestart(config: string, io: CommandIo): void {
  const gate = readRunningGate(locateState(config, io.cwd));
  io.stderr(
    gate === undefined
      ? "The gate knows it from its next start on.\n"
      : `A gate may run on it (process ${gate.pid}): regate reload has it take them, or kill -HUP ${gate.pid}.\n`,
  );
}
