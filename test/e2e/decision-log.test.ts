// The record: one line for each judged call, without secrets, kept through a stop, and honest about what a kill may have cost.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { ROOT, run, runToEnd, waitFor } from "./harness-process.ts";
import { callBody, isToolError, openSession, textOf } from "./harness-wire.ts";

const LINE = z.looseObject({
  decision_id: z.string(),
  bundles: z.object({ regate: z.object({ revision: z.string(), digest: z.string() }) }),
  input: z.looseObject({ server: z.string(), tool: z.string().optional(), session: z.string() }),
  result: z.looseObject({ action: z.string() }),
  requested_by: z.string(),
  timestamp: z.iso.datetime(),
  metrics: z.looseObject({ counter_regate_fuel: z.int().positive() }),
  regate: z.looseObject({
    verdict: z.string(),
    rules: z.array(z.object({ id: z.string(), file: z.string(), row: z.int() })),
  }),
});

test("each judged call leaves one line that says who, what, which rule and why, and no secret", async () => {
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({ servers: { recorder: { url: recorder.url } } });
  const session = await openSession(gate.url("recorder"));
  const secret = "hunter2-hunter2";
  await session.call("denied", { password: secret, nested: { api_key: secret, plain: "kept" } });
  for (let call = 0; call < 4; call += 1)
    await session.call("limited", { headers: { Authorization: `Bearer ${secret}` } });
  await session.post(callBody(1, "echo", { text: "line\nbreak" }));
  await gate.process.stop();

  const calls = readLog(gate).filter(({ input }) => input.tool !== undefined);
  expect(calls.map(({ input, regate }) => [input.tool, regate.verdict])).toEqual([
    ["denied", "denied"],
    ["limited", "forward"],
    ["limited", "forward"],
    ["limited", "forward"],
    ["limited", "rate_limited"],
    ["echo", "forward"],
  ]);
  const [denied] = calls;
  expect(denied).toMatchObject({ requested_by: "local", result: { action: "deny" } });
  expect(denied?.regate.rules).toEqual([
    { id: "policy.servers.recorder/never", file: expect.stringMatching(/recorder\.rego$/), row: expect.any(Number) },
  ]);
  expect(new Set(calls.map(({ decision_id }) => decision_id)).size).toBe(calls.length);
  expect(new Set(calls.map(({ input }) => input.session)).size).toBe(1);
  const text = readFileSync(logFile(gate), "utf8");
  expect(text).not.toContain(secret);
  expect(text).toContain('"plain":"kept"');
  // no rule of this policy looks at it
  expect(text).not.toContain('"history"');
  expect(text).not.toContain(session.id);
  expect(statSync(logFile(gate)).mode & 0o777).toBe(0o600);
});

test("a refusal's id leads to its rule, and to a Rego test that pins it", async () => {
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({ servers: { recorder: { url: recorder.url } } });
  const session = await openSession(gate.url("recorder"));
  const refusal = textOf(await session.call("denied", { password: "hunter2-hunter2" }));
  const id = /decision ([-0-9a-f]{36})/.exec(refusal)?.[1] ?? "";
  await logLine(gate, ({ input }) => input.tool === "denied");
  const explained = await operate(gate, "why", id.slice(0, 8));
  expect(explained).toMatchObject({ code: 0, stderr: "" });
  expect(explained.stdout).toContain("denied on recorder: denied\n");
  expect(explained.stdout).toMatch(
    /policy\.servers\.recorder\/never \(deny\)\n +policy\/servers\/recorder\/recorder\.rego:\d+ {2}Never\n/,
  );
  expect(explained.stdout).toContain(
    "none: policy.servers.recorder/never can't be satisfied by any input of this call\n",
  );
  expect(explained.stdout).not.toContain("hunter2");
  const pinned = await operate(gate, "why", id, "--as-test");
  expect(pinned.stdout).toContain("package policy.servers.recorder_test\n");
  const file = join(gate.dir, "pinned_test.rego");
  writeFileSync(file, pinned.stdout);
  const folders = ["test/fixtures/policy", "rego/regate", "rego/policy/defaults"].map((path) => join(ROOT, path));
  const opa = process.env.OPA ?? join(ROOT, ".tools/opa");
  const tested = await runToEnd(opa, ["test", "--run", "test_decision_", "-v", file, ...folders]);
  expect(tested.stdout).toMatch(/test_decision_\w+: PASS/);
});

test("a gate that was killed says at its next start that lines may be missing", async () => {
  const recorder = await startRecorder("--sessions");
  const servers = { recorder: { url: recorder.url } };
  const first = await startGate({ servers });
  await (await openSession(first.url("recorder"))).call("echo");
  await first.process.stop("SIGKILL");
  const second = await startGate({ servers, dir: first.dir });
  await second.process.printed(/unclean|was killed|may lack|missing/i);
  await second.process.stop();
  const third = await startGate({ servers, dir: first.dir });
  expect(`${third.process.stdout()}${third.process.stderr()}`).not.toMatch(/unclean|was killed|may lack|missing/i);
});

