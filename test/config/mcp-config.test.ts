// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadMcpConfig } from "../../src/config/mcp-config.ts";
import { SERVER_KEY } from "../../src/config/server-schema.ts";
import { Problem } from "../../src/problem.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regate-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(value: unknown, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(folder, "mcp.json"), typeof value === "string" ? value : JSON.stringify(value, undefined, "\t"));
  return loadMcpConfig("mcp.json", env, folder);
}

function faultsOf(value: unknown): readonly string[] {
  try {
    load(value);
  } catch (error) {
    if (error instanceof Problem) return error.lines;
    throw error;
  }
  return [];
}

describe("an MCP client's configuration", () => {
  test("gives the entries that regate.yaml would, and ignores what else the client says", () => {
    const servers = load(
      {
        globalShortcut: "Ctrl+Space",
        mcpServers: {
          files: {
            command: "npx",
            args: ["-y", "server-filesystem", "${HOME}"],
            env: { A: "${env:A}" },
            autoApprove: ["x"],
          },
          remote: { type: "http", url: "https://mcp.example.com/mcp", headers: { Authorization: "Bearer ${T:-none}" } },
          other: { type: "streamable-http", url: "https://mcp.example.com/other" },
          plain: { url: "http://localhost:3000/mcp" },
          off: { command: "x", disabled: true },
        },
      },
      { HOME: "/home/ann", A: "a" },
    );
    expect([...servers.values()]).toEqual([
      {
        kind: "stdio",
        key: "files",
        catalogue: "files",
        arguments: "checked",
        mode: "enforce",
        command: "npx",
        args: ["-y", "server-filesystem", "/home/ann"],
        env: { A: "a" },
        cwd: folder,
      },
      {
        kind: "http",
        key: "remote",
        catalogue: "remote",
        arguments: "checked",
        mode: "enforce",
        url: "https://mcp.example.com/mcp",
        headers: { Authorization: "Bearer none" },
      },
      {
        kind: "http",
        key: "other",
        catalogue: "other",
        arguments: "checked",
        mode: "enforce",
        url: "https://mcp.example.com/other",
        headers: {},
      },
      {
        kind: "http",
        key: "plain",
        catalogue: "plain",
        arguments: "checked",
        mode: "enforce",
        url: "http://localhost:3000/mcp",
        headers: {},
      },
    ]);
  });

  test("may have the form of VS Code", () => {
    const servers = load({ inputs: [], servers: { git: { type: "stdio", command: "uvx", args: ["mcp-server-git"] } } });
    expect(servers.get("git")).toMatchObject({ kind: "stdio", command: "uvx" });
  });

  test("may have comments, which change no text and no position", () => {
    const text = `// mine
{
  "mcpServers": { // all of them
    /* "off": {"command": "x"},
    */ "a": {"command": "x", "args": [ // why
      "https://example.com/*", "\\"//", "*/"],},
    /**/ "b": {"comand": "x"},
  }
}`;
    expect(faultsOf(text)).toEqual([
      "mcp.json:7:10 mcpServers.b: must have a command (a server to start) or a url (a server that runs elsewhere)",
    ]);
    const servers = load(text.replace("comand", "command"));
    expect([...servers.keys()]).toEqual(["a", "b"]);
    expect(servers.get("a")).toMatchObject({ args: ["https://example.com/*", '"//', "*/"] });
  });

  test("gives each name a key of its own that can stand in a URL, and keeps the name for policy", () => {
    const long = "n".repeat(80);
    const names = [
      "My Server",
      "my-server",
      "my_server",
      "MY SERVER",
      "io.github.acme/tools",
      "Ünï",
      "日本",
      "-",
      `${long}a`,
      `${long}b`,
    ];
    const servers = load({ mcpServers: Object.fromEntries(names.map((name) => [name, { command: "x" }])) });
    expect([...servers.values()].map(({ key, catalogue }) => [catalogue, key])).toEqual([
      ["My Server", "my-server-2"],
      ["my-server", "my-server"],
      ["my_server", "my_server"],
      ["MY SERVER", "my-server-3"],
      ["io.github.acme/tools", "io-github-acme-tools"],
      ["Ünï", "n"],
      ["日本", "server"],
      ["-", "server-2"],
      [`${long}a`, "n".repeat(56)],
      [`${long}b`, `${"n".repeat(56)}-2`],
    ]);
    for (const key of servers.keys()) expect(key).toMatch(SERVER_KEY);
  });

  test("is refused with all its faults at once, each with its place", () => {
    const text = `{
  "mcpServers": {
    "old": {"type": "sse", "url": "https://mcp.example.com/sse"},
    "odd": {"type": "grpc", "url": "https://mcp.example.com"},
    "asks": {"command": "x", "env": {"KEY": "\${input:api-key}"}},
    "unset": {"command": "x", "args": ["\${env:NOT_SET}"]},
    "list": ["npx"],
    "neither": {"type": "http"},
    "open": {"url": "http://mcp.example.com"},
    "a\\nb": {"command": "x"}
  }
}`;
    expect(faultsOf(text)).toEqual([
      "mcp.json:3:13 mcpServers.old.type: is the old HTTP+SSE transport, which is not supported; use the server's Streamable HTTP URL and type http",
      "mcp.json:4:13 mcpServers.odd.type: must be one of stdio, http, streamable-http, streamableHttp",
      "mcp.json:5:38 mcpServers.asks.env.KEY: holds an ${input:...}, for which a client asks a person; put the value into the environment, and write ${env:NAME}",
      "mcp.json:6:40 mcpServers.unset.args[0]: names the environment variable NOT_SET, which is not set; set it, or write $${ for a literal ${",
      "mcp.json:7:5 mcpServers.list: must be an object with a command or a url",
      "mcp.json:8:5 mcpServers.neither: must have a command (a server to start) or a url (a server that runs elsewhere)",
      "mcp.json:9:14 mcpServers.open.url: sends calls and credentials unencrypted; use https, or write allowPlainHttp: true where the network is trusted",
      "mcp.json:10:5 mcpServers.a?b.catalogue: must be a name of 1 to 200 printable characters",
    ]);
  });

  test.each([["{}"], ["[]"], [""], ['{"mcpServers": []}'], ['{"mcpServers": null}']])(
    "is refused where %s names no servers",
    (text) => {
      expect(faultsOf(text)).toEqual([expect.stringContaining("mcp.json: holds no servers")]);
    },
  );

  test("is refused where it isn't JSON, or names a server twice", () => {
    expect(faultsOf('{"mcpServers": {')[0]).toContain("is not valid JSON");
    expect(faultsOf('{"mcpServers": {"a": {"command": "x"},\n"a": {"command": "y"}}}')).toEqual([
      expect.stringMatching(/^mcp\.json:2:1 .*unique/),
    ]);
  });
});
