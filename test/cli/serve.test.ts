import { describe, expect, test } from "vitest";
import { readConfig, type ServeArgs } from "../../src/cli/serve.ts";
import { makeFolder, problemOf } from "../policy/support.ts";

const MCP_JSON = '{"mcpServers": {"own": {"command": "x"}}}';
const KEY = "a".repeat(64);

async function read(files: Record<string, string>, args: ServeArgs) {
  const cwd = await makeFolder(files);
  const nothing = (): void => {};
  return readConfig(args, { stdout: nothing, stderr: nothing, env: {}, cwd, stdin: async () => Buffer.alloc(0) });
}

describe("what regate serve goes by", () => {
  test("a client's servers alone are enough", async () => {
    const config = await read({ "mcp.json": MCP_JSON }, { "mcp-config": "mcp.json" });
    expect([[...config.servers.keys()], config.keys, config.listen.port]).toEqual([["own"], [], 8787]);
  });

  test("a client's servers take the place of those in regate.yaml, whose keys and all else hold", async () => {
    const yaml = `listen: 127.0.0.1:9000\nservers: {other: {command: y}}\nkeys: [{name: a, sha256: ${KEY}}]`;
    const config = await read({ "mcp.json": MCP_JSON, "regate.yaml": yaml }, { "mcp-config": "mcp.json" });
    expect([...config.servers.keys()]).toEqual(["own"]);
    expect(config.keys).toMatchObject([{ name: "a", sha256: KEY }]);
    expect(config.listen.port).toBe(9000);
  });

  test("neither is refused with the least that is needed", async () => {
    expect(await problemOf(read({}, {}))).toEqual([expect.stringMatching(/^there is no regate\.yaml here: name one/)]);
  });

  test("a file that is named but not there is refused, a client's servers or not", async () => {
    const lines = [expect.stringMatching(/^other\.yaml: no such file in /)];
    expect(await problemOf(read({ "mcp.json": MCP_JSON }, { "mcp-config": "mcp.json", config: "other.yaml" }))).toEqual(
      lines,
    );
    expect(await problemOf(read({}, { config: "other.yaml" }))).toEqual(lines);
  });
});
