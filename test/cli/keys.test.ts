import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { run } from "../../src/cli/keys.ts";
import { loadConfig } from "../../src/config/config.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { Problem } from "../../src/problem.ts";
import { makeTempDir } from "../e2e/harness-process.ts";
import { presented } from "../http/support.ts";

let dir: string;
let file: string;
beforeEach(() => {
  dir = makeTempDir();
  file = join(dir, "regate.yaml");
});

async function keys(...args: string[]) {
  const printed = { stdout: "", stderr: "" };
  const code = await run(args, {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env: {},
    cwd: dir,
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, ...printed };
}

const read = (): string => readFileSync(file, "utf8");

const COMMENTED = `# the team's gate
listen: 127.0.0.1:8787 # only here

servers:
  # two of them
  everything: {command: npx, args: ["-y", "@modelcontextprotocol/server-everything"]}
  sitewise: {url: "https://mcp.example.com/a/very/long/path/that/a/writer/of/yaml/would/like/to/fold/somewhere", headers: {Authorization: "Bearer \${SITEWISE_TOKEN}"}}
`;

describe("regate keys add", () => {
  test("prints a key that the gate then knows by its hash alone", async () => {
    writeFileSync(file, "servers: {}\n");
    const { code, stdout, stderr } = await keys("add", "claude");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rgk_[A-Za-z0-9_-]{43}\n$/);
    expect(stderr).toContain("From then on every caller needs a key.");
    expect(read()).not.toContain(stdout.trim());
    const authenticate = createAuthenticator(loadConfig("regate.yaml", {}, dir).keys);
    expect(authenticate(presented({ authorization: `Bearer ${stdout.trim()}` }))).toMatchObject({
      kind: "principal",
      principal: { id: "claude" },
    });
  });

  test("keeps every line of the file that is not about keys", async () => {
    writeFileSync(file, COMMENTED);
    await keys("add", "claude");
    await keys("add", "codex");
    expect(read()).toMatch(
      /keys:\n {2}- name: claude\n {4}sha256: [0-9a-f]{64}\n {2}- name: codex\n {4}sha256: [0-9a-f]{64}\n$/,
    );
    expect(read().startsWith(COMMENTED)).toBe(true);
  });

  test.each([
    ["padded", 'servers: { a: { command: x } }\nkeys: [ { name: a, sha256: "h" } ]\n'],
    ["unpadded", 'servers: {a: {command: x}}\nkeys: [{name: a, sha256: "h"}]\n'],
    ["unindented", "servers:\n  a:\n    command: x\n    args:\n    - y\nkeys:\n- name: a\n  sha256: h\n"],
    ["indented", "servers:\n  a:\n    command: x\n    args:\n      - y\nkeys:\n  - name: a\n    sha256: h\n"],
  ])("keeps the style of a file that is %s", async (_, text) => {
    writeFileSync(file, text);
    await keys("add", "b");
    expect(read()).not.toBe(text);
    await keys("remove", "b");
    expect(read()).toBe(text);
  });

  test.each(["", "# nothing yet\n", "keys:\n", "keys: []\n"])("begins the list in %j", async (text) => {
    writeFileSync(file, text);
    await keys("add", "a");
    expect(loadConfig("regate.yaml", {}, dir).keys.map(({ name }) => name)).toEqual(["a"]);
  });

  test("keeps the file's mode and what links to it, and leaves no draft", async () => {
    mkdirSync(join(dir, "real"));
    writeFileSync(join(dir, "real/gate.yaml"), "servers: {}\n");
    chmodSync(join(dir, "real/gate.yaml"), 0o640);
    symlinkSync("real/gate.yaml", file);
    await keys("add", "a");
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(dir, "real"))).toEqual(["gate.yaml"]);
    expect(read()).toContain("name: a");
  });

  test("takes another file by -c, relative to the folder it is called in", async () => {
    writeFileSync(join(dir, "other.yaml"), "");
    expect(await keys("add", "a", "-c", "other.yaml")).toMatchObject({ code: 0 });
    expect(await keys("list", "--config", "other.yaml")).toMatchObject({ stdout: "a\n" });
  });
});

describe("regate keys list and remove", () => {
  test("print the names, and take one out", async () => {
    writeFileSync(file, COMMENTED);
    for (const name of ["a", "b", "c"]) await keys("add", name);
    expect(await keys("list")).toEqual({ code: 0, stdout: "a\nb\nc\n", stderr: "" });
    expect(await keys("remove", "b")).toMatchObject({ code: 0, stdout: "" });
    expect((await keys("list")).stdout).toBe("a\nc\n");
    expect(loadConfig("regate.yaml", { SITEWISE_TOKEN: "t" }, dir).keys).toHaveLength(2);
  });

  test("say what follows where no key is left", async () => {
    writeFileSync(file, "servers: {}\n");
    await keys("add", "a");
    expect((await keys("remove", "a")).stderr).toContain("No key is left");
    expect(await keys("list")).toMatchObject({ code: 0, stdout: "" });
    expect(loadConfig("regate.yaml", {}, dir).keys).toEqual([]);
  });
});

describe("regate keys refuses", () => {
  test.each([
    [[], "use: regate keys add NAME"],
    [["add"], "use: regate keys add NAME"],
    [["remove"], "use: regate keys add NAME"],
    [["rotate", "a"], "use: regate keys add NAME"],
    [["list", "a"], "use: regate keys add NAME"],
    [["add", "a", "b"], "b is too much"],
    [["add", "a b"], '"a b" is no name for a key'],
    [["add", ""], '"" is no name for a key'],
    [["add", "local"], "and not local"],
    [["add", "claude"], "the key claude is there already"],
    [["remove", "cluade"], "there is no key cluade; did you mean claude?"],
    [["remove", "x"], "there is no key x; there are claude"],
  ])("%j, and leaves the file as it is", async (args, problem) => {
    const text = `keys:\n  - {name: claude, sha256: ${"a".repeat(64)}} # hers\n`;
    writeFileSync(file, text);
    const refused = keys(...args);
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(problem);
    expect(read()).toBe(text);
  });

  test.each([
    ["keys: 5\n", "keys must be a list"],
    ["- a\n", "must be a mapping of names to values"],
    ["a: [\n", "is not valid YAML"],
  ])("to edit %j", async (text, problem) => {
    writeFileSync(file, text);
    await expect(keys("add", "a")).rejects.toThrow(problem);
    expect(read()).toBe(text);
  });
});
