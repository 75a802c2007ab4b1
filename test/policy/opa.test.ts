import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findOpa, OPA_PROGRAM, OPA_VERSION, runOpa } from "../../src/policy/opa.ts";
import { makeFolder, problemOf, ROOT } from "./support.ts";

/** A program that says it is OPA of this version. */
async function makeOpa(version: string): Promise<{ dir: string; file: string }> {
  const dir = await makeFolder({ opa: `#!/bin/sh\necho "Version: ${version}"\n` });
  await chmod(join(dir, "opa"), 0o755);
  return { dir, file: join(dir, "opa") };
}

describe("which OPA is taken", () => {
  test("the variable's first, also relative to the caller's folder", async () => {
    const { dir, file } = await makeOpa(OPA_VERSION);
    expect((await findOpa({ OPA: file }, "/")).file).toBe(file);
    expect((await findOpa({ OPA: "./opa" }, dir)).file).toBe(file);
  });

  test("none, where the variable names another version or nothing that runs", async () => {
    const { file } = await makeOpa("1.0.0");
    expect(await problemOf(findOpa({ OPA: file }, "/"))).toEqual([
      expect.stringMatching(/^OPA=.*opa is version 1\.0\.0; 1\.22\.2 is needed: `make tools`/),
    ]);
    expect(await problemOf(findOpa({ OPA: "/nowhere" }, "/"))).toEqual([expect.stringMatching(/is no OPA that runs/)]);
  });

  test("the checkout's own where there is no variable", async () => {
    const { exitCode, stdout } = await runOpa(await findOpa({ OPA: "", PATH: process.env.PATH }, ROOT), ["version"], {
      cwd: ROOT,
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Version: ${OPA_VERSION}\n`);
  });
});

describe("how OPA is run", () => {
  test("without a shell: an argument is what it is", async () => {
    const opa = await findOpa(process.env, ROOT);
    const { exitCode, stderr } = await runOpa(opa, ["check", "$(touch x); a b.rego"], { cwd: await makeFolder({}) });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("$(touch x); a b.rego");
  });

  test("with standard input, and none of the caller's variables", async () => {
    const opa = await findOpa(process.env, ROOT);
    const query = "[input.a, opa.runtime().env]";
    const { stdout } = await runOpa(opa, ["eval", "--format", "raw", "--stdin-input", query], {
      cwd: ROOT,
      input: '{"a": 1}',
    });
    expect(JSON.parse(stdout)).toEqual([1, {}]);
  });

  test("a program that can't be started is a problem with its remedy", async () => {
    expect(await problemOf(runOpa({ program: OPA_PROGRAM, file: "/nowhere" }, ["version"], { cwd: ROOT }))).toEqual([
      expect.stringMatching(/^\/nowhere: cannot be run \(.*ENOENT\); `make tools`/),
    ]);
  });
});
