// `regate log` and `regate log verify` on logs as the gate writes them, in the test's process.
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { run } from "../../src/cli/log.ts";
import { makeEvent } from "../log/events.ts";
import { KEY, makeLog, NOW, type TestLog } from "../log/logs.ts";
import { problemOf } from "../policy/support.ts";

let log: TestLog;
let cwd: string;
beforeEach(() => {
  log = makeLog();
  cwd = dirname(dirname(log.file));
  writeFileSync(join(cwd, "regate.yaml"), "state: state\n");
});

async function regateLog(...args: string[]) {
  let [stdout, stderr] = ["", ""];
  const code = await run(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env: {},
    cwd,
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, stdout, stderr };
}

/** The ids of the decisions that are found. */
async function idsOf(...args: string[]): Promise<string[]> {
  const { stdout } = await regateLog("--json", ...args);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => String(JSON.parse(line).decision_id));
}

const HOUR_MS = 3_600_000;
const DENIED = { kind: "denied", reasons: ["Never"] } as const;

/** Four decisions, an hour apart, each put away in a file of its own. */
async function recordFour(): Promise<void> {
  const opened = await log.open({ rotation: { maxBytes: 1, maxAgeMs: undefined } });
  const events = [
    makeEvent({ id: "a0000000-1", startedUnixMs: NOW - 4 * HOUR_MS }),
    makeEvent({
      id: "b0000000-2",
      startedUnixMs: NOW - 3 * HOUR_MS,
      call: { tool: "delete_file", session: "s-2", principal: { id: "bob", groups: [], claims: {} } },
      decision: { action: "deny", rules: ["policy.servers.files/no-deletes"], reasons: ["Never"] },
      outcome: DENIED,
    }),
    makeEvent({ id: "c0000000-3", startedUnixMs: NOW - 2 * HOUR_MS, call: { server: "tickets", tool: "close" } }),
    {
      ...makeEvent({ id: "d0000000-4", startedUnixMs: NOW - HOUR_MS }),
      call: {
        server: "files",
        direction: "to_server",
        method: "resources/read",
        session: "s-1",
        principal: { id: "claude", groups: [], claims: {} },
      },
    } as const,
  ];
  for (const event of events) {
    void opened.record(event);
    await opened.flush();
  }
  await opened.close();
}

