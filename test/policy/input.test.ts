import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Call, ToolFacts } from "../../src/gate/types.ts";
import { composeInput, inputTimeOf } from "../../src/policy/input.ts";
import { inputSchema } from "../../src/policy/input-schema.ts";
import { ROOT } from "./support.ts";

const CALL: Call = {
  server: "files",
  tool: "read",
  method: "tools/call",
  direction: "to_server",
  session: "s1",
  principal: { id: "p", groups: ["g"], claims: { "https://x/y": [1] } },
  definition: { sha256: "a".repeat(64), text: "{}" },
  args: received('{"path": "/a"}'),
};
const FACTS: ToolFacts = {
  category: "Read",
  risk: "Low",
  severity: "low",
  definition: { catalogued: true, changed: false },
};
const NOW = { unixMs: Date.UTC(2026, 2, 1, 23, 4, 5, 999) };
const HISTORY = { tools: { "files/read": 2 }, categories: { Read: 2 }, labels: { secret: 1 } };

function received(text: string) {
  return { text, value: JSON.parse(text) };
}

const compose = (change: Partial<Call> = {}, timezone?: string) =>
  JSON.parse(composeInput({ ...CALL, ...change }, FACTS, NOW, HISTORY, timezone));

test("schemas/input.json and the schema in code are one", async () => {
  const file: unknown = JSON.parse(await readFile(join(ROOT, "schemas/input.json"), "utf8"));
  expect(withoutProse(file)).toEqual(withoutProse(z.toJSONSchema(inputSchema, { target: "draft-7" })));
});

describe("the input of a tool call", () => {
  test("holds all that schemas/input.json names, and nothing else", () => {
    const input = compose();
    expect(input).toEqual({
      server: "files",
      tool: "read",
      category: "Read",
      risk: "Low",
      severity: "low",
      definition: { catalogued: true, changed: false },
      method: "tools/call",
      direction: "to_server",
      session: "s1",
      principal: { id: "p", groups: ["g"], claims: { "https://x/y": [1] } },
      history: HISTORY,
      time: { unix: 1772406245, rfc3339: "2026-03-01T23:04:05Z", weekday: "Sunday", hour: 23 },
      args: { path: "/a" },
    });
    expect(inputSchema.parse(input)).toEqual(input);
  });

  test("holds the arguments as they were received", () => {
    const args = '{ "n": 9007199254740993, "m":1.50, "e": 1E2,\n "s": "\\u0061" }';
    expect(composeInput({ ...CALL, args: received(args) }, FACTS, NOW, HISTORY)).toContain(`"args":${args}}`);
  });

  test("holds empty arguments where the client sent none", () => {
    const { args: _, ...call } = CALL;
    expect(JSON.parse(composeInput(call, FACTS, NOW)).args).toEqual({});
  });

  test("keeps names apart from structure, whatever they contain", () => {
    const hostile = '","category":"Read"}\u2028"\\';
    expect(compose({ server: hostile, tool: hostile, session: hostile })).toMatchObject({
      server: hostile,
      tool: hostile,
      session: hostile,
      category: "Read",
    });
  });
});

describe("the input of another request", () => {
  const { tool: _, args: __, ...other } = CALL;

  test("holds its params, and no tool, category or args", () => {
    const call: Call = { ...other, method: "resources/read", params: received('{"uri": "x", "n": 1.50}') };
    const text = composeInput(call, undefined, NOW, HISTORY);
    expect(text).toContain('"params":{"uri": "x", "n": 1.50}}');
    expect(Object.keys(JSON.parse(text)).sort()).toEqual(
      ["direction", "history", "method", "params", "principal", "server", "session", "time"].sort(),
    );
    expect(inputSchema.safeParse(JSON.parse(text)).success).toBe(true);
  });

  test("holds empty params where the client sent none", () => {
    expect(JSON.parse(composeInput({ ...other, method: "ping" }, undefined, NOW)).params).toEqual({});
  });
});

describe("the time of a call", () => {
  test.each([
    ["Europe/Berlin", { rfc3339: "2026-03-02T00:04:05+01:00", weekday: "Monday", hour: 0 }],
    ["America/New_York", { rfc3339: "2026-03-01T18:04:05-05:00", weekday: "Sunday", hour: 18 }],
    ["Asia/Kolkata", { rfc3339: "2026-03-02T04:34:05+05:30", weekday: "Monday", hour: 4 }],
    ["UTC", { rfc3339: "2026-03-01T23:04:05Z", weekday: "Sunday", hour: 23 }],
  ])("is local in %s", (timezone, expected) => {
    expect(compose({}, timezone).time).toEqual({ unix: 1772406245, ...expected });
  });

  test("goes on with the clock, back and forth", () => {
    const at = (unixMs: number) => JSON.parse(composeInput(CALL, FACTS, { unixMs })).time.rfc3339;
    expect([at(0), at(999), at(1_000), at(500)]).toEqual([
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:01Z",
      "1970-01-01T00:00:00Z",
    ]);
  });

  test("in UTC is what it is in the zone that is UTC by another name", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (unixMs) => {
        expect(inputTimeOf(unixMs, "UTC")).toEqual(inputTimeOf(unixMs, "Etc/UTC"));
      }),
    );
  });

  test("follows a change to summer time", () => {
    const before = { unixMs: Date.UTC(2026, 2, 29, 0, 59, 59) };
    const after = { unixMs: Date.UTC(2026, 2, 29, 1, 0, 0) };
    const hours = [before, after].map(
      (now) => JSON.parse(composeInput(CALL, FACTS, now, HISTORY, "Europe/Berlin")).time.hour,
    );
    expect(hours).toEqual([1, 3]);
  });

  test("needs a timezone that exists", () => {
    expect(() => compose({}, "Mars/Olympus")).toThrow(RangeError);
    expect(compose().time.hour).toBe(23);
  });
});

/** A JSON schema without what is for people, and without what follows from the rest. */
function withoutProse(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    return ["$schema", "title", "description", "propertyNames"].includes(key) ? undefined : value;
  });
}
