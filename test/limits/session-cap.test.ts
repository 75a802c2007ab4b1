import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSessionCap, type SessionCap } from "../../src/limits/session-cap.ts";
import { bench, charge } from "./support.ts";

function admitAll(cap: SessionCap, principal = "ann", server = "files"): number {
  let admitted = 0;
  while (admitted < 1000 && cap.admit(principal, server).kind === "admitted") admitted += 1;
  return admitted;
}

describe("new sessions", () => {
  test("half of them may come at once, then one each 6 s or so, with the wait told", () => {
    const { limiter, clock } = bench();
    const cap = createSessionCap({ limiter, max: 200, windowSeconds: 600 });
    expect(admitAll(cap)).toBe(100);
    const refused = cap.admit("ann", "files");
    // 100.5 tokens: the half that is left needs half of 600 s / 100.5.
    expect(refused).toEqual({ kind: "refused", retryAfterSeconds: 2.986 });
    clock.ms += 2986;
    expect(admitAll(cap)).toBe(1);
  });

  test("are counted for each principal and each server", () => {
    const { limiter } = bench();
    const cap = createSessionCap({ limiter, max: 3, windowSeconds: 600 });
    expect(admitAll(cap, "ann", "files")).toBe(2);
    expect(admitAll(cap, "ann", "mail")).toBe(2);
    expect(admitAll(cap, "bob", "files")).toBe(2);
    expect(admitAll(cap, "ann", "files")).toBe(0);
  });

  test("in any span shorter than the window there are at most max of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(400), { maxLength: 300 }), (max, waits) => {
        const { limiter, clock } = bench();
        const cap = createSessionCap({ limiter, max, windowSeconds: 10 });
        const admittedAtMs: number[] = [];
        for (const waitMs of waits) {
          clock.ms += waitMs;
          if (cap.admit("ann", "files").kind === "admitted") admittedAtMs.push(clock.ms);
          const inWindow = admittedAtMs.filter((atMs) => clock.ms - atMs < 10_000);
          expect(inWindow.length).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  test("of a cap of 1: one in each window", () => {
    const { limiter, clock } = bench();
    const cap = createSessionCap({ limiter, max: 1, windowSeconds: 600 });
    expect(admitAll(cap)).toBe(1);
    clock.ms += 599_999;
    expect(cap.admit("ann", "files")).toEqual({ kind: "refused", retryAfterSeconds: 0.001 });
    clock.ms += 1;
    expect(admitAll(cap)).toBe(1);
  });

  test("are refused where the principal holds as many part-used buckets as it may", () => {
    const { limiter } = bench({ maxBucketsPerPrincipal: 1 });
    limiter.take([charge("k")], "ann");
    const cap = createSessionCap({ limiter, max: 200, windowSeconds: 600 });
    expect(cap.admit("ann", "files")).toEqual({ kind: "refused" });
  });

  test("are in the journal before they are admitted, and refused where it cannot be written", () => {
    const { limiter, journal } = bench();
    const cap = createSessionCap({ limiter, max: 200, windowSeconds: 600 });
    cap.admit("ann", "files");
    expect(journal.appended.length).toBe(1);
    journal.full = true;
    expect(() => cap.admit("ann", "files")).toThrow("no space left");
  });

  test.each([
    [0, 600],
    [-1, 600],
    [1.5, 600],
    [Number.NaN, 600],
    [200, 0],
    [200, Number.NaN],
  ])("a cap of %d in %d s is a bug", (max, windowSeconds) => {
    const { limiter } = bench();
    expect(() => createSessionCap({ limiter, max, windowSeconds })).toThrow(RangeError);
  });
});
