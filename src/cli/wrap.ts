// `regate wrap CLIENT`: moves the servers of an MCP client behind the gate. Shows the difference and asks; then writes
// regate.yaml, the backup and the client's file, in this order, so that a client never names a server that the gate lacks.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { addServers, modeOpenToOthers, readServerEntries } from "../config/edit-servers.ts";
import { MAIN } from "../package-root.ts";
import { Problem } from "../problem.ts";
import { readVersion } from "../version.ts";
import type { CommandIo } from "./command.ts";
import { tellOfRestart } from "./servers.ts";
import type { Launch } from "./wrap/client-entry.ts";
import { refuseChanged, writeBackup, writeClientFile } from "./wrap/client-file.ts";
import { filesOf } from "./wrap/clients.ts";
import { confirm, readPlace } from "./wrap/confirm.ts";
import { planWrap, type WrapPlan } from "./wrap/plan.ts";
import { describeWrap, isChanged, notesOf, secretsIn, showPath, wrapAsJson } from "./wrap/show.ts";

/** npm's cache for `npx`: what lies there may be gone tomorrow. */
const PASSING = /[\\/]_npx[\\/]/;

/** @returns 0 where every server is behind this gate now, 1 where some stay as they are */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      yes: { type: "boolean", short: "y" },
      "dry-run": { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const [client, ...more] = positionals;
  if (client === undefined || more.length > 0)
    throw new Problem([
      "use: regate wrap CLIENT, where CLIENT is claude-code, claude-desktop, cursor, vscode or a file",
    ]);
  const plan = readPlan(client, values.config, io);
  const config = resolve(io.cwd, values.config);
  const print = (isWritten: boolean): void => {
    if (values.json === true) io.stdout(wrapAsJson(plan, config, isWritten));
  };
  if (values.json !== true) io.stdout(describeWrap(plan, config, io.cwd));
  const code = plan.files.some(({ entries }) => entries.some(({ outcome }) => outcome === "left")) ? 1 : 0;
  if (!plan.files.some(({ entries }) => isChanged(entries))) {
    print(false);
    io.stderr("Nothing was changed.\n");
    return code;
  }
  refuseOpenFile(plan, values.config, io);
  if (values["dry-run"] === true) {
    print(false);
    io.stderr("Nothing was changed: this was a dry run.\n");
    return code;
  }
  if (!(await confirm(values.yes === true, io))) {
    print(false);
    return 1;
  }
  write(plan, values.config, io);
  print(true);
  for (const note of notesOf(plan, values.config)) io.stderr(`${note}\n`);
  if (plan.added.size > 0) tellOfRestart(values.config, io);
  io.stderr(`Start the client anew. regate unwrap ${client} puts its servers back.\n`);
  return code;
}

function readPlan(client: string, config: string, io: CommandIo): WrapPlan {
  const place = readPlace(io);
  const files = filesOf(client, place);
  const plan = planWrap({
    files,
    config: resolve(io.cwd, config),
    servers: readServerEntries(config, io.cwd),
    env: io.env,
    home: place.home,
    launch: launchOf(MAIN),
  });
  if (plan.files.length > 0) return plan;
  const looked = files.map(({ file }) => showPath(file, io.cwd)).join(", ");
  throw new Problem([`${client}: there is no ${looked}; name the client's file by its path`]);
}

/** What starts this very regate, wherever the client starts it. */
export function launchOf(main: string): Launch {
  if (PASSING.test(main)) return { command: "npx", args: ["-y", `regate@${readVersion()}`] };
  return { command: process.execPath, args: [main] };
}

function refuseOpenFile(plan: WrapPlan, config: string, io: CommandIo): void {
  const secrets = secretsIn(plan.added);
  const mode = modeOpenToOthers(config, io.cwd);
  if (secrets.length === 0 || mode === undefined) return;
  throw new Problem([
    `${config}: its mode ${mode} lets others read it, and it would hold what may be secret (${secrets.join(", ")}); chmod 600 ${config} first, or write \${NAME} in the client's file and keep the values in the environment; nothing was changed`,
  ]);
}

function write(plan: WrapPlan, config: string, io: CommandIo): void {
  const files = plan.files.filter(({ entries }) => isChanged(entries));
  for (const { read } of files) refuseChanged(read);
  if (plan.added.size > 0) addServers(config, io.cwd, plan.added);
  for (const { read, after, backup } of files) {
    writeBackup(read, backup);
    writeClientFile(read, after);
  }
}
