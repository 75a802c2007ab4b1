// `regate diff --replay`: decision logs as gates write them, and as they are found.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../src/cli/diff.ts";
import { toLogLine } from "../../../src/log/log-line.ts";
import { makeEvent } from "../../log/events.ts";
import { problemOf } from "../../policy/support.ts";
import { diff, makeRepository, POLICY, type TestRepository, withRules } from "./repository.ts";

const context = {
  labels: { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" },
  maskedKeys: new Set<string>(),
};
const lineFor = (args: unknown, more: { readonly tool?: string; readonly server?: string } = {}): string => {
  return toLogLine(makeEvent({ args, call: more }), context);
};

let repository: TestRepository;

beforeAll(async () => {
  repository = await makeRepository(POLICY);
  await repository.commit("Open more", withRules('"/open/")', '"/")'));
});

async function replay(files: Readonly<Record<string, string | Uint8Array>>, ...args: string[]) {
  for (const [name, content] of Object.entries(files)) await writeFile(join(repository.dir, ".git", name), content);
  const named = Object.keys(files).flatMap((name) => ["--replay", `.git/${name}`]);
  return diff(repository.dir, ["HEAD~1", "HEAD", ...named, ...args]);
}

test("the calls of several logs are counted where they change", async () => {
  const { stdout } = await replay({
    "a.jsonl": `${lineFor({ path: "/etc/hosts" })}\n${lineFor({ path: "/open/a" })}\n`,
    "b.jsonl": `${lineFor({ path: "/etc/hosts", note: "x" })}\n`,
  });
  expect(stdout).toContain("0 samples and 3 recorded calls\n");
  expect(stdout).toMatch(
    /looser {3}deny \(no-secrets, reads\) -> allow \(reads\)\n(?: {13}.*\n)*? {13}args .* \(\d+ inputs, 2 recorded calls\)\n/,
  );
});

test("what is masked where a rule reads is not replayable, and is counted", async () => {
  const { stdout } = await replay({
    "a.jsonl": `${lineFor({ path: "password=hunter2hunter2" })}\n${lineFor({ path: "/x", password: "p" })}\n`,
  });
  expect(stdout).toContain(
    "note: 1 recorded call is not replayable: the decision may read what the log masked, cut or does not have\n",
  );
  expect(stdout).toContain("1 recorded call)");
});

test("what is no recorded call is passed over, and named by its line", async () => {
  const foreign = '{"level":"info","msg":"listening"}';
  const huge = Buffer.concat([Buffer.alloc(10_485_760, 0x78), Buffer.from("\n")]);
  const content = Buffer.concat([
    Buffer.from(`${lineFor({ path: "/etc/a" })}\n${lineFor({}).slice(0, 100)}\n${foreign}\n\n`),
    huge,
    Buffer.of(0xff, 0x0a),
    Buffer.from(`${lineFor({ path: "/etc/b" })}\n${`${foreign}\n`.repeat(12)}${lineFor({}).slice(0, 50)}`),
  ]);
  const { exitCode, stdout } = await replay({ "mixed.jsonl": content });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("and 2 recorded calls\n");
  const shown = ".git/mixed.jsonl";
  expect(stdout).toContain(`note: ${shown}: 1 line was passed over, not JSON: line 2\n`);
  expect(stdout).toContain(
    `note: ${shown}: 13 lines were passed over, no decision of a gate: lines 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, ...\n`,
  );
  expect(stdout).toContain(`note: ${shown}: 1 line was passed over, longer than any line of a decision log: line 5\n`);
  expect(stdout).toContain(`note: ${shown}: 1 line was passed over, not UTF-8: line 6\n`);
  expect(stdout).toContain(`note: ${shown}: 1 line was passed over, cut short: line 20\n`);
});

test("tools that no catalogue knows are judged as the log describes them, and named", async () => {
  const { stdout } = await replay({ "a.jsonl": `${lineFor({}, { tool: "peek", server: "elsewhere" })}\n` });
  expect(stdout).toMatch(/note: 1 recorded call is of tools that no catalogue has, .*: elsewhere\/peek\n/);
});

test("a log that is not there is an error before anything is replayed", async () => {
  expect(await problemOf(diff(repository.dir, ["HEAD~1", "HEAD", "--replay", "nope.jsonl"]))).toEqual([
    "nope.jsonl: no such file; name a decision log, such as .regate/decisions.jsonl",
  ]);
});

test("a file without one recorded call is an error, for it would show that nothing changes; an empty log is none", async () => {
  expect(await problemOf(replay({ "foreign.yaml": "servers:\n  files: {}\n\n{}\n" }))).toEqual([
    ".git/foreign.yaml: none of its lines is a recorded call (2 not JSON, 1 no decision of a gate); name a decision log, such as .regate/decisions.jsonl",
  ]);
  expect((await replay({ "new.jsonl": "\n" })).stdout).toContain("and 0 recorded calls\n");
});

describe("progress", () => {
  const stderrOf = async (isTerminal: boolean): Promise<string> => {
    await writeFile(join(repository.dir, ".git/a.jsonl"), `${lineFor({ path: "/etc/hosts" })}\n`.repeat(5_000));
    let stderr = "";
    await run(["HEAD~1", "HEAD", "--replay", ".git/a.jsonl"], {
      stdout: () => undefined,
      stderr: (text) => {
        stderr += text;
      },
      env: process.env,
      cwd: repository.dir,
      stdin: async () => new Uint8Array(),
      isTerminal,
    });
    return stderr;
  };

  test("is shown on a terminal, and cleared at the end", async () => {
    const stderr = await stderrOf(true);
    expect(stderr).toMatch(/\r\[#*\.*\] +\d+ % {2}[\d,]+ calls, \d+ s left/);
    expect(stderr.endsWith("\r\u001b[K")).toBe(true);
  });

  test("is shown nowhere else", async () => {
    expect(await stderrOf(false)).toBe("");
  });
});
