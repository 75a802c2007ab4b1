// `regate dev`: a save in the policy folder is built, tested, told and taken; one that fails changes nothing.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { startRecorder } from "./harness-fixtures.ts";
import { makeTempDir, ROOT, type Running, run } from "./harness-process.ts";
import { isToolError, openSession, type Session } from "./harness-wire.ts";

const PACKAGE = "package policy.servers.recorder\n\n";
const ALLOWED = `${PACKAGE}rules.echo contains {"id": "echo-allowed", "action": "allow"}\n`;
const DENIED = `${PACKAGE}rules.echo contains {"id": "no-echo", "action": "deny", "reason": "No echo"}\n`;
const MISSPELT = `${PACKAGE}rules.echo contains {"id": "no-echo", "action": "deny", "reson": "No echo"}\n`;
const ECHO = {
  category: "Read",
  risk: "Low",
  severity: "low",
  signals: [],
  rationale: "",
  parameters: {},
  source: "listed",
};

describe("while `regate dev` watches a policy folder", () => {
  const dir = makeTempDir();
  const file = join(dir, "rego/policy/servers/recorder/recorder.rego");
  let dev: Running;
  let session: Session;

  beforeAll(async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    mkdirSync(join(dir, "rego/catalogue/recorder"), { recursive: true });
    writeFileSync(file, ALLOWED);
    const catalogue = { title: "Recorder", package: "recorder", version: "1", tools: { echo: ECHO } };
    writeFileSync(join(dir, "rego/catalogue/recorder/data.json"), JSON.stringify(catalogue));
    const recorder = await startRecorder("--sessions");
    const config = { listen: "127.0.0.1:0", servers: { recorder: { url: recorder.url } } };
    writeFileSync(join(dir, "regate.yaml"), stringify(config));
    dev = run(process.execPath, [join(ROOT, "dist/main.js"), "dev"], { cwd: dir });
    const [, base = ""] = await dev.printed(/listening on (http:\/\/\S+:\d+)/);
    await dev.printed(/watching rego/);
    session = await openSession(`${base}/mcp/recorder`);
  });

  test("calls are judged by the folder as it stood at the start", async () => {
    expect(isToolError(await session.call("echo"))).toBe(false);
  });

  test("a save says which decisions change, and is in force when it is told", async () => {
    writeFileSync(file, DENIED);
    await dev.printed(/echo on recorder: allow \(echo-allowed\) -> deny \(no-echo\)/);
    expect(isToolError(await session.call("echo"))).toBe(true);
  });

  test("a save with a mistake is told with file and line, and the last good one stays", async () => {
    // as most editors and git save: by a file that takes the place of the old one
    writeFileSync(`${dir}/saved`, MISSPELT);
    renameSync(`${dir}/saved`, file);
    await dev.printed(/recorder\.rego:3: .*reson.*\n(?:.*\n)*not taken/);
    expect(isToolError(await session.call("echo"))).toBe(true);
  });

  test("it stops when it is told to, with exit code 0", async () => {
    expect(await dev.stop("SIGINT")).toEqual({ code: 0, signal: null });
  });
});
