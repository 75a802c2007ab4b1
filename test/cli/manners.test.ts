// What every command does alike: how it is asked for help, what it says of an option that it does not have, that it answers in JSON,
// and that it has no colour where nobody wants any. The table is the one that `regate --help` prints.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { STEPS } from "../../src/check/finding.ts";
import type { CommandIo } from "../../src/cli/command.ts";
import { runCommand } from "../../src/cli/commands.ts";
import { createFreezes } from "../../src/freeze/freeze.ts";
import { toLog } from "../learn/logs.ts";
import { buildFolder, makeFolder } from "../policy/support.ts";
import { makeListingServer, pageOf, toolNamed } from "../scan/support.ts";
import { OPERATOR_KEY, startFront } from "./front.ts";

async function regate(cwd: string, argv: readonly string[], more: Partial<CommandIo> = {}) {
  const printed = { stdout: "", stderr: "" };
  const code = await runCommand(argv, {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env: process.env,
    cwd,
    stdin: () => Promise.reject(new Error("not read")),
    ...more,
  });
  return { code, ...printed };
}

const empty = await makeFolder({});
const COMMANDS = [...(await regate(empty, ["--help"])).stdout.matchAll(/^ {2}(\S+) {2}/gm)].map(
  ([, name = ""]) => name,
);
const usageOf = async (name: string): Promise<string> => (await regate(empty, [name, "--help"])).stdout;
const optionsIn = (usage: string): string[] => [...new Set(usage.match(/(?<![\w-])--[a-z-]+[a-z]/g) ?? [])];

/** They answer messages or serve until they are told to stop. */
const NO_JSON = ["serve", "dev", "stdio", "hook"];
const PLAIN = /^[\x20-\x7e\n]*$/;

test("the table has the commands", () => {
  expect(COMMANDS).toEqual(expect.arrayContaining(["init", "serve", "test", "log", "keys"]));
  expect(COMMANDS.length).toBeGreaterThan(20);
});

describe.each(COMMANDS)("regate %s", (name) => {
  test("says how it is used, in plain text", async () => {
    const { code, stdout, stderr } = await regate(empty, [name, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^usage: regate ${name} .*\n.+\n$`));
    expect(stdout).toMatch(PLAIN);
  });

  test("refuses an option that it does not have with one line and 2, and changes nothing", async () => {
    const { code, stdout, stderr } = await regate(empty, [name, "--frobnicate"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^regate ${name}: Unknown option '--frobnicate'; usage: regate ${name} .*\n$`));
  });

  test("says which option was meant", async () => {
    const option = optionsIn(await usageOf(name)).toSorted((a, b) => b.length - a.length)[0] ?? "--config";
    const misspelt = `${option.slice(0, -2)}${option.at(-1)}${option.at(-2)}`;
    const { stderr } = await regate(empty, [name, misspelt]);
    expect(stderr).toContain(`Unknown option '${misspelt}' (did you mean ${option}?)`);
  });

  test("has each option that its usage names", async () => {
    for (const option of optionsIn(await usageOf(name))) {
      // a value for one that takes none is a fault too, but another one
      const asked = await regate(empty, [name, `${option}=x`]);
      const unknown = asked.stderr.includes("Unknown option");
      const { stderr } = unknown && name === "log" ? await regate(empty, [name, "verify", `${option}=x`]) : asked;
      expect(stderr).not.toContain("Unknown option");
    }
  });

  test.skipIf(NO_JSON.includes(name))("can answer in JSON", async () => {
    expect(optionsIn(await usageOf(name))).toContain("--json");
  });
});

const POLICY = 'package policy.servers.files\n\nrules.read contains {"id": "reads", "action": "allow"}\n';

