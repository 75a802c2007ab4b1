// `regate stdio [SERVER]`: what a client that only speaks stdio starts in the server's place, or in that of all servers. It relays to the running gate,
// and starts one where none runs: one process owns the state. Standard output carries messages only.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, isAbsolute, resolve } from "node:path";
import { stdin, stdout } from "node:process";
import { parseArgs } from "node:util";
import { locateState } from "../config/config.ts";
import { readRunningGate } from "../config/running-gate.ts";
import { SERVER_KEY } from "../config/server-schema.ts";
import { isApiKey } from "../http/bearer.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { relay } from "./relay/relay.ts";
import { ensureGate } from "./start-gate.ts";

/** What an issuer of the gate's may have given to the client. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: "string", short: "c", default: "regate.yaml" } },
  });
  const [server, ...more] = positionals;
  if (more.length > 0)
    throw new Problem([
      "use: regate stdio SERVER, one key under servers of the configuration; or regate stdio, for all",
    ]);
  if (server !== undefined && !SERVER_KEY.test(server))
    throw new Problem([
      `${JSON.stringify(server)} is no key of a server; name one that stands under servers in the configuration`,
    ]);
  const apiKey = readApiKey(io.env);
  const config = resolve(io.cwd, values.config);
  refuseMissing(values.config, config, io.cwd);
  const state = locateState(values.config, io.cwd);
  const log = (line: string): void => io.stderr(`regate stdio: ${line}\n`);
  await ensureGate({ config, state, env: io.env, log });

  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  await relay({
    locate: () => readRunningGate(state),
    server,
    apiKey,
    relayId: randomUUID(),
    input: stdin,
    output: stdout,
    log,
    stop: stop.signal,
  });
  return 0;
}

/** A client starts its servers in a folder of its own choice, so a relative name is often not where a person thinks. */
function refuseMissing(named: string, file: string, cwd: string): void {
  if (isAbsolute(named) || existsSync(file)) return;
  throw new Problem([
    `${named}: there is none in ${cwd}, where the client started regate stdio; name the file with -c /absolute/path/${basename(named)}`,
  ]);
}

function readApiKey({ REGATE_API_KEY: key }: NodeJS.ProcessEnv): string | undefined {
  if (key === undefined || isApiKey(key) || JWT.test(key)) return key;
  throw new Problem([
    "REGATE_API_KEY is neither an API key nor an issuer's token; regate keys add NAME makes a key (rgk_ and 43 characters)",
  ]);
}