test("the log of a gate that was killed, and ran again, verifies with what it says of itself; one line less does not", async () => {
  const recorder = await startRecorder("--sessions");
  const servers = { recorder: { url: recorder.url } };
  const first = await startGate({ servers });
  await (await openSession(first.url("recorder"))).call("echo");
  await logLine(first, ({ input }) => input.tool === "echo");
  expect(await operate(first, "log", "verify")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("its gate runs, or did not end cleanly"),
  });
  await first.process.stop("SIGKILL");
  const second = await startGate({ servers, dir: first.dir });
  await (await openSession(second.url("recorder"))).call("echo");
  await second.process.stop();
  const whole = await operate(second, "log", "verify");
  expect(whole).toMatchObject({ code: 0, stderr: "" });
  expect(whole.stdout).toMatch(/:\d+: the gate before did not end cleanly: calls between \S+ and \S+ may be missing\n/);
  expect(whole.stdout).toContain("every line is as it was written; it ends cleanly");

  const lines = readFileSync(logFile(second), "utf8").split("\n");
  const index = lines.findIndex((line) => line.includes('"tool":"echo"'));
  writeFileSync(logFile(second), lines.toSpliced(index, 1).join("\n"));
  const tampered = await operate(second, "log", "verify");
  expect(tampered.code).toBe(1);
  expect(tampered.stdout).toContain(`:${index + 1}: REMOVED: line ${index + 1} of the chain is missing before it\n`);
});

test("regate log --follow shows each decision as it is made, over rotations", async () => {
  const recorder = await startRecorder("--sessions");
  const config = { log: { rotate: { maxBytes: 65_536 } } };
  const gate = await startGate({ servers: { recorder: { url: recorder.url } }, config });
  const session = await openSession(gate.url("recorder"));
  await session.call("echo", { number: 0 });
  await logLine(gate, ({ input }) => input.tool === "echo");
  const following = run(process.execPath, [
    join(ROOT, "dist/main.js"),
    "log",
    "-c",
    gate.configFile,
    "-f",
    "--tool",
    "echo",
  ]);
  await following.printed(/forward +recorder\/echo /);
  // each is some kilobytes, so that files are put away
  for (let number = 1; number <= 40; number += 1) await session.call("echo", { number, text: "x".repeat(4_000) });
  await waitFor("all of them", () => (following.stdout().match(/recorder\/echo /g)?.length ?? 0) >= 41);
  expect(readdirSync(join(gate.dir, ".regate")).filter((name) => /^decisions\.\d{6}\.jsonl$/.test(name))).not.toEqual(
    [],
  );
  expect(following.stdout().match(/recorder\/echo /g)).toHaveLength(41);
  await following.stop();
});

test("where the log is durable, a call that reached the server is on record after a kill", async () => {
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({ servers: { recorder: { url: recorder.url } }, config: { log: { durable: true } } });
  const session = await openSession(gate.url("recorder"));
  for (let call = 0; call < 5; call += 1) await session.call("echo", { call });
  await gate.process.stop("SIGKILL");
  expect(readLog(gate).filter(({ input }) => input.tool === "echo")).toHaveLength(recorder.calls("echo"));
});

function logFile(gate: Gate): string {
  return join(gate.dir, ".regate/decisions.jsonl");
}

/** What is no decision (a note on an unclean end, say) is left out. */
function readLog(gate: Gate): z.infer<typeof LINE>[] {
  return readFileSync(logFile(gate), "utf8")
    .split("\n")
    .filter((line) => line.includes('"decision_id"'))
    .map((line) => LINE.parse(JSON.parse(line)));
}

test.each([
  ["refuse", "refused"],
  ["continue", "let through"],
] as const)(
  "while the log can't be written, with onFailure: %s, calls are %s, counted, and said to be missing",
  async (onFailure, _effect) => {
    const recorder = await startRecorder("--sessions");
    const servers = { recorder: { url: recorder.url } };
    const gate = await startGate({ servers, config: { log: { onFailure } } });
    const session = await openSession(gate.url("recorder"));
    await session.call("echo");
    await logLine(gate, ({ input }) => input.tool === "echo");
    // what is written to the log is beyond the limit, what the state folder has besides is not
    const limit = (bytes: string) => execFileSync("prlimit", [`--pid=${gate.process.pid}`, `--fsize=${bytes}:`]);
    limit(String(statSync(logFile(gate)).size));
    const callUntil = async (said: RegExp) => {
      while (!said.test(gate.process.stdout() + gate.process.stderr())) await session.call("echo");
    };
    await callUntil(/the decision log can't be written/);
    const before = recorder.calls("echo");
    const answer = await session.call("echo");
    expect(isToolError(answer)).toBe(onFailure === "refuse");
    expect(recorder.calls("echo")).toBe(before + (onFailure === "refuse" ? 0 : 1));
    expect((await operate(gate, "status")).stdout).toMatch(/\d+ decisions? missing, AND IT CAN'T BE WRITTEN NOW: /);

    limit("unlimited");
    await callUntil(/the decision log is written again/);
    expect(isToolError(await session.call("echo"))).toBe(false);
    await gate.process.stop();
    const verified = await operate(gate, "log", "verify");
    expect(verified.code).toBe(0);
    expect(verified.stdout).toMatch(/: \d+ decisions between \S+ and \S+ could not be written \(EFBIG: /);
  },
);

test("a log that was removed whole, with its head, between two runs is missed", async () => {
  const recorder = await startRecorder("--sessions");
  const servers = { recorder: { url: recorder.url } };
  const first = await startGate({ servers });
  await first.process.stop();
  const state = join(first.dir, ".regate");
  for (const name of readdirSync(state)) if (name.startsWith("decisions")) rmSync(join(state, name));
  const second = await startGate({ servers, dir: first.dir });
  await second.process.stop();
  const verified = await operate(second, "log", "verify");
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain("REPORTED");
});
