// Starts what the pairings need: every server behind one gate, over HTTP and over stdio, and a driver for every client.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Gate, type StdioEntry, startGate } from "../e2e/harness-gate.ts";
import { makeTempDir, ROOT, run } from "../e2e/harness-process.ts";
import type { Drive, Endpoint } from "./job.ts";
import { type CLIENTS as CLIENT_KINDS, SERVERS, type ServerKind, type Transport } from "./kinds.ts";
import { driveProcess } from "./process-client.ts";
import { driveThrough, driveV1, driveV2 } from "./sdk-clients.ts";

const FIXTURES = join(ROOT, "test/fixtures/pairings");
/** Made by make, from tools/python and tools/clients. */
const PYTHON = join(ROOT, ".venv/bin/python");
const CLIENTS = join(ROOT, ".tools/clients");
const MODERN_PYTHON = join(CLIENTS, "python/bin/python");
/** The Inspector and the conformance suite need a newer Node than Regate. */
export const NEWER_NODE = join(CLIENTS, "node_modules/node/bin/node");
/** Sessions that clients leave open keep their process: as many as there are cells. */
const LIMITS = { childrenPerPrincipal: 400 };

type ClientKey = (typeof CLIENT_KINDS)[number]["key"];

export function drivers(): Readonly<Record<ClientKey, Drive>> {
  if (!existsSync(join(CLIENTS, "ready")))
    throw new Error(".tools/clients is missing: `make .tools/clients/ready` makes it");
  const packages = join(CLIENTS, "node_modules");
  const inspector = join(packages, "@modelcontextprotocol/inspector/clients/cli/build/index.js");
  const python = (interpreter: string, client: string) => driveProcess(interpreter, [join(FIXTURES, client)]);
  return {
    "sdk-v1": driveV1,
    "sdk-v2": driveV2,
    inspector: driveProcess(NEWER_NODE, [join(FIXTURES, "client_inspector.mjs"), inspector]),
    "mcp-remote": driveMcpRemote(),
    "mcp-1": python(PYTHON, "client_mcp1.py"),
    "mcp-2": python(MODERN_PYTHON, "client_mcp2.py"),
    "fastmcp-3": python(PYTHON, "client_fastmcp.py"),
    "fastmcp-4": python(MODERN_PYTHON, "client_fastmcp.py"),
  };
}

/** @param more flags of mcp-remote */
export function driveMcpRemote(...more: readonly string[]): Drive {
  const script = join(CLIENTS, "node_modules/mcp-remote/dist/proxy.js");
  const env = { MCP_REMOTE_CONFIG_DIR: makeTempDir() };
  return driveThrough(process.execPath, [script], more, env);
}

/** The key of a server in the gate's configuration. */
const keyOf = (server: ServerKind, transport: Transport) => `${server.key}-${transport}`;

export type Stage = {
  readonly gate: Gate;
  /** Where a client that speaks `spoken` reaches a server that speaks `served`, through the gate. */
  readonly endpoint: (server: ServerKind, spoken: Transport, served: Transport) => Endpoint;
};

export async function startStage(): Promise<Stage> {
  const entries = await Promise.all(
    SERVERS.map(async (server: ServerKind) => {
      const { http, stdio } = commandsOf(server);
      const url = await printUrl(http);
      return [
        [keyOf(server, "http"), { url, catalogue: "pairing" }],
        [keyOf(server, "stdio"), { ...stdio, catalogue: "pairing" }],
      ] as const;
    }),
  );
  const gate = await startGate({ servers: Object.fromEntries(entries.flat()), config: { limits: LIMITS } });
  return {
    gate,
    endpoint(server, spoken, served) {
      const key = keyOf(server, served);
      if (spoken === "http") return { kind: "http", url: gate.url(key) };
      const args = [join(ROOT, "dist/main.js"), "stdio", key, "-c", gate.configFile];
      return { kind: "stdio", command: process.execPath, args };
    },
  };
}

async function printUrl({ command, args }: StdioEntry): Promise<string> {
  const [url] = await run(command, args).printed(/^http:\/\/\S+$/m);
  return url;
}

function commandsOf(server: ServerKind): Readonly<Record<Transport, StdioEntry>> {
  const node = (file: string, ...flags: string[]) => ({
    command: process.execPath,
    args: [join(FIXTURES, file), ...flags],
  });
  const python = (interpreter: string, file: string) => ({
    http: { command: interpreter, args: [join(FIXTURES, file), "--http"] },
    stdio: { command: interpreter, args: [join(FIXTURES, file), "--stdio"] },
  });
  const everything = join(ROOT, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");
  const both = (file: string, ...flags: string[]) => ({
    http: node(file, "--http", "0", ...flags),
    stdio: node(file, "--stdio", ...flags),
  });
  switch (server.key) {
    case "sdk-v1":
      return both("server-v1.mjs");
    case "sdk-v2":
      return both("server-v2.mjs");
    case "mcp-1":
      return python(PYTHON, "server_mcp.py");
    case "mcp-2":
      return python(MODERN_PYTHON, "server_mcp.py");
    case "fastmcp-3":
      return python(PYTHON, "server_fastmcp.py");
    case "fastmcp-4":
      return python(MODERN_PYTHON, "server_fastmcp.py");
    case "everything":
      return {
        http: node("server-everything-http.mjs"),
        stdio: { command: process.execPath, args: [everything, "stdio"] },
      };
    default:
      return both("server-v2.mjs", "--only", server.versions[0] ?? "");
  }
}
