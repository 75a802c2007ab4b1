// The bound of a bucket holds over the death of the gate: killed under load again and again, it admits no more than the bucket's
// tokens and what came back over time.
import { expect, test } from "vitest";
import { startRecorder } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { waitFor } from "./harness-process.ts";
import { callBody, isToolError, openSession, post } from "./harness-wire.ts";

const LIMIT = { max: 3, windowSeconds: 60 };
const ROUNDS = 5;
const CALLS_AT_ONCE = 20;

test("kill -9 under load refills no bucket", { timeout: 120_000 }, async () => {
  const recorder = await startRecorder("--sessions");
  const servers = { recorder: { url: recorder.url } };
  const startedMs = Date.now();
  let gate = await startGate({ servers });
  const session = await openSession(gate.url("recorder"));
  for (let round = 0; round < ROUNDS; round += 1) {
    const url = gate.url("recorder");
    const load = Array.from({ length: CALLS_AT_ONCE }, (_, call) =>
      post(url, callBody(`${round}-${call}`, "limited"), { ...session.headers }).catch(() => undefined),
    );
    // Killed as soon as anything of this round came through, or all of it was refused.
    const refused = Promise.all(load).then(() => true);
    let over = false;
    refused.then(
      () => {
        over = true;
      },
      () => {},
    );
    const before = recorder.calls("limited");
    await waitFor("the load to reach the gate", () => over || recorder.calls("limited") > before);
    await gate.process.stop("SIGKILL");
    await refused;
    gate = await startGate({ servers, dir: gate.dir });
  }
  const admitted = recorder.calls("limited");
  const elapsedSeconds = (Date.now() - startedMs) / 1000;
  expect(admitted).toBeGreaterThan(0);
  expect(admitted).toBeLessThanOrEqual(LIMIT.max + (elapsedSeconds * LIMIT.max) / LIMIT.windowSeconds);
  // A fresh session has a bucket of its own: what refused the others was the limit.
  const fresh = await openSession(gate.url("recorder"));
  expect(isToolError(await fresh.call("limited"))).toBe(false);
});
