// The first page, over real HTTP: what happened in a time, what is refused most, what is out of order.
import { beforeAll, describe, expect, test } from "vitest";
import { readRange, roundUp, summarize } from "../../src/console/chart.ts";
import { describeAge, describeDuration, describeShare } from "../../src/console/time.ts";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { createActivity } from "../../src/status/activity.ts";
import type { ServerStatus, Status } from "../../src/status/status-schema.ts";
import { judgedOf } from "./activity-support.ts";
import { loadShipped, readPage, startConsole } from "./support.ts";

let policy: ActivePolicy;
beforeAll(async () => {
  policy = await loadShipped();
});

const SERVER: ServerStatus = {
  key: "files",
  catalogue: "filesystem",
  mode: "enforce",
  arguments: "checked",
  has_rules: true,
  upstream: { kind: "stdio", processes: 2 },
  changed_tools: [],
  verdicts: { forward: 12, denied: 3 },
  let_through: 0,
  sessions: 2,
  last_call: "2026-11-02T12:00:00.000Z",
};

describe("the overview", () => {
  test("is whole before anything happened", async () => {
    const { get } = await startConsole(policy);
    const page = readPage(await get("/console/"));
    for (const text of [
      "No calls yet in this time",
      "Nothing was refused.",
      "No servers are configured.",
      "in force for",
    ])
      expect(page).toContain(text);
  });

  test("counts calls by verdict, and says what is refused most", async () => {
    const { get, activity } = await startConsole(policy, {}, {}, { servers: [SERVER] });
    for (let n = 0; n < 3; n++) activity.count(judgedOf());
    activity.count(
      judgedOf({ call: { server: "filesystem", tool: "<b>x" }, outcome: { kind: "denied", reasons: [] } }),
    );
    const answer = await get("/console/");
    expect(answer.text).toContain('aria-label="Calls over time. Last hour: 4 calls: 3 allowed, 1 denied"');
    expect(answer.text).not.toContain("<b>x");
    const page = readPage(answer);
    for (const text of [
      "Calls4last hour",
      "Refused125 % of the calls",
      "median; 99 % within",
      "<b>x",
      "1 denied · why <b>x",
    ])
      expect(page).toContain(text);
    expect(page).toContain("files2 processes running · 15 calls since the start · 2 sessions · last at 12:00");
    expect(readPage(await get("/console/?range=day"))).toContain("last 24 hours");
    expect((await get("/console/?range=%00")).status).toBe(200);
  });

  test("says first what is out of order", async () => {
    const observed: ServerStatus = {
      ...SERVER,
      mode: "observe",
      changed_tools: ["a", "b"],
      upstream: { kind: "http", connections: 1, last_status: 503 },
    };
    const log: Status["log"] = { file: "/d.jsonl", durable: true, on_failure: "refuse", lost: 3, failing: true };
    const none = { file: "https://b.example.com/b", revision: "none", digest: "", since: "2026-11-02T12:00:00.000Z" };
    const bundle = { name: "regate", code: "bundle_error", message: "it answers with HTTP status 503" } as const;
    const { get } = await startConsole(policy, {}, {}, { servers: [observed], log, policy: none, bundle });
    const page = readPage(await get("/console/"));
    for (const text of [
      "The decision log can't be written. Calls are refused until it can.",
      "3 decisions of this run are missing",
      "No policy is in force yet. Every call is refused until a bundle comes from https://b.example.com/b.",
      "The bundle can't be taken: it answers with HTTP status 503",
      "Nothing is refused on files",
      "2 changed tools",
      "last answer 503, 1 connection",
    ])
      expect(page).toContain(text);
  });
});

describe("the chart", () => {
  test("puts each minute into its bar, the one that is being filled last", () => {
    const now = Date.parse("2026-11-02T12:34:56Z");
    let time = now - 59 * 60_000;
    const activity = createActivity(() => time);
    activity.count(judgedOf());
    time = now;
    activity.count(judgedOf());
    activity.count(judgedOf({ outcome: { kind: "denied", reasons: [] } }));
    const summary = summarize(activity.minutes(0), readRange("hour"), now);
    expect(summary.bars).toHaveLength(60);
    expect(summary.bars[0]).toMatchObject({ total: 1, fromUnixMs: Date.parse("2026-11-02T11:35:00Z") });
    expect(summary.bars[59]?.parts).toEqual([
      { kind: "forward", count: 1 },
      { kind: "denied", count: 1 },
    ]);
    expect(summary).toMatchObject({
      total: 3,
      refused: 1,
      counts: [
        { kind: "forward", count: 2 },
        { kind: "denied", count: 1 },
      ],
    });
    expect(
      summarize(activity.minutes(0), readRange("day"), now)
        .bars.map(({ total }) => total)
        .slice(-4),
    ).toEqual([1, 0, 0, 2]);
  });

  test.each([
    [0, 4],
    [1, 4],
    [5, 6],
    [9, 10],
    [11, 20],
    [21, 30],
    [101, 200],
    [1_000, 1_000],
  ])("has an axis for %i up to %i", (count, top) => {
    expect(roundUp(count)).toBe(top);
  });
});

describe("numbers as people read them", () => {
  test.each([
    [0, "a second"],
    [59_000, "59 seconds"],
    [61_000, "a minute"],
    [3_599_000, "59 minutes"],
    [3_600_000, "an hour"],
    [47 * 3_600_000, "47 hours"],
    [50 * 3_600_000, "2 days"],
  ])("%i ms are %s", (ms, text) => expect(describeAge(ms)).toBe(text));
  test.each([
    [12, "12 ns"],
    [1_234, "1.2 µs"],
    [412_000, "412 µs"],
    [0.42e7, "4.2 ms"],
    [63e6, "63 ms"],
    [3.1e9, "3.1 s"],
  ])("%d ns are %s", (ns, text) => expect(describeDuration(ns)).toBe(text));
  test.each([
    [0, 0, "0 %"],
    [1, 3, "33 %"],
    [1, 40, "2.5 %"],
    [1, 5_000, "<0.1 %"],
  ])("%i of %i is %s", (part, whole, text) => expect(describeShare(part, whole)).toBe(text));
});
