// A log is all of its files, whichever command reads it; and what it says about itself is passed over in silence.
import { dirname } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { run as diff } from "../../src/cli/diff.ts";
import { run as learn } from "../../src/cli/learn.ts";
import { run as why } from "../../src/cli/why.ts";
import { SHIPPED_BUNDLE } from "../../src/policy/shipped.ts";
import { makeLog, type TestLog } from "../log/logs.ts";

let log: TestLog;
beforeEach(async () => {
  log = makeLog();
  await log.run(5, { rotation: { maxBytes: 1, maxAgeMs: undefined } });
});

async function run(command: Command, ...args: readonly string[]) {
  let [stdout, stderr] = ["", ""];
  const code = await command(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env: {},
    cwd: dirname(dirname(log.file)),
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, stdout, stderr };
}

test("regate learn learns from all of them", async () => {
  const { code, stdout } = await run(learn, "--from", "state/decisions.jsonl", "-o", "learned");
  expect(code).toBe(0);
  expect(stdout).toMatch(/\b5 calls\b/);
  expect(stdout).not.toContain("passed over");
});

test("regate diff replays all of them, each once, also where a shell names them one by one", async () => {
  for (const names of [["decisions.jsonl"], ["decisions.000001.jsonl", "decisions.000002.jsonl", "decisions.jsonl"]]) {
    const replay = names.flatMap((name) => ["--replay", `state/${name}`]);
    const { stdout } = await run(diff, SHIPPED_BUNDLE, SHIPPED_BUNDLE, ...replay, "--format", "json");
    const { calls, files } = JSON.parse(stdout).replay;
    expect(calls).toBe(5);
    expect(files).toHaveLength(5);
    expect(files.flatMap(({ passed_over }: { passed_over: unknown[] }) => passed_over)).toEqual([]);
  }
});

test("regate why finds a decision in any of them", async () => {
  const { code, stdout } = await run(why, "call-0", "--log", "state/decisions.jsonl", "--bundle", SHIPPED_BUNDLE);
  expect(code).toBe(0);
  expect(stdout).toContain("read_file on files");
});
