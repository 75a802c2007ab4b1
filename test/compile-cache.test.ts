import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isOurs } from "../src/compile-cache.ts";
import { makeTempDir, ROOT, runToEnd } from "./e2e/harness-process.ts";

const uid = process.getuid?.();

function makeCache(mode: number, above = 0o700): string {
  const home = join(makeTempDir(), "home");
  const cache = join(home, "regate");
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, mode);
  chmodSync(home, above);
  return cache;
}

describe("a folder for compiled code", () => {
  test("is taken where only this user can write to it", () => {
    expect(isOurs(makeCache(0o700), uid)).toBe(true);
  });

  test.each([
    ["others may write to it", 0o702, 0o700],
    ["its group may write to it", 0o720, 0o700],
    ["others may put another in its place", 0o700, 0o703],
  ])("is not taken where %s", (_, mode, above) => {
    expect(isOurs(makeCache(mode, above), uid)).toBe(false);
  });

  test("is taken in a folder where everybody may write, and move what is theirs only", () => {
    expect(isOurs(makeCache(0o700, 0o1777), uid)).toBe(true);
  });

  test("is not taken where it is another user's", () => {
    expect(isOurs(makeCache(0o700), (uid ?? 0) + 1)).toBe(false);
  });

  test("is kept by a Node that can, and by none elsewhere", async () => {
    const node = join(ROOT, ".tools/node-24/bin/node");
    const home = makeTempDir();
    const main = join(ROOT, "dist/main.js");
    const list = (env: Record<string, string>) => runToEnd(node, [main, "keys", "--help"], { cwd: home, env });
    expect(await list({ XDG_CACHE_HOME: join(home, "mine") })).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(join(home, "mine/regate")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, "mine/regate"))).toHaveLength(1);
    const open = join(home, "open");
    mkdirSync(join(open, "regate"), { recursive: true });
    chmodSync(join(open, "regate"), 0o777);
    expect(await list({ XDG_CACHE_HOME: open })).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(open, "regate"))).toEqual([]);
  });
});
