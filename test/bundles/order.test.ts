import { describe, expect, test } from "vitest";
import { createOrder, type SeenStore } from "../../src/bundles/order.ts";

function storeInMemory(): SeenStore {
  const values = new Map<string, string>();
  return { get: (name) => values.get(name), set: (name, value) => void values.set(name, value) };
}

const bundle = (id: string, sequence?: number) => ({ id, revision: `r-${id}`, sequence });
const open = (store = storeInMemory()) => createOrder(store, () => {});

describe("an older bundle", () => {
  test("is one that was replaced, over a restart too; one that was never seen is not", () => {
    const store = storeInMemory();
    const order = open(store);
    for (const id of ["a", "b", "c"]) {
      expect(order.refusal(bundle(id))).toBeUndefined();
      order.activated(bundle(id));
    }
    for (const each of [order, open(store)]) {
      expect(each.refusal(bundle("a"))).toBe("revision r-a was in force before, and r-c took its place");
      expect(each.refusal(bundle("b"))).toContain("r-b was in force before");
      expect(each.refusal(bundle("c"))).toBeUndefined();
      expect(each.refusal(bundle("d"))).toBeUndefined();
    }
  });

  test("that somebody asked for is the newest then, and what it replaced is older", () => {
    const order = open();
    for (const id of ["a", "b", "a"]) order.activated(bundle(id));
    expect(order.refusal(bundle("a"))).toBeUndefined();
    expect(order.refusal(bundle("b"))).toContain("r-b was in force before, and r-a took its place");
  });

  test("is one whose sequence is not above the last one's, or that has none", () => {
    const order = open();
    order.activated(bundle("a", 7));
    expect(order.refusal(bundle("b", 6))).toBe("its sequence 6 is not above 7, that of revision r-a");
    expect(order.refusal(bundle("b", 7))).toBe("its sequence 7 is not above 7, that of revision r-a");
    expect(order.refusal(bundle("b"))).toBe("it has no sequence, and revision r-a had 7");
    expect(order.refusal(bundle("a", 7))).toBeUndefined();
    expect(order.refusal(bundle("b", 8))).toBeUndefined();
  });

  test("is known among the last thousand; a sequence knows all", () => {
    const order = open();
    for (let number = 0; number <= 1_000; number += 1) order.activated(bundle(`${number}`));
    expect(order.refusal(bundle("0"))).toBeUndefined();
    expect(order.refusal(bundle("1"))).toContain("was in force before");
  });

  test("is known until the gate ends where it can't be written, and that is told", () => {
    const told: string[] = [];
    const full: SeenStore = {
      get: () => undefined,
      set: () => {
        throw new Error("database or disk is full");
      },
    };
    const order = createOrder(full, (line) => told.push(line));
    for (const id of ["a", "b"]) order.activated(bundle(id));
    expect(order.refusal(bundle("a"))).toContain("was in force before");
    expect(told).toEqual([
      "bundle: a restart will not know that revision r-a was in force: database or disk is full",
      "bundle: a restart will not know that revision r-b was in force: database or disk is full",
    ]);
  });
});
