// A second bundle beside the active one: it sees live traffic, tells where it differs, and changes nothing.
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { type ShadowStatus, statusSchema } from "../../src/status/status-schema.ts";
import { type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, waitFor } from "./harness-process.ts";
import { isToolError, openSession, type Session } from "./harness-wire.ts";

/** Knows nothing of the recorder: what its classifier makes of a tool decides, by the defaults. */
const SHIPPED = join(ROOT, "bundles/regate.tar.gz");

let gate: Gate;
let recorded: Recording;
let session: Session;
let candidate: string;

async function shadowOf(running: Gate): Promise<ShadowStatus> {
  const { stdout } = await operate(running, "status", "--json");
  const { shadow } = statusSchema.parse(JSON.parse(stdout));
  if (shadow === undefined) throw new Error("no shadow");
  return shadow;
}

beforeAll(async () => {
  candidate = join(makeTempDir(), "next.tar.gz");
  copyFileSync(SHIPPED, candidate);
  const recorder = await startRecorder("--sessions");
  recorded = recorder;
  gate = await startGate({ servers: { recorder: { url: recorder.url } }, args: ["--shadow", candidate] });
  session = await openSession(gate.url("recorder"));
});

describe("a shadow bundle", () => {
  test("refuses nothing and permits nothing: the active one alone decides", async () => {
    expect(gate.process.stderr()).toMatch(
      /shadow: revision \w{12} judges beside the active policy; it refuses nothing/,
    );
    expect(isToolError(await session.call("die", { when: "never" }))).toBe(false);
    expect(isToolError(await session.call("denied"))).toBe(true);
    expect(recorded.calls("denied")).toBe(0);
  });

  test("takes no tokens", async () => {
    for (let call = 0; call < 3; call += 1) expect(isToolError(await session.call("limited"))).toBe(false);
    expect(isToolError(await session.call("limited"))).toBe(true);
  });

  test("has its divergences counted in the status, each with a call of the decision log", async () => {
    const shadow = await shadowOf(gate);
    expect(shadow).toMatchObject({ file: candidate, dropped: 0, lost: 0 });
    expect(shadow.judged).toBeGreaterThan(5);
    const { looser, stricter, other } = shadow.divergences;
    expect(looser + stricter + other).toBeGreaterThan(0);
    const row = shadow.top.find(({ tool }) => tool === "denied");
    expect(row).toMatchObject({ server: "recorder", calls: 1, active: "deny (never)" });
    const log = readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8");
    for (const { decision_id } of shadow.top) expect(log).toContain(decision_id);
    const { stdout } = await operate(gate, "status");
    expect(stdout).toContain(`denied on recorder: deny (never) -> ${row?.shadow}`);
  });

  test("has each divergence as a line of its own file, and the decision log one line for each call", async () => {
    const { top, log } = await shadowOf(gate);
    const count = top.reduce((sum, { calls }) => sum + calls, 0);
    const lines = await waitFor("the shadow's lines", () => {
      const found = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
      return found.length >= count && found;
    });
    const ids = lines.map((line): unknown => JSON.parse(line).decision_id);
    expect(ids).toEqual(expect.arrayContaining(top.map(({ decision_id }) => decision_id)));
    const decisions = readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8").trimEnd().split("\n");
    const decided = decisions.flatMap((line): unknown[] => JSON.parse(line).decision_id ?? []);
    expect(new Set(decided).size).toBe(decided.length);
  });

  test("is taken anew by `regate reload`, and counted from there", async () => {
    copyFileSync(inject("policyBundle"), candidate);
    const reloaded = await operate(gate, "reload");
    expect(reloaded).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^revision \w{12} was in force already\nshadow: revision \w{12} judges beside it, in place of \w{12}\n$/,
      ),
    });
    await session.call("denied");
    await session.call("echo");
    expect(await shadowOf(gate)).toMatchObject({ divergences: { looser: 0, stricter: 0, other: 0 }, top: [] });
    await expect.poll(async () => (await shadowOf(gate)).judged, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  });

  test("that is broken goes on as it was, and says so", async () => {
    writeFileSync(candidate, "no bundle");
    expect(await operate(gate, "reload")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("was in force already"),
      stderr: expect.stringMatching(/shadow: .*not a gzip file.*\nshadow: revision \w{12} goes on judging beside it\n/),
    });
    expect(isToolError(await session.call("echo"))).toBe(false);
    const { stdout } = await operate(gate, "status");
    expect(stdout).toContain("can't be taken: ");
  });
});

test("a shadow that can't be had at the start keeps no gate from starting, and is taken when it is there", async () => {
  const file = join(makeTempDir(), "later.tar.gz");
  const recorder = await startRecorder("--sessions");
  const started = await startGate({ servers: { recorder: { url: recorder.url } }, args: ["--shadow", file] });
  expect(started.process.stderr()).toContain("shadow: nothing judges beside the active policy");
  const opened = await openSession(started.url("recorder"));
  expect(isToolError(await opened.call("echo"))).toBe(false);
  expect(await operate(started, "reload")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("shadow: nothing judges beside it"),
  });
  copyFileSync(SHIPPED, file);
  process.kill(started.process.pid, "SIGHUP");
  await started.process.printed(/shadow: revision \w{12} judges beside/);
  await opened.call("denied");
  await expect.poll(async () => (await shadowOf(started)).top.length, { timeout: 10_000 }).toBeGreaterThan(0);
  // what is not there any more when it is to be read again changes nothing
  rmSync(file);
  expect(await operate(started, "reload")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no such bundle"),
  });
  expect((await shadowOf(started)).top.length).toBeGreaterThan(0);
});
