// A short soak: load and each fault at least once, on a gate that is killed and one whose log is durable; `make soak` runs the same for
// as long as one wants. The ledger says whether it held.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { SoakGate } from "../../bench/soak/gate.ts";
import { describeSoak, findingsOf } from "../../bench/soak/report.ts";
import { soak } from "../../bench/soak/soak.ts";

test("gates that are killed, starved and cut off keep count of every call", { timeout: 240_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const report = await soak({ seed, minutes: 0.05, gates: ["killed", "durable"], streams: 0, tell: console.log });
  const shown = describeSoak(report);
  expect(findingsOf(report), shown).toEqual([]);
  for (const { name, count, ledger } of report.gates) {
    expect(count.kills, name).toBeGreaterThan(0);
    expect(ledger.outcomes.allowed, name).toBeGreaterThan(0);
    expect(ledger.outcomes.refused, name).toBeGreaterThan(0);
  }
});

test("a gate that is told to end while it is held up is let go, and ends, though another run takes its place", async () => {
  const folder = await mkdtemp(join(tmpdir(), "regate-soak-held-"));
  const findings: string[] = [];
  const bundle = resolve("bundles/regate.tar.gz");
  const servers = {
    pipe: {
      command: process.execPath,
      args: [resolve("bench/soak/stdio-upstream.mjs"), "effects"],
      catalogue: "everything",
    },
  };
  const setup = { name: "held", folder, config: { servers }, bundles: [bundle, bundle] as const };
  const gate = await SoakGate.make({ ...setup, find: (finding) => findings.push(finding) });
  onTestFinished(async () => {
    await gate.end("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  await gate.start();
  const held = gate.holdUp(300);
  await sleep(100);
  const ended = gate.end("SIGTERM").then(() => "ended");
  await held;
  expect(await Promise.race([ended, sleep(20_000, "is stopped still")])).toBe("ended");
  expect(findings).toEqual([]);
});
