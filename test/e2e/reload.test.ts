// A changed bundle is taken while the gate serves, by SIGHUP or `regate reload`; a broken one never displaces the last good one.
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { buildFolder, makeFolder } from "../policy/support.ts";
import { type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";
import { isToolError, openSession, type Session } from "./harness-wire.ts";

/** Denies every call, `echo` too. */
const GUARDRAIL = `package policy.guardrails

rules contains {"id": "nothing-goes", "action": "deny"}
`;
const DENYING = join(makeTempDir(), "denying.tar.gz");

beforeAll(async () => {
  const { bytes } = await buildFolder(await makeFolder({ "policy/guardrails/guardrails.rego": GUARDRAIL }));
  writeFileSync(DENYING, bytes);
});

describe("while the gate serves", () => {
  let bundle: string;
  let gate: Gate;
  let recorded: Recording;
  let session: Session;

  beforeAll(async () => {
    bundle = join(makeTempDir(), "policy.tar.gz");
    copyFileSync(inject("policyBundle"), bundle);
    const recorder = await startRecorder("--sessions");
    recorded = recorder;
    gate = await startGate({ servers: { recorder: { url: recorder.url } }, bundle });
    session = await openSession(gate.url("recorder"));
  });

  const isDenied = async () => isToolError(await session.call("echo"));
  const reload = (key = OPERATOR_KEY) =>
    runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "reload", "-c", gate.configFile], {
      cwd: gate.dir,
      env: { REGATE_OPERATOR_KEY: key },
    });

  test("a bundle that was written stays without effect until somebody says so", async () => {
    copyFileSync(DENYING, bundle);
    expect(await isDenied()).toBe(false);
  });

  test("`regate reload` takes it, in the sessions that are open too", async () => {
    expect(await reload()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^revision \w{12} is in force, in place of \w{12}\n$/),
    });
    const before = recorded.calls("echo");
    expect(await isDenied()).toBe(true);
    expect(recorded.calls("echo")).toBe(before);
  });

  test("`regate reload` says that nothing changed, and obeys nobody but the operator", async () => {
    expect(await reload()).toMatchObject({ code: 0, stdout: expect.stringContaining("was in force already") });
    copyFileSync(inject("policyBundle"), bundle);
    expect(await reload("not-the-operator")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("REGATE_OPERATOR_KEY"),
    });
    expect(await isDenied()).toBe(true);
  });

  test("SIGHUP takes it", async () => {
    process.kill(gate.process.pid, "SIGHUP");
    await expect.poll(isDenied, { timeout: 10_000 }).toBe(false);
  });

  test("a broken bundle is refused in words, and the last good one stays", async () => {
    writeFileSync(bundle, "this is not a bundle");
    expect(await reload()).toMatchObject({ code: 1, stderr: expect.stringMatching(/stays in force/) });
    expect(await isDenied()).toBe(false);
    process.kill(gate.process.pid, "SIGHUP");
    expect(await reload()).toMatchObject({ code: 1 });
    expect(await isDenied()).toBe(false);
  });
});

test("where `watch: true` says so, a bundle is taken as soon as it is written", async () => {
  const bundle = join(makeTempDir(), "policy.tar.gz");
  copyFileSync(inject("policyBundle"), bundle);
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({ servers: { recorder: { url: recorder.url } }, bundle, config: { watch: true } });
  const session = await openSession(gate.url("recorder"));
  expect(isToolError(await session.call("echo"))).toBe(false);
  copyFileSync(DENYING, bundle);
  await expect.poll(async () => isToolError(await session.call("echo")), { timeout: 10_000 }).toBe(true);
});
