import { describe, expect, test } from "vitest";
import { beginBucket } from "../../src/limits/bucket.ts";
import { BucketShelf } from "../../src/limits/bucket-shelf.ts";
import { bench, charge, drain, limit, usedShares } from "./support.ts";

describe("the cap of a principal", () => {
  const capped = () => bench({ maxBucketsPerPrincipal: 3 });

  test("refuses a new key where all of its buckets are part-used, and names the limit", () => {
    const { limiter } = capped();
    for (const key of ["a", "b", "c"]) limiter.take([charge(key)], "ann");
    const fresh = charge("d", { rule: "policy.p/fresh" });
    expect(limiter.take([charge("a"), fresh], "ann")).toEqual({ kind: "too_many_buckets", limit: fresh.limit });
  });

  test("never drops a part-used bucket: those still count after many tries", () => {
    const { limiter } = capped();
    for (const key of ["a", "b", "c"]) drain(limiter, charge(key));
    for (let index = 0; index < 50; index += 1) limiter.take([charge(`new ${index}`)], "ann");
    for (const key of ["a", "b", "c"]) expect(drain(limiter, charge(key))).toBe(0);
  });

  test("leaves the buckets that the principal has in use", () => {
    const { limiter } = capped();
    for (const key of ["a", "b", "c"]) limiter.take([charge(key)], "ann");
    expect(limiter.take([charge("a"), charge("b")], "ann").kind).toBe("taken");
  });

  test("does not count for another principal", () => {
    const { limiter } = capped();
    for (const key of ["a", "b", "c"]) limiter.take([charge(key)], "ann");
    expect(limiter.take([charge("d"), charge("e")], "bob").kind).toBe("taken");
  });

  test("counts a shared bucket for the one that began it", () => {
    const { limiter, journal } = capped();
    for (const key of ["a", "b", "c"]) limiter.take([charge(key)], "ann");
    expect(limiter.take([charge("a"), charge("x"), charge("y"), charge("z")], "bob").kind).toBe("taken");
    expect(journal.appended.at(-1)?.map(({ principal }) => principal)).toEqual(["ann", "bob", "bob", "bob"]);
    expect(limiter.take([charge("w")], "bob").kind).toBe("too_many_buckets");
  });

  test("refuses a call that needs more new buckets than there is room for, and adds none of them", () => {
    const { limiter } = capped();
    limiter.take([charge("a"), charge("b")], "ann");
    expect(limiter.take([charge("c"), charge("d")], "ann").kind).toBe("too_many_buckets");
    expect(limiter.take([charge("c")], "ann").kind).toBe("taken");
  });

  test("makes room as soon as one bucket is full again, whichever it is", () => {
    const { limiter, clock } = bench({ maxBucketsPerPrincipal: 50 });
    for (let index = 0; index < 50; index += 1)
      drain(limiter, charge(`k${index}`, { window: index === 37 ? 10 : 1000 }));
    clock.ms += 9999;
    expect(limiter.take([charge("new")], "ann").kind).toBe("too_many_buckets");
    clock.ms += 1;
    expect(limiter.take([charge("new")], "ann").kind).toBe("taken");
    expect(limiter.take([charge("newer")], "ann").kind).toBe("too_many_buckets");
  });

  test("makes room where a refund has filled a bucket", () => {
    const { limiter } = capped();
    for (const key of ["a", "b"]) limiter.take([charge(key)], "ann");
    const taken = limiter.take([charge("c")], "ann");
    expect(limiter.take([charge("d")], "ann").kind).toBe("too_many_buckets");
    if (taken.kind === "taken") limiter.refund(taken.receipt);
    expect(limiter.take([charge("d")], "ann").kind).toBe("taken");
  });

  test("makes room where a shorter window fills a bucket earlier", () => {
    const { limiter, clock } = capped();
    for (const key of ["a", "b", "c"]) drain(limiter, charge(key, { window: 1000 }));
    expect(limiter.take([charge("d")], "ann").kind).toBe("too_many_buckets");
    limiter.take([charge("b", { window: 1 })], "ann");
    clock.ms += 1000;
    expect(limiter.take([charge("d")], "ann").kind).toBe("taken");
  });

  test("does not lose a bucket of this very call that was full and is forgotten for room", () => {
    const { limiter, clock } = bench({ maxBucketsPerPrincipal: 2 });
    limiter.take([charge("a")], "ann");
    limiter.take([charge("b", { window: 1e6 })], "ann");
    clock.ms += 60_000;
    expect(limiter.take([charge("a", { cost: 10 }), charge("c")], "ann").kind).toBe("too_many_buckets");
    limiter.take([charge("a", { cost: 10 })], "ann");
    expect(drain(limiter, charge("a"))).toBe(0);
  });

  test("counts a full bucket of this very call that is forgotten for room, and has to be added again", () => {
    const { limiter, clock } = bench({ maxBucketsPerPrincipal: 40 });
    // so many that the sweep does not come to the full one first
    for (let index = 0; index < 40; index += 1) limiter.take([charge(`bob ${index}`, { window: 1e6 })], "bob");
    limiter.take([charge("b", { window: 1e6 })], "ann");
    for (let index = 0; index < 38; index += 1) limiter.take([charge(`ann ${index}`, { window: 1e6 })], "ann");
    limiter.take([charge("a")], "ann");
    clock.ms += 60_000;
    expect(limiter.take([charge("a"), charge("c")], "ann").kind).toBe("too_many_buckets");
    expect([...limiter.buckets()].map(({ key }) => key)).not.toContain("a");
    expect(limiter.take([charge("c")], "ann").kind).toBe("taken");
    expect(limiter.take([charge("d")], "ann").kind).toBe("too_many_buckets");
  });
});

