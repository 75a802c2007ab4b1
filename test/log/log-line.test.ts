import { describe, expect, test } from "vitest";
import type { ApprovalNote, Outcome, Refusal } from "../../src/gate/types.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { BUNDLE, DECISION, makeEvent } from "./events.ts";

const context = {
  labels: { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" },
  maskedKeys: new Set(["iban"]),
};

function line(...parts: Parameters<typeof makeEvent>) {
  return JSON.parse(toLogLine(makeEvent(...parts), context));
}

const LIMIT = { rule: "policy.defaults/writes", max: 10, window: 60, per: "session", over: "tool", cost: 1 } as const;

const APPROVAL: ApprovalNote = {
  id: "approval-1",
  state: "pending",
  askedUnixMs: Date.parse("2026-11-23T06:18:00.123Z"),
  decided: undefined,
  byGrant: false,
  waitedMs: 25_000,
  leftSeconds: 275,
  url: "http://127.0.0.1/console/approvals/approval-1",
};
const DECIDED = { by: "operator", unixMs: APPROVAL.askedUnixMs + 4_000, reason: "fine", grantMinutes: 10 };

describe("the line of a judged call", () => {
  test("has the fields of OPA's decision log, and the gate's own under regate", () => {
    const event = { ...makeEvent({ args: { path: "/a", password: "hunter2" } }), time: { unix: 1 } };
    expect(JSON.parse(toLogLine(event, context))).toEqual({
      labels: context.labels,
      decision_id: "5f0c0c3e-5a53-4d36-9e5f-0f3a4b7e8a11",
      bundles: { regate: BUNDLE },
      path: "regate/decision",
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
        time: { unix: 1 },
        args: { path: "/a", password: "**masked**" },
      },
      result: DECISION,
      requested_by: "claude",
      timestamp: "2026-11-23T06:18:00.123Z",
      metrics: { timer_regate_judge_ns: 41_500, counter_regate_fuel: 4321 },
      masked: ["/input/args/password"],
      regate: {
        verdict: "forward",
        server: "files",
        tool: "read_file",
        method: "tools/call",
        session: "s-1",
        rules: [{ id: 'policy.servers["files"]/reads', file: "policy/servers/files/files.rego", row: 12 }],
      },
    });
  });

  test("says which configured server it is for, what is not the tool that was reviewed, and what changed of it", () => {
    const call = {
      definition: { sha256: "b".repeat(64), text: "{}" },
      place: { key: "files-eu", id: "f".repeat(64) },
    };
    const definitionChange = { reviewedSha256: "a".repeat(64), what: 'description: +"Read ~/.ssh"' };
    const event = { ...makeEvent({ call }), definitionChange };
    expect(JSON.parse(toLogLine(event, context)).regate).toMatchObject({
      server_key: "files-eu",
      definition_sha256: "b".repeat(64),
      definition_change: { reviewed_sha256: "a".repeat(64), what: 'description: +"Read ~/.ssh"' },
    });
  });

  test("of a server that is observed says so, and what would have become of a call that went out all the same", () => {
    const call = { observed: true };
    const observed = (instead?: Refusal) =>
      line({ call, outcome: { kind: "forward", receipt: undefined, ...(instead && { instead }) } });
    expect(observed().regate).toMatchObject({ verdict: "forward", observed: true });
    const limited = observed({ kind: "rate_limited", limit: LIMIT, retryAfterSeconds: 6 });
    expect(limited.regate).toMatchObject({
      verdict: "rate_limited",
      observed: true,
      limit: LIMIT,
      retry_after_seconds: 6,
    });
    const failed = observed({ kind: "failed", step: "decide", problem: "out of fuel" });
    expect(failed).toMatchObject({
      error: { code: "regate_decide_failed", message: "out of fuel" },
      regate: { verdict: "failed", observed: true },
    });
    expect(line({}).regate).not.toHaveProperty("observed");
  });

  test("says where the category comes from, beside the input that was judged", () => {
    const definition = { catalogued: false, changed: false };
    const classified = makeEvent({ facts: { definition, classified: true } });
    expect(JSON.parse(toLogLine(classified, context))).toMatchObject({
      input: { definition },
      regate: { classified: true },
    });
    const unknown = makeEvent({
      facts: { category: "Unknown", definition, unknownBecause: "the server lists no such tool" },
    });
    const logged = JSON.parse(toLogLine(unknown, context));
    expect(logged.regate).toMatchObject({ unknown_because: "the server lists no such tool" });
    expect(logged.input).not.toHaveProperty("unknownBecause");
    expect(logged.regate).not.toHaveProperty("classified");
  });

  test("is one line, whatever the arguments hold", () => {
    const text = toLogLine(makeEvent({ args: { text: "a\nb\r\n\u2028c" } }), context);
    expect(text).not.toMatch(/[\r\n]/);
    expect(JSON.parse(text).input.args).toEqual({ text: "a\nb\r\n\u2028c" });
  });

  const outcomes: readonly [Outcome, Record<string, unknown>][] = [
    [{ kind: "denied", reasons: ["no"] }, { verdict: "denied" }],
    [
      { kind: "rate_limited", limit: LIMIT, retryAfterSeconds: 6 },
      { verdict: "rate_limited", limit: LIMIT, retry_after_seconds: 6 },
    ],
    [
      { kind: "rate_limited", limit: LIMIT, retryAfterSeconds: undefined },
      { verdict: "rate_limited", limit: LIMIT },
    ],
    [
      { kind: "too_many_buckets", limit: LIMIT },
      { verdict: "too_many_buckets", limit: LIMIT },
    ],
    [
      { kind: "too_many_in_flight", overload: { of: "session", max: 8 } },
      { verdict: "too_many_in_flight", in_flight: { of: "session", max: 8 } },
    ],
    [
      { kind: "invalid_arguments", problem: "/path must be string" },
      { verdict: "invalid_arguments", problem: "/path must be string" },
    ],
    [
      { kind: "approval_needed", reasons: [], problem: "no approver is configured" },
      { verdict: "approval_needed", problem: "no approver is configured" },
    ],
    [
      { kind: "approval_needed", reasons: [], problem: "nobody has decided yet", approval: APPROVAL },
      {
        verdict: "approval_needed",
        problem: "nobody has decided yet",
        approval: { id: "approval-1", state: "pending", asked: "2026-11-23T06:18:00.123Z", waited_ms: 25_000 },
      },
    ],
    [
      {
        kind: "forward",
        receipt: undefined,
        approval: { ...APPROVAL, state: "approved", byGrant: true, waitedMs: 0.4, decided: DECIDED },
      },
      {
        verdict: "forward",
        approval: {
          id: "approval-1",
          state: "approved",
          asked: "2026-11-23T06:18:00.123Z",
          by: "operator",
          decided: "2026-11-23T06:18:04.123Z",
          reason: "fine",
          grant_minutes: 10,
          by_grant: true,
          waited_ms: 0,
        },
      },
    ],
    [
      { kind: "denied", reasons: ["Too late"], approval: { ...APPROVAL, state: "approved", waitedMs: 7 } },
      {
        verdict: "denied",
        approval: { id: "approval-1", state: "approved", asked: "2026-11-23T06:18:00.123Z", waited_ms: 7 },
      },
    ],
    [
      { kind: "failed", step: "limit", problem: "the journal can't be written" },
      { verdict: "failed", step: "limit", problem: "the journal can't be written" },
    ],
  ];
  test.each(outcomes)("says what became of it: %j", (outcome, expected) => {
    const { server: _, tool: _t, method: _m, session: _s, rules: _r, ...told } = line({ outcome }).regate;
    expect(told).toEqual(expected);
  });

  test("has an error and no result where there is no decision", () => {
    const event = makeEvent({ outcome: { kind: "failed", step: "decide", problem: "out of fuel" } });
    const failed = {
      ...event,
      verdict: { ...event.verdict, decision: undefined, facts: undefined, bundle: undefined },
      rules: [],
    };
    const read = JSON.parse(toLogLine(failed, context));
    expect(read).toMatchObject({
      bundles: {},
      error: { code: "regate_decide_failed", message: "out of fuel" },
      regate: { rules: [] },
    });
    expect(read).not.toHaveProperty("result");
    expect(read.input).not.toHaveProperty("category");
  });

  test("has empty arguments where the client sent none, as the policy sees it", () => {
    expect(line().input.args).toEqual({});
  });

  test("has params, and no args, for another method", () => {
    const { input } = line({
      call: { method: "resources/read", params: { text: "{}", value: { uri: "file:///a", iban: "DE02" } } },
      decision: { redact: ["/uri"] },
    });
    expect(input).toMatchObject({ method: "resources/read", params: { uri: "**masked**", iban: "**masked**" } });
    expect(input).not.toHaveProperty("args");
  });
});

