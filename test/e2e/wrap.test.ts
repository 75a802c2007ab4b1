// From an MCP client's own configuration to its first judged call and back: `regate wrap`, then what the client's file says,
// started as a client starts it, then `regate unwrap`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, test } from "vitest";
import { readRunningGate } from "../../src/config/running-gate.ts";
import { makeTempDir, ROOT, runToEnd, waitFor, whenDone } from "./harness-process.ts";

const SERVER = join(ROOT, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

test("a client's server goes behind the gate, is called through it and judged, and comes back as it was", async () => {
  const dir = makeTempDir();
  const file = join(dir, ".mcp.json");
  const before = `{
  "mcpServers": {
    // everything it can
    "everything": { "type": "stdio", "command": ${JSON.stringify(process.execPath)}, "args": [${JSON.stringify(SERVER)}, "stdio"], },
  },
}
`;
  writeFileSync(file, before);
  // only for its port: without the file wrap makes one
  writeFileSync(join(dir, "regate.yaml"), "# ours\nlisten: 127.0.0.1:0\n", { mode: 0o600 });
  const options = { cwd: dir, env: { HOME: dir } };
  const regate = (...args: string[]) => runToEnd(process.execPath, [join(ROOT, "dist/main.js"), ...args], options);

  expect(await regate("wrap", "claude-code")).toMatchObject({ code: 2 });
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(await regate("wrap", "claude-code", "--yes")).toMatchObject({ code: 0 });
  const wrapped = readFileSync(file, "utf8");
  expect(wrapped).toContain("// everything it can");

  const [, entry = "{}"] = /"everything": (\{.*\}),/.exec(wrapped) ?? [];
  const { command, args } = JSON.parse(entry);
  const client = new Client({ name: "claude-code", version: "1.0.0" });
  // a client starts its servers where it likes
  await client.connect(new StdioClientTransport({ command, args, cwd: makeTempDir() }));
  const gate = readRunningGate(join(dir, ".regate"));
  if (gate === undefined) throw new Error("no gate runs");
  whenDone(() => end(gate.pid));
  expect(await client.callTool({ name: "echo", arguments: { message: "hello" } })).toMatchObject({
    content: [{ type: "text", text: "Echo: hello" }],
  });
  await client.close();
  const decided = await waitFor("the record of the call", () =>
    readFileSync(join(dir, ".regate/decisions.jsonl"), "utf8")
      .split("\n")
      .find((line) => line.includes('"tool":"echo"')),
  );
  expect(JSON.parse(decided)).toMatchObject({
    input: { server: "everything", tool: "echo" },
    result: { action: "allow" },
  });

  expect(await regate("unwrap", "claude-code", "--yes")).toMatchObject({ code: 0 });
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(readFileSync(join(dir, "regate.yaml"), "utf8")).toMatch(/^# ours\n/);
});

/** A gate outlives the client that started it. */
async function end(pid: number): Promise<void> {
  process.kill(pid);
  await waitFor("the end of the gate", () => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });
}
