// The pages of decisions, over real HTTP: what is listed, what a filter leaves, what one decision's page says step by step.
import { beforeAll, describe, expect, test } from "vitest";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { lineOf } from "./activity-support.ts";
import { linksOf, loadShipped, readPage, startConsole } from "./support.ts";

let policy: ActivePolicy;
beforeAll(async () => {
  policy = await loadShipped();
});

const LIMIT = { rule: "policy.s/few", max: 2, window: 60, per: "session", over: "tool", cost: 1 } as const;
const HTML = "<img src=x onerror=alert(1)>";

describe("the list", () => {
  test("says that nothing was judged yet", async () => {
    const { get } = await startConsole(policy);
    expect(readPage(await get("/console/decisions"))).toContain("No call has been judged yet");
  });

  test("has the newest decision first, each with what became of it, for whom and why", async () => {
    const { get, lines } = await startConsole(policy);
    lines.push([lineOf({ id: "one" })]);
    lines.push([lineOf({ id: "two", outcome: { kind: "rate_limited", limit: LIMIT, retryAfterSeconds: 30 } })]);
    lines.push(["no line at all"]);
    lines.push(['{"foreign": true}']);
    lines.push([
      lineOf({
        id: "three",
        outcome: { kind: "invalid_arguments", problem: "/n must be string", decision: undefined },
      }),
    ]);
    const answer = await get("/console/decisions");
    expect(linksOf(answer)).toEqual(["/console/decisions/three", "/console/decisions/two", "/console/decisions/one"]);
    const rows = answer.text.split("<tr>").slice(2).map(readPage);
    expect(rows[0]).toMatch(/12:34:56.*Invalid arguments.*ts.*annsession-1.*\/n must be string.*412 µs/);
    expect(rows[1]).toMatch(/Over a limit.*few/);
    expect(rows[2]).toMatch(/Allowed.*few/);
  });

  test.each([
    ["server=b", ["b"]],
    ["tool=WRITE", ["b", "a"]],
    ["tool=resources", ["c"]],
    ["verdict=denied", ["b"]],
    ["verdict=refused", ["c", "b"]],
    ["verdict=forward", ["a"]],
    ["verdict=what", []],
    ["principal=bob", ["c"]],
    ["session=s-2", ["b"]],
    ["rule=no-", ["b"]],
    ["server=b&tool=other", []],
  ])("is filtered by %s", async (query, ids) => {
    const { get, lines } = await startConsole(policy);
    lines.push([lineOf({ id: "a", call: { server: "a", tool: "write_file" } })]);
    lines.push([
      lineOf({
        id: "b",
        call: { server: "b", tool: "write_all", session: "s-2" },
        decision: { action: "deny", rules: ["policy.b/no-writes"] },
        outcome: { kind: "denied", reasons: [] },
      }),
    ]);
    const principal = { id: "bob", groups: [], claims: {} };
    const { tool: _, ...call } = { tool: undefined, server: "a", method: "resources/read", principal };
    lines.push([
      lineOf({ id: "c", call: { ...call, tool: undefined } as never, outcome: { kind: "frozen", problem: "Frozen" } }),
    ]);
    expect(linksOf(await get(`/console/decisions?${query}`))).toEqual(ids.map((id) => `/console/decisions/${id}`));
  });

  test("comes in pages of fifty", async () => {
    const { get, lines } = await startConsole(policy);
    for (let n = 0; n < 120; n++) lines.push([lineOf({ id: `d${n}` })]);
    const pages = await Promise.all(
      ["", "?page=2", "?page=3", "?page=4", "?page=x"].map((page) => get(`/console/decisions${page}`)),
    );
    expect(pages.map((page) => linksOf(page).length)).toEqual([50, 50, 20, 0, 50]);
    expect(linksOf(pages[2] ?? expect.fail())[19]).toBe("/console/decisions/d0");
    expect(pages[0]?.text).toContain('href="/console/decisions?page=2"');
    expect(pages[2]?.text).not.toContain("page=4");
  });

  test("shows names that are HTML or hide something as text", async () => {
    const { get, lines } = await startConsole(policy);
    lines.push([lineOf({ id: "x", call: { tool: HTML, session: "a\u202eb", server: "s\u200b" } })]);
    const { text } = await get("/console/decisions");
    expect(text).not.toContain("<img");
    expect(readPage(text)).toContain(HTML);
    expect(readPage(text)).toContain("aU+202Eb");
    expect(text.replace(/value="[^"]*"|href="[^"]*"/g, "")).not.toMatch(/[\u202e\u200b]/);
  });
});

