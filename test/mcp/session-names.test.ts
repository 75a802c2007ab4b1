import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSessions } from "../../src/mcp/session.ts";
import { type Caller, createSessionNames, type Identified } from "../../src/mcp/session-names.ts";

const RELAY = "0b6d8f5e-3a3b-4c1d-9e2f-000000000001";

/** Session names of one server, where the cap admits `left` further sessions. */
function bench(left = 100) {
  const ended = new Set<string>();
  const sessions = createSessions({
    key: randomBytes(32),
    unixMs: () => 0,
    lifetimeSeconds: 60,
    ended: { has: (name) => ended.has(name), add: (name) => ended.add(name) },
  });
  const admitted: string[] = [];
  const cap = {
    admit(principal: string, server: string) {
      if (principal === "unlucky") throw new Error("the journal is full");
      if (admitted.length >= left) return { kind: "refused", retryAfterSeconds: 3 } as const;
      admitted.push(`${principal} on ${server}`);
      return { kind: "admitted" } as const;
    },
  };
  const told: string[] = [];
  const names = createSessionNames({ serverKey: "key", sessions, cap, log: (line) => told.push(line) });
  const identify = (headers: Caller["headers"], change: Partial<Caller> = {}): Identified => {
    const identified = names.identify({ headers, era: "legacy", principal: "ann", opens: false, ...change });
    if (identified instanceof Promise) throw new Error("what is counted at once is said at once");
    return identified;
  };
  return { names, admitted, told, identify };
}

describe("a caller with a session id", () => {
  test("is in that session, and has the server's own id", () => {
    const { names, identify } = bench();
    const identified = identify({ "mcp-session-id": names.issue("ann", "upstream-1").id });
    expect(identified).toEqual({
      kind: "identified",
      session: { kind: "issued", name: expect.stringMatching(/^[0-9a-f]{32}$/), upstreamId: "upstream-1" },
    });
  });

  test("is told nothing but that it is unknown where the id was ended, forged, or is another principal's", () => {
    const { names, identify } = bench();
    const id = names.issue("ann", "upstream-1").id;
    expect(identify({ "mcp-session-id": id }, { principal: "bob" })).toMatchObject({ kind: "unknown" });
    expect(identify({ "mcp-session-id": "upstream-1" })).toMatchObject({ kind: "unknown" });
    expect(identify({ "mcp-session-id": "" })).toMatchObject({ kind: "unknown" });
    const identified = identify({ "mcp-session-id": id });
    if (identified.kind !== "identified") throw new Error("it is known");
    names.end(identified.session.name);
    expect(identify({ "mcp-session-id": id })).toMatchObject({ kind: "unknown" });
  });

  test("that initializes is in that session: no new one is counted", () => {
    const { names, admitted, identify } = bench();
    const identified = identify({ "mcp-session-id": names.issue("ann", "u").id }, { opens: true });
    expect(identified).toMatchObject({ session: { kind: "issued" } });
    expect(admitted).toEqual([]);
  });

  test("of the modern era, which has no sessions, is its principal", () => {
    const { identify } = bench();
    expect(identify({ "mcp-session-id": "whatever" }, { era: "modern" })).toEqual({
      kind: "identified",
      session: { kind: "none", name: "principal:ann" },
    });
  });
});

describe("a caller without a session id", () => {
  test("is its principal, and counts nothing", () => {
    const { admitted, identify } = bench();
    expect(identify({})).toEqual({ kind: "identified", session: { kind: "none", name: "principal:ann" } });
    expect(admitted).toEqual([]);
  });

  test("that initializes is counted each time, and refused over the cap with the seconds to wait", () => {
    const { admitted, identify } = bench(2);
    for (let count = 0; count < 2; count += 1) expect(identify({}, { opens: true }).kind).toBe("identified");
    expect(identify({}, { opens: true })).toEqual({ kind: "too_many", retryAfterSeconds: 3 });
    expect(admitted).toEqual(["ann on key", "ann on key"]);
    expect(identify({}).kind).toBe("identified");
  });

  test("that initializes is refused where that can't be counted, and the log says why", () => {
    const { told, identify } = bench();
    expect(identify({}, { opens: true, principal: "unlucky" })).toEqual({ kind: "uncounted" });
    expect(told).toEqual(["key: no new session can be counted, so none is opened: Error: the journal is full"]);
  });
});

describe("a caller that is a relay for a stdio client", () => {
  test("has a session of its own, which is counted once", () => {
    const { admitted, identify } = bench(1);
    const session = { kind: "none", name: `stdio:${RELAY}` };
    expect(identify({ "regate-stdio": RELAY })).toEqual({ kind: "identified", session });
    expect(identify({ "regate-stdio": RELAY })).toEqual({ kind: "identified", session });
    expect(identify({ "regate-stdio": RELAY }, { era: "modern" })).toEqual({ kind: "identified", session });
    expect(admitted).toEqual(["ann on key"]);
    expect(identify({ "regate-stdio": RELAY.replace("1", "2") })).toMatchObject({ kind: "too_many" });
  });

  test("that initializes is in its session from the first request, and is counted for each one that it opens", () => {
    const { admitted, identify } = bench(2);
    const opened = identify({ "regate-stdio": RELAY }, { opens: true });
    expect(opened).toMatchObject({ session: { name: `stdio:${RELAY}` } });
    expect(identify({ "regate-stdio": RELAY }).kind).toBe("identified");
    expect(admitted).toHaveLength(1);
    expect(identify({ "regate-stdio": RELAY }, { opens: true }).kind).toBe("identified");
    expect(identify({ "regate-stdio": RELAY }, { opens: true })).toMatchObject({ kind: "too_many" });
  });

  test("is counted for each principal that says the same", () => {
    const { admitted, identify } = bench();
    identify({ "regate-stdio": RELAY });
    identify({ "regate-stdio": RELAY }, { principal: "bob" });
    expect(admitted).toEqual(["ann on key", "bob on key"]);
  });

  test("is in the MCP session whose id it has", () => {
    const { names, admitted, identify } = bench();
    const identified = identify({ "regate-stdio": RELAY, "mcp-session-id": names.issue("ann", "u").id });
    expect(identified).toMatchObject({ session: { kind: "issued" } });
    expect(admitted).toEqual([]);
  });

  test.each([
    ["not a UUID", "relay-1"],
    ["a UUID in upper case", RELAY.toUpperCase()],
    ["two UUIDs", `${RELAY}, ${RELAY}`],
    ["empty", ""],
    ["an array", [RELAY]],
  ])("is refused where its name is %s", (_title, relay) => {
    const { admitted, identify } = bench();
    for (const opens of [false, true]) {
      expect(identify({ "regate-stdio": relay }, { opens })).toMatchObject({ kind: "malformed" });
    }
    expect(admitted).toEqual([]);
  });

  test("is counted again once it is forgotten among too many", () => {
    const { admitted, identify } = bench(20_000);
    const relay = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    for (let number = 0; number <= 10_000; number += 1) identify({ "regate-stdio": relay(number) });
    identify({ "regate-stdio": relay(10_000) });
    expect(admitted).toHaveLength(10_001);
    identify({ "regate-stdio": relay(0) });
    expect(admitted).toHaveLength(10_002);
  });
});
