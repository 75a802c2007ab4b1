import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeTempDir, run, runToEnd } from "../e2e/harness-process.ts";
import { buildDist } from "./built.ts";

const dist = buildDist();
const main = join(dist, "main.js");

const regate = (...args: string[]) => runToEnd(process.execPath, [main, ...args], { cwd: makeTempDir() });

describe("the command line", () => {
  test("prints its version", async () => {
    expect(await regate("--version")).toMatchObject({ code: 0, stdout: "0.0.0-test\n", stderr: "" });
  });

  test.each(["--help", "-h", "help"])("lists the commands for %s", async (flag) => {
    const { code, stdout, stderr } = await regate(flag);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["serve", "dev", "stdio", "build", "decide", "reload", "keys"])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  test("says how a command is used, whatever else is given", async () => {
    expect(await regate("keys", "add", "--nonsense", "--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("usage: regate keys add NAME | list | remove NAME"),
    });
  });

  test("says with help how a command is used, and that there is no such command", async () => {
    expect(await regate("help", "wrap")).toEqual(await regate("wrap", "--help"));
    expect(await regate("help", "wrp")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean regate wrap?"),
    });
  });

  test("is wrong use without a command", async () => {
    const { code, stdout, stderr } = await regate();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("usage: regate COMMAND");
  });

  test.each([
    [["sevre"], "regate sevre: there is no such command; did you mean regate serve?\n"],
    [["frobnicate"], "regate frobnicate: there is no such command; regate --help lists the commands\n"],
    [["constructor"], "regate constructor: there is no such command; regate --help lists the commands\n"],
    [["a\nb\u001b[31m"], "regate a\\nb\\u001b[31m: there is no such command; regate --help lists the commands\n"],
    [["--port"], "regate --port: there is no such command; regate --help lists the commands\n"],
    [
      ["reload", "--cofnig", "x"],
      "regate reload: Unknown option '--cofnig' (did you mean --config?); usage: regate reload [-c regate.yaml] [--allow-rollback] [--json]\n",
    ],
    [
      ["keys", "list", "-c"],
      "regate keys: Option '-c, --config <value>' argument missing; usage: regate keys add NAME | list | remove NAME  [-c regate.yaml] [--json]\n",
    ],
    [["keys", "list"], "regate.yaml: no such file in "],
  ])("answers %j with one line and 2", async (args, line) => {
    const { code, stdout, stderr } = await regate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.startsWith(line)).toBe(true);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("prints every fault of a configuration, one to a line", async () => {
    const dir = makeTempDir();
    writeFileSync(
      join(dir, "regate.yaml"),
      "bundel: x\nlisten: nowhere\nservers: {A: {url: x}}\nlimits: {maxDepth: 1}\n",
    );
    const { code, stderr } = await runToEnd(process.execPath, [main, "serve"], { cwd: dir });
    expect(code).toBe(2);
    expect(
      stderr
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(["regate.yaml:1:1", "regate.yaml:2:1", "regate.yaml:3:11", "regate.yaml:3:15", "regate.yaml:4:10"]);
  });

  test("ends quietly where its reader has seen enough", async () => {
    const { code, stderr } = await runToEnd("/bin/sh", ["-c", '"$0" "$@" | true', process.execPath, main, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("loads the code of a command only when it is called for", async () => {
    const dir = makeTempDir();
    const trace = join(dir, "trace.cjs");
    writeFileSync(
      trace,
      'process.on("exit", () => require("node:fs").writeSync(2, Object.keys(require.cache).join("\\n")));',
    );
    const { stderr } = await runToEnd(process.execPath, ["--require", trace, main, "keys", "list"], { cwd: dir });
    const loaded = stderr.split("\n").filter((line) => line.endsWith("js") && line !== trace);
    expect(loaded.map((file) => file.replace(`${dist}/`, "")).sort()).toEqual([
      "client.js",
      "main.js",
      "problem.js",
      "scratch.js",
    ]);
    // rows end within strings too
    const [client, gate] = ["client.js", "gate.js"].map((file) =>
      readFileSync(join(dist, file), "utf8").replaceAll("\\\n", ""),
    );
    expect(client).toContain("is no name for a key");
    for (const ofTheGate of ["opa_eval", "takes.journal"]) {
      expect(client).not.toContain(ofTheGate);
      expect(gate).toContain(ofTheGate);
    }
  });

  test("tells a bug from a fault of the user's: it exits 70, with the stack", async () => {
    const { code, stdout, stderr } = await withReload('function run() { throw new TypeError("a bug") }');
    expect({ code, stdout }).toEqual({ code: 70, stdout: "" });
    expect(stderr).toMatch(/^regate: internal error; please report it with this text\nTypeError: a bug\n {4}at /);
  });

  test("tells a bug in the background too", async () => {
    const { code, stderr } = await withReload(
      "async function run() { setTimeout(() => Promise.reject(new Error('late'))); await new Promise((done) => setTimeout(done, 60_000)); }",
    );
    expect(code).toBe(70);
    expect(stderr).toContain("Error: late");
  });

  test("gives a command all of standard input, and prints all of its answer before it exits with its code", async () => {
    const { code, stdout } = await withReload(
      "async function run(args, io) { io.stdout(Buffer.from(await io.stdin()).toString().repeat(10)); return 1; }",
      "x".repeat(300_000),
    );
    expect({ code, length: stdout.length }).toEqual({ code: 1, length: 3_000_000 });
  });
});

/** Runs a command whose code is `code`. */
async function withReload(code: string, input = "") {
  const file = join(dist, "client.js");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, `${code}\nmodule.exports = () => ({ run });`);
  try {
    const running = run(process.execPath, [main, "reload"]);
    running.stdin.end(input);
    return { ...(await running.exited), stdout: running.stdout(), stderr: running.stderr() };
  } finally {
    writeFileSync(file, text);
  }
}
