// Arguments that don't fit the reviewed schema never reach the server, over either transport; the agent is told what to mend.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixturePath, startHttpFixture } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { makeTempDir, ROOT } from "./harness-process.ts";
import { isToolError, openSession, textOf } from "./harness-wire.ts";

const SHIPPED_BUNDLE = join(ROOT, "bundles/regate.tar.gz");

describe.each(["http", "stdio"] as const)("before a server over %s", (transport) => {
  test("what doesn't fit is refused, and nothing of it is carried out", async () => {
    const gate = await startTurning(transport);
    const session = await openSession(gate.url("turning"));
    const refused = await session.call("weather", { city: 7 });
    expect(isToolError(refused)).toBe(true);
    expect(textOf(refused)).toMatch(
      /^Invalid arguments: weather on rugpull: \/city must be string\. It was not called; mend the arguments\. \(reviewed schema 7a68e771b668, decision [-0-9a-f]{36}\)$/,
    );
    expect(refused.result?._meta).toMatchObject({
      "regate/decision": { action: "invalid_arguments", reasons: ["/city must be string"], rules: [] },
    });
    // the server turns at its first call: had it seen that one, it would answer this one otherwise
    expect(textOf(await session.call("weather", { city: "Oslo" }))).toBe("It rains");
    const line = await logLine(gate, ({ regate }) => regate.verdict === "invalid_arguments");
    expect(line).toMatchObject({ input: { args: { city: 7 } }, regate: { problem: "/city must be string" } });
    expect(line).not.toHaveProperty("result");
  });

  test("a call without arguments has empty ones", async () => {
    const session = await openSession((await startTurning(transport)).url("turning"));
    expect(textOf(await session.ask("tools/call", { name: "weather" }))).toBe("It rains");
  });

  test("what doesn't fit goes out where the configuration wants it loose", async () => {
    const session = await openSession((await startTurning(transport, { arguments: "loose" })).url("turning"));
    expect(textOf(await session.call("weather", { city: 7 }))).toBe("It rains");
  });
});

describe("before a real server, the shipped catalogue", () => {
  test("refuses a missing, a mistyped and an unknown argument, and lets the rest create what it says", async () => {
    const folder = makeTempDir();
    const command = join(ROOT, "node_modules/.bin/mcp-server-filesystem");
    const gate = await startGate({
      bundle: SHIPPED_BUNDLE,
      servers: { files: { command, args: [folder], catalogue: "filesystem" } },
    });
    const session = await openSession(gate.url("files"));
    const file = join(folder, "note.md");
    const write = async (args: unknown) => textOf(await session.call("write_file", args));
    expect(await write({ path: file })).toMatch(/: the arguments must have required property 'content'\./);
    expect(await write({ path: [file], content: "x" })).toMatch(/: \/path must be string\./);
    expect(await write(JSON.parse(`{"path":"${file}","content":9007199254740993}`))).toMatch(
      /: \/content must be string\./,
    );
    expect(existsSync(file)).toBe(false);
    expect(await write({ path: file, content: "x" })).toContain("Successfully wrote");
    expect(existsSync(file)).toBe(true);
  });
});

async function startTurning(transport: "http" | "stdio", more: Readonly<Record<string, unknown>> = {}): Promise<Gate> {
  const server =
    transport === "http"
      ? { url: (await startHttpFixture("rugpull-server.mjs", ["--http", "0"])).url }
      : { command: process.execPath, args: [fixturePath("rugpull-server.mjs"), "--stdio"] };
  return await startGate({ servers: { turning: { ...server, catalogue: "rugpull", ...more } } });
}
