import { describe, expect, test } from "vitest";
import { nextDelayMs } from "../../src/bundles/pace.ts";

const polling = { minDelaySeconds: 60, maxDelaySeconds: 120, longPollingTimeoutSeconds: 60 };
const fine = { failures: 0, longPolls: false, tookMs: 5 };

describe("the next request to a bundle service", () => {
  test("comes anywhere between the least and the most delay", () => {
    expect([0, 0.5, 1].map((chance) => nextDelayMs(fine, polling, chance))).toEqual([60_000, 90_000, 120_000]);
  });

  test("comes at once where the service holds requests, but a second after one that it did not hold", () => {
    expect(nextDelayMs({ ...fine, longPolls: true, tookMs: 30_000 }, polling, 0)).toBe(0);
    expect(nextDelayMs({ ...fine, longPolls: true, tookMs: 5 }, polling, 0)).toBe(995);
  });

  test("backs off after failures, up to the most delay, with a fifth of chance either way", () => {
    const delayAfter = (failures: number, chance: number) => nextDelayMs({ ...fine, failures }, polling, chance);
    expect([1, 2, 3, 4].map((failures) => delayAfter(failures, 0.5))).toEqual([500, 1_000, 2_000, 4_000]);
    expect([0, 1].map((chance) => delayAfter(2, chance))).toEqual([800, 1_200]);
    expect([20, 5_000].map((failures) => delayAfter(failures, 0.5))).toEqual([120_000, 120_000]);
  });
});
