// The gate as it is measured: its policy built by the command, its tools catalogued by a scan of the very upstream, served by the
// command as a process of its own. With PROFILE=DIR the process leaves a CPU profile there when it ends.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { run, type Started, start } from "./processes.ts";

/**
 * Rules for the tools of upstream.ts: a plain one, a limited one, and a limited one that reads the arguments. No run takes what the
 * buckets hold, and they are never full again between two calls.
 */
const RULES = `package policy.servers.bench

rules.echo contains {"id": "echo", "action": "allow"}

rules.limited contains {"id": "limited", "action": "allow", "rate_limit": {"max": 1000000000, "window": 2592000}}

rules.guarded contains {"id": "guarded", "action": "allow", "rate_limit": {"max": 1000000000, "window": 2592000}}

rules.guarded contains {"id": "no-etc", "action": "deny"} if not _outside

_outside if not startswith(input.args.text, "/etc/")
`;

export type GateFolder = { readonly config: string; readonly bundle: string };

/**
 * Writes configuration and policy, scans, builds.
 * @param server how the configuration reaches the upstream
 * @param writeMore writes more policy into the folder that it is given
 */
export async function prepareGate(
  scratch: string,
  server: Readonly<Record<string, unknown>>,
  writeMore: (rego: string) => Promise<void> = async () => {},
): Promise<GateFolder> {
  const config = join(scratch, "regate.yaml");
  const bundle = join(scratch, "bundle.tar.gz");
  await mkdir(scratch, { recursive: true });
  const limits = {
    maxBodyBytes: 4_194_304,
    newSessions: { max: 1_000_000, window: 60 },
    bucketsPerPrincipal: 1_000_000,
  };
  await writeFile(config, JSON.stringify({ listen: "127.0.0.1:0", bundle, limits, servers: { bench: server } }));
  // in its folder: a scan writes where it is called
  await run("node", [resolve("dist/main.js"), "scan", "bench", "-c", config], scratch);
  const rules = join(scratch, "rego/policy/servers/bench/bench.rego");
  await mkdir(dirname(rules), { recursive: true });
  await writeFile(rules, RULES);
  await writeMore(join(scratch, "rego"));
  await run("node", ["dist/main.js", "build", join(scratch, "rego"), "-o", bundle]);
  return { config, bundle };
}

/** As regate stdio, the container and `make run` start it. */
export const NODE_FLAGS = ["--max-semi-space-size=8"];

export async function startGate({ config }: GateFolder): Promise<Started> {
  const profile = process.env.PROFILE;
  const flags = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const args = [...NODE_FLAGS, ...flags, "dist/main.js", "serve", "-c", config];
  const { url, pid } = await start(process.execPath, args, { line: /listening on (http:\S+)/ });
  return { url: `${url}/mcp/bench`, pid };
}
