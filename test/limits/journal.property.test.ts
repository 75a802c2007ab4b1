// Random histories with restarts and deaths in them, on real files: they end as one history without any would.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { type BucketStore, type Journal, openJournal } from "../../src/limits/journal.ts";
import { createLimiter, type Limiter } from "../../src/limits/limiter.ts";
import { openState } from "../../src/state/state.ts";
import { charges, chargesOf, exactBuckets, exactTake, wait } from "./exact-model.ts";
import { Clock, charge, scratchFolder } from "./support.ts";

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
          limiter: createLimiter({ monotonicMs, journal, maxBucketsPerPrincipal: 100, restore: journal.restored() }),
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

const LARGE = [
  { key: "few", max: 999, window: 60, lead: 0 },
  { key: "some", max: 2_500, window: 60, lead: 2 },
  { key: "many", max: 1_000_000, window: 600, lead: 64 },
] as const;

const largeStep = fc.record({
  bucket: fc.constantFrom(...LARGE),
  cost: fc.oneof(fc.constant(1), fc.nat({ max: 70 }), fc.nat({ max: 1_000 })),
  wait: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(4_000)),
  stepBackMs: fc.oneof(fc.nat(9), fc.nat(5_000)),
  refund: fc.boolean(),
  end: fc.oneof({ arbitrary: fc.constant(undefined), weight: 6 }, fc.constantFrom("close", "kill")),
});

test("a kill costs a large bucket a thousandth of it at most, and gives none of any back; a clean end costs nothing", () => {
  const dir = scratchFolder();
  const state = openState(dir);
  onTestFinished(() => state.close());
  let files = 0;

  fc.assert(
    fc.property(
      fc.array(largeStep, { minLength: 1, maxLength: 120 }),
      fc.nat(3_000),
      fc.boolean(),
      (steps, foldBytes, stepsBack) => {
        const clock = new Clock(1_900_000_000_000 + files * 1e9);
        let monotonicMs = 0;
        let path = "";
        const begin = () => {
          files += 1;
          const next = join(dir, `large-${files}`);
          if (path !== "") copyFileSync(path, next);
          path = next;
          const onFoldFailed = (problem: string) => expect.fail(problem);
          const journal = openJournal({ path, store: state.buckets, unixMs: clock.read, foldBytes, onFoldFailed });
          const restore = journal.restored();
          const limiter = createLimiter({
            monotonicMs: () => monotonicMs,
            journal,
            maxBucketsPerPrincipal: 9,
            restore,
          });
          return { journal, limiter };
        };
        const usedOf = ({ limiter }: ReturnType<typeof begin>) =>
          new Map([...limiter.buckets()].map(({ key, used, max }) => [key, used * max]));
        let gate = begin();
        for (const { bucket, cost, wait: waitMs, stepBackMs, refund, end } of steps) {
          monotonicMs += waitMs;
          clock.ms += stepsBack ? waitMs - stepBackMs : waitMs;
          const { key, max, window } = bucket;
          const taken = gate.limiter.take([charge(key, { max, window, cost })], "ann");
          if (refund && taken.kind === "taken") gate.limiter.refund(taken.receipt);
          if (end === undefined) continue;
          if (end === "close") gate.journal.close();
          const before = usedOf(gate);
          gate = begin();
          const after = usedOf(gate);
          for (const one of LARGE) {
            const lost = (after.get(one.key) ?? 0) - (before.get(one.key) ?? 0);
            // where the clock was set back, a start counts less time than has passed
            if (!stepsBack) {
              expect(lost, one.key).toBeLessThanOrEqual((end === "close" ? 0 : one.lead) + 1e-6);
            }
            expect(lost, one.key).toBeGreaterThanOrEqual(-1e-6);
          }
        }
        // another run begins with none of these
        clock.ms += 1e9;
        state.buckets.save([], clock.ms);
      },
    ),
    { numRuns: 60 },
  );
});

test("takes of a large bucket that a line has said before need none of their own", () => {
  const path = join(scratchFolder(), "takes");
  const state = openState(scratchFolder());
  onTestFinished(() => state.close());
  const clock = new Clock(1_800_000_000_000);
  const lines = () => readFileSync(path, "utf8").split("\n").length - 1;
  const onFoldFailed = (problem: string) => expect.fail(problem);
  const journal = openJournal({ path, store: state.buckets, unixMs: clock.read, onFoldFailed });
  const limiter = createLimiter({ monotonicMs: () => 0, journal, maxBucketsPerPrincipal: 9 });
  for (const [max, expected] of [
    [1_000_000, 2],
    [2_000, 34],
    [999, 100],
  ] as const) {
    const before = lines();
    for (let take = 0; take < 100; take += 1) limiter.take([charge(`of-${max}`, { max, window: 60 })], "ann");
    expect(lines() - before).toBe(expected);
  }
});
