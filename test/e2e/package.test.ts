// What is published, as its users have it: built and packed by the commands of the Containerfile from the files that it copies, installed in
// an empty folder, and run there: on each Node that is supported, as the image would run it, and through the tutorial.
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { beforeAll, describe, expect, test } from "vitest";
import { makeKey, sha256Hex } from "../../src/http/bearer.ts";
import { startHttpFixture } from "./harness-fixtures.ts";
import { makeTempDir, ROOT, type Running, run, runToEnd, whenDone } from "./harness-process.ts";
import { play, readBlocks } from "./harness-tutorial.ts";

const PATIENCE_MS = 600_000;
const QUIET_NPM = {
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
  npm_config_prefer_offline: "true",
};
const PROGRAMS = {
  OPA: process.env.OPA ?? join(ROOT, ".tools/opa"),
  REGAL: process.env.REGAL ?? join(ROOT, ".tools/regal"),
};
const NODES = [
  ["this Node", process.execPath],
  ["Node 22", join(ROOT, ".tools/node-22/bin/node")],
  ["Node 24", join(ROOT, ".tools/node-24/bin/node")],
] as const;
const FILESYSTEM = join(ROOT, "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
/** Of the Containerfile's user. */
const UID = 1000;
const MIB = 2 ** 20;
const AGENT_KEY = makeKey("rgk");
const GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

const containerfile = readFileSync(join(ROOT, "Containerfile"), "utf8").replaceAll("\\\n", " ");
const lines = (word: string): string[] =>
  [...containerfile.matchAll(new RegExp(`^${word} +(.*)$`, "gm"))].map(([, rest = ""]) => rest);
const jsonOf = (text: string | undefined): string[] => JSON.parse(text?.replace(/^.*?(?=\[")/, "") ?? "");

let tarball = "";
/** Where the image has /opt/regate. */
let installed = "";

beforeAll(async () => {
  const stage = join(makeTempDir(), "build");
  mkdirSync(stage);
  for (const copy of lines("COPY").filter((line) => !line.startsWith("--from"))) {
    const paths = copy.split(/ +/);
    const to = paths.pop() ?? "";
    for (const path of paths) {
      const isFolder = statSync(join(ROOT, path)).isDirectory();
      cpSync(join(ROOT, path), join(stage, isFolder ? to : join(to, path.split("/").at(-1) ?? "")), {
        recursive: true,
      });
    }
  }
  // in the place of `npm ci`
  symlinkSync(join(ROOT, "node_modules"), join(stage, "node_modules"));
  installed = join(makeTempDir(), "regate");
  const [ci, pack = "", install = ""] = lines("RUN");
  expect(ci).toBe("npm ci --ignore-scripts");
  for (const command of [pack, install.replace("/opt/regate", installed)]) {
    const { code, stdout, stderr } = await runToEnd("bash", ["-c", command], { cwd: stage, env: QUIET_NPM });
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${stdout}${stderr}`);
  }
  tarball = join(stage, readdirSync(stage).find((name) => name.endsWith(".tgz")) ?? "");
}, PATIENCE_MS);

describe("the package", () => {
  test("is small, and brings its licences and its history", async () => {
    const { stdout } = await runToEnd("tar", ["tzf", tarball]);
    const files = stdout.trim().split("\n");
    const named = ["LICENSE", "README.md", "CHANGELOG.md", "dist/main.js", "dist/THIRD-PARTY-LICENSES.txt"];
    expect(files).toEqual(expect.arrayContaining(named.map((name) => `package/${name}`)));
    expect(files.filter((name) => /\.map$|\/src\/|\.test\.|node_modules/.test(name))).toEqual([]);
    expect(statSync(tarball).size).toBeLessThan(2.5 * MIB);
  });

  test("is the same that is packed in the checkout", async () => {
    const { stdout } = await runToEnd("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { env: QUIET_NPM });
    const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(stdout);
    const { stdout: packed } = await runToEnd("tar", ["tzf", tarball]);
    const names = packed.trim().split("\n");
    expect(files.map(({ path }) => `package/${path}`).sort()).toEqual(names.sort());
  });

  test("names the licence of each package that is in it", () => {
    const dist = join(installed, "node_modules/regate/dist");
    const bundled: { name: string; version: string; license: string }[] = JSON.parse(
      readFileSync(join(dist, "bundled.json"), "utf8"),
    );
    const licences = readFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), "utf8");
    expect(bundled.map(({ name }) => name)).toEqual(expect.arrayContaining(["hono", "undici", "zod", "yaml", "ajv"]));
    for (const { name, version, license } of bundled) expect(licences).toContain(`\n${name} ${version}, ${license}\n`);
    const reasons = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
    expect(bundled.filter(({ name }) => !reasons.includes(`\`${name}\``))).toEqual([]);
  });

  test("installs nothing but SQLite with it", () => {
    const names = readdirSync(join(installed, "node_modules")).filter((name) => !name.startsWith("."));
    expect(names.sort()).toEqual(["@libsql", "@neon-rs", "detect-libc", "libsql", "regate"]);
  });

  test.each(NODES)("judges a call on %s", async (_, node) => {
    const dir = makeTempDir();
    writeFileSync(join(dir, "notes.md"), "Milk, bread\n");
    const mcpServers = { filesystem: { command: process.execPath, args: [FILESYSTEM, dir] } };
    writeFileSync(join(dir, "mcp.json"), JSON.stringify({ mcpServers }));
    const main = join(installed, "node_modules/regate/dist/main.js");
    const gate = run(node, [main, "serve", "--mcp-config", "mcp.json", "--port", "0"], { cwd: dir });
    const [, url] = await gate.printed(/^listening on (http:\S+)$/m);
    const client = await connect(`${url}/mcp/filesystem`);
    const read = (name: string) => client.callTool({ name: "read_text_file", arguments: { path: join(dir, name) } });
    expect(await read("notes.md")).toMatchObject({ content: [{ text: "Milk, bread\n" }] });
    expect(await read(".env")).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^Policy violation: read_text_file on filesystem is denied\./) }],
    });
    await client.close();
    expect(await gate.stop()).toEqual({ code: 0, signal: null });
  });
});

