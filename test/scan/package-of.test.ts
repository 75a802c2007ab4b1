import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { StdioServer } from "../../src/config/server-schema.ts";
import { packageOf } from "../../src/scan/package-of.ts";
import { makeFolder } from "../policy/support.ts";

const server = (command: string, args: readonly string[] = [], cwd = "/"): StdioServer => ({
  kind: "stdio",
  key: "k",
  catalogue: "k",
  arguments: "checked",
  mode: "enforce",
  command,
  args,
  env: {},
  cwd,
});
const NOWHERE = { PATH: "" };

describe("the package of a server that a runner fetches", () => {
  test.each([
    ["npx -y @scope/name", { name: "@scope/name" }],
    ["npx --yes @scope/name@1.2.3 --root .", { name: "@scope/name", version: "1.2.3" }],
    ["npx name@latest", { name: "name" }],
    ["npx name@^1.2.0", { name: "name" }],
    ["npx -y --package=@scope/name@1.0.0-beta.1 some-bin", { name: "@scope/name", version: "1.0.0-beta.1" }],
    ["npx -p name some-bin", { name: "name" }],
    ["npx --registry https://r.example.com name", { name: "name" }],
    ["/usr/bin/npx.cmd name", { name: "name" }],
    ["npm exec name@2.0.0", { name: "name", version: "2.0.0" }],
    ["pnpm dlx name", { name: "name" }],
    ["bunx name", { name: "name" }],
    ["uvx mcp-server-git", { name: "mcp-server-git" }],
    [
      "uvx awslabs.aws-iot-sitewise-mcp-server@11.0.23",
      { name: "awslabs.aws-iot-sitewise-mcp-server", version: "11.0.23" },
    ],
    ["uvx awslabs.aws-iot-sitewise-mcp-server@latest", { name: "awslabs.aws-iot-sitewise-mcp-server" }],
    ["uvx --python 3.12 --from name[cli]==2.0.1 tool", { name: "name", version: "2.0.1" }],
    ["uvx name>=1.0", undefined],
    ["uv tool run name", { name: "name" }],
    ["pipx run --spec name==1.0 tool", { name: "name", version: "1.0" }],
    ["npx ./local", undefined],
    ["npx github:owner/repo", undefined],
    ["npx https://example.com/x.tgz", undefined],
    ["uvx git+https://example.com/x", undefined],
    ["npx", undefined],
    ["npm start", undefined],
    ["uv run server.py", undefined],
    ["docker run image", undefined],
  ])("%s", async (line, known) => {
    const [command = "", ...args] = line.split(" ");
    expect(await packageOf(server(command, args), NOWHERE)).toEqual(
      known === undefined ? undefined : { version: undefined, ...known },
    );
  });

  test("is not known of a server elsewhere", async () => {
    expect(
      await packageOf(
        {
          kind: "http",
          key: "k",
          catalogue: "k",
          arguments: "checked",
          mode: "enforce",
          url: "https://example.com/mcp",
          headers: {},
        },
        NOWHERE,
      ),
    ).toBeUndefined();
  });
});

async function install(
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  const dir = await makeFolder(files);
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await symlink(target, join(dir, path));
  }
  return dir;
}

describe("the package of a server that is installed", () => {
  const NPM = {
    "node_modules/@scope/name/package.json": '{"name":"@scope/name","version":"4.5.6"}',
    "node_modules/@scope/name/dist/index.js": "",
  };
  const LINK = { "node_modules/.bin/name-server": "../@scope/name/dist/index.js" };

  test("is that of the program's file in node_modules, however it is called", async () => {
    const dir = await install(NPM, LINK);
    const known = { name: "@scope/name", version: "4.5.6" };
    for (const one of [
      server("node_modules/.bin/name-server", [], dir),
      server(join(dir, "node_modules/.bin/name-server"), [], "/"),
      server("npx", ["-y", "name-server"], join(dir, "node_modules")),
      server("npx", ["@scope/name"], dir),
    ]) {
      expect(await packageOf(one, NOWHERE)).toEqual(known);
    }
    expect(
      await packageOf(server("name-server", [], dir), { PATH: `/nowhere:${join(dir, "node_modules/.bin")}` }),
    ).toEqual(known);
    expect(await packageOf(server(process.execPath, ["node_modules/@scope/name/dist/index.js"], dir), NOWHERE)).toEqual(
      known,
    );
  });

  test("is as the command says where that names a version", async () => {
    const dir = await install(NPM, LINK);
    expect(await packageOf(server("npx", ["@scope/name@9.9.9"], dir), NOWHERE)).toEqual({
      name: "@scope/name",
      version: "9.9.9",
    });
  });

  test("is that of the Python environment which has installed the program or the module", async () => {
    const site = "venv/lib/python3.12/site-packages";
    const dir = await install({
      "venv/bin/some-server": "#!python",
      "venv/bin/python3": "#!python",
      [`${site}/other-1.0.dist-info/RECORD`]: "other/__init__.py,,\n",
      [`${site}/other-1.0.dist-info/METADATA`]: "Name: other\nVersion: 1.0\n",
      [`${site}/some_server-2.1.dist-info/RECORD`]: "../../../bin/some-server,sha256=x,9\nsome/server/__main__.py,,\n",
      [`${site}/some_server-2.1.dist-info/METADATA`]:
        "Metadata-Version: 2.1\r\nName: some-server\r\nVersion: 2.1\r\n\r\nName: not-this\r\n",
    });
    for (const file of ["some-server", "python3"]) await chmod(join(dir, "venv/bin", file), 0o755);
    const known = { name: "some-server", version: "2.1" };
    expect(await packageOf(server("venv/bin/some-server", [], dir), NOWHERE)).toEqual(known);
    expect(await packageOf(server("venv/bin/python3", ["-m", "some.server"], dir), NOWHERE)).toEqual(known);
    expect(await packageOf(server("venv/bin/python3", ["-m", "nothing"], dir), NOWHERE)).toBeUndefined();
    expect(await packageOf(server("venv/bin/python3", ["server.py"], dir), NOWHERE)).toBeUndefined();
  });

  test("is not made up for a script of one's own, nor where the manifest says nothing", async () => {
    const dir = await install({
      "package.json": '{"name":"mine","version":"1.0.0"}',
      "server.mjs": "",
      "node_modules/broken/package.json": "{",
      "node_modules/broken/index.js": "",
      "node_modules/nameless/package.json": '{"version":"1"}',
      "node_modules/nameless/index.js": "",
    });
    for (const args of [
      ["server.mjs"],
      ["node_modules/broken/index.js"],
      ["node_modules/nameless/index.js"],
      ["nowhere.js"],
      [],
    ]) {
      expect(await packageOf(server(process.execPath, args, dir), NOWHERE)).toBeUndefined();
    }
    await writeFile(join(dir, "run.sh"), "");
    expect(await packageOf(server("./run.sh", [], dir), NOWHERE)).toBeUndefined();
    expect(await packageOf(server("no-such-command", [], dir), NOWHERE)).toBeUndefined();
  });
});
