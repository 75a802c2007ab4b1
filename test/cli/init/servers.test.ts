// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { expect, test } from "vitest";
import { parse } from "yaml";
import { startingServers, writeServers } from "../../../src/cli/init/servers.ts";
import { loadMcpConfig, readMcpEntries } from "../../../src/config/mcp-config.ts";
import { makeFolder } from "../../policy/support.ts";

const SECRET = "sup3r-s3cr3t-value";

async function written(mcpServers: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}) {
  const cwd = await makeFolder({ "mcp.json": JSON.stringify({ mcpServers }) });
  const servers = writeServers(loadMcpConfig("mcp.json", env, cwd), readMcpEntries("mcp.json", cwd), cwd);
  if (servers.kind !== "configured") throw new Error(servers.kind);
  return { servers: parse(servers.yaml).servers, variables: servers.variables };
}

test("the environment and headers of a server become names, each for one text", async () => {
  const { servers, variables } = await written({
    "My Server": { command: "a", env: { API_KEY: SECRET, "odd.name": "x" } },
    other: { command: "b", env: { API_KEY: "another" } },
    third: { command: "b", env: { API_KEY: SECRET } },
    web: { url: "https://example.com/mcp", headers: { Authorization: `Bearer ${SECRET}` } },
  });
  expect(servers).toEqual({
    "my-server": {
      command: "a",
      env: { API_KEY: "${API_KEY}", "odd.name": "${MY_SERVER_ODD_NAME}" },
      catalogue: "My Server",
    },
    other: { command: "b", env: { API_KEY: "${OTHER_API_KEY}" } },
    third: { command: "b", env: { API_KEY: "${API_KEY}" } },
    web: { url: "https://example.com/mcp", headers: { Authorization: "${WEB_AUTHORIZATION}" } },
  });
  expect(variables).toEqual(["API_KEY", "MY_SERVER_ODD_NAME", "OTHER_API_KEY", "WEB_AUTHORIZATION"]);
});

test("what is taken from the environment already stays so, in this configuration's form", async () => {
  const env = { TOKEN: SECRET, ROOT: "/srv" };
  const { servers, variables } = await written(
    {
      a: { command: "a", args: ["${env:ROOT}/x", "${ROOT:-/tmp}"], env: { T: "${env:TOKEN}" } },
      b: { url: "https://example.com/mcp", headers: { Authorization: "Bearer ${TOKEN}" } },
    },
    env,
  );
  expect(servers).toEqual({
    a: { command: "a", args: ["${ROOT}/x", "${ROOT}"], env: { T: "${TOKEN}" } },
    b: { url: "https://example.com/mcp", headers: { Authorization: "Bearer ${TOKEN}" } },
  });
  expect(variables).toEqual(["ROOT", "TOKEN"]);
});

test.each([
  ["after a flag", ["--token", SECRET]],
  ["behind a flag's =", [`--api-key=${SECRET}`]],
  ["by its flag alone", ["--auth=s3cr3t"]],
  ["as a variable", [`PASSWORD=${SECRET}`]],
  ["in an address", [`postgres://user:${SECRET}@db/x`]],
  ["by its form", ["ghp_0123456789abcdefghijABCDEFGHIJ012345"]],
  ["in a header", ["--header", `Authorization: Bearer ${SECRET}`]],
])("a secret among the arguments is not written: %s", async (_, args) => {
  const { servers, variables } = await written({ a: { command: "a", args: ["-y", "pkg", ...args] } });
  expect(JSON.stringify(servers)).not.toMatch(/s3cr3t|ghp_/);
  expect(servers.a.args.slice(0, 2)).toEqual(["-y", "pkg"]);
  expect(variables).toHaveLength(1);
});

test("two secrets never share a name, also where their servers' names come to the same", async () => {
  const { servers } = await written({
    "a-b": { command: "a", args: ["--token", SECRET] },
    a_b: { command: "a", args: ["--token", `${SECRET}-too`] },
  });
  expect(servers["a-b"].args).toEqual(["--token", "${A_B_ARG_2}"]);
  expect(servers.a_b.args).toEqual(["--token", "${A_B_ARG_2_2}"]);
});

test("a URL with a query, where a key may stand, becomes a name", async () => {
  const { servers } = await written({ a: { url: `https://example.com/mcp?key=${SECRET}` } });
  expect(servers).toEqual({ a: { url: "${A_URL}" } });
});

test("a server that lies beside the client's file is started there", async () => {
  const cwd = await makeFolder({
    "mcp.json": JSON.stringify({ mcpServers: { a: { command: "node", args: ["server.mjs"] } } }),
    "server.mjs": "",
  });
  const other = await makeFolder({});
  const { yaml } = writeServers(loadMcpConfig("mcp.json", {}, cwd), readMcpEntries("mcp.json", cwd), other);
  expect(parse(yaml).servers).toEqual({ a: { command: "node", args: ["server.mjs"], cwd } });
});

test("without a client's file there is the filesystem server, confined to a folder of its own", () => {
  expect(parse(startingServers().yaml).servers).toEqual({
    filesystem: { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem@2026.8.31", "workspace"] },
  });
});
