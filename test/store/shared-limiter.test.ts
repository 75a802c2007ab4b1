// What the property test does not ask: the store's own time, two gates at once, receipts, and what becomes of calls while the
// store is out of reach.
import { describe, expect, onTestFinished, test } from "vitest";
import type { Receipt } from "../../src/gate/types.ts";
import { createDegradingLimiter } from "../../src/store/degrading-limiter.ts";
import { createSharedLimiter, type SharedLimiter } from "../../src/store/shared-limiter.ts";
import { bench, charge } from "../limits/support.ts";
import { startRedis } from "./redis-server.ts";
import { openLink, useRedis } from "./support.ts";

const redis = useRedis("--appendonly", "no");
const HOUR = 3_600;

async function twoGates() {
  const first = await openLink(redis());
  const second = await openLink(redis(), { prefix: first.prefix });
  const limiterOf = ({ link, prefix }: typeof first): SharedLimiter =>
    createSharedLimiter({ link, prefix, maxBucketsPerPrincipal: 100 });
  return { a: limiterOf(first), b: limiterOf(second), ...first };
}

async function receiptOf(limiter: SharedLimiter, key: string): Promise<Receipt> {
  const taken = await limiter.take([charge(key, { max: 2, window: HOUR })], "ann");
  if (taken.kind !== "taken") throw new Error(taken.kind);
  return taken.receipt;
}

test("two gates that take at once take no more than the bucket holds", async () => {
  const { a, b } = await twoGates();
  const wanted = [charge("k", { max: 10, window: HOUR }), charge("l", { max: 7, window: HOUR })];
  const all = await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? a : b).take(wanted, "ann")));
  expect(all.filter(({ kind }) => kind === "taken")).toHaveLength(7);
  // the refused ones took nothing of the larger bucket
  expect(await a.take([charge("k", { max: 10, window: HOUR })], "ann")).toMatchObject({
    buckets: [{ before: expect.closeTo(3, 1), after: expect.closeTo(2, 1) }],
  });
});

test("a bucket refills by the store's clock, and is gone from the store some seconds after it is full", async () => {
  const { a, link, prefix } = await twoGates();
  await a.take([charge("k", { max: 2, window: 0.1, cost: 2 })], "ann");
  const { makeScript } = await import("../../src/store/script.ts");
  const left = Number(await link.run(makeScript("return redis.call('PTTL', KEYS[1])"), [`${prefix}:b:k`], []));
  expect(left).toBeGreaterThan(9_000);
  expect(left).toBeLessThanOrEqual(10_101);
  await new Promise((wait) => setTimeout(wait, 110));
  expect((await a.take([charge("k", { max: 2, window: 0.1, cost: 2 })], "ann")).kind).toBe("taken");
});

test("a clock that steps back fills no bucket", async () => {
  const { link, prefix } = await twoGates();
  const { makeBucketScripts } = await import("../../src/store/bucket-scripts.ts");
  const at = (ms: number): SharedLimiter =>
    createSharedLimiter({ link, prefix, maxBucketsPerPrincipal: 9, scripts: makeBucketScripts(`local now = ${ms}`) });
  const one = [charge("k", { max: 1, window: 10 })];
  expect((await at(50_000).take(one, "ann")).kind).toBe("taken");
  expect((await at(20_000).take(one, "ann")).kind).toBe("exhausted");
  expect((await at(59_999).take(one, "ann")).kind).toBe("exhausted");
  expect((await at(60_000).take(one, "ann")).kind).toBe("taken");
});

test("a receipt is given back once, at whichever time it is told, and never into a bucket that began since", async () => {
  const { a, prefix, link } = await twoGates();
  const receipt = await receiptOf(a, "k");
  await receiptOf(a, "k");
  await Promise.all([a.refund(receipt), a.refund(receipt)]);
  // told twice over the wire: the store knows the receipt
  await a.refund(Object.assign(receipt, { spent: false }));
  await receiptOf(a, "k");
  expect((await a.take([charge("k", { max: 2, window: HOUR })], "ann")).kind).toBe("exhausted");

  const old = await receiptOf(a, "other");
  const { makeScript } = await import("../../src/store/script.ts");
  await link.run(makeScript("return redis.call('DEL', KEYS[1])"), [`${prefix}:b:other`], []);
  await receiptOf(a, "other");
  await receiptOf(a, "other");
  await a.refund(old);
  expect((await a.take([charge("other", { max: 2, window: HOUR })], "ann")).kind).toBe("exhausted");
});

