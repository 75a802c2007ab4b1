// `regate serve`: starts the gate, says where it is, and runs until it is told to stop. SIGHUP takes changed bundles and servers.
import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleOf } from "../bundles/default-bundle.ts";
import { type RunningGate, startGate } from "../compose.ts";
import type { BundleSource } from "../config/bundle-schema.ts";
import { loadConfig } from "../config/config.ts";
import { loadMcpConfig } from "../config/mcp-config.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { readTracesConfig, type TracesConfig } from "../config/traces-env.ts";
import { watchFile } from "../policy/watch-file.ts";
import { Problem } from "../problem.ts";
import { readVersion } from "../version.ts";
import type { CommandIo } from "./command.ts";
import { createGateLog, type GateLog, secretsIn } from "./gate-log.ts";
import { greet } from "./greeting.ts";
import { keepHeapSmall } from "./small-heap.ts";

const DEFAULT_FILE = "regate.yaml";

export type ServeArgs = {
  readonly config?: string | undefined;
  readonly port?: string | undefined;
  readonly bundle?: string | undefined;
  readonly shadow?: string | undefined;
  readonly "mcp-config"?: string | undefined;
};

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c" },
      port: { type: "string" },
      bundle: { type: "string" },
      shadow: { type: "string" },
      "mcp-config": { type: "string" },
    },
  });
  const config = readConfig(values, io);
  const shadow = values.shadow === undefined ? undefined : resolve(io.cwd, values.shadow);
  const traces = readTracesConfig(io.env);
  const log = createLog(config, traces, io);
  const gate = await start(config, io, { shadow, readServers: () => readConfig(values, io).servers, traces, log });
  const source = bundleOf(config);
  // what is signed is taken by itself; a service is asked anyway
  const isTaken = source.kind === "file" && (config.watch || config.bundle.verify !== undefined);
  const watched = [...(isTaken ? [source.file] : []), ...(config.watch && shadow !== undefined ? [shadow] : [])];
  // where a folder is gone, the last good one judges
  const watches = watched
    .filter((file) => existsSync(dirname(file)))
    .map((file) => watchFile(file, () => void gate.reload()));
  const signal = await untilStopped(gate);
  for (const stopWatching of watches) stopWatching();
  log("stopping", "info");
  await (signal === "SIGTERM" ? gate.retire() : gate.close());
  return 0;
}

/**
 * The configuration file, with what the command line says in its place. Without a file --mcp-config is enough; where there is
 * one, it counts all the same: it may hold the keys that callers need.
 */
export function readConfig(args: ServeArgs, { env, cwd }: CommandIo): Config {
  const mcpConfig = args["mcp-config"];
  const file = args.config ?? DEFAULT_FILE;
  const isThere = args.config !== undefined || existsSync(resolve(cwd, file));
  if (mcpConfig === undefined && !isThere) {
    throw new Problem([
      `there is no ${file} here: name one with -c FILE, or your client's servers with --mcp-config FILE; the least one is\n  servers:\n    files: { command: npx, args: ["-y", "@modelcontextprotocol/server-filesystem", "."], catalogue: filesystem }`,
    ]);
  }
  const config = isThere
    ? loadConfig(file, env, cwd)
    : configSchema({ file: resolve(cwd, file), folder: cwd, env }).parse({});
  const servers = mcpConfig === undefined ? config.servers : loadMcpConfig(mcpConfig, env, cwd);
  const port = args.port === undefined ? config.listen.port : readPort(args.port);
  const source: BundleSource | undefined =
    args.bundle === undefined ? config.bundle.source : { kind: "file", file: resolve(cwd, args.bundle) };
  const bundle = { ...config.bundle, source };
  return { ...config, servers, bundle, listen: { ...config.listen, port } };
}

export type StartOptions = {
  /** The file of a second bundle, which judges beside it; absolute. */
  readonly shadow?: string | undefined;
  readonly readServers: () => Config["servers"];
  readonly traces: TracesConfig | undefined;
  readonly log: GateLog;
};

export function createLog(config: Config, traces: TracesConfig | undefined, io: CommandIo): GateLog {
  return createGateLog({
    ...config.gateLog,
    write: io.stderr,
    backlogBytes: io.backlogBytes ?? (() => 0),
    unixMs: Date.now,
    pid: process.pid,
    secrets: secretsIn(config, [io.env.REGATE_OPERATOR_KEY, ...Object.values(traces?.headers ?? {})]),
  });
}

/** Starts the gate and greets whoever started it. */
export async function start(
  config: Config,
  io: CommandIo,
  { shadow, readServers, traces, log }: StartOptions,
): Promise<RunningGate> {
  const show = (path: string): string => (relative(io.cwd, path).startsWith("..") ? path : relative(io.cwd, path));
  const source = bundleOf(config);
  const shown = source.kind === "file" ? show(source.file) : showUrl(source.url);
  const version = readVersion();
  const gate = await startGate({
    config,
    bundle: { source, shown },
    shadow: shadow === undefined ? undefined : { file: shadow, shown: show(shadow) },
    version,
    operatorKey: io.env.REGATE_OPERATOR_KEY,
    canShowKey: io.env.REGATE_STARTED_BY !== "stdio",
    readServers,
    traces,
    log,
  });
  io.stdout(greet(config, gate, version, shown));
  keepHeapSmall();
  return gate;
}

/** Without its query, which may hold a secret. */
function showUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new Problem([`--port ${text}: must be a whole number from 0 (any free port) to 65535`]);
}

/** Resolves on SIGINT or SIGTERM; the same again ends the process at once. SIGHUP reloads. */
export function untilStopped(gate: RunningGate): Promise<NodeJS.Signals> {
  return new Promise((stop) => {
    process.on("SIGHUP", () => void gate.reloadAll());
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(signal));
  });
}
