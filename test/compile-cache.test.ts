import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import module from "node:module";
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

  test("is node's to fill where it can, and stays empty where others may write to it", async () => {
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

test("where there is no home, none is made in the folder that a command runs in", async () => {
  const cwd = makeTempDir();
  const env = { HOME: "", XDG_CACHE_HOME: "relative" };
  expect(await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "--version"], { cwd, env })).toMatchObject({
    code: 0,
  });
  expect(readdirSync(cwd)).toEqual([]);
});

/** A program of its own, whose files can be changed, and the folder that it keeps code in. */
function makeProgram() {
  const dir = makeTempDir();
  cpSync(join(ROOT, "dist"), join(dir, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(dir, "package.json"));
  writeFileSync(join(dir, "regate.yaml"), '{ "servers": {} }');
  const cache = join(dir, "cache/regate");
  const main = join(dir, "dist/main.js");
  const env = { XDG_CACHE_HOME: join(dir, "cache") };
  const runKeys = (...args: string[]) => runToEnd(process.execPath, [main, "keys", ...args], { cwd: dir, env });
  const runFlagged = (...flags: string[]) =>
    runToEnd(process.execPath, [...flags, main, "keys", "list"], { cwd: dir, env });
  const kept = (): string => join(cache, readdirSync(cache).join(" and "));
  return { dir, cache, runKeys, runFlagged, kept, client: join(dir, "dist/client.js") };
}

describe.skipIf("enableCompileCache" in module)("compiled code on a Node that keeps none itself", () => {
  test("is kept for this user alone, and taken by the next run", async () => {
    const { cache, runKeys, kept } = makeProgram();
    expect(await runKeys("list")).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^client\.js\.[0-9a-f]{16}$/)]);
    const { ino, mode } = statSync(kept());
    expect(mode & 0o777).toBe(0o600);
    expect(await runKeys("list")).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(kept()).ino).toBe(ino);
  });

  test("has a place of its own for each set of V8's flags, and none for node's", async () => {
    const { cache, runFlagged } = makeProgram();
    for (const flag of ["--no-warnings", "--max-semi-space-size=4", "--no-deprecation", "--max-semi-space-size=4"])
      expect(await runFlagged(flag)).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(cache)).toHaveLength(2);
  });

  test("is what the next run runs, in the place of the source", async () => {
    const { runKeys, client, kept } = makeProgram();
    await runKeys("list");
    const data = readFileSync(kept()).subarray(32);
    const other = readFileSync(client, "utf8").replaceAll(" is too much", " is one more");
    writeFileSync(client, other);
    const digest = createHash("sha256").update(other).update(data).digest();
    writeFileSync(kept(), Buffer.concat([digest, data]));
    expect((await runKeys("list", "a", "b")).stderr).toContain("b is too much");
  });

  test("is not kept by a run that fails, nor where others may write", async () => {
    const { cache, runKeys } = makeProgram();
    expect(await runKeys("list", "-c", "none.yaml")).toMatchObject({ code: 2 });
    expect(readdirSync(cache)).toEqual([]);
    chmodSync(cache, 0o777);
    expect(await runKeys("list")).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(cache)).toEqual([]);
  });

  test("of another source is not run, however alike the sources are", async () => {
    const { runKeys, client } = makeProgram();
    await runKeys("list");
    expect((await runKeys("list", "a", "b")).stderr).toContain("b is too much");
    writeFileSync(client, readFileSync(client, "utf8").replaceAll(" is too much", " is one more"));
    expect((await runKeys("list", "a", "b")).stderr).toContain("b is one more");
  });

  test.each([
    ["was changed", (file: string) => writeFileSync(file, readFileSync(file).fill(0, 1_000, 1_100))],
    ["is cut short", (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 100_000))],
    ["is empty", (file: string) => writeFileSync(file, "")],
    ["others may write to", (file: string) => chmodSync(file, 0o602)],
  ])("that %s is not run, but made anew", async (_, spoil) => {
    const { runKeys, kept } = makeProgram();
    await runKeys("list");
    const { ino } = statSync(kept());
    spoil(kept());
    expect(await runKeys("list")).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(kept()).ino).not.toBe(ino);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
  });
});
