// A short soak: load and each fault at least once, on a gate that is killed and one whose log is durable; `make soak` runs the same for
// as long as one wants. The ledger says whether it held.
import { expect, test } from "vitest";
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
