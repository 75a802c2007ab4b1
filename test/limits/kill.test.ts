// Real processes on one state folder, killed with SIGKILL at random points: whatever they were doing, the takes of all of
// them together stay within the bound of the bucket.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "./compile.ts";
import { scratchFolder } from "./support.ts";

const compiled = mkdtempSync(join(tmpdir(), "regate-taker-"));
let taker: string;
beforeAll(() => {
  taker = compile("test/limits/taker.ts", compiled);
}, 60_000);
afterAll(() => rmSync(compiled, { recursive: true, force: true }));

type Case = { readonly max: number; readonly window: number; readonly foldBytes: number; readonly refundEvery: number };

function commandOf(dir: string, use: Case): [string, ...string[]] {
  return [process.execPath, taker, dir, ...[use.max, use.window, use.foldBytes, use.refundEvery].map(String)];
}

/** Runs one child and kills it when it has reported `killAfter` steps. @returns what it reported, to its last byte */
function run([command, ...args]: [string, ...string[]], killAfter: number): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let reported = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (steps: string) => {
    reported += steps;
    if (reported.length >= killAfter) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve(reported);
      else reject(new Error(`the taker ended with code ${code} after ${reported.length} steps`));
    });
  });
}

function count(step: string, reports: readonly string[]): number {
  return reports.reduce((sum, reported) => sum + reported.split(step).length - 1, 0);
}

/** Kills takers, each at a random step up to `most`, until one of them finds the bucket empty. */
async function killUntilEmpty(use: Case, most: number): Promise<{ kept: number; kills: number }> {
  const dir = scratchFolder();
  const reports: string[] = [];
  while (reports.at(-1)?.endsWith("x") !== true) {
    // The last ones are left alone, so that the test ends.
    const killAfter = reports.length < 15 ? 1 + Math.floor(Math.random() * most) : Number.POSITIVE_INFINITY;
    reports.push(await run(commandOf(dir, use), killAfter));
  }
  return { kept: count("t", reports) - count("r", reports), kills: reports.length - 1 };
}

/** So long that nothing flows back during the test: the bound is the bucket itself. */
const FOREVER_SECONDS = 1e9;

test.each([
  { name: "with a journal that is never folded", max: 200_000, foldBytes: 1e9, refundEvery: 0, most: 10_000 },
  { name: "with a fold after each take, so in mid-fold", max: 400, foldBytes: 1, refundEvery: 0, most: 20 },
  { name: "with a fold now and then, and refunds", max: 4000, foldBytes: 2000, refundEvery: 3, most: 400 },
])(
  "kill -9 refills no bucket and loses no more than the step it hit, and the lead of a large bucket: $name",
  async ({ most, ...use }) => {
    const { kept, kills } = await killUntilEmpty({ ...use, window: FOREVER_SECONDS }, most);
    expect(kills).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(use.max);
    // the step that was hit, and what a line of a large bucket says more than was taken
    expect(kept).toBeGreaterThanOrEqual(use.max - kills * (1 + Math.min(64, Math.floor(use.max / 1_000))));
  },
  120_000,
);

test("over kills and restarts never more than max + elapsed * max / window goes through", async () => {
  const dir = scratchFolder();
  const use = { max: 100, window: 2, foldBytes: 500, refundEvery: 0 };
  const startedMs = performance.now();
  const reports: string[] = [];
  for (let round = 0; round < 8; round += 1)
    reports.push(await run(commandOf(dir, use), 1 + Math.floor(Math.random() * 30)));
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  expect(count("t", reports)).toBeLessThanOrEqual(use.max + (elapsedSeconds * use.max) / use.window);
  expect(count("t", reports)).toBeGreaterThan(0);
}, 120_000);

test("a journal that stops in mid-line, at a limit of its size, refuses every take, and the next start reads it", async () => {
  const dir = scratchFolder();
  const use = { max: 999, window: FOREVER_SECONDS, foldBytes: 1e9, refundEvery: 0 };
  const limited = await run(
    ["bash", "-c", 'ulimit -f 64 && exec "$@"', "bash", ...commandOf(dir, use)],
    Number.POSITIVE_INFINITY,
  );
  expect(limited).toMatch(/^ot+fffx$/);
  const next = await run(commandOf(dir, use), Number.POSITIVE_INFINITY);
  expect(next).toMatch(/^ot+x$/);
  expect(count("t", [limited, next])).toBe(use.max);
}, 120_000);