describe("memory", () => {
  test("full buckets are forgotten: fifty thousand keys that refill leave a few hundred", () => {
    const { limiter, clock } = bench();
    let most = 0;
    for (let index = 0; index < 50_000; index += 1) {
      clock.ms += 1;
      limiter.take([charge(`k${index}`, { cost: 1, max: 10, window: 1 })], `principal ${index}`);
      if (index % 100 === 0) most = Math.max(most, [...limiter.buckets()].length);
    }
    // 100 of them are part-used at any time.
    expect(most).toBeGreaterThanOrEqual(100);
    expect(most).toBeLessThanOrEqual(400);
  });

  test("full buckets are forgotten where each call has many charges, too", () => {
    const { limiter, clock } = bench();
    for (let index = 0; index < 2000; index += 1) {
      clock.ms += 1000;
      const charges = Array.from({ length: 20 }, (_, of) => charge(`${index}/${of}`, { window: 1 }));
      expect(limiter.take(charges, "ann").kind).toBe("taken");
    }
    expect([...limiter.buckets()].length).toBeLessThanOrEqual(80);
  });

  test("what forgotten buckets took is used again", () => {
    const shelf = new BucketShelf(100_000);
    for (let index = 0; index < 50_000; index += 1) {
      shelf.sweep(index, 2);
      const window = index % 100 === 0 ? 1e9 : 1000;
      shelf.put(
        `${index}`.padEnd(300),
        `principal ${index % 7}`,
        beginBucket({ used: 1, windowMs: window, max: 1 }, index),
      );
    }
    const places = Array.from(shelf.values(), ({ place }) => place);
    expect(places.length).toBeLessThan(3_000);
    // in doubles; all 50,000 of them would take two million
    expect(Math.max(...places)).toBeLessThan(400_000);
  });

  test("who holds no bucket any more is not known any more: twenty thousand principals that come and go", () => {
    const shelf = new BucketShelf(100);
    for (let index = 0; index < 20_000; index += 1) {
      shelf.sweep(index, 2);
      shelf.put(`${index}`, `principal ${index}`, beginBucket({ used: 1, windowMs: 50, max: 1 }, index));
    }
    expect(shelf.holders).toBe(shelf.size);
    expect(shelf.holders).toBeLessThanOrEqual(200);
    for (let sweep = 0; sweep < 10; sweep += 1) shelf.sweep(30_000, 100);
    expect([shelf.holders, shelf.size]).toEqual([0, 0]);
  });

  test("who holds no bucket any more is not known any more, where room is made, too", () => {
    const shelf = new BucketShelf(2);
    for (const key of ["a", "b"]) shelf.put(key, "ann", beginBucket({ used: 1, windowMs: 1000, max: 1 }, 0));
    shelf.put("c", "bob", beginBucket({ used: 1, windowMs: 1000, max: 1 }, 0));
    shelf.forgetFull("ann", 1000);
    expect([shelf.holders, shelf.size, shelf.get("a"), shelf.hasRoom("ann", 2)]).toEqual([1, 1, undefined, true]);
  });

  test("the inspector shows buckets as they stand now", () => {
    const { limiter, clock } = bench();
    limiter.take([charge("a", { cost: 5, window: 100 })], "ann");
    clock.ms += 10_000;
    expect([...limiter.buckets()]).toEqual([{ key: "a", principal: "ann", used: 0.4, windowMs: 100_000, max: 10 }]);
  });

  test("restored levels stand as old as they are", () => {
    const level = { principal: "ann", windowMs: 60_000, max: 10 };
    const { limiter } = bench({
      restore: [
        { key: "a", used: 1, ageMs: 0, ...level },
        { key: "b", used: 1, ageMs: 30_000, ...level },
        { key: "c", used: 1, ageMs: 90_000, ...level },
      ],
    });
    expect(usedShares(limiter)).toEqual({ a: 1, b: 0.5 });
    expect(limiter.take([{ key: "a", limit: limit() }], "ann")).toMatchObject({ retryAfterSeconds: 6 });
  });
});
