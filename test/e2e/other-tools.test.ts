// Tools that are no MCP: calls that somebody else carries out are judged by the running gate with the shipped policy, by tokens,
// approvals and record as any other, and Claude Code's hook says what it decided.
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { approvals } from "./harness-approvals.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { makeTempDir, ROOT, run, runToEnd } from "./harness-process.ts";
import { openSession, post } from "./harness-wire.ts";

const SHIPPED = join(ROOT, "bundles/regate.tar.gz");
const VERDICT = z.looseObject({
  action: z.string(),
  message: z.string().optional(),
  decision_id: z.uuid(),
  retry_after: z.number().optional(),
  approval: z.looseObject({ id: z.string(), state: z.string() }).optional(),
});

async function judge(gate: Gate, call: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}) {
  const { status, text } = await post(`${gate.base}/v1/judge`, JSON.stringify(call), headers);
  return { status, value: JSON.parse(text) };
}

async function verdictOf(gate: Gate, call: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}) {
  const { status, value } = await judge(gate, call, headers);
  expect([status, value]).toEqual([200, expect.anything()]);
  return VERDICT.parse(value);
}

const bash = (command: string, session = "s-1") => ({
  server: "claude-code",
  tool: "Bash",
  session,
  arguments: { command, hook: { project: "/srv/app", cwd: "/srv/app" } },
});

describe("a call that is judged, and carried out elsewhere", () => {
  let gate: Gate;

  beforeAll(async () => {
    gate = await startGate({ servers: {}, bundle: SHIPPED });
  });

  test("needs a person where a rule says so, and may then be carried out once", async () => {
    const asked = await verdictOf(gate, bash("rm -rf build"));
    const { id } = z.looseObject({ id: z.string(), state: z.literal("pending") }).parse(asked.approval);
    expect(asked.message).toContain(`Approval pending, ${id}: call again with the same arguments`);
    expect((await verdictOf(gate, bash("rm -rf build"))).approval?.id).toBe(id);
    expect(await approvals(gate, "approve", id)).toMatchObject({ code: 0 });
    expect((await verdictOf(gate, bash("rm -rf /"))).action).toBe("require_approval");
    expect((await verdictOf(gate, bash("rm -rf build", "s-2"))).action).toBe("require_approval");
    expect((await verdictOf(gate, bash("rm -rf build"))).action).toBe("allow");
    expect((await verdictOf(gate, bash("rm -rf build"))).action).toBe("require_approval");
  });

  test("is in the record as any other, its content masked as the rules say", async () => {
    const file = "/srv/app/a.ts";
    const write = {
      file_path: file,
      content: "text-of-the-file",
      hook: { project: "/srv/app", cwd: "/srv/app", file },
    };
    const call = { server: "claude-code", tool: "Write", session: "s-3", arguments: write };
    const { decision_id } = await verdictOf(gate, call);
    const line = await logLine(gate, (one) => one.decision_id === decision_id);
    expect(line).toMatchObject({
      input: { server: "claude-code", tool: "Write", session: "judge:s-3", args: { file_path: file } },
      regate: { verdict: "forward" },
    });
    expect(JSON.stringify(line)).not.toContain("text-of-the-file");
  });

  test("is classified by the definition that the caller has, where nobody reviewed it", async () => {
    const call = { server: "filesystem", tool: "shred_disk", arguments: {} };
    expect(await verdictOf(gate, call)).toMatchObject({ action: "deny" });
    const reads = { name: "read_shelf", description: "Reads one shelf", annotations: { readOnlyHint: true } };
    const definition = { ...reads, inputSchema: { type: "object", properties: { path: { type: "string" } } } };
    const read = { server: "filesystem", tool: "read_shelf", arguments: { path: "/a" } };
    expect(await verdictOf(gate, { ...read, definition })).toMatchObject({ action: "allow" });
    expect(await verdictOf(gate, read)).toMatchObject({ action: "deny" });
  });

  test("is refused while all is frozen, and of a server that nobody knows", async () => {
    await operate(gate, "freeze");
    expect((await verdictOf(gate, bash("ls"))).message).toMatch(/frozen by an operator/);
    await operate(gate, "freeze", "--thaw");
    expect(await judge(gate, { server: "made-up", tool: "t" })).toMatchObject({ status: 404 });
  });
});

