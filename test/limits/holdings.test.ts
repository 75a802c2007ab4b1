import { expect, test } from "vitest";
import { Holdings } from "../../src/limits/holdings.ts";

test("a holding is found by its principal and its number until it ends, and its number is the next one's", () => {
  const holdings = new Holdings();
  const [ann, bob] = [holdings.begin("ann"), holdings.begin("bob")];
  expect([holdings.of("ann"), holdings.numbered(ann.number), holdings.size]).toEqual([ann, ann, 2]);
  holdings.end(ann);
  expect([holdings.of("ann"), holdings.numbered(ann.number), holdings.size]).toEqual([undefined, undefined, 1]);
  const eve = holdings.begin("eve");
  expect(eve.number).toBe(ann.number);
  expect(eve.size).toBe(0);
  expect([holdings.numbered(eve.number), holdings.numbered(bob.number), holdings.of("ann")]).toEqual([
    eve,
    bob,
    undefined,
  ]);
});

test("many that come and go need no more numbers than there were at a time", () => {
  const holdings = new Holdings();
  const live = Array.from({ length: 10 }, (_, index) => holdings.begin(`first ${index}`));
  for (let index = 0; index < 1_000; index += 1) {
    const ended = live.splice((index * 7) % 10, 1)[0];
    if (ended === undefined) expect.fail("none is left");
    holdings.end(ended);
    live.push(holdings.begin(`${index}`));
  }
  expect(live.map(({ number }) => number).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
