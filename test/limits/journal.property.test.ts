// Random histories with restarts and deaths in them, on real files: they end as one history without any would.
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { type BucketStore, type Journal, openJournal } from "../../src/limits/journal.ts";
import { createLimiter, type Limiter } from "../../src/limits/limiter.ts";
import { openState } from "../../src/state/state.ts";
import { charges, chargesOf, exactBuckets, exactTake, wait } from "./exact-model.ts";
import { Clock, scratchFolder } from "./support.ts";

const step = fc.record({
  wait,
  charges,
  end: fc.option(fc.constantFrom("close", "kill", "kill in mid-fold"), { freq: 8 }),
});

test("restart, kill and kill in mid-fold change nothing: every take ends as the exact model says", () => {
  const dir = scratchFolder();
  const state = openState(dir);
  onTestFinished(() => state.close());
  let runs = 0;

  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), fc.nat(2000), (steps, foldBytes) => {
      runs += 1;
      const run = runs;
      let processes = 0;
      let dying = false;
      const clock = new Clock(1_800_000_000_000 + run * 1e9);
      const startMs = clock.ms;
      const store: BucketStore = {
        load: state.buckets.load,
        save(levels, nowUnixMs) {
          state.buckets.save(levels, nowUnixMs);
          if (dying) throw new Error("killed here");
        },
      };

      function begin(): { journal: Journal; limiter: Limiter } {
        const before = join(dir, `${run}-${processes}`);
        processes += 1;
        const path = join(dir, `${run}-${processes}`);
        if (existsSync(before)) copyFileSync(before, path);
        const journal = openJournal({
          path,
          store,
          unixMs: clock.read,
          foldBytes,
          onFoldFailed: (problem) => expect.fail(problem),
        });
        const bornMs = clock.ms;
        const monotonicMs = () => clock.ms - bornMs;
        return {
          journal,
          limiter: createLimiter({ monotonicMs, journal, maxBucketsPerPrincipal: 100, restore: journal.restored }),
        };
      }

      const model = exactBuckets();
      let { journal, limiter } = begin();
      for (const { wait: waitMs, charges: wanted, end } of steps) {
        clock.ms += waitMs;
        const take = { atMs: clock.ms - startMs, charges: wanted };
        const expected = exactTake(model, take);
        const taken = limiter.take(chargesOf(take), "ann");
        expect(taken.kind).toBe(expected === "taken" ? "taken" : "exhausted");
        if (end === null) continue;
        if (end === "close") journal.close();
        if (end === "kill in mid-fold") {
          dying = true;
          expect(() => journal.close()).toThrow("killed here");
          dying = false;
        }
        ({ journal, limiter } = begin());
      }
    }),
    { numRuns: 40 },
  );
});