describe("regate log", () => {
  beforeEach(recordFour);

  test("shows every decision, the oldest first, over rotated files, as a table", async () => {
    const { code, stdout, stderr } = await regateLog();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      [
        "TIME                  VERDICT            TOOL                                          PRINCIPAL         DECISION  RULES",
        "2026-11-23T03:00:00Z  forward            files/read_file                               claude            a0000000  reads",
        "2026-11-23T04:00:00Z  denied             files/delete_file                             bob               b0000000  no-deletes: Never",
        "2026-11-23T05:00:00Z  forward            tickets/close                                 claude            c0000000  reads",
        "2026-11-23T06:00:00Z  forward            files/resources/read                          claude            d0000000  reads",
        "",
      ].join("\n"),
    );
  });

  test.each([
    [["--server", "tickets"], ["c"]],
    [
      ["--server", "tickets", "--server", "files"],
      ["a", "b", "c", "d"],
    ],
    [["--tool", "read_file"], ["a"]],
    [["--tool", "resources/read"], ["d"]],
    [["--session", "s-2"], ["b"]],
    [["--principal", "bob"], ["b"]],
    [["--action", "deny"], ["b"]],
    [["--action", "denied"], ["b"]],
    [
      ["--action", "allow", "--server", "files"],
      ["a", "d"],
    ],
    [["--rule", "no-deletes"], ["b"]],
    [["--rule", "policy.servers.files/no-deletes"], ["b"]],
    [["--rule", "deletes"], []],
    [
      ["--since", "2026-11-23T05:00Z"],
      ["c", "d"],
    ],
    [
      ["--until", "2026-11-23T05:00Z"],
      ["a", "b"],
    ],
    [
      ["--since", "2026-11-23T04:00:00.000Z", "--until", "2026-11-23T06:00:00+00:00"],
      ["b", "c"],
    ],
    [["--since", "2026-11-24"], []],
    [["--server", "tick"], []],
    [
      ["-n", "2"],
      ["c", "d"],
    ],
    [["-n", "1", "--server", "files", "--tool", "read_file"], ["a"]],
  ])("%j finds those, and no other", async (args, letters) => {
    expect((await idsOf(...args)).map((id) => id[0])).toEqual(letters);
  });

  test("says where none fits", async () => {
    expect((await regateLog("--tool", "other")).stderr).toBe("no decision fits\n");
    expect((await regateLog("--server", "other")).stderr).toMatch(
      /^no decision fits; a server goes by its name in policy/,
    );
  });

  test("names the rules that carry a decision first, and none where there is none", async () => {
    const opened = await log.open();
    const decision = { action: "deny", rules: ["p/few", "p/never"], reasons: ["Never"] } as const;
    const denied = makeEvent({ id: "first", decision, outcome: DENIED });
    const rules = [{ id: "p/never", file: "p.rego", row: 2 }, { id: "p/few" }];
    void opened.record({ ...denied, rules });
    const frozen = makeEvent({ id: "none", outcome: { kind: "frozen", problem: "All is frozen" } });
    void opened.record({ ...frozen, verdict: { ...frozen.verdict, decision: undefined }, rules: [] });
    await opened.close();
    const { stdout } = await regateLog("-n", "2");
    expect(stdout).toMatch(/ {2}first {2}never, few: Never\n.* {2}none {2}All is frozen\n$/);
  });

  test("counts back from now what is no date", async () => {
    const opened = await log.open();
    void opened.record(makeEvent({ id: "now", startedUnixMs: Date.now() - 60_000 }));
    void opened.record(makeEvent({ id: "before", startedUnixMs: Date.now() - 3 * HOUR_MS }));
    await opened.close();
    expect(await idsOf("--since", "10m")).toEqual(["now"]);
    expect(await idsOf("--since", "1d")).toEqual(["now", "before"]);
    expect(await idsOf("--since", "1d", "--until", "7200s")).toEqual(["before"]);
  });

  test("reads the log that is named, and a rotated file alone by its own name", async () => {
    expect(await idsOf("state/decisions.jsonl")).toHaveLength(4);
    expect(await idsOf("state/decisions.000002.jsonl")).toEqual(["b0000000-2"]);
  });

  test("prints as JSON the lines as they are in the log", async () => {
    const { stdout } = await regateLog("--json", "--principal", "bob");
    expect(stdout.trimEnd()).toBe(log.lines("decisions.000002.jsonl").find((line) => line.includes("decision_id")));
  });

  test("shows nothing that could move a cursor or reorder a line", async () => {
    const opened = await log.open();
    const evil = "x\u001b[2J\u202egnp\u200b\u0007";
    void opened.record(
      makeEvent({
        id: "evil",
        call: { tool: evil, server: evil, session: evil, principal: { id: evil, groups: [], claims: {} } },
        decision: { rules: [`policy.servers.x/${evil}`], reasons: [evil] },
        outcome: { kind: "denied", reasons: [evil] },
      }),
    );
    await opened.close();
    const { stdout: table } = await regateLog("--tool", evil);
    const { stdout: json } = await regateLog("--json", "--tool", evil);
    for (const text of [table, json]) {
      expect(text).not.toMatch(/[^\n\x20-\x7e]/);
      expect(text).toMatch(/202e/);
    }
    expect(JSON.parse(json).input.tool).toBe(evil);
  });

  test("passes over what is no decision, a line of 5 MB with it, and counts it", async () => {
    appendFileSync(log.file, `{"a":1}\nnot json\n${"x".repeat(5_242_880)}\n\n{"half of one`);
    const { code, stdout, stderr } = await regateLog();
    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(6);
    expect(stderr).toBe("3 lines that are no decision of a gate were passed over\n");
  });

  test("waits for a reader that is slow", async () => {
    let drained = 0;
    await run([], {
      stdout: () => undefined,
      stderr: () => undefined,
      drained: () => {
        drained += 1;
      },
      env: {},
      cwd,
      stdin: () => Promise.reject(new Error("not read")),
    });
    expect(drained).toBeGreaterThanOrEqual(4);
  });

  test.each([
    [["--since", "yesterday"], "--since yesterday: must be how long ago, as in 30m, 2h or 7d, or a time"],
    [["--until", "2026-13-45"], "--until 2026-13-45: must be"],
    [["--since", "2026-11-23T07:00"], "--since 2026-11-23T07:00: must be"],
    [["--action", "denyed"], "--action denyed: must be one of allow, require_approval, deny, forward"],
    [["--since", "1h", "--until", "2h"], "--until 2h: must be later than --since 1h, or nothing fits"],
    [["-n", "0"], "-n 0: must be a whole number from 1 to 100000"],
    [["a.jsonl", "b.jsonl"], "regate log: one log at a time, not a.jsonl and b.jsonl"],
    [["--until", "verify"], "--until verify: must be"],
    [["nowhere.jsonl"], "nowhere.jsonl: no such file; name a decision log"],
    [["state"], "state: is no file; name a decision log"],
    [["-c", "other.yaml"], "other.yaml"],
  ])("%j is refused in one line that says what to do", async (args, message) => {
    const [line, ...more] = await problemOf(regateLog(...args));
    expect(line).toContain(message);
    expect(more).toEqual([]);
  });
});