describe("a server of the gate's", () => {
  test("takes tokens of the caller's session, which each session has for itself", async () => {
    const recorder = await startRecorder("--sessions");
    const gate = await startGate({ servers: { recorder: { url: recorder.url } }, bundle: inject("policyBundle") });
    const limited = (session: string) => verdictOf(gate, { server: "recorder", tool: "limited", session });
    for (let count = 0; count < 3; count += 1) expect((await limited("few")).action).toBe("allow");
    const refused = await limited("few");
    expect(refused).toMatchObject({ action: "rate_limit", retry_after: expect.any(Number) });
    expect(refused.message).toMatch(/^Rate limit: limited on recorder allows 3 calls per 60 s in this session/);
    expect((await limited("other")).action).toBe("allow");
    expect(recorder.calls()).toBe(0);
  });

  test("is named by its key or its catalogue name; what it listed counts, and what it observes goes out", async () => {
    const recorder = await startRecorder("--sessions");
    const gate = await startGate({
      servers: { it: { url: recorder.url, catalogue: "recorder" }, seen: { url: recorder.url, mode: "observe" } },
      bundle: inject("policyBundle"),
    });
    expect(await verdictOf(gate, { server: "it", tool: "echo", arguments: {} })).toMatchObject({ action: "allow" });
    const session = await openSession(gate.url("it"));
    await session.call("echo", {});
    for (const server of ["it", "recorder"]) {
      const denied = await verdictOf(gate, { server, tool: "denied" });
      expect(denied.message).toMatch(/^Policy violation: denied on recorder is denied\. This tool is for nobody\./);
    }
    const observed = await verdictOf(gate, { server: "seen", tool: "denied" });
    expect(observed).toMatchObject({ action: "allow", observed: { action: "deny" } });
    expect(recorder.calls()).toBe(1);
  });

  test("has as many new sessions as one principal may open, and no more", async () => {
    const config = { limits: { newSessions: { max: 3, window: 3_600 } } };
    const gate = await startGate({ servers: {}, bundle: SHIPPED, config });
    expect((await verdictOf(gate, bash("ls", "a"))).action).toBe("allow");
    expect((await verdictOf(gate, bash("ls", "b"))).action).toBe("allow");
    expect(await judge(gate, bash("ls", "c"))).toMatchObject({ status: 429 });
    expect((await verdictOf(gate, bash("ls", "a"))).action).toBe("allow");
    expect((await verdictOf(gate, { ...bash("ls"), session: undefined })).action).toBe("allow");
  });
});

describe("regate hook claude-code", () => {
  let gate: Gate;
  let project: string;

  beforeAll(async () => {
    gate = await startGate({ servers: {}, bundle: SHIPPED });
    project = join(makeTempDir(), "app");
    mkdirSync(project);
    symlinkSync("/etc", join(project, "system"));
  });

  async function hook(tool_name: string, tool_input: object, args: readonly string[] = []) {
    const main = join(ROOT, "dist/main.js");
    const running = run(process.execPath, [main, "hook", "claude-code", "-c", gate.configFile, ...args], {
      env: { CLAUDE_PROJECT_DIR: project },
    });
    const common = { session_id: "c1d2", transcript_path: "/t.jsonl", cwd: project, permission_mode: "default" };
    running.stdin.write(JSON.stringify({ ...common, hook_event_name: "PreToolUse", tool_name, tool_input }));
    running.stdin.end();
    const { code } = await running.exited;
    return { code, stdout: running.stdout(), stderr: running.stderr() };
  }

  const denial = (reason: RegExp) => ({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(`"permissionDecision":"deny","permissionDecisionReason":"${reason.source}`),
    ),
  });

  test("lets a call go on that is allowed, and denies what the rules deny", async () => {
    expect(await hook("Write", { file_path: join(project, "a.ts"), content: "a" })).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(await hook("Read", { file_path: join(project, "a.ts") }, ["--allow"])).toMatchObject({
      stdout: expect.stringContaining('"permissionDecision":"allow"'),
    });
    expect(await hook("Write", { file_path: join(project, "system/cron.d/a"), content: "a" })).toMatchObject(
      denial(/Policy violation: Write on claude-code is denied\. Only files of the project are written\./),
    );
    expect(await hook("Teleport", {})).toMatchObject(denial(/Policy violation: .*Nobody has reviewed/));
  });

  test("denies what waits for a person, and lets the same command go on when it is approved", async () => {
    const clean = (description: string) => hook("Bash", { command: "git clean -xd", description });
    const asked = await clean("Removes what git does not know");
    expect(asked).toMatchObject(denial(/Approval needed: Bash on claude-code waits for a person's decision\./));
    const [, id = ""] = /Approval pending, ([0-9a-f-]+)/.exec(asked.stdout) ?? [];
    expect(await approvals(gate, "approve", id)).toMatchObject({ code: 0 });
    expect(await clean("Cleans up")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("denies by exit code 2 where it is used wrongly", async () => {
    const wrong = await runToEnd(process.execPath, [
      join(ROOT, "dist/main.js"),
      "hook",
      "claude-code",
      "-c",
      "/no.yaml",
    ]);
    expect(wrong).toMatchObject({ code: 0, stdout: expect.stringContaining('"permissionDecision":"deny"') });
    const unknown = await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "hook", "nobody"]);
    expect(unknown).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("regate hook claude-code") });
  });

  test("denies by exit code 2 where it has a bug", async () => {
    const bug = "Object.defineProperty(process.stdin,Symbol.asyncIterator,{value(){throw(new(Error)('a-bug'))}})";
    const failed = await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "hook", "claude-code"], {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${bug}` },
    });
    expect(failed).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("internal error") });
  });

  test("denies where the gate is gone", async () => {
    await gate.process.stop("SIGKILL");
    expect(await hook("Bash", { command: "ls" })).toMatchObject(
      denial(/Regate could not judge this call: no gate runs on .*; start it with regate serve/),
    );
  });
});
