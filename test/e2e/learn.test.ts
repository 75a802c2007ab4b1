// Observe, then learn: a gate that only observes, a policy learned from its log, and a gate that enforces that policy.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startRecorder } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";
import { isToolError, openSession } from "./harness-wire.ts";

test("what an observed server was seen to do is what the learned policy permits, and nothing else", async () => {
  const recorder = await startRecorder("--sessions");
  const observing = await startGate({ servers: { recorder: { url: recorder.url, mode: "observe" } } });
  const watched = await openSession(observing.url("recorder"));
  for (let call = 0; call < 20; call += 1) {
    await watched.call("read_file", { path: `/srv/app/${call}.txt` });
    await watched.call("denied", { mode: call % 2 === 0 ? "a" : "b" });
  }
  await watched.call("write_file", { path: "/srv/app/x", content: "x" });
  await logLine(observing, ({ input }) => input.tool === "write_file");
  await observing.process.stop();

  const repository = makeTempDir();
  cpSync(join(ROOT, "rego/regate"), join(repository, "rego/regate"), { recursive: true });
  const regate = (...args: readonly string[]) =>
    runToEnd(process.execPath, [join(ROOT, "dist/main.js"), ...args], {
      cwd: repository,
      env: { OPA: process.env.OPA ?? join(ROOT, ".tools/opa") },
    });
  const learned = await regate("learn", "--from", join(observing.dir, ".regate/decisions.jsonl"));
  expect(learned).toMatchObject({ code: 0, stderr: "" });
  expect(learned.stdout).toContain(
    "the policy in force would have refused denied (20 denied), write_file (1 approval_needed)",
  );
  expect(await regate("build", "rego", "-o", "learned.tar.gz")).toMatchObject({ code: 0 });

  const enforcing = await startGate({
    servers: { recorder: { url: recorder.url } },
    bundle: join(repository, "learned.tar.gz"),
  });
  const session = await openSession(enforcing.url("recorder"));
  const passes = async (tool: string, args: unknown) => !isToolError(await session.call(tool, args));
  expect(await passes("read_file", { path: "/srv/app/other.txt" })).toBe(true);
  expect(await passes("denied", { mode: "a" })).toBe(true);
  expect(await passes("write_file", { path: "/anywhere", content: "y" })).toBe(true);
  const before = recorder.calls();
  expect(await passes("read_file", { path: "/etc/passwd" })).toBe(false);
  expect(await passes("denied", { mode: "c" })).toBe(false);
  expect(await passes("write_file", { path: "/anywhere" })).toBe(false);
  expect(await passes("echo", {})).toBe(false);
  // one write in a minute was seen
  expect(await passes("write_file", { path: "/anywhere", content: "y" })).toBe(false);
  expect(recorder.calls()).toBe(before);
  const listed = JSON.stringify((await session.ask("tools/list")).result);
  expect(listed).toContain('"read_file"');
  expect(listed).not.toContain('"echo"');
});
