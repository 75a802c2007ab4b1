// What a principal did before, on one server, decides what it may do on another: the shipped example in a real gate, over sessions,
// kill -9, and in the record.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildFolder, makeFolder } from "../policy/support.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";
import { callBody, isToolError, openSession, textOf } from "./harness-wire.ts";

const EXAMPLE = join(ROOT, "examples/no-sends-after-secrets");
const REFUSED = "A secret was read in the last 24 hours: nothing is sent out";
/** What the servers of this test list has no definition that anybody reviewed. */
const LOOSE = { arguments: "loose" };

let bundle: string;
beforeAll(async () => {
  bundle = join(makeTempDir(), "example.tar.gz");
  const built = await regate("build", join(EXAMPLE, "rego"), "-o", bundle);
  expect(built).toMatchObject({ code: 0, stderr: "" });
});

function regate(...args: readonly string[]) {
  return runToEnd(process.execPath, [join(ROOT, "dist/main.js"), ...args]);
}

function logOf(gate: Gate): Record<string, unknown>[] {
  return readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ decision_id: id }) => id !== undefined);
}

test("nothing is sent after a secret was read, in any session, over kill -9; the record knows why, and replays", async () => {
  const [vault, chat] = [await startRecorder("--sessions"), await startRecorder("--sessions")];
  const servers = { vault: { url: vault.url, ...LOOSE }, chat: { url: chat.url, ...LOOSE } };
  const first = await startGate({ servers, bundle });
  const send = async (gate: Gate) => (await openSession(gate.url("chat"))).call("post_message", { text: "hello" });

  expect(isToolError(await send(first))).toBe(false);
  await (await openSession(first.url("vault"))).call("read_secret", {});
  expect(textOf(await send(first))).toContain(REFUSED);
  expect(isToolError(await (await openSession(first.url("vault"))).call("read_secret", {}))).toBe(false);
  await first.process.stop("SIGKILL");

  const second = await startGate({ servers, bundle, dir: first.dir });
  expect(textOf(await send(second))).toContain(REFUSED);
  expect(chat.calls("post_message")).toBe(1);
  await second.process.stop();

  const last = logOf(second).at(-1);
  expect(last).toMatchObject({
    input: { history: { labels: { secrets: 2 }, tools: { "chat/post_message": 1, "vault/read_secret": 2 } } },
    regate: { verdict: "denied" },
  });
  const why = await operate(second, "why", String(last?.decision_id), "--bundle", bundle);
  expect(why.stdout).toContain("policy.guardrails/no-sends-after-secrets (deny)");
  expect(why.stdout).toContain("history.labels.secrets");

  const log = join(second.dir, ".regate/decisions.jsonl");
  const replayed = await regate("diff", bundle, bundle, "--replay", log, "--format", "json");
  expect(JSON.parse(replayed.stdout).replay).toMatchObject({
    not_replayable: { masked: 0, rounded: 0, differs: 0 },
  });
});

test.each([false, true])(
  "of calls that come at once, no more go out than a rule allows (durable: %s)",
  async (durable) => {
    const once = `package policy.servers.pay

rules["*"] contains {"id": "all", "action": "allow"}

rules["*"] contains {"id": "once", "action": "deny"} if input.history.tools["pay/refund"] >= 1
`;
    const file = join(makeTempDir(), "once.tar.gz");
    writeFileSync(file, (await buildFolder(await makeFolder({ "policy/pay.rego": once }))).bytes);
    const pay = await startRecorder("--sessions");
    const servers = { pay: { url: pay.url, ...LOOSE } };
    const gate = await startGate({ servers, bundle: file, config: { log: { durable } } });
    const session = await openSession(gate.url("pay"));
    await Promise.all(Array.from({ length: 20 }, (_, index) => session.post(callBody(100 + index, "refund"))));
    expect(pay.calls("refund")).toBe(1);
  },
);

test("a shadow that looks at what was done before is told of it, though the policy in force does not look", async () => {
  const dir = makeTempDir();
  cpSync(join(EXAMPLE, "rego"), dir, { recursive: true });
  rmSync(join(dir, "policy/guardrails"), { recursive: true });
  const active = join(dir, "active.tar.gz");
  expect(await regate("build", dir, "-o", active)).toMatchObject({ code: 0 });
  const [vault, chat] = [await startRecorder("--sessions"), await startRecorder("--sessions")];
  const servers = { vault: { url: vault.url, ...LOOSE }, chat: { url: chat.url, ...LOOSE } };
  const gate = await startGate({ servers, bundle: active, args: ["--shadow", bundle] });
  await (await openSession(gate.url("vault"))).call("read_secret", {});
  expect(isToolError(await (await openSession(gate.url("chat"))).call("post_message", {}))).toBe(false);
  const line = await logLine(gate, ({ input }) => input.tool === "post_message");
  expect(line.input.history).toMatchObject({ labels: { secrets: 1 } });
  for (;;) {
    const { stdout } = await operate(gate, "status");
    if (/stricter post_message on chat: allow \(posts, .*\) -> deny \(no-sends-after-secrets, posts\)/.test(stdout))
      break;
  }
});
