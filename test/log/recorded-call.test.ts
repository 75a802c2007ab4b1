// A line that the gate writes is read back as the call that it judged.
import { describe, expect, test } from "vitest";
import { toLogLine } from "../../src/log/log-line.ts";
import { readRecordedLine } from "../../src/log/recorded-call.ts";
import { BUNDLE, DECISION, type EventParts, makeEvent } from "./events.ts";

const context = {
  labels: { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" },
  maskedKeys: new Set<string>(),
};

function callOf(parts: EventParts, more: object = {}) {
  const read = readRecordedLine(toLogLine({ ...makeEvent(parts), ...more }, context));
  if (read.kind !== "call") throw new Error(read.kind);
  return read.call;
}

describe("a line of the gate's own", () => {
  test("is the input, the decision and the bundle that made it", () => {
    const time = { unix: 1, rfc3339: "1970-01-01T00:00:01Z", weekday: "Thursday", hour: 0 };
    const call = callOf(
      { args: { path: "/a" }, call: { definition: { sha256: "e".repeat(64), text: "{}" } } },
      { time },
    );
    expect(call).toEqual({
      input: {
        server: "files",
        tool: "read_file",
        direction: "to_server",
        method: "tools/call",
        session: "s-1",
        principal: { id: "claude", groups: ["dev"], claims: {} },
        category: "Read",
        risk: "Low",
        severity: "low",
        definition: { catalogued: true, changed: false },
        time,
        args: { path: "/a" },
      },
      unreadable: [],
      definitionSha256: "e".repeat(64),
      digest: BUNDLE.digest,
      result: DECISION,
    });
  });

  test("names what was masked and what was cut, by keys", () => {
    const { unreadable } = callOf({
      args: { password: "hunter2", "a/b": { api_key: "k-12345678901" }, text: "x".repeat(5_000) },
    });
    expect(unreadable).toEqual([
      ["args", "password"],
      ["args", "a/b", "api_key"],
      ["args", "text"],
    ]);
  });

  test("has no decision to hold another against, where the log masked a part of it", () => {
    expect(callOf({ decision: { reasons: ["password=hunter2hunter2"] } }).result).toBeUndefined();
  });

  test("that failed has an input still", () => {
    const call = callOf({ outcome: { kind: "failed", step: "decide", problem: "out of fuel" } });
    expect(call.input.server).toBe("files");
  });

  test("holds what came before, where that was not empty", () => {
    expect(callOf({}, { history: { tools: { "a/b": 1 } } }).input.history).toEqual({ tools: { "a/b": 1 } });
    expect(callOf({}).input).not.toHaveProperty("history");
  });
});

describe("anything else is no recorded call", () => {
  test.each([
    ["not_json", "{"],
    ["not_json", ""],
    ["foreign", "7"],
    [
      "foreign",
      `{"path":"regate/decision","input":{"server":"s","args":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}}`,
    ],
    ["foreign", "[]"],
    ["foreign", "null"],
    ["foreign", '{"path": "regate/decision"}'],
    ["foreign", '{"path": "regate/decision", "input": {"tool": "t"}}'],
    ["foreign", '{"path": "system/authz", "input": {"server": "s"}}'],
    ["foreign", '{"path": "regate/decision", "input": {"server": "s"}, "masked": "all"}'],
    ["foreign", '{"level": "info", "msg": "listening"}'],
  ])("%s: %s", (kind, text) => {
    expect(readRecordedLine(text)).toEqual({ kind });
  });
});