describe("secrets", () => {
  test("are masked where the policy, the configuration or their look says so", () => {
    const { input, masked } = line({
      args: { ssh: "x", IBAN: "DE02", note: "Bearer abcdefghijklmnop" },
      decision: { redact: ["/ssh"] },
    });
    expect(input.args).toEqual({ ssh: "**masked**", IBAN: "**masked**", note: "**masked**" });
    expect(masked).toEqual(["/input/args/ssh", "/input/args/IBAN", "/input/args/note"]);
  });

  test("are masked in claims, reasons and problems too", () => {
    const key = "AKIAIOSFODNN7EXAMPLE";
    const text = toLogLine(
      makeEvent({
        call: { principal: { id: "ann", groups: [], claims: { access_token: "abc", note: key } } },
        decision: { reasons: [`not with ${key}`] },
        outcome: { kind: "failed", step: "decide", problem: `can't read ${key}` },
      }),
      context,
    );
    expect(text).not.toContain(key);
    expect(JSON.parse(text).masked).toEqual([
      "/input/principal/claims/access_token",
      "/input/principal/claims/note",
      "/result/reasons/0",
      "/error/message",
      "/regate/problem",
    ]);
  });
});

test("large arguments are cut and never crowd out the decision", () => {
  const { input, result, regate } = line({ args: { list: Array.from({ length: 100_000 }, () => "x".repeat(9)) } });
  expect(input.args.list.at(-1)).toBe("**truncated**");
  expect(regate.truncated).toContain("/input/args/list");
  expect(result).toEqual(DECISION);
});
