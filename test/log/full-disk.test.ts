// What becomes of calls while the disk is full, and of the log when it no longer is. The limit of a process on the size of its
// files stands for the disk: it is the system that fails the writes, and it can be raised while the process runs.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verifyLog } from "../../src/log/verify-log.ts";
import { buildSources } from "../cli/built.ts";
import { makeTempDir, type Running, run } from "../e2e/harness-process.ts";
import { KEY } from "./logs.ts";

const dist = buildSources();
const script = join(import.meta.dirname, "full-disk.mjs");

type OnFailure = "refuse" | "continue";

function start(mode: "durable" | "batched", onFailure: OnFailure): { readonly file: string; readonly child: Running } {
  const file = join(makeTempDir(), "state/decisions.jsonl");
  const command = 'ulimit -S -f 16; exec "$0" "$@"';
  return { file, child: run("/bin/sh", ["-c", command, process.execPath, script, dist, file, mode, onFailure]) };
}

/** The ids that `pattern` finds in what was printed. */
function idsIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, id = ""]) => id);
}

test.each([
  ["batched", "continue", "decisions are being lost"],
  ["batched", "refuse", "calls are refused"],
  ["durable", "continue", "decisions are being lost"],
  ["durable", "refuse", "calls are refused"],
] as const)(
  "a full disk, %s and %s: the log says so, counts, and goes on when there is room",
  async (mode, onFailure, effect) => {
    const { file, child } = start(mode, onFailure);
    await child.printed(/^problem the decision log can't be written/m);
    expect(child.stdout()).toContain(
      `problem the decision log can't be written, ${effect}: EFBIG: file too large, write\n`,
    );
    await child.printed(onFailure === "refuse" ? /^refused call-\d+: EFBIG/m : /^passed call-\d+, failing true/m);

    execFileSync("prlimit", [`--pid=${child.pid}`, "--fsize=unlimited:"]);
    await child.printed(/^problem the decision log is written again/m);
    const before = child.stdout().length;
    await child.printed(new RegExp(`[\\s\\S]{${before}}\npassed call-\\d+, failing false\n[\\s\\S]*passed`));
    child.stdin.end();
    await child.exited;

    const printed = child.stdout();
    const lost = Number(/^closed, lost (\d+)/m.exec(printed)?.[1]);
    const lines = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const written = new Set(lines.flatMap(({ decision_id: id }) => (id === undefined ? [] : [id])));
    const passed = idsIn(printed, /^passed (call-\d+),/gm);
    const refused = idsIn(printed, /^refused (call-\d+):/gm);
    expect(refused.filter((id) => written.has(id))).toEqual([]);
    expect(lost).toBeGreaterThan(0);
    expect(written.size + lost).toBe(passed.length + refused.length);
    if (mode === "durable" && onFailure === "refuse") expect(passed.filter((id) => !written.has(id))).toEqual([]);

    const said = lines.filter(({ regate }) => regate.event === "lost");
    expect(said.reduce((sum, { regate }) => sum + regate.decisions, 0)).toBe(lost);
    const verified = await verifyLog({ file, shown: "decisions.jsonl" }, [KEY]);
    expect(verified).toMatchObject({ findings: [], ending: "closed" });
    expect(verified.notes[0]?.what).toMatch(/^\d+ decisions between \S+ and \S+ could not be written \(EFBIG: /);
  },
);

test("a disk that stays full ends in a log that is whole up to there, and open", async () => {
  const { file, child } = start("batched", "continue");
  await child.printed(/failing true/);
  // what is shorter may have fitted
  execFileSync("prlimit", [`--pid=${child.pid}`, "--fsize=1:"]);
  child.stdin.end();
  await child.printed(/^problem the decision log could not be closed cleanly/m);
  expect((await child.exited).code).toBe(0);
  const verified = await verifyLog({ file, shown: "decisions.jsonl" }, [KEY]);
  expect(verified).toMatchObject({ findings: [], ending: "open" });
});
