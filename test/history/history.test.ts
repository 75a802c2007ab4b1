// What a history tells: which calls count, under which names, for how long, and what happens at its bounds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Call, Verdict } from "../../src/gate/types.ts";
import { Histories, type HourCount } from "../../src/history/history.ts";
import { makeEvent } from "../log/events.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.parse("2026-11-23T07:20:00.000Z");

type Told = { readonly call?: Partial<Call>; readonly labels?: readonly string[]; readonly unixMs?: number };

function allowed({ call = {}, labels = [], unixMs = NOW }: Told = {}): {
  call: Call;
  verdict: Verdict;
  unixMs: number;
} {
  const event = makeEvent({ call, decision: { labels } });
  return { call: event.call, verdict: event.verdict, unixMs };
}

const by = (id: string): Partial<Call> => ({ principal: { id, groups: [], claims: {} } });
const EMPTY = { tools: {}, categories: {}, labels: {} };

describe("a history", () => {
  test("counts allowed calls of its principal by tool, category and label, over all servers and sessions", () => {
    const histories = new Histories();
    histories.add(allowed({ labels: ["secrets"] }));
    histories.add(allowed({ labels: ["secrets", "eu"], call: { session: "s-2" } }));
    histories.add(allowed({ call: { server: "mail", tool: "send" } }));
    histories.add(allowed({ call: by("bob") }));
    expect(histories.read("claude", NOW)).toEqual({
      tools: { "files/read_file": 2, "mail/send": 1 },
      categories: { Read: 3 },
      labels: { secrets: 2, eu: 1 },
    });
    expect(histories.read("bob", NOW).tools).toEqual({ "files/read_file": 1 });
    expect(histories.read("eve", NOW)).toEqual(EMPTY);
  });

  test("counts of other requests what reads, and labels", () => {
    const histories = new Histories();
    const read = { ...makeEvent({ decision: { labels: ["pii"] } }) };
    const { tool: _, ...call } = { ...read.call, method: "resources/read" };
    const { facts: __, ...verdict } = read.verdict;
    histories.add({ call, verdict: { ...verdict, facts: undefined }, unixMs: NOW });
    histories.add({ call: { ...call, method: "ping" }, verdict: { ...verdict, facts: undefined }, unixMs: NOW });
    expect(histories.read("claude", NOW)).toEqual({ tools: {}, categories: { Read: 1 }, labels: { pii: 2 } });
  });

  test("counts a call that goes on once", () => {
    const histories = new Histories();
    histories.add(allowed());
    expect(histories.add(allowed({ call: { continued: true } }))).toEqual([]);
    expect(histories.read("claude", NOW).tools).toEqual({ "files/read_file": 1 });
  });

  test("is what was told before, until something changes it", () => {
    const histories = new Histories();
    histories.add(allowed());
    const before = histories.read("claude", NOW);
    expect(histories.read("claude", NOW)).toBe(before);
    histories.add(allowed());
    expect(before.tools).toEqual({ "files/read_file": 1 });
    expect(histories.read("claude", NOW).tools).toEqual({ "files/read_file": 2 });
  });

  test("holds a name such as __proto__ as a name", () => {
    const histories = new Histories();
    histories.add(allowed({ labels: ["__proto__", "constructor"] }));
    expect(JSON.stringify(histories.read("claude", NOW).labels)).toBe('{"__proto__":1,"constructor":1}');
  });

  test("holds each call for at least 24 hours and less than 25, whatever happens in between", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 * HOUR_MS }), { minLength: 1, maxLength: 60 }), (waits) => {
        const histories = new Histories();
        const times = waits.map((wait) => NOW + wait).sort((a, b) => a - b);
        for (const unixMs of times) histories.add(allowed({ unixMs }));
        const last = times.at(-1) ?? NOW;
        const told = histories.read("claude", last).tools["files/read_file"] ?? 0;
        expect(told).toBeGreaterThanOrEqual(times.filter((unixMs) => unixMs > last - 24 * HOUR_MS).length);
        expect(told).toBeLessThanOrEqual(times.filter((unixMs) => unixMs > last - 25 * HOUR_MS).length);
      }),
    );
    const histories = new Histories();
    histories.add(allowed());
    expect(histories.read("claude", NOW + 24 * HOUR_MS).tools).toEqual({ "files/read_file": 1 });
    expect(histories.read("claude", NOW + 25 * HOUR_MS)).toEqual(EMPTY);
  });

  test("forgets nothing where the clock is set back", () => {
    const histories = new Histories();
    histories.add(allowed({ unixMs: NOW + 5 * HOUR_MS }));
    histories.add(allowed({ unixMs: NOW - 30 * HOUR_MS }));
    expect(histories.read("claude", NOW).tools).toEqual({ "files/read_file": 2 });
  });
});

