// A child process for kill.test.ts: takes from two buckets as fast as it can until one is empty, and reports each step
// with one byte on standard output: o before it opens the state, t after a take, r before a refund, f where a take could
// not be written (it ends after three of them), x at the end.
// usage: taker.js STATE_DIR MAX WINDOW_SECONDS FOLD_BYTES REFUND_EVERY (0: never)
import { writeSync } from "node:fs";
import { join } from "node:path";
import type { Charge, Taken } from "../../src/gate/types.ts";
import { openJournal } from "../../src/limits/journal.ts";
import { createLimiter, JournalError } from "../../src/limits/limiter.ts";
import { openState } from "../../src/state/state.ts";

const [dir = "", max = "", window = "", foldBytes = "", refundEvery = ""] = process.argv.slice(2);

function report(step: "o" | "t" | "r" | "f" | "x"): void {
  writeSync(1, step);
}

function charge(key: string, tokens: number): Charge {
  const limit = { rule: `policy.p/${key}`, max: tokens, window: Number(window), cost: 1 };
  return { key, limit: { ...limit, per: "everyone", over: "all" } };
}

report("o");
const state = openState(dir);
const journal = openJournal({
  path: join(dir, "takes.journal"),
  store: state.buckets,
  unixMs: Date.now,
  foldBytes: Number(foldBytes),
  onFoldFailed: (problem) => {
    throw new Error(problem);
  },
});
const limiter = createLimiter({
  monotonicMs: () => performance.now(),
  journal,
  maxBucketsPerPrincipal: 10,
  restore: journal.restored(),
});

const charges = [charge("narrow", Number(max)), charge("wide", Number(max) * 2)];
let failures = 0;
for (let takes = 1; failures < 3; takes += 1) {
  const taken = takeOrReport();
  if (taken === undefined) continue;
  if (taken.kind !== "taken") break;
  report("t");
  if (Number(refundEvery) === 0 || takes % Number(refundEvery) !== 0) continue;
  report("r");
  limiter.refund(taken.receipt);
}
report("x");

function takeOrReport(): Taken | undefined {
  try {
    return limiter.take(charges, "ann");
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    report("f");
    failures += 1;
    return undefined;
  }
}
