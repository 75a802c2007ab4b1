// What `regate status` prints of a gate that runs: the command in the test's process, the gate's own routes behind it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/status.ts";
import { Problem } from "../../src/problem.ts";
import type { ServerStatus, Status } from "../../src/status/status-schema.ts";
import { makeTempDir } from "../e2e/harness-process.ts";
import { OPERATOR_KEY, startFront } from "./front.ts";

const T = "2026-11-02T12:00:00.000Z";
const REVISION = { file: "bundles/regate.tar.gz", revision: "aaaaaaaaaaaa", digest: "d1", since: T };
const QUIET: Status = {
  version: "0.1.0",
  instance: "00000000-0000-4000-8000-000000000000",
  started: T,
  now: T,
  policy: REVISION,
  bundle: { name: "regate" },
  frozen: [],
  servers: [],
  log: { file: "/state/decisions.jsonl", durable: false, on_failure: "continue", lost: 0, failing: false },
};
const SERVER: ServerStatus = {
  key: "files",
  catalogue: "filesystem",
  mode: "enforce",
  arguments: "checked",
  has_rules: true,
  upstream: { kind: "stdio", processes: 1 },
  changed_tools: [],
  verdicts: { forward: 12, denied: 3, rate_limited: 1 },
  let_through: 0,
  sessions: 2,
  last_call: T,
};

async function status(dir: string, env: NodeJS.ProcessEnv = { REGATE_OPERATOR_KEY: OPERATOR_KEY }, ...args: string[]) {
  let printed = "";
  const code = await run(args, {
    stdout: (text) => {
      printed += text;
    },
    stderr: () => {},
    env,
    cwd: dir,
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, printed };
}

async function printOf(given: Status): Promise<{ url: string; printed: string }> {
  const { dir, url } = await startFront({ target: () => {}, status: () => given });
  const { code, printed } = await status(dir);
  expect(code).toBe(0);
  return { url, printed };
}

describe("regate status", () => {
  test("says which policy judges, what each server's calls became, and whether the log is whole", async () => {
    const { url, printed } = await printOf({ ...QUIET, servers: [SERVER] });
    expect(printed).toBe(`Regate 0.1.0 at ${url}, since ${T}
  policy   revision aaaaaaaaaaaa (bundles/regate.tar.gz), since ${T}, sha256 d1
  log      /state/decisions.jsonl, no decision is missing

files (filesystem)
  calls    12 went out, 3 denied, 1 over a limit
  sessions 2 in the last hour, last call ${T}
  server   1 process running
`);
  });

  test("is loud where a server is only observed", async () => {
    const observed = { ...SERVER, mode: "observe", let_through: 4 } as const;
    const { printed } = await printOf({ ...QUIET, servers: [observed, { ...SERVER, key: "other" }] });
    expect(printed).toContain("\nOBSERVED, NOTHING IS REFUSED: files\n");
    expect(printed).toContain("files (filesystem)  OBSERVED: nothing is refused\n");
    expect(printed).toContain(
      "calls    12 went out, 3 denied, 1 over a limit; the 4 that would have been refused went out all the same\n",
    );
    expect(printed).toContain("other (filesystem)\n");
  });

  test("says what is out of order", async () => {
    const server: ServerStatus = {
      ...SERVER,
      has_rules: false,
      arguments: "loose",
      upstream: { kind: "http", connections: 0 },
      changed_tools: ["a", "b", "c", "d", "e", "\u001b[31mf"],
      verdicts: { new_kind: 2 },
    };
    const { printed } = await printOf({
      ...QUIET,
      servers: [server],
      log: { ...QUIET.log, lost: 7, failing: true },
    });
    expect(printed).toContain(
      "decisions.jsonl, 7 decisions missing, AND IT CAN'T BE WRITTEN NOW: decisions are being lost\n",
    );
    expect(printed).toContain("calls    2 new_kind\n");
    expect(printed).toContain("server   0 connections, no answer to the last request, if there was one\n");
    expect(printed).toContain("policy   no rules of its own: the defaults of each tool's category judge it\n");
    expect(printed).toContain("args     not held against the server's schemas\n");
    expect(printed).toContain("changed  not the tools that were reviewed: a, b, c, d, e and 1 more\n");
  });

  test("lists where a shadow judges otherwise, each with a call that shows it", async () => {
    const { printed } = await printOf({
      ...QUIET,
      shadow: {
        file: "next.tar.gz",
        policy: { ...REVISION, file: "next.tar.gz", revision: "bbbbbbbbbbbb" },
        judged: 120,
        dropped: 1,
        divergences: { looser: 2, stricter: 0, other: 1 },
        top: [
          {
            server: "files",
            tool: "write\u202e",
            change: "looser",
            what: ["action"],
            active: "deny (no)",
            shadow: "allow (yes)",
            calls: 2,
            decision_id: "7f3a",
          },
          {
            server: "files",
            tool: "read",
            change: "other",
            what: ["reasons"],
            active: "deny (no)",
            shadow: "deny (no)",
            calls: 1,
            decision_id: "7f3b",
          },
        ],
        log: "/state/shadow.jsonl",
        lost: 3,
      },
    });
    expect(printed).toContain(`  shadow   revision bbbbbbbbbbbb (next.tar.gz), since ${T}\n`);
    expect(printed).toContain("120 calls judged beside, 1 left out: 2 looser, 0 stricter, 1 other\n");
    expect(printed).toMatch(/looser {3}write\S* on files: deny \(no\) -> allow \(yes\), 2 calls, e\.g\. 7f3a\n/);
    expect(printed).not.toContain("\u202e");
    expect(printed).toContain("other    read on files: deny (no) -> deny (no) (other reasons), 1 call, e.g. 7f3b\n");
    expect(printed).toContain("each is a line of /state/shadow.jsonl, 3 of them missing\n");
  });

  test("says why there is no shadow though one was asked for", async () => {
    const { printed } = await printOf({
      ...QUIET,
      shadow: {
        file: "next.tar.gz",
        problem: "next.tar.gz: no such bundle",
        judged: 0,
        dropped: 0,
        divergences: { looser: 0, stricter: 0, other: 0 },
        top: [],
        log: "/state/shadow.jsonl",
        lost: 0,
      },
    });
    expect(printed).toContain(
      "  shadow   none judges (next.tar.gz)\n           can't be taken: next.tar.gz: no such bundle\n",
    );
    expect(printed).not.toContain("judged beside");
  });

  test("gives the same as data", async () => {
    const given = { ...QUIET, servers: [SERVER] };
    const { dir } = await startFront({ target: () => {}, status: () => given });
    const { printed } = await status(dir, undefined, "--json");
    expect(JSON.parse(printed)).toEqual(given);
  });

  test.each([
    ["no key", {}, "REGATE_OPERATOR_KEY is not set"],
    ["another key", { REGATE_OPERATOR_KEY: "not-the-operator-key-at-all" }, "is not the operator key of this gate"],
  ])("is refused with %s", async (_, env, problem) => {
    const { dir } = await startFront({ target: () => {}, status: () => QUIET });
    const refused = status(dir, env);
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(problem);
  });

  test("is refused where no gate runs", async () => {
    const dir = makeTempDir();
    writeFileSync(join(dir, "regate.yaml"), "servers: {}\n");
    await expect(status(dir)).rejects.toThrow("no gate runs on regate.yaml; start it with regate serve");
  });
});
