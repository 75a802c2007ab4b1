import { describe, expect, test } from "vitest";
import { type AskedEvent, toAskedLine } from "../../src/log/asked-line.ts";
import { BUNDLE, DECISION } from "./events.ts";

const context = {
  labels: { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" },
  maskedKeys: new Set<string>(),
};

function line(change: Partial<AskedEvent> = {}) {
  const event: AskedEvent = {
    id: "5f0c0c3e-5a53-4d36-9e5f-0f3a4b7e8a11",
    asked: { server: "files", tool: "read_file", args: { path: "/a", password: "hunter2" } },
    characters: 10,
    evaluation: { kind: "decided", decision: { ...DECISION, redact: ["/path"] }, fuel: 4321, bundle: BUNDLE },
    rules: [{ id: 'policy.servers["files"]/reads', file: "policy/servers/files/files.rego", row: 12 }],
    startedUnixMs: Date.parse("2026-11-23T06:18:00.123Z"),
    judgedNs: 41_500,
    ...change,
  };
  return JSON.parse(toAskedLine(event, context));
}

describe("the line of an input that was asked about", () => {
  test("has the fields of a call's, says that it was none, and hides what a call's would", () => {
    expect(line()).toEqual({
      labels: context.labels,
      decision_id: "5f0c0c3e-5a53-4d36-9e5f-0f3a4b7e8a11",
      bundles: { regate: BUNDLE },
      path: "regate/decision",
      input: { server: "files", tool: "read_file", args: { path: "**masked**", password: "**masked**" } },
      result: { ...DECISION, redact: ["/path"] },
      requested_by: "operator",
      timestamp: "2026-11-23T06:18:00.123Z",
      metrics: { timer_regate_judge_ns: 41_500, counter_regate_fuel: 4321 },
      masked: ["/input/args/path", "/input/args/password"],
      regate: {
        verdict: "asked",
        server: "files",
        tool: "read_file",
        rules: [{ id: 'policy.servers["files"]/reads', file: "policy/servers/files/files.rego", row: 12 }],
      },
    });
  });

  test("has no arguments where the input has none, and params where it has those", () => {
    expect(line({ asked: { server: "files" } }).input).toEqual({ server: "files" });
    const asked = { server: "files", method: "resources/read", params: { uri: "test://a" } };
    expect(line({ asked })).toMatchObject({ input: asked, regate: { method: "resources/read" } });
  });

  test("names the error where the policy comes to no decision", () => {
    const failed = line({ evaluation: { kind: "failed", problem: "out of fuel", fuel: 9, bundle: BUNDLE }, rules: [] });
    expect(failed).toMatchObject({ error: { code: "regate_decide_failed", message: "out of fuel" } });
    expect(failed).not.toHaveProperty("result");
  });
});