describe("in JSON", () => {
  const parsed = async (cwd: string, argv: readonly string[], more: Partial<CommandIo> = {}) => {
    const { code, stdout } = await regate(cwd, [...argv, "--json"], more);
    const value: unknown = JSON.parse(stdout);
    return { code, value };
  };

  test("a build says what it made", async () => {
    const cwd = await makeFolder({ "rego/policy/files.rego": POLICY });
    expect(await parsed(cwd, ["build"])).toEqual({
      code: 0,
      value: {
        file: "bundles/regate.tar.gz",
        revision: expect.stringMatching(/^[0-9a-f]{12}$/),
        rules: expect.any(Number),
        servers: 1,
        bytes: (await readFile(join(cwd, "bundles/regate.tar.gz"))).length,
      },
    });
  });

  test("test, audit, diff and decide say what --format json says", async () => {
    const cwd = await makeFolder({
      "rego/policy/files.rego": POLICY,
      "input.json": '{"server": "files", "tool": "read"}',
    });
    const { bytes } = await buildFolder(join(cwd, "rego"));
    await writeFile(join(cwd, "b.tar.gz"), bytes);
    expect(await parsed(cwd, ["audit", "--bundle", "b.tar.gz"])).toMatchObject({
      value: { generated: expect.any(Number), findings: expect.any(Array) },
    });
    expect(await parsed(cwd, ["diff", "b.tar.gz", "b.tar.gz"])).toMatchObject({ code: 0, value: { rows: [] } });
    expect(await parsed(cwd, ["decide", "input.json", "--bundle", "b.tar.gz"])).toMatchObject({
      value: { decision: { action: "allow" } },
    });
    const skipped = STEPS.flatMap((step) => ["--skip", step]);
    expect(await parsed(cwd, ["test", ...skipped])).toMatchObject({ code: 0, value: { ok: true } });
  });

  test("keys and servers say what was added, what is there, and what was removed", async () => {
    const cwd = await makeFolder({});
    const server = ["servers", "add", "files", "--url", "http://127.0.0.1:1/mcp"];
    expect(await parsed(cwd, server)).toEqual({
      code: 0,
      value: { key: "files", config: "regate.yaml", created: true },
    });
    expect((await parsed(cwd, ["servers", "list"])).value).toEqual([{ key: "files", url: "http://127.0.0.1:1/mcp" }]);
    expect((await parsed(cwd, ["servers", "remove", "files"])).value).toEqual({ key: "files", config: "regate.yaml" });
    expect((await parsed(cwd, ["keys", "add", "ci"])).value).toEqual({
      name: "ci",
      key: expect.stringMatching(/^rgk_/),
    });
    expect((await parsed(cwd, ["keys", "list"])).value).toEqual(["ci"]);
    expect((await parsed(cwd, ["keys", "remove", "ci"])).value).toEqual({ name: "ci", left: 0 });
  });

  test("a running gate's answers to freeze and reload, with the exit code that they have in words", async () => {
    const env = { REGATE_OPERATOR_KEY: OPERATOR_KEY };
    const freezes = createFreezes({ store: new Map(), servers: new Map(), unixMs: () => 0, log: () => {} });
    const { dir } = await startFront({
      target: () => {},
      freezes,
      reload: async () => ({ kind: "kept", revision: "aaaaaaaaaaaa", problem: "no bundle" }),
    });
    expect(await parsed(dir, ["freeze"], { env })).toMatchObject({
      code: 0,
      value: { frozen: [{ what: "All calls" }] },
    });
    expect(await parsed(dir, ["reload"], { env })).toEqual({
      code: 1,
      value: { kind: "kept", revision: "aaaaaaaaaaaa", problem: "no bundle" },
    });
    expect((await regate(dir, ["reload", "--json"], { env })).stderr).toBe("");
  });

  test("learn and init say which files they wrote", async () => {
    const { entry } = await makeListingServer([pageOf(toolNamed("read_note", { description: "Reads one note" }))]);
    const client = { mcpServers: { notes: { command: entry.command, args: [...entry.args] } } };
    const cwd = await makeFolder({
      "client.json": JSON.stringify(client),
      "log.jsonl": toLog([{ tool: "read_note" }]),
    });
    const env = { ...process.env, OPA: "/nowhere/opa", REGAL: "/nowhere/regal" };
    expect(await parsed(cwd, ["init", "made", "--mcp-config", "client.json"], { env })).toMatchObject({
      code: 0,
      value: {
        folder: "made",
        files: expect.arrayContaining(["made/regate.yaml"]),
        unscanned: [],
        missing: [{}, {}].map(() => expect.any(String)),
      },
    });
    expect(await parsed(cwd, ["learn", "--from", "log.jsonl"])).toMatchObject({
      code: 0,
      value: {
        calls: 1,
        servers: [{ server: "files", rules: "rego/policy/servers/files/files.rego" }],
        passed_over: {},
      },
    });
  });
});

describe("colour", () => {
  test("marks the verdict where it is wanted, and nothing that somebody else wrote", async () => {
    const cwd = await makeFolder({
      "rego/policy/files.rego": POLICY.replace('"allow"}', '"deny", "reason": "deny allow"}'),
      "input.json": '{"server": "files", "tool": "read"}',
    });
    const { bytes } = await buildFolder(join(cwd, "rego"));
    await writeFile(join(cwd, "b.tar.gz"), bytes);
    const decide = ["decide", "input.json", "--bundle", "b.tar.gz"];
    const plain = await regate(cwd, decide);
    const coloured = await regate(cwd, decide, { isColoured: true });
    expect(plain.stdout).toMatch(/^deny\n {2}reason {4}deny allow\n/);
    expect(coloured.stdout).toBe(plain.stdout.replace("deny\n", "\u001b[31mdeny\u001b[0m\n"));
    expect((await regate(cwd, [...decide, "--json"], { isColoured: true })).stdout).not.toContain("\u001b");
  });
});
