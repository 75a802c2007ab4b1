// `regate scan` as a process before real servers of npm and PyPI, and the gate by what it wrote.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { fixturePath } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, run, runToEnd } from "./harness-process.ts";
import { isToolError, openSession, textOf } from "./harness-wire.ts";

const SITEWISE = "awslabs.aws-iot-sitewise-mcp-server";
const SITEWISE_COMMAND = join(ROOT, `.venv/bin/${SITEWISE}`);
const EVERYTHING_COMMAND = join(ROOT, "node_modules/.bin/mcp-server-everything");

type Entries = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function makeRepository(servers: Entries): string {
  const dir = makeTempDir();
  writeFileSync(join(dir, "regate.yaml"), stringify({ servers }));
  return dir;
}

async function regate(cwd: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), ...args], { cwd });
  return { code, stdout, stderr };
}

/** The server takes a number only, and says the one it was given. */
async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Each file below `dir` with its bytes and the time it was written. */
function snapshot(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const found = statSync(join(dir, name));
      return found.isDirectory() ? name : `${name} ${found.mtimeMs} ${readFileSync(join(dir, name), "utf8")}`;
    });
}

describe("before SiteWise of PyPI, server-everything and server-filesystem of npm", () => {
  let dir: string;

  beforeAll(async () => {
    if (!existsSync(SITEWISE_COMMAND)) throw new Error(".venv is missing: `make test` makes it, or `make .venv/ready`");
    const env = { SITEWISE_MCP_ALLOW_WRITES: "true", AWS_REGION: "us-east-1", FASTMCP_LOG_LEVEL: "ERROR" };
    dir = makeRepository({
      sitewise: { command: SITEWISE_COMMAND, env, catalogue: SITEWISE },
      everything: { command: EVERYTHING_COMMAND },
      files: { command: join(ROOT, "node_modules/.bin/mcp-server-filesystem"), args: ["."], catalogue: "filesystem" },
    });
    const { code, stdout, stderr } = await regate(dir, "scan", "--all");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^awslabs\.aws-iot-sitewise-mcp-server \(awslabs\.aws-iot-sitewise-mcp-server [\d.]+\): 7\d tools$/m,
    );
    expect(stdout).toMatch(/^everything \(@modelcontextprotocol\/server-everything [\d.]+\): 19 tools$/m);
    expect(stdout).toMatch(/^filesystem \(@modelcontextprotocol\/server-filesystem [\d.]+\): 14 tools$/m);
  });

  test("a second scan changes nothing: not a byte, and no file is written again", async () => {
    const before = snapshot(dir);
    const { code, stdout } = await regate(dir, "scan", "--all");
    expect(code).toBe(0);
    expect(stdout.match(/tools, nothing changed$/gm)).toHaveLength(3);
    expect(snapshot(dir)).toEqual(before);
  });

  test("a check right after it finds nothing, and exits with 0", async () => {
    const { code, stdout } = await regate(dir, "scan", "--all", "--check");
    expect(code).toBe(0);
    expect(stdout.match(/tools, as reviewed$/gm)).toHaveLength(3);
  });

  test("a catalogued description that was edited is named word by word, and --check exits with 1", async () => {
    const file = join(dir, `rego/catalogue/${SITEWISE}/data.json`);
    const text = readFileSync(file, "utf8");
    const edited = text.replace("Create a new asset in AWS IoT SiteWise.", "Create one old asset in AWS IoT SiteWise.");
    expect(edited).not.toBe(text);
    writeFileSync(file, edited);
    const { code, stdout } = await regate(dir, "scan", "sitewise", "--check");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^ {2}create_asset: changed\n {4}description: Create \[-one-\]\{\+a\+\} \[-old-\]\{\+new\+\} asset in AWS/m,
    );
    expect(readFileSync(file, "utf8")).toBe(edited);
    await regate(dir, "scan", "sitewise");
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("what was written builds, and every rule of it is known by its tool", async () => {
    const { code, stdout, stderr } = await regate(dir, "build", "rego", "-o", "bundle.tar.gz");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("3 servers");
  });

  test("the same server over HTTP is as reviewed over stdio", async () => {
    const port = String(await findFreePort());
    const server = run(EVERYTHING_COMMAND, ["streamableHttp"], { env: { PORT: port } });
    await server.printed(/listening on port \d+/i);
    const config = join(dir, "http.yaml");
    writeFileSync(config, stringify({ servers: { everything: { url: `http://127.0.0.1:${port}/mcp` } } }));
    const { code, stdout, stderr } = await regate(dir, "scan", "everything", "--check", "-c", "http.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("19 tools, as reviewed");
  });
});

describe("the catalogues of this repository", () => {
  test("are what their servers list", async () => {
    const { code, stdout, stderr } = await regate(ROOT, "scan", "--all", "--check", "-c", "regate.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`${SITEWISE} (${SITEWISE} 11.0.23): 74 tools, as reviewed`);
  });
});

describe("a gate on what a scan wrote", () => {
  test("takes the live definition for the reviewed one, until the server turns", async () => {
    const turning = { command: process.execPath, args: [fixturePath("rugpull-server.mjs"), "--stdio"] };
    const dir = makeRepository({ turning });
    mkdirSync(join(dir, "rego/policy"), { recursive: true });
    const rules = 'package policy.servers.turning\n\nrules.weather contains {"id": "weather", "action": "allow"}\n';
    writeFileSync(join(dir, "rego/policy/turning.rego"), rules);
    expect((await regate(dir, "scan", "turning")).code).toBe(0);
    expect((await regate(dir, "build", "rego", "-o", "bundle.tar.gz")).code).toBe(0);

    const gate = await startGate({ servers: { turning }, bundle: join(dir, "bundle.tar.gz") });
    const session = await openSession(gate.url("turning"));
    expect(textOf(await session.call("weather", { city: "Oslo" }))).toBe("It rains");
    const refusal = await session.call("weather", { city: "Oslo" });
    expect(isToolError(refusal)).toBe(true);
    expect(textOf(refusal)).toContain("is not the one that was reviewed");
  });
});