describe("regate log verify", () => {
  const writeKey = (key = KEY, name = "state/log.key"): void => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), key, { mode: 0o600 });
  };

  test("says that every line is as it was written, and what the end is, to be kept elsewhere", async () => {
    await recordFour();
    writeKey();
    const { code, stdout } = await regateLog("verify");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^state\/decisions\.000001\.jsonl: 3 lines, 1 to 3 of the chain\n[\s\S]*\nstate\/decisions\.jsonl: 3 lines, 10 to 12 of the chain\nstate\/decisions\.jsonl: every line is as it was written; it ends cleanly, with line 12, [\w-]{43}\n$/,
    );
    const files = log.file.replace("decisions.jsonl", "");
    const names = ["000001.", "000002.", "000003.", ""].map((number) => `${basename(files)}/decisions.${number}jsonl`);
    expect(await regateLog("verify", ...names)).toMatchObject({ code: 0, stdout });
    expect(await regateLog("-c", "regate.yaml", "verify", "state/decisions.jsonl")).toMatchObject({ code: 0, stdout });
    expect((await regateLog("verify", "state/decisions.000002.jsonl")).stdout).toMatch(
      /it goes on in the next file, with line 6/,
    );
  });

  test("names the first line that is not, and answers 1", async () => {
    await recordFour();
    writeKey();
    log.tamper((lines) => lines.map((line) => line.replace("bob", "eve")), "decisions.000002.jsonl");
    const { code, stdout } = await regateLog("verify");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^state\/decisions\.000002\.jsonl:2: CHANGED: line 5 of the chain was changed$/m);
    expect(stdout).not.toContain("as it was written");
    const [one] = JSON.parse((await regateLog("verify", "--json")).stdout);
    expect(one).toMatchObject({
      log: "state/decisions.jsonl",
      as_written: false,
      findings: [{ kind: "changed", file: "state/decisions.000002.jsonl", line: 2 }],
    });
  });

  test("says of a log without a chain that nothing can be said of it, and answers 1", async () => {
    mkdirSync(dirname(log.file));
    writeFileSync(log.file, "{}\n{}\n");
    writeKey();
    const { code, stdout } = await regateLog("verify");
    expect(code).toBe(1);
    expect(stdout).toBe(
      "state/decisions.jsonl: 2 lines, in no chain\n  2 lines at the beginning are in no chain: nothing can be said of them\nstate/decisions.jsonl: NOT CHAINED: an earlier Regate wrote it, and nothing can be said of it\n",
    );
    await log.run(1);
    expect((await regateLog("verify")).code).toBe(0);
  });

  test("takes the key that the configuration names, or the command", async () => {
    await log.run(1);
    writeKey(KEY, "keys/mine");
    writeFileSync(join(cwd, "regate.yaml"), "state: state\nlog: {keyFile: keys/mine}\n");
    expect((await regateLog("verify")).code).toBe(0);
    writeKey(Buffer.alloc(32, 9), "keys/other");
    expect((await regateLog("verify", "--key", "keys/other")).code).toBe(1);
    expect((await regateLog("verify", "--key", "keys/other", "--key", "keys/mine")).code).toBe(0);
  });

  test.each([
    ["no key", () => undefined, /state\/log\.key: there is no such file; a log can only be verified with the key/],
    ["a key that is too short", () => writeKey(Buffer.alloc(8)), /it holds 8 bytes, and must hold 32 random ones/],
    [
      "a key that others may read",
      () => {
        writeKey();
        chmodSync(join(cwd, "state/log.key"), 0o644);
      },
      /its mode 644 lets others at it/,
    ],
  ])("refuses %s", async (_, prepare, message) => {
    await log.run(1);
    prepare();
    expect((await problemOf(regateLog("verify"))).join("\n")).toMatch(message);
  });
});
