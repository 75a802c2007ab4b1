// `regate diff` between revisions of real repositories, their working trees, and bundles.
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { buildFolder, compileRegoBytes, makeFolder, problemOf, ROOT } from "../../policy/support.ts";
import { diff, makeRepository, POLICY, RULES, type TestRepository, withRules } from "./repository.ts";

const LOOSENED = withRules('startswith(input.args.path, "/open/")', 'startswith(input.args.path, "/")');
const TIGHTENED = withRules('"max": 5', '"max": 4');

describe("between two revisions", () => {
  let repository: TestRepository;
  let first: string;

  beforeAll(async () => {
    repository = await makeRepository(POLICY);
    first = await repository.git("rev-parse", "HEAD");
    await repository.git("switch", "--quiet", "--create", "loosen");
    await repository.commit("Open more", LOOSENED);
    await repository.git("switch", "--quiet", "--create", "tighten", "main");
    await repository.commit("Write less", TIGHTENED);
    await repository.git("switch", "--quiet", "--create", "reword", "main");
    await repository.commit("Explain", { "rego/policy/files.rego": `# by hand\n${RULES.replaceAll(": ", ":   ")}` });
    await repository.git("switch", "--quiet", "main");
  });

  test("what a branch loosens is shown with the input, the rule and its place", async () => {
    const { exitCode, stdout } = await diff(repository.dir, ["main", "loosen"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^main \([0-9a-f]{9}\) -> loosen \([0-9a-f]{9}\): 1 looser, 0 stricter, 0 other\n/);
    expect(stdout).toContain(`
files
  read_file
    looser   deny (no-secrets, reads) -> allow (reads)
             no-secrets matches no longer, policy/files.rego:5
             args {"path":"/"}`);
  });

  test("what a branch tightens, and what it only rewords", async () => {
    expect((await diff(repository.dir, ["main", "tighten"])).stdout).toContain(
      "stricter allow (few, 5 per 60 s and session) -> allow (few, 4 per 60 s and session)",
    );
    expect((await diff(repository.dir, ["main", "reword"])).stdout).toMatch(/: 0 looser, 0 stricter, 0 other\n/);
  });

  test.each([
    ["loosen", "looser", 1],
    ["loosen", "stricter", 0],
    ["tighten", "looser", 0],
    ["tighten", "any", 1],
    ["reword", "any", 0],
  ])("the check of %s fails on what it is to fail on: %s", async (branch, kind, exitCode) => {
    expect((await diff(repository.dir, ["main", branch, "--fail-on", kind])).exitCode).toBe(exitCode);
  });

  test("the other way around it is the other change", async () => {
    expect((await diff(repository.dir, ["loosen", "main"])).stdout).toContain("stricter");
  });

  test("nothing in the repository or beside it is left or changed, and none of its hooks runs", async () => {
    const hook = join(repository.dir, ".git/hooks/post-checkout");
    await writeFile(hook, "#!/bin/sh\ntouch ran\n", { mode: 0o755 });
    const scratch = await makeFolder({});
    vi.stubEnv("TMPDIR", scratch);
    await diff(repository.dir, [first, "loosen"]);
    vi.unstubAllEnvs();
    expect(await repository.git("status", "--porcelain")).toBe("");
    expect((await repository.git("worktree", "list")).split("\n")).toHaveLength(1);
    expect(await readdir(scratch)).toEqual([]);
  });

  test("the merge base is what a branch is held against, where main went on", async () => {
    await repository.git("switch", "--quiet", "--create", "moved", "main");
    await repository.commit("Write more", withRules('"max": 5', '"max": 9'));
    await repository.git("switch", "--quiet", "main");
    const direct = await diff(repository.dir, ["moved", "loosen", "--fail-on", "stricter"]);
    expect(direct.exitCode).toBe(1);
    const merged = await diff(repository.dir, ["moved", "loosen", "--merge-base", "--fail-on", "stricter"]);
    expect(merged.exitCode).toBe(0);
    expect(merged.stdout).toContain("1 looser, 0 stricter");
  });
});

describe("the working tree", () => {
  test("is held against HEAD where nothing is named", async () => {
    const repository = await makeRepository(POLICY);
    expect((await diff(repository.dir, [])).stdout).toMatch(/^HEAD \(.*\) -> working tree: 0 looser, 0 stricter/);
    await repository.write(LOOSENED);
    expect((await diff(repository.dir, [])).stdout).toContain("-> working tree: 1 looser");
  });

  test("may be the base", async () => {
    const repository = await makeRepository(POLICY);
    await repository.write(LOOSENED);
    expect((await diff(repository.dir, ["WORKTREE", "HEAD"])).stdout).toContain("working tree -> HEAD");
  });
});

describe("a policy that lies elsewhere", () => {
  test("in another folder, called from a folder below the root", async () => {
    const files = Object.fromEntries(
      Object.entries(POLICY).map(([path, text]) => [path.replace("rego/", "gate/rules/"), text]),
    );
    const repository = await makeRepository({ ...files, "docs/x.md": "x" });
    await repository.commit("Open more", { "gate/rules/policy/files.rego": LOOSENED["rego/policy/files.rego"] });
    const fromRoot = await diff(repository.dir, ["HEAD~1", "HEAD", "--policy", "gate/rules"]);
    expect(fromRoot.stdout).toContain("1 looser");
    const fromBelow = await diff(join(repository.dir, "docs"), ["HEAD~1", "HEAD", "--policy", "../gate/rules"]);
    expect(fromBelow.stdout).toBe(fromRoot.stdout);
    const absolute = await diff(repository.dir, ["HEAD~1", "HEAD", "--policy", join(repository.dir, "gate/rules")]);
    expect(absolute.stdout).toBe(fromRoot.stdout);
  });

  test("at the root of the repository, with nothing beside it", async () => {
    const files = Object.fromEntries(Object.entries(POLICY).map(([path, text]) => [path.replace("rego/", ""), text]));
    const repository = await makeRepository(files);
    await repository.commit("Open more", { "policy/files.rego": LOOSENED["rego/policy/files.rego"] });
    expect((await diff(repository.dir, ["HEAD~1", "HEAD", "--policy", "."])).stdout).toContain("1 looser");
  });

  test("outside of the repository is refused", async () => {
    const repository = await makeRepository(POLICY);
    const lines = await problemOf(diff(repository.dir, ["HEAD", "HEAD", "--policy", "../x"]));
    expect(lines[0]).toMatch(/^--policy \.\.\/x: lies outside of /);
  });
});

describe("a first policy", () => {
  test("shows all that it permits, and has to be acknowledged", async () => {
    const repository = await makeRepository({ "README.md": "x" });
    await repository.commit("A policy", POLICY);
    const { exitCode, stdout } = await diff(repository.dir, ["HEAD~1", "HEAD", "--fail-on", "looser"]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(", no policy) -> HEAD");
    expect(stdout).toContain("looser   deny (no rule) -> allow (reads)");
    expect(stdout).toContain("without a policy nothing is permitted");
    await repository.commit("It is meant\n\nRegate-Acknowledge: looser * -- the first policy", {});
    expect((await diff(repository.dir, ["HEAD~2", "HEAD", "--fail-on", "looser"])).exitCode).toBe(0);
  });

  test("that is gone, or called otherwise, is an error", async () => {
    const repository = await makeRepository(POLICY);
    await repository.git("mv", "rego", "policy");
    await repository.commit("Move", {});
    expect(await problemOf(diff(repository.dir, ["HEAD~1", "HEAD"]))).toEqual([
      expect.stringMatching(/^HEAD \([0-9a-f]{9}\): has no folder rego; name the policy's with --policy$/),
    ]);
  });
});

describe("what can't be compared is named, with the remedy", () => {
  const BROKEN = withRules('"action": "allow"', '"action": "permit"');

  test("a base that does not build", async () => {
    const repository = await makeRepository({ ...POLICY, ...BROKEN });
    await repository.commit("Mend", { "rego/policy/files.rego": RULES });
    const lines = await problemOf(diff(repository.dir, ["main~1", "main"]));
    expect(lines).toEqual([
      expect.stringMatching(/^main~1 \([0-9a-f]{9}\): rego\/policy\/files\.rego:3: rule reads: action must be one of/),
      "the base main~1 does not build; compare with a revision that builds, or with a bundle: regate diff bundles/regate.tar.gz",
    ]);
  });

  test("a head that does not build, and both at once", async () => {
    const repository = await makeRepository(POLICY);
    await repository.commit("Break", BROKEN);
    expect(await problemOf(diff(repository.dir, ["main~1", "main"]))).toEqual([
      expect.stringMatching(/^main \([0-9a-f]{9}\): rego\/policy\/files\.rego:3: /),
    ]);
    const both = await problemOf(diff(repository.dir, ["main", "main"]));
    expect(both.filter((line) => line.includes("files.rego:3"))).toHaveLength(2);
  });

  test("a head that lacks an entrypoint", async () => {
    const cwd = await makeFolder({ "rego/policy/files.rego": RULES });
    await writeFile(join(cwd, "base.tar.gz"), (await buildFolder(join(cwd, "rego"))).bytes);
    const bytes = await compileRegoBytes("package other\n\ndecision := true\n", { entrypoints: ["other/decision"] });
    await writeFile(join(cwd, "head.tar.gz"), bytes);
    expect(await problemOf(diff(cwd, ["base.tar.gz", "head.tar.gz"]))).toEqual([
      "head.tar.gz: it has no entrypoint regate/decision; build the bundle again with `regate build`",
    ]);
  });

  test("revisions without a commit in common", async () => {
    const repository = await makeRepository(POLICY);
    await repository.git("switch", "--quiet", "--orphan", "other");
    await repository.commit("Elsewhere", POLICY);
    expect(await problemOf(diff(repository.dir, ["main", "other", "--merge-base"]))).toEqual([
      "main and other have no commit in common; leave out --merge-base to compare them as they are",
    ]);
    expect((await diff(repository.dir, ["main", "other"])).exitCode).toBe(0);
  });

  test("a clone that is too shallow to know", async () => {
    const origin = await makeRepository(POLICY);
    await origin.git("switch", "--quiet", "--create", "branch");
    await origin.commit("One", LOOSENED);
    const dir = await makeFolder({});
    const clone = ["clone", "--quiet", "--depth", "1", "--no-single-branch", `file://${origin.dir}`, dir];
    await promisify(execFile)("git", clone);
    const [line = ""] = await problemOf(diff(dir, ["origin/main", "origin/branch", "--merge-base"]));
    expect(line).toMatch(
      /^origin\/main and origin\/branch have no commit in common; this clone is shallow: `git fetch --unshallow`/,
    );
  });

  test("names that are nothing", async () => {
    const repository = await makeRepository(POLICY);
    const [revision = ""] = await problemOf(diff(repository.dir, ["nope"]));
    expect(revision).toMatch(
      /^nope: neither a bundle nor a revision of .*; name a \.tar\.gz, a branch, a tag or a commit$/,
    );
    expect(await problemOf(diff(repository.dir, ["--", "--upload-pack=x"]))).toEqual([
      expect.stringMatching(/^--upload-pack=x: neither/),
    ]);
    expect(await problemOf(diff(repository.dir, ["nope.tar.gz"]))).toEqual([
      "nope.tar.gz: no such bundle; make it with `regate build`",
    ]);
    const [outside = ""] = await problemOf(diff(await makeFolder(POLICY), ["main"]));
    expect(outside).toMatch(/^main: no such bundle, and no revision either: .* is not in a git repository$/);
    expect(await problemOf(diff(repository.dir, ["a", "b", "c"]))).toEqual([
      "regate diff: two sides at a time, not a, b, c",
    ]);
    expect(await problemOf(diff(repository.dir, ["--format", "xml", "--fail-on", "worse"]))).toEqual([
      "--format xml: must be one of text, json, markdown",
      "--fail-on worse: must be one of looser, stricter, other, any",
    ]);
  });

  test("a bundle has no merge base", async () => {
    const repository = await makeRepository(POLICY);
    await writeFile(join(repository.dir, "b.tar.gz"), (await buildFolder(join(repository.dir, "rego"))).bytes);
    expect(await problemOf(diff(repository.dir, ["b.tar.gz", "main", "--merge-base"]))).toEqual([
      "--merge-base: a bundle has none; name two revisions, or leave it out",
    ]);
  });

  test("no opa, where something is to be built; bundles need none", async () => {
    const repository = await makeRepository(POLICY);
    const env = { ...process.env, OPA: "/nowhere/opa" };
    const lines = await problemOf(diff(repository.dir, ["HEAD", "HEAD"], env));
    expect(lines[0]).toMatch(/^OPA=\/nowhere\/opa is no OPA that runs; \S+ is needed: /);
    const { bytes } = await buildFolder(join(repository.dir, "rego"));
    for (const name of ["a.tar.gz", "b.tar.gz"]) await writeFile(join(repository.dir, name), bytes);
    expect((await diff(repository.dir, ["a.tar.gz", "b.tar.gz"], env)).exitCode).toBe(0);
  });

  test("no git, where revisions are named", async () => {
    const repository = await makeRepository(POLICY);
    const [line = ""] = await problemOf(diff(repository.dir, ["HEAD", "."], { ...process.env, PATH: "/nowhere" }));
    expect(line).toMatch(/^git is needed to compare revisions, and can't be run/);
  });

  test("a link in a revision", async () => {
    const repository = await makeRepository(POLICY);
    await symlink("files.rego", join(repository.dir, "rego/policy/link.rego"));
    await repository.commit("Link", {});
    expect(await problemOf(diff(repository.dir, ["HEAD~1", "HEAD"]))).toEqual([
      "rego/policy/link.rego: is a link; put what it points to there",
    ]);
  });
});

test("a source, or a tree, that no policy needs is refused before it is read", async () => {
  const repository = await makeRepository(POLICY);
  await repository.commit("Grow", { "rego/policy/large.rego": "#".repeat(8_388_609) });
  expect(await problemOf(diff(repository.dir, ["HEAD~1", "HEAD"]))).toEqual([
    "rego/policy/large.rego: is longer than 8388608 bytes",
  ]);
});

test("a commit is itself, whatever stands in its place here", async () => {
  const repository = await makeRepository(POLICY);
  await repository.commit("Open", withRules('"/open/"', '"/"'));
  await repository.git("replace", "HEAD", "HEAD~1");
  expect((await diff(repository.dir, ["HEAD~1", "HEAD", "--fail-on", "looser"])).exitCode).toBe(1);
});

test("a tree with a file and a folder of one name is refused", async () => {
  const repository = await makeRepository(POLICY);
  const blob = await repository.git("hash-object", "-w", "rego/policy/files.rego");
  const inner = await repository.git("rev-parse", "HEAD:rego/policy");
  const id = (hex: string) => Buffer.from(hex, "hex");
  const tree = async (...parts: (string | Buffer)[]) => {
    await writeFile(join(repository.dir, ".git/tree"), Buffer.concat(parts.map((part) => Buffer.from(part))));
    return repository.git("hash-object", "-t", "tree", "-w", "--literally", ".git/tree");
  };
  const both = await tree("100644 x\0", id(blob), "40000 x\0", id(inner));
  const commit = await repository.git("commit-tree", await tree("40000 rego\0", id(both)), "-m", "Both");
  expect(await problemOf(diff(repository.dir, ["HEAD", commit]))).toEqual([
    expect.stringMatching(/^"rego\/x.*": is no path that a file can be written to \(E\w+\)$/),
  ]);
});

test("a tree with a path that climbs out is refused", async () => {
  const repository = await makeRepository(POLICY);
  const blob = await repository.git("hash-object", "-w", "rego/policy/files.rego");
  // by hand, because git itself makes no such tree
  const entry = Buffer.concat([Buffer.from("100644 ..\0"), Buffer.from(blob, "hex")]);
  await writeFile(join(repository.dir, ".git/tree"), entry);
  const hash = async (...args: string[]) => repository.git("hash-object", "-t", "tree", "-w", "--literally", ...args);
  const inner = await hash(".git/tree");
  await writeFile(
    join(repository.dir, ".git/tree"),
    Buffer.concat([Buffer.from("40000 rego\0"), Buffer.from(inner, "hex")]),
  );
  const commit = await repository.git("commit-tree", await hash(".git/tree"), "-m", "Climb");
  expect(await problemOf(diff(repository.dir, ["HEAD", commit]))).toEqual([
    '"rego/..": is no path that a file can be written to',
  ]);
});

describe("a copy of the library in the repository", () => {
  test("of another version judges the revision that has it", async () => {
    const repository = await makeRepository(POLICY);
    await mkdir(join(repository.dir, "rego/regate"), { recursive: true });
    await cp(join(ROOT, "rego/regate"), join(repository.dir, "rego/regate"), { recursive: true });
    const file = "rego/regate/decision.rego";
    const text = await readFile(join(repository.dir, file), "utf8");
    await repository.commit("An older library", {
      [file]: text.replace('"No rule permits this call"', '"Nothing permits this call"'),
    });
    await repository.commit("The library of today", { [file]: text });
    const { stdout } = await diff(repository.dir, ["HEAD~1", "HEAD"]);
    expect(stdout).toContain("reasons: Nothing permits this call -> No rule permits this call");
    expect(stdout).toMatch(/: 0 looser, 0 stricter, [1-9]/);
  });

  test("that can't be built with is named as that", async () => {
    const repository = await makeRepository({
      ...POLICY,
      "rego/regate/form/form.rego": "package regate.form\n\nfaults(_, _) := 7\n",
    });
    const [line = ""] = await problemOf(diff(repository.dir, ["HEAD", "HEAD"]));
    expect(line).toMatch(/^HEAD \([0-9a-f]{9}\): rego\/regate: this regate can't build with this copy of the library/);
  });
});

describe("samples and schemas come along", () => {
  const sample = (title: string, path: string): string => {
    return JSON.stringify({ title, input: { server: "files", tool: "read_file", args: { path } }, decision: {} });
  };

  test("those of either side, and of a folder that is named for bundles", async () => {
    const repository = await makeRepository({ ...POLICY, "test/samples/a.json": sample("Of the base", "/a") });
    await repository.commit("Another", { ...LOOSENED, "test/samples/a.json": sample("Of the head", "/b") });
    expect((await diff(repository.dir, ["HEAD~1", "HEAD"])).stdout).toContain("and 2 samples\n");
    for (const [name, revision] of [
      ["a.tar.gz", "HEAD~1"],
      ["b.tar.gz", "HEAD"],
    ] as const) {
      await repository.git("checkout", "--quiet", revision, "--", "rego");
      await writeFile(join(repository.dir, name), (await buildFolder(join(repository.dir, "rego"))).bytes);
    }
    expect((await diff(repository.dir, ["a.tar.gz", "b.tar.gz"])).stdout).toContain("and 0 samples\n");
    const named = await diff(repository.dir, ["a.tar.gz", "b.tar.gz", "--samples", "test/samples"]);
    expect(named.stdout).toContain("and 1 sample\n");
    expect(named.stdout).toContain("1 sample)");
    expect(await problemOf(diff(repository.dir, ["a.tar.gz", "b.tar.gz", "--samples", "tests/sample"]))).toEqual([
      "--samples tests/sample: no such folder; name the one that holds them, such as test/samples",
    ]);
  });

  test("a broken one is named by its place in the repository", async () => {
    const repository = await makeRepository({ ...POLICY, "test/samples/a.json": "{" });
    const [line = ""] = await problemOf(diff(repository.dir, ["HEAD", "."]));
    expect(line).toMatch(/^HEAD \([0-9a-f]{9}\): test\/samples\/a\.json: is no sample/);
  });

  test("a schema says what an argument may be", async () => {
    const bound = withRules('startswith(input.args.path, "/open/")', 'input.args.mode != "slow"');
    const schema = { type: "object", properties: { mode: { enum: ["slow", "fast"] } }, required: ["mode"] };
    const repository = await makeRepository({
      ...POLICY,
      ...bound,
      "schemas/tools/files/read_file.json": JSON.stringify(schema),
    });
    await repository.commit("Turn", withRules('startswith(input.args.path, "/open/")', 'input.args.mode == "fast"'));
    expect((await diff(repository.dir, ["HEAD~1", "HEAD"])).stdout).toContain("stricter");
  });
});
