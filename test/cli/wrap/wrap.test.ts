// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of clients are what is tested
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { CommandIo } from "../../../src/cli/command.ts";
import { run as runUnwrap } from "../../../src/cli/unwrap.ts";
import { launchOf, run as runWrap } from "../../../src/cli/wrap.ts";
import { loadConfig } from "../../../src/config/config.ts";
import { Problem } from "../../../src/problem.ts";
import { makeTempDir } from "../../e2e/harness-process.ts";

let home: string;
let dir: string;
beforeEach(() => {
  home = makeTempDir();
  dir = join(home, "project");
  mkdirSync(dir);
});

async function call(run: typeof runWrap, args: readonly string[], io: Partial<CommandIo> = {}) {
  const printed = { stdout: "", stderr: "" };
  const code = await run(args, {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env: { HOME: home, TOKEN: "t" },
    cwd: dir,
    stdin: () => Promise.reject(new Error("not read")),
    ...io,
  });
  return { code, ...printed };
}
const wrap = (...args: string[]) => call(runWrap, args);
const unwrap = (...args: string[]) => call(runUnwrap, args);

function put(file: string, text: string): string {
  const path = join(home, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
const read = (path: string): string => readFileSync(path, "utf8");
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const config = (): string => join(dir, "regate.yaml");

const CURSOR = `{
  // what I use
  "mcpServers": {
    "files": {
      "command": "npx",
      "args": ["-y", "server-files", "\${userHome}/docs"] // mine
    },
    "Git Hub": { "command": "gh-server", "env": { "GITHUB_TOKEN": "ghp_nobodymayreadthis" }, "disabled": true },
    "old": { "type": "sse", "url": "https://old.example/sse" },
  }
}
`;

describe("regate wrap", () => {
  test("moves servers into a new regate.yaml and leaves the rest of the client's file as it is", async () => {
    const file = put(".cursor/mcp.json", CURSOR);
    const { code, stdout, stderr } = await wrap("cursor", "--yes");
    expect(code).toBe(1);
    const main = launchOf("").command;
    const args = (key: string) => `"stdio"${key}`;
    expect(read(file)).toContain(`{
  // what I use
  "mcpServers": {
    "files": {
      "command": ${JSON.stringify(main)},
      "args": [
        `);
    expect(read(file)).toContain(`"old": { "type": "sse", "url": "https://old.example/sse" },\n  }\n}\n`);
    expect(read(file)).toContain(`${args(`, "git-hub", "-c", ${JSON.stringify(config())}`)} ], "disabled": true }`);
    expect(read(file)).not.toContain("ghp_");
    const { servers } = loadConfig("regate.yaml", {}, dir);
    expect(servers.get("files")).toMatchObject({ command: "npx", args: ["-y", "server-files", `${home}/docs`] });
    expect(servers.get("git-hub")).toMatchObject({
      catalogue: "Git Hub",
      env: { GITHUB_TOKEN: "ghp_nobodymayreadthis" },
    });
    expect([modeOf(config()), modeOf(`${file}.regate-backup`)]).toEqual([0o600, 0o600]);
    expect(read(`${file}.regate-backup`)).toBe(CURSOR);
    expect(stdout).toContain("mcpServers.old  stays as it is: it is the old HTTP+SSE transport");
    expect(stdout).toContain('"GITHUB_TOKEN":"***"');
    expect(`${stdout}${stderr}`).not.toContain("ghp_");
    expect(stderr).toContain("holds what may be secret (env.GITHUB_TOKEN of git-hub), for its owner alone");
  });

  test("changes nothing the second time, and takes what came since", async () => {
    const file = put("mcp.json", '{"mcpServers":{"a":{"command":"x"}}}');
    expect(await wrap(file, "--yes")).toMatchObject({ code: 0 });
    const once = [read(file), read(config()), read(`${file}.regate-backup`)];
    const again = await call(runWrap, [file]);
    expect(again).toMatchObject({ code: 0, stderr: "Nothing was changed.\n" });
    expect(again.stdout).toContain("mcpServers.a  is behind the gate already, as a");
    expect([read(file), read(config()), read(`${file}.regate-backup`)]).toEqual(once);
    writeFileSync(file, read(file).replace("}}}", '},"b":{"command":"y"}}}').replace('"]}', '"]}'));
    expect(await wrap(file, "--yes")).toMatchObject({ code: 0 });
    expect(read(`${file}.regate-backup`)).toBe('{"mcpServers":{"a":{"command":"x"},"b":{"command":"y"}}}');
    expect(await unwrap(file, "--yes")).toMatchObject({ code: 0 });
    expect(read(file)).toBe('{"mcpServers":{"a":{"command":"x"},"b":{"command":"y"}}}');
    expect(await wrap(file, "--yes")).toMatchObject({ code: 0 });
    expect([...loadConfig("regate.yaml", {}, dir).servers.keys()]).toEqual(["a", "b"]);
  });

  test("takes the servers of the user, of each project and of .mcp.json from Claude Code", async () => {
    const own = put(
      ".claude.json",
      JSON.stringify({
        numStartups: 7,
        mcpServers: { a: { type: "stdio", command: "x", args: [], env: {} } },
        projects: { "/p": { mcpServers: { a: { type: "stdio", command: "other" } }, history: [] }, "/q": {} },
      }),
    );
    const shared = put(
      "project/.mcp.json",
      '{"mcpServers": {"h": {"type": "http", "url": "https://h.example/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}}}}',
    );
    const before = [read(own), read(shared)];
    expect(await wrap("claude-code", "--yes")).toMatchObject({ code: 0 });
    const { servers } = loadConfig("regate.yaml", { TOKEN: "t" }, dir);
    expect(servers.get("a")).toMatchObject({ command: "x", cwd: dir });
    expect(servers.get("a-2")).toMatchObject({ command: "other", catalogue: "a", cwd: "/p" });
    expect(servers.get("h")).toMatchObject({ url: "https://h.example/mcp", headers: { Authorization: "Bearer t" } });
    expect(read(config())).toContain("Bearer ${TOKEN}");
    const { mcpServers, numStartups } = JSON.parse(read(own));
    expect([mcpServers.a.type, numStartups]).toEqual(["stdio", 7]);
    // as Claude Code does, which writes this file all the time
    writeFileSync(own, JSON.stringify({ ...JSON.parse(read(own)), numStartups: 8 }, undefined, 2));
    const { code, stdout } = await unwrap("claude-code", "--yes");
    expect([code, read(shared)]).toEqual([0, before[1]]);
    expect(JSON.parse(read(own))).toEqual({ ...JSON.parse(before[0] ?? ""), numStartups: 8 });
    expect(stdout).toContain("was changed since: only the entries of regate wrap are put back");
  });

  test("takes VS Code's servers, and leaves those that only VS Code can start", async () => {
    const text = `{
\t"inputs": [{ "type": "promptString", "id": "key", "password": true }],
\t"servers": {
\t\t"here": { "command": "node", "args": ["\${workspaceFolder}/server.js", "\${env:TOKEN}", "\${MODE:-fast}"] },
\t\t"asks": { "type": "http", "url": "https://a.example/mcp", "headers": { "Authorization": "Bearer \${input:key}" } },
\t\t"file": { "command": "x", "envFile": "\${workspaceFolder}/.env" },
\t\t"caged": { "command": "x", "sandboxEnabled": true },
\t\t"signed": { "type": "http", "url": "https://b.example/mcp", "oauth": { "clientId": "c" } },
\t\t"odd": { "type": "carrier-pigeon", "command": "x" },
\t\t"none": {},
\t\t"faulty": { "url": "http://c.example/mcp" }
\t}
}`;
    const file = put("project/.vscode/mcp.json", text);
    const { code, stdout } = await wrap("vscode", "--yes");
    expect(code).toBe(1);
    const { inputs, servers } = JSON.parse(read(file));
    expect([inputs.length, servers.here.type]).toEqual([1, "stdio"]);
    expect(servers.here.args.slice(-4)).toEqual(["stdio", "here", "-c", config()]);
    const { args } = loadConfig("regate.yaml", { TOKEN: "t" }, dir).servers.get("here") as never;
    expect(args).toEqual([`${dir}/server.js`, "t", "fast"]);
    for (const said of [
      "asks  stays as it is: it holds an ${input:...}",
      "file  stays as it is: it takes variables from an envFile",
      "caged  stays as it is: it runs in the client's sandbox",
      "signed  stays as it is: it is signed in to by the client (oauth)",
      "odd  stays as it is: it has a type that is not known",
      "none  stays as it is: it has no form that is known",
      "faulty  stays as it is: it url sends calls and credentials unencrypted",
    ])
      expect(stdout).toContain(said);
    expect(await unwrap("vscode", "--yes")).toMatchObject({ code: 0 });
    expect(read(file)).toBe(text);
    expect(existsSync(`${file}.regate-backup`)).toBe(false);
  });

  test("follows a link, keeps the file's mode, and a byte order mark with CRLF", async () => {
    const text = '\uFEFF{\r\n  "mcpServers": {\r\n    "a": {\r\n      "command": "x"\r\n    }\r\n  }\r\n}\r\n';
    const file = put("dotfiles/mcp.json", text);
    chmodSync(file, 0o640);
    symlinkSync(file, join(dir, "mcp.json"));
    expect(await wrap("./mcp.json", "--yes")).toMatchObject({ code: 0 });
    expect(read(file)).toContain('\r\n      "args": [\r\n');
    expect(modeOf(file)).toBe(0o640);
    expect(await unwrap("./mcp.json", "--yes")).toMatchObject({ code: 0 });
    expect([read(file), modeOf(file)]).toEqual([text, 0o640]);
  });

  test("shows the difference and writes nothing in a dry run, and the same as JSON", async () => {
    const own = '"bearerToken":"s3cret-s3cret","requestInit":{"headers":{"Authorization":"s3cret-s3cret"}}';
    const file = put("mcp.json", `{"mcpServers":{"a":{"command":"x","args":["--token","s3cret-s3cret"],${own}}}}`);
    const before = read(file);
    const dry = await wrap(file, "--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout + (await wrap(file, "--dry-run", "--json")).stdout).not.toContain("s3cret-s3cret");
    expect(dry.stdout).toContain('  - {"command":"x","args":["--token","***"],"bearerToken":"***","requestInit":');
    expect(dry.stderr).toBe("Nothing was changed: this was a dry run.\n");
    const { files, written, added, secrets } = JSON.parse((await wrap(file, "--dry-run", "--json")).stdout);
    expect([written, secrets]).toEqual([false, ["args[1] of a"]]);
    expect(files[0]).toMatchObject({
      file,
      backup: `${file}.regate-backup`,
      servers: [{ outcome: "wrapped", key: "a" }],
    });
    expect(added.a.args).toEqual(["--token", "***"]);
    expect([read(file), existsSync(config()), existsSync(`${file}.regate-backup`)]).toEqual([before, false, false]);
  });

  test("asks at a terminal, and takes nothing but yes", async () => {
    const file = put("mcp.json", '{"mcpServers":{"a":{"command":"x"}}}');
    const before = read(file);
    for (const answer of ["", "n", "yesterday"]) {
      expect(await call(runWrap, [file], { ask: async () => answer })).toMatchObject({ code: 1 });
      expect(read(file)).toBe(before);
    }
    expect(await call(runWrap, [file], { ask: async () => "Y" })).toMatchObject({ code: 0 });
    expect(read(file)).not.toBe(before);
  });

  test("writes nothing over a file that changed while it asked", async () => {
    const file = put("mcp.json", '{"mcpServers":{"a":{"command":"x"}}}');
    const ask = async () => {
      writeFileSync(file, "{}");
      return "y";
    };
    await expect(call(runWrap, [file], { ask })).rejects.toThrow(
      "was changed meanwhile, and was left so; run it again",
    );
    expect([read(file), existsSync(config())]).toEqual(["{}", false]);
  });

  test("names npx where it runs out of npm's passing cache", () => {
    expect(launchOf("/home/ann/.npm/_npx/1a/node_modules/regate/dist/main.js")).toMatchObject({ command: "npx" });
  });
});

describe("regate wrap refuses", () => {
  test.each([
    ["{", ":1:2: is not valid JSON"],
    ['{"mcpServers": {"a": {"command": "s3cret"} oops}}', "is not valid JSON"],
    ['{"mcpServers": {"a": {}, "a": {}}}', '"a" stands twice in one object'],
    [Buffer.from([0x7b, 0xff, 0x7d]), "can't be read as UTF-8"],
  ])("%j, and changes nothing", async (text, problem) => {
    const file = join(home, "mcp.json");
    writeFileSync(file, text);
    const refused = wrap(file, "--yes");
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(problem);
    await expect(refused).rejects.not.toThrow("s3cret");
    expect([existsSync(config()), readFileSync(file)]).toEqual([false, Buffer.from(text)]);
  });

  test("to work unasked where nobody can be asked", async () => {
    const file = put("mcp.json", '{"mcpServers":{"a":{"command":"x"}}}');
    await expect(wrap(file)).rejects.toThrow("this is no terminal: --yes does it unasked; nothing was changed");
    expect(existsSync(config())).toBe(false);
  });

  test("to put secrets where others read them, and names them", async () => {
    const file = put("mcp.json", '{"mcpServers":{"a":{"command":"x","env":{"API_KEY":"s3cret"}}}}');
    writeFileSync(config(), "servers: {}\n");
    chmodSync(config(), 0o644);
    await expect(wrap(file, "--yes")).rejects.toThrow(
      /its mode 644 lets others read it.*\(env\.API_KEY of a\); chmod 600/,
    );
    expect([read(config()), existsSync(`${file}.regate-backup`)]).toEqual(["servers: {}\n", false]);
    expect(read(file)).toContain("s3cret");
  });

  test.each([
    [[], "use: regate wrap CLIENT"],
    [["cursor", "vscode"], "use: regate wrap CLIENT"],
    [["curser"], "did you mean cursor?"],
    [["cursor"], "cursor: there is no .cursor/mcp.json, "],
    [["./none.json"], "there is no none.json; name the client's file by its path"],
  ])("%j", async (args, problem) => {
    await expect(wrap(...args)).rejects.toThrow(problem);
  });

  test("a server that is behind another gate, and finds nothing in a file without servers", async () => {
    const file = put(
      "mcp.json",
      '{"mcpServers":{"a":{"command":"regate","args":["stdio","a","-c","/other/regate.yaml"]}}}',
    );
    expect(await wrap(file, "--yes")).toMatchObject({ code: 1, stderr: "Nothing was changed.\n" });
    put("mcp.json", "{}");
    expect((await wrap(file)).stdout).toContain("holds no servers");
  });
});

describe("regate unwrap", () => {
  const TEXT = '{"mcpServers":{"a":{"command":"x"},"b":{"command":"y"}}}';

  test("leaves all as it is where someone changed an entry since, until it is forced", async () => {
    const file = put("mcp.json", TEXT);
    await wrap(file, "--yes");
    const changed = read(file).replace('"-c"', '"--config"');
    writeFileSync(file, changed);
    const refused = await unwrap(file, "--yes");
    expect(refused).toMatchObject({ code: 1, stderr: "Nothing was changed.\n" });
    expect(refused.stdout).toContain("mcpServers.a  was changed since it was wrapped");
    expect(read(file)).toBe(changed);
    expect(await unwrap(file, "--yes", "--force")).toMatchObject({ code: 0 });
    expect(read(file)).toBe(TEXT);
  });

  test("leaves what was removed since, and says what it has no backup of", async () => {
    const file = put("mcp.json", TEXT);
    await wrap(file, "--yes");
    const { mcpServers } = JSON.parse(read(file));
    writeFileSync(file, JSON.stringify({ mcpServers: { b: mcpServers.b, c: mcpServers.a } }));
    const { code, stdout } = await unwrap(file, "--yes", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout).files[0]).toMatchObject({
      whole: false,
      servers: [
        { path: ["mcpServers", "b"], outcome: "restored" },
        { path: ["mcpServers", "c"], outcome: "unknown" },
      ],
    });
    expect(JSON.parse(read(file)).mcpServers).toEqual({ b: { command: "y" }, c: mcpServers.a });
    expect(existsSync(`${file}.regate-backup`)).toBe(true);
  });

  test("asks first, and shows in a dry run what it would do", async () => {
    const file = put("mcp.json", TEXT);
    await wrap(file, "--yes");
    const wrapped = read(file);
    await expect(unwrap(file)).rejects.toThrow("--yes does it unasked");
    expect((await unwrap(file, "--dry-run")).stdout).toContain("will be as it was before, byte for byte");
    expect(await call(runUnwrap, [file], { ask: async () => "n" })).toMatchObject({ code: 1 });
    expect(read(file)).toBe(wrapped);
    expect(await call(runUnwrap, [file], { ask: async () => "yes" })).toMatchObject({ code: 0 });
    expect(read(file)).toBe(TEXT);
  });

  test("finds nothing to do where nothing is wrapped", async () => {
    const file = put("mcp.json", TEXT);
    expect(await unwrap(file)).toMatchObject({ code: 0, stderr: "Nothing was changed.\n" });
    await expect(unwrap()).rejects.toThrow("use: regate unwrap CLIENT");
    await expect(unwrap("./none.json")).rejects.toThrow("there is no none.json");
  });
});
