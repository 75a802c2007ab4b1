// Random histories of takes, refunds and changed limits, held against the limiter in memory: the script in the store answers
// each as that does, to the last digit. The time of these tests is a key in the store, and the same for both.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Charge, Receipt, Taken } from "../../src/gate/types.ts";
import { makeBucketScripts } from "../../src/store/bucket-scripts.ts";
import { makeScript } from "../../src/store/script.ts";
import { createSharedLimiter } from "../../src/store/shared-limiter.ts";
import { bench, charge } from "../limits/support.ts";
import { openLink, useRedis } from "./support.ts";

const redis = useRedis("--appendonly", "no");

const CLOCK = "local now = tonumber(redis.call('GET', prefix .. ':now'))";
const SET_CLOCK = makeScript("redis.call('SET', KEYS[1], ARGV[1]) return 1");
const MOST_BUCKETS = 3;

/** Whether a bucket is full or lacks the last bit of a float at the very moment at which it fills up is nobody's business. */
function besideTies(ms: number): number {
  return ms + 0.377;
}

const chargeOf = fc.record({
  key: fc.constantFrom("a", "b", "c", "d"),
  cost: fc.oneof(fc.constant(1), fc.double({ min: 0.001, max: 12, noNaN: true }), fc.constant(0)),
  max: fc.constantFrom(3, 10, 10, 7.5),
  window: fc.constantFrom(1, 7, 7, 0.5),
});
const stepOf = fc.record({
  wait: fc.oneof(fc.constant(0), fc.nat(50).map(besideTies), fc.nat(2_000).map(besideTies)),
  charges: fc.array(chargeOf, { minLength: 1, maxLength: 4 }),
  /** Which of the receipts so far is given back afterwards. */
  refund: fc.option(fc.nat(1_000), { freq: 2 }),
  principal: fc.constantFrom("ann", "ann", "bob"),
});

function answerOf(taken: Taken): unknown {
  if (taken.kind === "taken") return { kind: taken.kind, buckets: taken.buckets };
  return taken.kind === "exhausted" ? taken : { kind: taken.kind };
}

test("the store answers every take of any history as the limiter in memory does", { timeout: 120_000 }, async () => {
  const { link, prefix: base } = await openLink(redis());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(stepOf, { minLength: 1, maxLength: 40 }), async (steps) => {
      run += 1;
      const prefix = `${base}-${run}`;
      const { limiter, clock } = bench({ maxBucketsPerPrincipal: MOST_BUCKETS });
      const shared = createSharedLimiter({
        link,
        prefix,
        maxBucketsPerPrincipal: MOST_BUCKETS,
        scripts: makeBucketScripts(CLOCK),
      });
      const receipts: { readonly here: Receipt; readonly there: Receipt }[] = [];
      for (const { wait, charges, refund, principal } of steps) {
        clock.ms += wait;
        await link.run(SET_CLOCK, [`${prefix}:now`], [String(clock.ms)]);
        // for whom a bucket of two principals counts once it was full is not worth being the same
        const wanted: Charge[] = charges.map(({ key, ...limit }) => charge(`${principal} ${key}`, limit));
        const here = limiter.take(wanted, principal);
        const there = await shared.take(wanted, principal);
        expect(answerOf(there)).toEqual(answerOf(here));
        if (here.kind === "taken" && there.kind === "taken")
          receipts.push({ here: here.receipt, there: there.receipt });
        const back = refund === null ? undefined : receipts[refund % Math.max(1, receipts.length)];
        if (back === undefined) continue;
        limiter.refund(back.here);
        await shared.refund(back.there);
      }
    }),
    { numRuns: 60 },
  );
});
