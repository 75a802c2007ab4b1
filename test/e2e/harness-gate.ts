// The gate as its users start it: a regate.yaml in a folder of its own, `node dist/main.js serve`, the address from what it prints.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { stringify } from "yaml";
import { makeTempDir, ROOT, type Running, run, runToEnd } from "./harness-process.ts";

export const OPERATOR_KEY = "operator-key-of-the-end-to-end-tests";

export type StdioEntry = { readonly command: string; readonly args: readonly string[] };
/** One entry under `servers:`, as in regate.yaml. */
type ServerEntry = { readonly url: string } | ({ readonly command: string } & Partial<StdioEntry>);

export type GateOptions = {
  readonly servers: Readonly<Record<string, ServerEntry & Readonly<Record<string, unknown>>>>;
  /** Absolute path; the bundle of test/fixtures/policy where it is left out. */
  readonly bundle?: string;
  /** Further keys of regate.yaml. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Further arguments of `regate serve`. */
  readonly args?: readonly string[];
  /** Where regate.yaml and the state lie: give an earlier gate's to start again on its state. */
  readonly dir?: string;
};

export type Gate = {
  readonly dir: string;
  readonly configFile: string;
  /** `http://127.0.0.1:PORT` */
  readonly base: string;
  /** The MCP endpoint of a server, by its key. */
  readonly url: (server: string) => string;
  readonly process: Running;
};

export async function startGate(options: GateOptions): Promise<Gate> {
  const dir = options.dir ?? makeTempDir();
  const configFile = join(dir, "regate.yaml");
  const bundle = options.bundle ?? inject("policyBundle");
  const config = { listen: "127.0.0.1:0", bundle, servers: options.servers, ...options.config };
  writeFileSync(configFile, stringify(config));
  const gate = run(process.execPath, [join(ROOT, "dist/main.js"), "serve", "-c", configFile, ...(options.args ?? [])], {
    cwd: dir,
    env: { REGATE_OPERATOR_KEY: OPERATOR_KEY, ...options.env },
  });
  const [, base = ""] = await gate.printed(/listening on (http:\/\/\S+:\d+)/);
  return { dir, configFile, base, url: (server) => `${base}/mcp/${server}`, process: gate };
}

/** Runs a command of regate's beside the gate, as its operator. */
export function operate(gate: Gate, ...args: readonly string[]) {
  const [command = "", ...more] = args;
  return runToEnd(process.execPath, [join(ROOT, "dist/main.js"), command, "-c", gate.configFile, ...more], {
    cwd: gate.dir,
    env: { REGATE_OPERATOR_KEY: OPERATOR_KEY },
  });
}
