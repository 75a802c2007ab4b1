// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { run } from "../../src/cli/servers.ts";
import { loadConfig } from "../../src/config/config.ts";
import { Problem } from "../../src/problem.ts";
import { makeTempDir } from "../e2e/harness-process.ts";

let dir: string;
let file: string;
beforeEach(() => {
  dir = makeTempDir();
  file = join(dir, "regate.yaml");
});

async function servers(...args: string[]) {
  const printed = { stdout: "", stderr: "" };
  const code = await run(args, {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env: { SET: "1" },
    cwd: dir,
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, ...printed };
}

const read = (): string => readFileSync(file, "utf8");
const modeOf = (): number => statSync(file).mode & 0o777;

test("regate servers list shows no secret of an OAuth client, nor of anything else that a server's entry holds", async () => {
  const oauth = 'oauth: {tokenUrl: "https://l.example/t", clientId: regate, clientSecret: "s3cret-s3cret"}';
  writeFileSync(file, `servers:\n  a: {url: "https://a.example/mcp", ${oauth}, x-own: [{apiKey: "s3cret-2"}]}\n`);
  const { stdout } = await servers("list", "--json");
  expect(stdout).not.toContain("s3cret");
  expect(JSON.parse(stdout)).toMatchObject([
    {
      oauth: { tokenUrl: "https://l.example/t", clientId: "regate", clientSecret: "***" },
      "x-own": [{ apiKey: "***" }],
    },
  ]);
  writeFileSync(file, read().replace("s3cret-s3cret", "${WIKI_SECRET}"));
  expect((await servers("list", "--json")).stdout).toContain("${WIKI_SECRET}");
});

describe("regate servers add", () => {
  test("makes a file for its owner alone, which serve takes", async () => {
    expect(await servers("add", "files", "--", "npx", "-y", "some-server", "--url", ".")).toMatchObject({
      code: 0,
      stdout: "files: added to regate.yaml, which is new\n",
    });
    expect(modeOf()).toBe(0o600);
    const { command, args } = loadConfig("regate.yaml", {}, dir).servers.get("files") as never;
    expect([command, args]).toEqual(["npx", ["-y", "some-server", "--url", "."]]);
  });

  test("keeps comments, order and style of a file that is there", async () => {
    writeFileSync(file, 'listen: 127.0.0.1:1 # ours\nservers:\n  # the first\n  a: {command: x, args: ["y"]}\n');
    const header = "Authorization: Bearer ${TICKETS}";
    const { stderr } = await servers(
      "add",
      "b",
      "--url",
      "https://t.example/mcp",
      "--header",
      header,
      "--catalogue",
      "B c",
    );
    expect(read()).toBe(
      'listen: 127.0.0.1:1 # ours\nservers:\n  # the first\n  a: {command: x, args: ["y"]}\n' +
        "  b:\n    url: https://t.example/mcp\n    headers:\n      Authorization: Bearer ${TICKETS}\n    catalogue: B c\n",
    );
    expect(stderr).toContain("b takes TICKETS from the gate's environment; it is not set here");
    expect(stderr).toContain("The gate knows it from its next start on.");
  });

  test("writes a literal secret only into a file that nobody else can read", async () => {
    writeFileSync(file, "servers: {}\n");
    chmodSync(file, 0o644);
    const add = () => servers("add", "gh", "--env", "GITHUB_TOKEN=ghp_nobodymayreadthis", "--", "npx", "gh-server");
    await expect(add()).rejects.toThrow(
      "regate.yaml: its mode 644 lets others read it, and it would hold what may be secret (env.GITHUB_TOKEN of gh); chmod 600",
    );
    expect(read()).toBe("servers: {}\n");
    chmodSync(file, 0o600);
    expect((await add()).stderr).toContain("keep it out of version control");
    expect(modeOf()).toBe(0o600);
    expect(read()).toContain("ghp_nobodymayreadthis");
    expect((await servers("list")).stdout).toBe("gh  npx gh-server\n");
    expect(JSON.parse((await servers("list", "--json")).stdout)).toEqual([
      { key: "gh", command: "npx", args: ["gh-server"], env: { GITHUB_TOKEN: "***" } },
    ]);
  });
});

describe("regate servers remove", () => {
  test("takes one out, and leaves the others as they are written", async () => {
    writeFileSync(file, "servers:\n  a: { command: x }\n  # b stays\n  b: { command: y } # here\n");
    expect(await servers("remove", "a")).toMatchObject({ code: 0, stdout: "a: removed from regate.yaml\n" });
    expect(read()).toContain("b: { command: y } # here\n");
    expect([...loadConfig("regate.yaml", {}, dir).servers.keys()]).toEqual(["b"]);
  });
});

describe("regate servers refuses", () => {
  test.each([
    [[], "use: regate servers add NAME"],
    [["add"], "use: regate servers add NAME"],
    [["list", "a"], "use: regate servers add NAME"],
    [["list", "--url", "https://a"], "use: regate servers add NAME"],
    [["remove", "a", "b"], "b is too much"],
    [["add", "b"], "either a URL or a command"],
    [["add", "b", "--"], "no command stands behind --"],
    [["add", "b", "--url", "https://a.example", "--", "npx"], "either a URL or a command"],
    [["add", "b", "--header", "A: b", "--", "npx"], "--header goes with --url"],
    [["add", "b", "--url", "https://a.example", "--header", "secret"], "--header must be 'NAME: VALUE'"],
    [["add", "b", "--env", "secret", "--", "npx"], "--env must be NAME=VALUE"],
    [["add", "B c", "--", "npx"], "its key must be 1 to 64 lower-case letters"],
    [["add", "b", "--url", "a.example"], "b: url is no URL; write it whole"],
    [["add", "b", "--url", "http://a.example"], "b: url sends calls and credentials unencrypted"],
    [
      ["add", "b", "--url", "https://a.example", "--header", "Host: x"],
      "headers.Host is a header that the gate writes",
    ],
    [["add", "b", "--", "npx", "${"], "b: args.0 holds a ${ that does not begin"],
    [["add", "files", "--", "npx"], "the server files is there already"],
    [["remove", "flies"], "there is no server flies; did you mean files?"],
    [["remove", "x"], "there is no server x; there are files"],
  ])("%j, and leaves the file as it is", async (args, problem) => {
    writeFileSync(file, "servers:\n  files: { command: x }\n");
    const refused = servers(...args);
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(problem);
    expect(read()).toBe("servers:\n  files: { command: x }\n");
  });

  test.each([
    ["servers: 5\n", "servers must be a mapping"],
    ["servers: [a]\n", "servers must be a mapping"],
    ["a: [\n", "is not valid YAML"],
  ])("to edit %j", async (text, problem) => {
    writeFileSync(file, text);
    await expect(servers("add", "a", "--", "x")).rejects.toThrow(problem);
    expect(read()).toBe(text);
  });

  test("to list what is not there, and makes no file of a refusal", async () => {
    await expect(servers("list")).rejects.toThrow("regate.yaml: no such file");
    await expect(servers("add", "A", "--", "x")).rejects.toThrow(Problem);
    expect(existsSync(file)).toBe(false);
  });
});