describe("one decision", () => {
  test("is shown step by step, with buckets, fuel, rules and masked arguments", async () => {
    const { get, lines } = await startConsole(policy);
    const rule = "policy.servers.filesystem/reads";
    const args = { text: "", value: { path: "a\u202eb\u001b[31m", password: "hunter2" } };
    lines.push([
      lineOf({
        id: "d1",
        call: { server: "filesystem", tool: "read", args },
        decision: { rules: [rule], rate_limits: [{ ...LIMIT, rule }] },
        outcome: { kind: "forward", buckets: [{ rule, max: 2, before: 2, after: 1 }] },
      }),
    ]);
    const page = readPage(await get("/console/decisions/d1"));
    for (const text of [
      "went out to the server",
      "Category Write, severity high: as reviewed.",
      "Every bucket had enough.",
      "No matched rule asks for one.",
      "policy/s.rego:7",
      "of 2 tokens",
      "8,717 of 204,360 units",
      "412 µs",
      '"path": "aU+202Eb\\u001b[31m"',
      '"password": "**masked**"',
      "Masked: /args/password",
    ])
      expect(page).toContain(text);
    expect(page).not.toContain("hunter2");
  });

  test.each([
    [
      { kind: "frozen", problem: "All calls are frozen by an operator", decision: undefined },
      "Frozen? (refused)All calls are frozen",
    ],
    [
      { kind: "frozen", problem: "All calls are frozen by an operator" },
      "Ask a person (refused)It did not go out: All calls are frozen",
    ],
    [{ kind: "denied", reasons: ["No"] }, "Decide (refused)The policy denies it."],
    [
      { kind: "invalid_arguments", problem: "/n is no text", decision: undefined },
      "Check arguments (refused)/n is no text",
    ],
    [
      { kind: "rate_limited", limit: LIMIT, retryAfterSeconds: 29.2 },
      "Take tokens (refused)A limit of 2 per 60 s had too few tokens left; enough in 30 s.",
    ],
    [
      { kind: "rate_limited", limit: LIMIT, retryAfterSeconds: undefined },
      "(refused)It takes more than a limit of 2 per 60 s ever holds.",
    ],
    [
      { kind: "approval_needed", reasons: [], problem: "nobody answered" },
      "Ask a person (refused)It did not go out: nobody answered",
    ],
    [
      { kind: "failed", step: "decide", problem: "out of fuel", decision: undefined },
      "Decide (refused)The policy came to no decision: out of fuel",
    ],
    [
      { kind: "failed", step: "complete", problem: "no list", decision: undefined },
      "Know the tool (refused)It could not be completed: no list",
    ],
  ] as const)("says which step refused it: %j", async (outcome, text) => {
    const { get, lines } = await startConsole(policy);
    lines.push([
      lineOf({
        id: "d1",
        outcome,
        decision: { action: outcome.kind === "approval_needed" ? "require_approval" : "deny" },
      }),
    ]);
    const page = readPage(await get("/console/decisions/d1"));
    expect(page).toContain(text);
    expect(page).toContain("It did not go out.");
  });

  test("of an observed server went out all the same", async () => {
    const { get, lines } = await startConsole(policy);
    const instead = { kind: "denied", reasons: [] };
    lines.push([lineOf({ id: "d1", call: { observed: true }, outcome: { kind: "forward", instead } })]);
    const page = readPage(await get("/console/decisions/d1"));
    expect(page).toContain("Decide (refused)");
    expect(page).toContain("It went out all the same: the server is only observed.");
  });

  test("that is not kept here is not found, and the page says where to look", async () => {
    const { get, lines } = await startConsole(policy);
    lines.push([lineOf({ id: "d1", call: { args: { text: "", value: { note: "d2" } } } })]);
    const answer = await get("/console/decisions/d2");
    expect(answer.status).toBe(404);
    expect(readPage(answer)).toContain("regate why looks for it in the log");
  });
});
