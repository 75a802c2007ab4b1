import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/init.ts";
import { loadConfig } from "../../src/config/config.ts";
import { readDefaults, readLibrary } from "../../src/policy/build/sources.ts";
import { buildFolder, makeFolder, problemOf, ROOT } from "../policy/support.ts";
import { makeListingServer, pageOf, toolNamed } from "../scan/support.ts";

const PATIENCE_MS = 120_000;
const NO_OPA = { ...process.env, OPA: "/nowhere/opa", REGAL: "/nowhere/regal" };

async function init(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const exitCode = await run(args, {
    stdout: (text) => stdout.push(text),
    stderr: (text) => stderr.push(text),
    isTerminal: false,
    env,
    cwd,
    stdin: async () => new Uint8Array(),
  });
  return { exitCode, stdout: stdout.join(""), stderr: stderr.join("") };
}

async function listingEntry(...tools: readonly unknown[]) {
  const { entry } = await makeListingServer([pageOf(...tools)]);
  return { command: entry.command, args: [...entry.args] };
}

const READ = toolNamed("read_note", { description: "Reads one note" });
const DELETE = toolNamed("delete_note", { description: "Deletes a note for good" });

describe("regate init", () => {
  test("makes a repository that builds, with the library and the defaults as they ship", {
    timeout: PATIENCE_MS,
  }, async () => {
    const cwd = await makeFolder({});
    const { exitCode, stdout, stderr } = await init(cwd, ["policy"], NO_OPA);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("policy: a policy repository of ");
    expect(stderr).toContain("missing on this machine: OPA=/nowhere/opa is no OPA that runs; 1.22.2 is needed: ");
    expect(stderr).toContain("missing on this machine: REGAL=/nowhere/regal is no Regal that runs; ");
    const dir = join(cwd, "policy");
    for (const { path, bytes } of [...(await readLibrary()), ...(await readDefaults())]) {
      expect(await readFile(join(dir, "rego", path))).toEqual(Buffer.from(bytes));
    }
    const { bundle } = await buildFolder(join(dir, "rego"));
    expect(Object.keys(bundle.catalogue)).toEqual(["filesystem"]);
    const { servers, bundle: named } = loadConfig("regate.yaml", {}, dir);
    expect([...servers.keys()]).toEqual(["filesystem"]);
    expect(named.source).toEqual({ kind: "file", file: join(dir, "bundles/regate.tar.gz") });
    const text = await readFile(join(dir, "Makefile"), "utf8");
    expect(text).toContain("OPA_VERSION := 1.22.2\n");
    expect(await readdir(dir)).toEqual(expect.arrayContaining([".github", ".gitignore", "README.md", "test"]));
    expect(JSON.parse(await readFile(join(dir, "package.json"), "utf8"))).toEqual({
      private: true,
      devDependencies: { regate: JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")).version },
    });
  });

  test("scans the servers of a client's file; one that fails hinders none, and what is secret is not written", {
    timeout: PATIENCE_MS,
  }, async () => {
    const notes = await listingEntry(READ, DELETE);
    const config = {
      mcpServers: {
        notes: {
          ...notes,
          env: { NOTES_KEY: "hunter2-hunter2", PLAIN: "value" },
        },
        broken: { command: process.execPath, args: ["-e", "process.exit(3)"] },
      },
    };
    const cwd = await makeFolder({ "mcp.json": JSON.stringify(config) });
    const { exitCode, stdout, stderr } = await init(cwd, ["new", "--mcp-config", "mcp.json"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^broken: can't be scanned: /);
    expect(stdout).toContain("notes (1.2.3): 2 tools\n");
    expect(stdout).toContain("instead of holding it: NOTES_KEY, PLAIN\n");
    expect(stdout).toContain("Not scanned: broken. regate.yaml has them; `make scan` reads");
    expect(stdout).not.toContain("test/samples/");
    expect(stdout).toMatch(/ {2}main -> example: 1 looser, 0 stricter, 0 other\n/);
    const dir = join(cwd, "new");
    const { bundle } = await buildFolder(join(dir, "rego"));
    expect(Object.keys(bundle.catalogue)).toEqual(["notes"]);
    for (const name of await readdir(dir, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const text = await readFile(join(name.parentPath, name.name), "utf8");
      expect(text).not.toMatch(/hunter2/);
    }
    const env = { NOTES_KEY: "hunter2-hunter2", PLAIN: "value" };
    const { servers } = loadConfig("regate.yaml", env, dir);
    expect(servers.get("notes")).toMatchObject({ ...config.mcpServers.notes, catalogue: "notes" });
    expect([...servers.keys()]).toEqual(["notes", "broken"]);
    const page = await readFile(join(dir, "docs/example-pull-request.md"), "utf8");
    expect(page).toMatch(/\*\*Regate: 1 looser, 0 stricter, 0 other\*\*[\s\S]*<!-- regate diff -->\n$/);
    // what was played was a copy
    expect(await readFile(join(dir, "rego/policy/servers/notes/notes.rego"), "utf8")).toContain('"action": "deny"');
  });

  test("writes nothing where no server can be scanned", { timeout: PATIENCE_MS }, async () => {
    const config = { mcpServers: { broken: { command: process.execPath, args: ["-e", "process.exit(3)"] } } };
    const cwd = await makeFolder({ "mcp.json": JSON.stringify(config) });
    expect(await problemOf(init(cwd, ["new", "--mcp-config", "mcp.json"]))).toEqual([
      "regate init: no server could be scanned, and nothing was written",
    ]);
    expect(await readdir(cwd)).toEqual(["mcp.json"]);
  });

  test("refuses a folder that is not empty, names what is in the way, and leaves it as it is", async () => {
    const cwd = await makeFolder({ "README.md": "mine", "rego/x.rego": "mine", "package.json": "{}" });
    expect(await problemOf(init(cwd, []))).toEqual([
      ".: is not empty, and nothing is written over what is there: README.md, rego; name an empty or a new folder",
    ]);
    expect((await readdir(cwd)).sort()).toEqual(["README.md", "package.json", "rego"]);
    await writeFile(join(cwd, "file"), "");
    expect(await problemOf(init(cwd, ["file"]))).toEqual(["file: is not a folder; name an empty or a new one"]);
  });

  test("keeps what git and npm have put there", { timeout: PATIENCE_MS }, async () => {
    const manifest = '{"devDependencies": {"regate": "file:vendor/regate-0.1.0.tgz"}}';
    const cwd = await makeFolder({
      "package.json": manifest,
      "package-lock.json": "{}",
      "vendor/regate-0.1.0.tgz": "",
    });
    await mkdir(join(cwd, ".git"));
    const { exitCode, stdout } = await init(cwd, [], NO_OPA);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("package.json was there, and stays");
    expect(await readFile(join(cwd, "package.json"), "utf8")).toBe(manifest);
  });

  test("refuses two folders, a client's file without servers, and a timeout that is none", async () => {
    const cwd = await makeFolder({ "mcp.json": '{"mcpServers": {}}' });
    expect(await problemOf(init(cwd, ["a", "b"]))).toEqual(["regate init: one folder at a time, not a and b"]);
    expect(await problemOf(init(cwd, ["a", "--mcp-config", "mcp.json"]))).toEqual([
      "mcp.json: names no servers that are not disabled",
    ]);
    expect(await problemOf(init(cwd, ["a", "--timeout", "0"]))).toEqual([
      "--timeout 0: must be whole seconds for each answer, from 1 to 9999",
    ]);
    expect(await readdir(cwd)).toEqual(["mcp.json"]);
  });
});
