import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { verifySignature } from "../../src/bundles/signature.ts";
import { run } from "../../src/cli/build.ts";
import { readArchive, readBundle } from "../../src/policy/bundle.ts";
import { makeKey, pin } from "../bundles/support.ts";
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

describe("regate build --signing-key", () => {
  test.each(["RS256", "ES256", "EdDSA"] as const)("has OPA sign by %s what the gate verifies", async (algorithm) => {
    const key = await makeKey(algorithm);
    const cwd = await makeFolder({ "rego/policy/x.rego": SERVER, "claims.json": '{"scope": "production"}' });
    const signing = ["--signing-key", key.privateFile, "--signing-alg", algorithm, "--claims-file", "claims.json"];
    const { stdout } = await build(cwd, ...signing, "--sequence", "12");
    expect(stdout).toContain(` bytes, signed by ${algorithm}; `);
    const bytes = await readFile(join(cwd, "bundles/regate.tar.gz"));
    const pinned = pin(key, { scope: "production" });
    expect(verifySignature(await readArchive(bytes, "b"), pinned, "b")).toEqual({ sequence: 12 });
    const { revision } = await readBundle(join(cwd, "bundles/regate.tar.gz"));
    await build(cwd, "-o", "plain.tar.gz");
    expect((await readBundle(join(cwd, "plain.tar.gz"))).revision).toBe(revision);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["no file", ["--signing-key", "none.pem"], /^--signing-key none\.pem: is no private key in PEM that can be read/],
    ["no key", ["--signing-key", "bad.pem"], /^--signing-key bad\.pem: is no private key/],
    [
      "another algorithm",
      ["--signing-key", "bad.pem", "--signing-alg", "HS256"],
      /--signing-alg HS256: must be one of/,
    ],
    [
      "claims without a key",
      ["--claims-file", "claims.json"],
      /^--sequence and --claims-file are for a bundle that is signed/,
    ],
    ["no number", ["--sequence", "1.5"], /^--sequence 1\.5: must be a whole number/],
  ])("is refused with %s", async (_, args, problem) => {
    const cwd = await makeFolder({ "rego/policy/x.rego": SERVER, "bad.pem": "no key" });
    expect(await problemOf(build(cwd, ...args))).toEqual([expect.stringMatching(problem)]);
  });

  test("is refused with a key of another kind, and with claims that are none", async () => {
    const { privateFile } = await makeKey("ES256");
    const cwd = await makeFolder({ "rego/policy/x.rego": SERVER, "claims.json": "[" });
    expect(await problemOf(build(cwd, "--signing-key", privateFile))).toEqual([
      expect.stringContaining("it holds no RSA key, which RS256 needs; see --signing-alg"),
    ]);
    const signing = ["--signing-key", privateFile, "--signing-alg", "ES256", "--claims-file", "claims.json"];
    expect(await problemOf(build(cwd, ...signing))).toEqual([expect.stringContaining("must hold a JSON object")]);
  });
});
