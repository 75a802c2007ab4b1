// Real clients (the v1, v2 and Python SDKs) through the gate, before real servers, under the shipped policy.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { connectV1, connectV2, drivePython } from "./harness-clients.ts";
import { fixturePath } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT } from "./harness-process.ts";

const SHIPPED_BUNDLE = join(ROOT, "bundles/regate.tar.gz");
const SITEWISE = "awslabs.aws-iot-sitewise-mcp-server";

describe("before SiteWise as documented, under the shipped policy", () => {
  let gate: Gate;
  let effects: () => string[];

  beforeAll(async () => {
    const file = join(makeTempDir(), "effects.jsonl");
    effects = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
    const args = [fixturePath("sitewise-documented-server.mjs"), "--stdio", "--effects", file];
    gate = await startGate({
      servers: { sitewise: { command: process.execPath, args, catalogue: SITEWISE } },
      bundle: SHIPPED_BUNDLE,
    });
  });

  test("ten keys a minute are created in each session, and the eleventh is refused with the seconds to wait", async () => {
    const before = effects().length;
    const [one, other] = [await connectV1(gate.url("sitewise")), await connectV1(gate.url("sitewise"))];
    const calls = Array.from({ length: 11 }, () => one.callTool({ name: "create_api_key", arguments: {} }));
    const results = await Promise.all(calls);
    const refused = results.filter((result) => result.isError === true);
    expect(refused).toHaveLength(1);
    expect(JSON.stringify(refused)).toMatch(
      /Rate limit: create_api_key .* allows 10 calls per 60 s .*Try again in \d+ s/,
    );
    expect(effects().length - before).toBe(10);
    expect((await other.callTool({ name: "create_api_key", arguments: {} })).isError).not.toBe(true);
  });

  test("a delete is refused with its reason, and not even listed", async () => {
    const client = await connectV1(gate.url("sitewise"));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain("delete_asset");
    const refusal = await client.callTool({ name: "delete_asset", arguments: { asset_id: "a" } });
    expect(refusal.isError).toBe(true);
    expect(JSON.stringify(refusal.content)).toMatch(/Policy violation: delete_asset on .* is denied\./);
    expect(effects().join()).not.toContain("delete_asset");
  });

  test("a Python agent lists, calls and reads why it was refused", async () => {
    const seen = await drivePython(gate.url("sitewise"), [
      { tool: "create_api_key", args: {} },
      { tool: "delete_asset", args: { asset_id: "a" } },
    ]);
    expect(seen.tools).not.toContain("delete_asset");
    expect(seen.results.map(({ isError }) => isError)).toEqual([false, true]);
    expect(seen.results[1]?.content[0]?.text).toMatch(/^Policy violation: delete_asset/);
  });
});

describe("before the SiteWise server of PyPI, under the shipped policy", { timeout: 120_000 }, () => {
  test("reads answer, ten of eleven writes reach it, and deletes are refused", async () => {
    const env = { SITEWISE_MCP_ALLOW_WRITES: "true", AWS_EC2_METADATA_DISABLED: "true" };
    const command = join(ROOT, ".venv/bin", SITEWISE);
    const gate = await startGate({
      servers: { sitewise: { command, env, catalogue: SITEWISE } },
      bundle: SHIPPED_BUNDLE,
    });
    const client = await connectV1(gate.url("sitewise"));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("create_asset");
    expect(tools.map(({ name }) => name)).not.toContain("delete_asset");
    const now = await client.callTool({ name: "get_current_timestamp", arguments: {} });
    expect(now.isError).not.toBe(true);
    const args = { asset_name: "pump", asset_model_id: "12345678-1234-1234-1234-123456789012" };
    const create = () => client.callTool({ name: "create_asset", arguments: args });
    const answers = (await Promise.all(Array.from({ length: 11 }, create))).map((answer) =>
      JSON.stringify(answer.content),
    );
    // There is no AWS account: a call that reaches the server comes back as the server's own complaint.
    expect(answers.filter((text) => text.includes("credentials"))).toHaveLength(10);
    expect(answers.filter((text) => /Rate limit: create_asset .*Try again in \d+ s/.test(text))).toHaveLength(1);
    const other = await connectV1(gate.url("sitewise"));
    expect(JSON.stringify(await other.callTool({ name: "create_asset", arguments: args }))).toContain("credentials");
    const refusal = await client.callTool({ name: "delete_asset", arguments: { asset_id: "a" } });
    expect(JSON.stringify(refusal.content)).toContain("Policy violation: delete_asset");
  });
});

describe("before the reference servers from npm, under the shipped policy", () => {
  let gate: Gate;

  beforeAll(async () => {
    const folder = makeTempDir();
    writeFileSync(join(folder, "notes.txt"), "what a client reads");
    const packages = join(ROOT, "node_modules/@modelcontextprotocol");
    const command = process.execPath;
    gate = await startGate({
      servers: {
        everything: { command, args: [join(packages, "server-everything/dist/index.js"), "stdio"] },
        filesystem: { command, args: [join(packages, "server-filesystem/dist/index.js"), folder] },
      },
      bundle: SHIPPED_BUNDLE,
    });
    readNotes = { name: "read_text_file", arguments: { path: join(folder, "notes.txt") } };
  });

  let readNotes: { name: string; arguments: { path: string } };

  test("the v1 client lists and calls", async () => {
    const everything = await connectV1(gate.url("everything"));
    expect((await everything.listTools()).tools.map(({ name }) => name)).toContain("echo");
    const echoed = await everything.callTool({ name: "echo", arguments: { message: "hello" } });
    expect(JSON.stringify(echoed.content)).toContain("hello");
    const filesystem = await connectV1(gate.url("filesystem"));
    expect(JSON.stringify((await filesystem.callTool(readNotes)).content)).toContain("what a client reads");
  });

  test("the v2 client lists and calls", async () => {
    const everything = await connectV2(gate.url("everything"), "legacy");
    expect((await everything.listTools()).tools.map(({ name }) => name)).toContain("echo");
    const echoed = await everything.callTool({ name: "echo", arguments: { message: "hello" } });
    expect(JSON.stringify(echoed.content)).toContain("hello");
  });

  test("the Python client lists and calls", async () => {
    const seen = await drivePython(gate.url("filesystem"), [{ tool: readNotes.name, args: readNotes.arguments }]);
    expect(seen.tools).toContain("read_text_file");
    expect(seen.results[0]?.content[0]?.text).toBe("what a client reads");
  });
});
