import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/build.ts";
import { readBundle } from "../../src/policy/bundle.ts";
import { makeFolder, problemOf } from "../policy/support.ts";

const SERVER = 'package policy.servers.x\n\nrules.t contains {"id": "r", "action": "allow"}\n';

async function build(cwd: string, ...args: string[]): Promise<{ exitCode: number; stdout: string }> {
  let stdout = "";
  const exitCode = await run(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: () => undefined,
    env: process.env,
    cwd,
    stdin: async () => new Uint8Array(),
  });
  return { exitCode, stdout };
}

describe("regate build", () => {
  test("builds rego/ to bundles/regate.tar.gz, and says what it holds", async () => {
    const cwd = await makeFolder({ "rego/policy/x.rego": SERVER });
    const { exitCode, stdout } = await build(cwd);
    const bundle = await readBundle(join(cwd, "bundles/regate.tar.gz"));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^bundles/regate\\.tar\\.gz: revision ${bundle.revision}, ${bundle.rules.size} rules, 1 server, \\d+ bytes; regate serve --bundle bundles/regate\\.tar\\.gz judges by it\\n$`,
      ),
    );
  });

  test("builds another folder to another file, with nothing left beside it", async () => {
    const cwd = await makeFolder({ "mine/policy/x.rego": SERVER, "out/b.tar.gz": "an old one" });
    await build(cwd, "mine", "-o", "out/b.tar.gz");
    expect((await readBundle(join(cwd, "out/b.tar.gz"))).rules.has("policy.servers.x/r")).toBe(true);
    expect(await readdir(join(cwd, "out"))).toEqual(["b.tar.gz"]);
  });

  test("leaves the old bundle where the policy has a fault", async () => {
    const cwd = await makeFolder({
      "rego/policy/x.rego": SERVER.replace("allow", "alow"),
      "bundles/regate.tar.gz": "old",
    });
    expect(await problemOf(build(cwd))).toEqual([
      expect.stringMatching(/^rego\/policy\/x\.rego:3: .*did you mean "allow"/),
    ]);
    expect(await readFile(join(cwd, "bundles/regate.tar.gz"), "utf8")).toBe("old");
    expect(await readdir(join(cwd, "bundles"))).toEqual(["regate.tar.gz"]);
  });

  test("says so where the bundle can't be written", async () => {
    const cwd = await makeFolder({ "rego/policy/x.rego": SERVER });
    await writeFile(join(cwd, "bundles"), "a file");
    expect(await problemOf(build(cwd))).toEqual([
      expect.stringMatching(/^bundles\/regate\.tar\.gz: cannot be written/),
    ]);
  });

  test("takes one folder", async () => {
    expect(await problemOf(build("/", "a", "b"))).toEqual(["regate build: one policy folder at a time, not a and b"]);
  });

  test("throws what node says of an unknown option", async () => {
    await expect(build("/", "--optimise")).rejects.toMatchObject({ code: "ERR_PARSE_ARGS_UNKNOWN_OPTION" });
  });
});