describe("the image", () => {
  test("runs as another user, from a tree that nobody may write to, and says that it is well", async () => {
    const { url } = await startHttpFixture("everything-server.mjs", ["--http", "0"]);
    const dir = makeTempDir();
    const [state, etc] = [join(dir, "state"), join(dir, "etc")];
    for (const folder of [state, etc]) mkdirSync(folder);
    const port = `${await findPort()}`;
    const here = (text: string): string =>
      text.replaceAll("8787", port).replaceAll("/opt/regate", installed).replaceAll("/etc/regate", etc);
    const keys = [{ name: "agent", sha256: sha256Hex(AGENT_KEY) }];
    const config = { listen: `0.0.0.0:${port}`, state: join(state, "regate"), keys, servers: { it: { url } } };
    writeFileSync(join(etc, "regate.yaml"), JSON.stringify(config));
    const root = dirname(installed);
    setWritable(root, false);
    whenDone(() => setWritable(root, true));
    chmodSync(dir, 0o755);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(state, UID, UID);
    const asUser = isRoot ? ["setpriv", `--reuid=${UID}`, `--regid=${UID}`, "--clear-groups"] : ["env"];
    expect(lines("USER")).toEqual([`${UID}:${UID}`]);
    const start = (command: readonly string[]): Running => {
      const [program = "", ...args] = [...asUser, ...command.map(here)];
      return run(program, args, { cwd: state, env: { HOME: state, NODE_ENV: "production" } });
    };
    const check = jsonOf(lines("HEALTHCHECK")[0]);
    expect(await start(check).exited).toMatchObject({ code: 1 });
    const gate = start([...jsonOf(lines("ENTRYPOINT")[0]), ...jsonOf(lines("CMD")[0])]);
    await gate.printed(/^listening on /m);
    expect(await start(check).exited).toMatchObject({ code: 0 });
    const client = await connect(here("http://127.0.0.1:8787/mcp/it"), AGENT_KEY);
    expect(await client.callTool({ name: "test_simple_text" })).toMatchObject({
      content: [{ text: "This is a simple text response for testing." }],
    });
    await client.close();
    expect(await gate.stop()).toEqual({ code: 0, signal: null });
  });
});

describe("the tutorial", () => {
  test("does what it says", { timeout: PATIENCE_MS }, async () => {
    const dir = makeTempDir();
    cpSync(tarball, join(dir, basename(tarball)));
    const blocks = readBlocks(readFileSync(join(ROOT, "docs/tutorial.md"), "utf8"));
    expect(blocks.length).toBeGreaterThan(8);
    const env = { ...QUIET_NPM, ...PROGRAMS, ...GIT };
    await play(blocks, { dir, env, port: `${await findPort()}` });
  });
});

async function connect(url: string, key?: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const headers: Record<string, string> = key === undefined ? {} : { Authorization: `Bearer ${key}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

function setWritable(dir: string, isWritable: boolean): void {
  if (isWritable) chmodSync(dir, 0o755);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) setWritable(path, isWritable);
    else if (entry.isFile() && !isWritable) chmodSync(path, (statSync(path).mode & 0o111) === 0 ? 0o444 : 0o555);
  }
  if (!isWritable) chmodSync(dir, 0o555);
}

/** A port that is free now. */
function findPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}
