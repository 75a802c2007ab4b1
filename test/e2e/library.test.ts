// The package as others import it: the example under examples/in-process with a real SDK client, and its types as TypeScript sees them.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, test } from "vitest";
import { buildFolder, regateTest } from "../policy/support.ts";
import { makeTempDir, ROOT, runToEnd, whenDone } from "./harness-process.ts";

const EXAMPLE = join(ROOT, "examples/in-process");

test("a server gates its own tools: the client's calls are carried out, limited, denied, or wait for a person", async () => {
  const dir = makeTempDir();
  const bundle = join(dir, "notes.tar.gz");
  writeFileSync(bundle, (await buildFolder(join(EXAMPLE, "rego"))).bytes);
  const state = join(dir, "state");
  const client = new Client({ name: "notes-client", version: "1.0.0" });
  const env = { PATH: process.env.PATH ?? "", NOTES_BUNDLE: bundle, NOTES_STATE: state };
  const args = [join(EXAMPLE, "server.mjs")];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: "pipe" }));
  whenDone(() => client.close());
  const call = async (name: string, given: Record<string, unknown>) => {
    const { content, isError } = await client.callTool({ name, arguments: given });
    const [block] = Array.isArray(content) ? content : [];
    return [isError === true, block?.text];
  };
  expect((await client.listTools()).tools).toHaveLength(4);
  for (const id of ["a", "b", "c"]) expect((await call("add_note", { id, text: "t" }))[0]).toBe(false);
  expect(await call("add_note", { id: "d", text: "t" })).toEqual([
    true,
    expect.stringMatching(/^Rate limit: add_note on notes/),
  ]);
  expect(await call("read_note", { id: "a" })).toEqual([false, "t"]);
  expect(await call("read_note", { id: "d" })).toEqual([false, "no such note"]);
  expect(await call("read_note", { id: "private-a" })).toEqual([
    true,
    expect.stringMatching(/^Policy violation: .*Private notes/),
  ]);
  expect(await call("delete_note", { id: "a" })).toEqual([
    true,
    expect.stringMatching(/^Approval needed: .*Approval pending/),
  ]);
  expect(await call("export_notes", {})).toEqual([
    true,
    expect.stringMatching(/^Policy violation: export_notes on notes is denied/),
  ]);
  expect(await call("read_note", { id: "a" })).toEqual([false, "t"]);
  await client.close();
  expect(existsSync(join(state, "decisions.jsonl"))).toBe(true);
  const lines = readFileSync(join(state, "decisions.jsonl"), "utf8").split("\n");
  expect(lines.filter((line) => line.includes('"server":"notes"'))).toHaveLength(10);
});

test("the example's policy passes regate test", async () => {
  const { code, printed } = await regateTest(join(EXAMPLE, "rego"), "--skip", "samples");
  expect([code, printed]).toEqual([0, expect.stringMatching(/\nok/)]);
});

test("the types are those that a strict project gets", async () => {
  const dir = makeTempDir();
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(ROOT, join(dir, "node_modules/regate"));
  for (const shared of ["hono", "@types"])
    symlinkSync(join(ROOT, "node_modules", shared), join(dir, "node_modules", shared));
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(dir, "consumer.ts"),
    `import { Hono } from "hono";
import { createGate, type JudgedCall, type ToolCall } from "regate";
import { gateCalls } from "regate/hono";
const gate = await createGate({ bundle: "b.tar.gz" });
const call: ToolCall = { server: "s", tool: "t", arguments: { a: 1 }, principal: { id: "ann" } };
const judged: JudgedCall = await gate.judge(call);
const action: "allow" | "deny" | "rate_limit" | "require_approval" | "invalid_arguments" = judged.action;
// @ts-expect-error a call names a tool
await gate.judge({ server: "s" });
// @ts-expect-error there is no such action
const wrong: "allowed" = judged.action;
new Hono().post("/", gateCalls(gate, () => call), (c) => {
  const allowed: boolean = c.get("verdict").allowed;
  // @ts-expect-error the verdict is typed
  return c.json({ allowed, id: c.get("verdict").id });
});
export { action, wrong };
`,
  );
  const flags =
    "--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --module nodenext --target es2023 --types node";
  const checked = await runToEnd(join(ROOT, "node_modules/.bin/tsc"), [...flags.split(" "), "consumer.ts"], {
    cwd: dir,
  });
  expect(checked).toMatchObject({ code: 0, stdout: "" });
});
