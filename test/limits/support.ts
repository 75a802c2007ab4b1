// What the tests of the limiter share: clocks that stand still until they are moved, limits, and scratch folders.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Charge, RateLimit } from "../../src/gate/types.ts";
import type { BucketLevel } from "../../src/limits/bucket.ts";
import { createLimiter, JournalError, type Limiter, type LimiterOptions } from "../../src/limits/limiter.ts";

export function limit(change: Partial<RateLimit> = {}): RateLimit {
  return { rule: "policy.p/r", max: 10, window: 60, per: "session", over: "tool", cost: 1, ...change };
}

export function charge(key: string, change: Partial<RateLimit> = {}): Charge {
  return { key, limit: limit(change) };
}

/** A clock for `monotonicMs` and `unixMs` alike. */
export class Clock {
  ms: number;
  constructor(ms = 0) {
    this.ms = ms;
  }
  readonly read = (): number => this.ms;
}

/** A journal in memory that can be made to fail, as on a full disk. */
export class RecordingJournal {
  readonly appended: (readonly BucketLevel[])[] = [];
  full = false;
  append(levels: readonly BucketLevel[]): void {
    if (this.full) throw new JournalError("no space left");
    this.appended.push(levels);
  }
}

export type Bench = { readonly limiter: Limiter; readonly clock: Clock; readonly journal: RecordingJournal };

export function bench(options: Partial<LimiterOptions> = {}): Bench {
  const clock = new Clock(5000);
  const journal = new RecordingJournal();
  const limiter = createLimiter({ monotonicMs: clock.read, journal, maxBucketsPerPrincipal: 100, ...options });
  return { limiter, clock, journal };
}

/** Takes one charge again and again until it is refused, at most `most` times. */
export function drain(limiter: Limiter, one: Charge, principal = "ann", most = 2000): number {
  let taken = 0;
  while (taken < most && limiter.take([one], principal).kind === "taken") taken += 1;
  return taken;
}

/** The shares used, by key, of the buckets that are not full. */
export function usedShares(limiter: Limiter): Record<string, number> {
  const partUsed = [...limiter.buckets()].filter(({ used }) => used > 0);
  return Object.fromEntries(partUsed.map(({ key, used }) => [key, used]));
}

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "regate-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
