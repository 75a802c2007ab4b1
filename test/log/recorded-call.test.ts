// A line that the gate writes is read back as the call that it judged.
import { describe, expect, test } from "vitest";
import { toAskedLine } from "../../src/log/asked-line.ts";
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
      unrecorded: [["history"]],
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

  test("holds what came before as the policy saw it, empty or not, and says where it is not known", () => {
    const history = { tools: { "a/b": 1 }, categories: {}, labels: { secrets: 2, password: 1 } };
    for (const seen of [history, { tools: {}, categories: {}, labels: {} }]) {
      // names of labels are no names of secrets
      expect(callOf({ history: seen })).toMatchObject({ input: { history: seen }, unreadable: [], unrecorded: [] });
    }
    const call = callOf({});
    expect(call.input).not.toHaveProperty("history");
    expect(call.unrecorded).toEqual([["history"]]);
  });

  test("names what of a long history was cut", () => {
    const tools = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`server/tool-${n}`, 1]));
    const { unreadable } = callOf({ history: { tools, categories: {}, labels: {} } });
    expect(unreadable[0]).toEqual(["history", "tools"]);
  });

  test("that is a question has the history that was asked with, or none", () => {
    const event = {
      id: "q",
      characters: 1,
      evaluation: { kind: "decided", decision: DECISION, fuel: 1, bundle: BUNDLE },
      rules: [],
      startedUnixMs: 0,
      judgedNs: 1,
    } as const;
    const read = (asked: object) => readRecordedLine(toAskedLine({ ...event, asked: { ...asked } }, context));
    expect(read({ server: "s" })).toMatchObject({ call: { unrecorded: [] } });
    const history = { tools: {}, categories: {}, labels: { secrets: 1 } };
    expect(read({ server: "s", history })).toMatchObject({
      call: { input: { history }, unreadable: [], unrecorded: [] },
    });
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
