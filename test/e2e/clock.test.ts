// A wall clock that is set while the gate runs, forwards and backwards: it refills no bucket, and revives no approval.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { approvals, listApprovals, pendingFor } from "./harness-approvals.ts";
import { fixturePath, type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { makeTempDir } from "./harness-process.ts";
import { isToolError, openSession, type Session, textOf } from "./harness-wire.ts";

/** Less than a session lasts. */
const STEP_MS = 20 * 3_600_000;
const STEPS = [
  ["hours on", STEP_MS],
  ["hours back", -STEP_MS],
  ["where it was", 0],
] as const;

describe("a gate whose clock is set", () => {
  const clock = join(makeTempDir(), "clock");
  let gate: Gate;
  let recorded: Recording;
  let session: Session;

  const setClock = (stepMs: number): void => {
    writeFileSync(`${clock}.new`, String(stepMs));
    renameSync(`${clock}.new`, clock);
  };

  beforeAll(async () => {
    setClock(0);
    const recorder = await startRecorder("--sessions");
    recorded = recorder;
    const env = { NODE_OPTIONS: `--import=${fixturePath("stepped-clock.mjs")}`, STEPPED_CLOCK: clock };
    gate = await startGate({ servers: { recorder: { url: recorder.url } }, env });
    session = await openSession(gate.url("recorder"));
  });

  test("sees it, and refills no bucket", async () => {
    for (let call = 0; call < 3; call += 1) expect(isToolError(await session.call("limited"))).toBe(false);
    for (const [title, stepMs] of STEPS) {
      setClock(stepMs);
      expect(textOf(await session.call("limited")), title).toContain("Rate limit");
    }
    expect(recorded.calls("limited")).toBe(3);
  });

  test("revives no approval that lapsed, and lets none out that lapsed before it was used", async () => {
    const args = { path: "/outside", content: "clock" };
    await session.call("write_file", args);
    const { id } = await pendingFor(gate, '"clock"');
    await approvals(gate, "approve", id);
    setClock(STEP_MS);
    expect(textOf(await session.call("write_file", args))).toContain("Approval needed");
    setClock(0);
    expect(textOf(await session.call("write_file", args))).toContain("Approval needed");
    expect((await listApprovals(gate)).find((request) => request.id === id)?.state).toBe("lapsed");
    expect(recorded.calls("write_file")).toBe(0);
  });

  test("keeps a freeze", async () => {
    await operate(gate, "freeze");
    for (const [title, stepMs] of STEPS) {
      setClock(stepMs);
      expect(textOf(await session.call("echo")), title).toContain("frozen");
    }
    await operate(gate, "freeze", "--thaw");
  });
});
