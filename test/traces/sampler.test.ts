import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createSampler } from "../../src/traces/sampler.ts";

const LEAST = `${"0".repeat(31)}1`;
const MOST = "f".repeat(32);
const contextOf = (flags: number) => ({ traceId: MOST, spanId: "1".repeat(16), flags, tracestate: undefined });

test("a ratio records the same traces everywhere, and as many as it says", () => {
  const sampler = createSampler({ ratio: 0.25, parentBased: false });
  expect([sampler(LEAST, undefined), sampler(MOST, undefined)]).toEqual([false, true]);
  const ids = Array.from({ length: 10_000 }, () => randomBytes(16).toString("hex"));
  const recorded = ids.filter((id) => sampler(id, undefined));
  expect(recorded.length).toBeGreaterThan(2_200);
  expect(recorded.length).toBeLessThan(2_800);
  // who records half of them records these too
  const half = createSampler({ ratio: 0.5, parentBased: false });
  expect(recorded.every((id) => half(id, undefined))).toBe(true);
});

test("all is all, and none is none", () => {
  for (const id of [LEAST, MOST]) {
    expect(createSampler({ ratio: 1, parentBased: true })(id, undefined)).toBe(true);
    expect(createSampler({ ratio: 0, parentBased: true })(id, undefined)).toBe(false);
  }
});

test("a parent decides where it is asked, and only there", () => {
  const based = createSampler({ ratio: 0, parentBased: true });
  expect([based(LEAST, contextOf(3)), based(LEAST, contextOf(2))]).toEqual([true, false]);
  expect(createSampler({ ratio: 1, parentBased: false })(LEAST, contextOf(0))).toBe(true);
});