describe("at its bounds a history", () => {
  test("tells what it holds up to them, and refuses to tell too little beyond", () => {
    const histories = new Histories({ maxNamesPerPrincipal: 4 });
    // tool, category, and two labels
    histories.add(allowed({ labels: ["a", "b"] }));
    expect(histories.read("claude", NOW).labels).toEqual({ a: 1, b: 1 });
    histories.add(allowed({ labels: ["c"] }));
    expect(() => histories.read("claude", NOW)).toThrow(/holds more than 4 names/);
    expect(() => histories.read("claude", NOW + 24 * HOUR_MS)).toThrow();
    expect(histories.read("claude", NOW + 25 * HOUR_MS)).toEqual(EMPTY);
    expect(histories.read("bob", NOW)).toEqual(EMPTY);
  });

  test("of all principals together refuses those that it has no room for, and goes on for the others", () => {
    const histories = new Histories({ maxNames: 4 });
    histories.add(allowed());
    histories.add(allowed({ call: by("bob") }));
    histories.add(allowed({ call: by("eve") }));
    expect(histories.read("claude", NOW).tools).toEqual({ "files/read_file": 1 });
    expect(() => histories.read("eve", NOW)).toThrow(/too many principals/);
    expect(() => histories.read("nobody", NOW)).toThrow(/too many principals/);
    expect(histories.read("nobody", NOW + 25 * HOUR_MS)).toEqual(EMPTY);
    histories.add(allowed({ call: by("eve"), unixMs: NOW + 25 * HOUR_MS }));
    expect(histories.read("eve", NOW + 25 * HOUR_MS).tools).toEqual({ "files/read_file": 1 });
  });

  test("cuts a name that is very long", () => {
    const histories = new Histories();
    histories.add(allowed({ labels: ["x".repeat(100_000)] }));
    expect(Object.keys(histories.read("claude", NOW).labels)).toEqual(["x".repeat(512)]);
  });
});

describe("after a restart a history", () => {
  /** What the store would hold: the last count of each. */
  function store(counts: readonly HourCount[]): readonly HourCount[] {
    return [
      ...new Map(counts.map((one) => [JSON.stringify([one.principal, one.kind, one.name, one.hour]), one])).values(),
    ];
  }

  test("is as it was", () => {
    const histories = new Histories();
    const counts = [NOW, NOW, NOW + HOUR_MS, NOW + 20 * HOUR_MS].flatMap((unixMs) =>
      histories.add(allowed({ unixMs, labels: ["a"] })),
    );
    const again = new Histories();
    again.restore(store(counts).toReversed(), NOW + 20 * HOUR_MS);
    expect(again.read("claude", NOW + 20 * HOUR_MS)).toEqual(histories.read("claude", NOW + 20 * HOUR_MS));
    expect(again.read("claude", NOW + 25 * HOUR_MS).labels).toEqual({ a: 2 });
  });

  test("holds nothing that is too old, and what a clock that was ahead has written", () => {
    const counts = new Histories().add(allowed());
    const later = new Histories();
    later.restore(counts, NOW + 25 * HOUR_MS);
    expect(later.read("claude", NOW + 25 * HOUR_MS)).toEqual(EMPTY);
    const before = new Histories();
    before.restore(counts, NOW - 10 * HOUR_MS);
    expect(before.read("claude", NOW - 10 * HOUR_MS).tools).toEqual({ "files/read_file": 1 });
    expect(before.read("claude", NOW + 15 * HOUR_MS)).toEqual(EMPTY);
  });

  test("is known to lack what was beyond a bound, when the names that filled it are forgotten", () => {
    const bounds = { maxNamesPerPrincipal: 3 };
    const histories = new Histories(bounds);
    const counts = [
      ...histories.add(allowed({ labels: ["a"] })),
      ...histories.add(allowed({ labels: ["secrets"], unixMs: NOW + 10 * HOUR_MS })),
    ];
    const again = new Histories(bounds);
    again.restore(counts, NOW + 26 * HOUR_MS);
    expect(() => again.read("claude", NOW + 26 * HOUR_MS)).toThrow(/holds more than 3 names/);
    const inTime = again.read("claude", NOW + 35 * HOUR_MS);
    expect(inTime).toEqual(EMPTY);
  });

  test("of all principals is known to lack those that there was no room for", () => {
    const histories = new Histories({ maxNames: 2 });
    const counts = [
      ...histories.add(allowed()),
      ...histories.add(allowed({ call: by("eve"), unixMs: NOW + 10 * HOUR_MS })),
    ];
    const again = new Histories({ maxNames: 2 });
    again.restore(counts, NOW + 26 * HOUR_MS);
    expect(() => again.read("eve", NOW + 26 * HOUR_MS)).toThrow(/too many principals/);
    expect(again.read("eve", NOW + 35 * HOUR_MS)).toEqual(EMPTY);
  });

  test("does not pass for whole where it was beyond a bound", () => {
    const histories = new Histories({ maxNamesPerPrincipal: 3 });
    const counts = histories.add(allowed({ labels: ["a", "b"] }));
    const again = new Histories({ maxNamesPerPrincipal: 3 });
    again.restore(counts, NOW);
    expect(() => again.read("claude", NOW)).toThrow(/holds more than 3 names/);
    const others = new Histories({ maxNames: 3 });
    others.restore(counts, NOW);
    expect(() => others.read("nobody", NOW)).toThrow(/too many principals/);
  });
});