test("a limit that no policy may state is refused before the store is asked, and a foreign receipt is a bug", async () => {
  const { a } = await twoGates();
  await expect(a.take([charge("k", { max: 0 })], "ann")).rejects.toThrow(RangeError);
  await expect(a.refund({ charges: [], principal: "ann" })).rejects.toThrow(TypeError);
});

test("what answers as no store would is an error, and nothing goes out on it", async () => {
  const garbled = createSharedLimiter({
    link: { run: async () => ["taken", ["a"]] },
    prefix: "p",
    maxBucketsPerPrincipal: 9,
  });
  await expect(garbled.take([charge("k")], "ann")).rejects.toThrow("what is no answer to it");
});

test("a take whose answer came too late is given back", async () => {
  const { a, link, prefix } = await twoGates();
  const late = createSharedLimiter({
    link: {
      async run(script, keys, args, tell) {
        const reply = await link.run(script, keys, args);
        if (tell === undefined) return reply;
        tell(reply);
        throw new Error("too late");
      },
    },
    prefix,
    maxBucketsPerPrincipal: 9,
  });
  const one = [charge("k", { max: 1, window: HOUR })];
  await expect(late.take(one, "ann")).rejects.toThrow("too late");
  await expect.poll(async () => (await a.take(one, "ann")).kind).toBe("taken");
});

describe("while the store is out of reach", () => {
  async function lostStore(share: number | undefined) {
    const own = await startRedis();
    onTestFinished(own.remove);
    const { link, prefix } = await openLink(own);
    const shared = createSharedLimiter({ link, prefix, maxBucketsPerPrincipal: 100 });
    const here = bench();
    const local = share === undefined ? undefined : { limiter: here.limiter, share };
    return { own, here, link, limiter: createDegradingLimiter({ link, shared, local, log: () => {} }) };
  }
  const tenAnHour = [charge("k", { max: 10, window: HOUR })];

  test("closed, each limited call fails, and a call without limits does not", async () => {
    const { own, limiter } = await lostStore(undefined);
    await own.kill();
    await expect(limiter.take(tenAnHour, "ann")).rejects.toThrow(/the store redis:\S+/);
    expect(await limiter.take([], "ann")).toMatchObject({ kind: "taken" });
  });

  test("local, this gate lets its share of each limit through, and the store counts again when it is back", async () => {
    const { own, limiter, link, here } = await lostStore(0.25);
    expect(await limiter.take(tenAnHour, "ann")).toMatchObject({ buckets: [{ max: 10, after: 9 }] });
    await own.kill();
    const taken = await Promise.all(Array.from({ length: 6 }, () => limiter.take(tenAnHour, "ann")));
    expect(taken.map(({ kind }) => kind).sort()).toEqual([...Array(4).fill("exhausted"), "taken", "taken"]);
    // a share is no licence anew at each outage
    here.clock.ms += 1;
    expect((await limiter.take(tenAnHour, "ann")).kind).toBe("exhausted");
    const [given] = taken;
    if (given?.kind === "taken") limiter.refund(given.receipt);
    expect((await limiter.take(tenAnHour, "ann")).kind).toBe("taken");
    await own.start();
    await expect.poll(() => link.problem(), { timeout: 10_000 }).toBeUndefined();
    expect(await limiter.take(tenAnHour, "ann")).toMatchObject({ buckets: [{ max: 10, after: expect.closeTo(8, 0) }] });
  });

  test("local, a call that takes more than the share ever holds fails, and is not told that waiting is in vain", async () => {
    const { own, limiter } = await lostStore(0.25);
    await own.kill();
    await expect(limiter.take([charge("k", { max: 3, window: HOUR })], "ann")).rejects.toThrow("share (0.25)");
    expect(await limiter.take([charge("k", { max: 3, window: HOUR, cost: 4 })], "ann")).toMatchObject({
      kind: "exhausted",
    });
  });
});
