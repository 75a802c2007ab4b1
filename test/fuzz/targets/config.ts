// regate.yaml: refused with lines that name the file, or taken with bounds that hold: no gate without keys on the network.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { loadConfig } from "../../../src/config/config.ts";
import { isLoopback } from "../../../src/config/listen.ts";
import type { Config } from "../../../src/config/schema.ts";
import { Problem } from "../../../src/problem.ts";
import { makeTempDir } from "../../e2e/harness-process.ts";
import type { Target } from "../target.ts";

const SEEDS = [
  `listen: 127.0.0.1:8787
keys: [{ name: ci, sha256: ${"ab".repeat(32)} }]
servers:
  files: { command: npx, args: ["-y", "x"], env: { TOKEN: "\${TOKEN}" }, mode: enforce }
  tickets: { url: "https://mcp.example.com/mcp", headers: { Authorization: "Bearer \${TOKEN}" } }
limits: { newSessions: { max: 200, window: 600 }, maxBodyBytes: 1000, maxDepth: 9 }
log: { durable: true, rotate: { maxBytes: 268435456 }, keep: { files: 3 } }
approvals: { url: "https://gate.example.com" }
`,
  "servers: { a: { command: x } }\n",
  "listen: 0.0.0.0:1\nservers: &a\n  a: { url: 'http://127.0.0.1/mcp' }\n",
];
let file: string | undefined;

export const config: Target = {
  name: "config",
  seeds: SEEDS.map((seed) => Buffer.from(seed)),
  words: [
    "listen:",
    "servers:",
    "&a",
    "*a",
    "<<: *a",
    "!!js",
    "- ",
    "? ",
    "\t",
    "'",
    '"',
    "{",
    "}",
    "0x7f",
    ".inf",
    "1e9",
    "null",
    "__proto__:",
    "$" + "{TOKEN}",
    "0.0.0.0",
    "::",
    "%",
    "@",
    "---\n",
  ],
  runs: 250,
  check(input) {
    file ??= join(makeTempDir(), "regate.yaml");
    writeFileSync(file, input);
    const read = load(file);
    if (read === undefined) return;
    const { listen, keys, limits, servers } = read;
    expect(keys.length > 0 || isLoopback(listen.host)).toBe(true);
    expect(Object.values(limits).every((limit) => typeof limit === "object" || (limit > 0 && limit < 1e15))).toBe(true);
    expect(limits.newSessions.max > 0 && limits.newSessions.window > 0).toBe(true);
    for (const key of servers.keys()) expect(key).toMatch(/^[\w.~-]+$/);
    expect({}).not.toHaveProperty("a");
  },
};

function load(path: string): Config | undefined {
  try {
    return loadConfig("regate.yaml", { TOKEN: "t" }, join(path, ".."));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.lines.length).toBeGreaterThan(0);
    for (const line of error.lines) expect(line).toMatch(/^regate\.yaml\b[^\n]*$/);
    return undefined;
  }
}
