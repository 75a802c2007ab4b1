import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { GOOD, linesOf, only, RULES, sample, TEST, testFiles, testIn, withRules } from "../check/support.ts";
import { makeFolder, problemOf } from "../policy/support.ts";

// OPA and Regal are processes, and a test has several
vi.setConfig({ testTimeout: 120_000 });

const RULES_FILE = "rego/policy/servers/notes/notes.rego";
const TEST_FILE = "rego/policy/servers/notes/notes_test.rego";

describe("regate test", () => {
  test("says of each step that it is well, with what it looked at", async () => {
    const { exitCode, stdout } = await testFiles(GOOD, "--strict");
    expect(
      stdout.split("\n").map((line) => line.replace(/\d[\d,]* byte.*|[0-9a-f]{12}|[\d,]+ of [\d,]+ units/, "N")),
    ).toEqual([
      "format   ok        2 files",
      "check    ok        2 files",
      "lint     ok        2 files",
      "test     ok        2 tests, 100 % of the rows covered",
      expect.stringMatching(/^build {4}ok {8}revision N, \d+ rules, 1 server, /),
      expect.stringMatching(
        /^samples {2}ok {8}1 sample, alike in OPA and WASM; at most N \(\d %\) of fuel, test\/samples\/notes\/draft\.json$/,
      ),
      expect.stringMatching(/^audit /),
      "",
      "ok",
      "",
    ]);
    expect(exitCode).toBe(0);
  });

  test("goes on behind a step that fails, and names each that did", async () => {
    const files = {
      ...withRules(RULES.replace('{\n\t"id": "ten', '{\n  "id": "ten')),
      "test/samples/notes/draft.json": sample({}, { action: "deny" }),
    };
    const { exitCode, stdout } = await testFiles(files, "--skip", "lint", "--skip", "audit");
    expect(stdout).toMatch(/^format {3}failed/);
    expect(stdout).toMatch(/\nlint {5}skipped {3}as asked\ntest {5}ok .*\nbuild {4}ok .*\nsamples {2}failed/);
    expect(stdout.endsWith("\nformat failed, samples failed\n")).toBe(true);
    expect(exitCode).toBe(1);
  });

  test("takes warnings for failures with --strict only", async () => {
    const files = withRules(RULES.replace("# METADATA\n# title: Ten notes a minute\n", ""));
    const lenient = await testFiles(files, ...only("lint"));
    expect(linesOf(lenient)).toEqual([
      expect.stringMatching(
        /^rego\/policy\/servers\/notes\/notes\.rego:8:1: warning: Say in METADATA .* \(regate\/policy-metadata\)$/,
      ),
    ]);
    expect(lenient.stdout).toContain("\nlint     warnings  2 files\n");
    expect(lenient.stdout.endsWith("\nok, 1 warning; --strict takes them for failures\n")).toBe(true);
    expect(lenient.exitCode).toBe(0);
    const strict = await testFiles(files, "--strict", ...only("lint"));
    expect(strict.stdout.endsWith("\nlint failed, 1 warning\n")).toBe(true);
    expect(strict.exitCode).toBe(1);
  });

  test("says once that there is Rego that can't be parsed, in each file that has it", async () => {
    const { exitCode, stdout } = await testFiles({
      ...withRules(`${RULES}\nrules.x contains {\n`),
      [TEST_FILE]: `${TEST}\n)`,
    });
    expect(stdout).toMatch(/^format {3}skipped {3}there is Rego that can't be parsed\ncheck {4}failed/);
    expect(stdout).toMatch(
      /\nlint {5}skipped .*\ntest {5}skipped .*\nbuild {4}skipped .*\nsamples {2}skipped .*\naudit {4}skipped /,
    );
    expect(stdout).toContain(`\n  ${RULES_FILE}:`);
    expect(stdout).toContain(`\n  ${TEST_FILE}:`);
    expect(exitCode).toBe(1);
  });

  test("says once what the compiler says, though tests and build fail of it as well", async () => {
    const { exitCode, stdout } = await testFiles(withRules(`${RULES}\n_x := nothing\n`), "--skip", "lint");
    expect(stdout.match(/nothing is unsafe/g)).toHaveLength(1);
    expect(stdout).toMatch(/\ntest {5}skipped .*\nbuild {4}skipped .*\nsamples {2}skipped /);
    expect(exitCode).toBe(1);
  });
});

describe("what is missing on the machine", () => {
  const bare = { PATH: "/nowhere", OPA: process.env.OPA, REGAL: "/nowhere/regal" };

  test("Regal: every other step is made, and its remedy named", async () => {
    const { exitCode, stdout } = await testIn(await makeFolder(GOOD), [], bare);
    expect(stdout).toMatch(
      /\nlint {5}unable {4}REGAL=\/nowhere\/regal is no Regal that runs; 0\.38\.1 is needed: `make tools` .*; --skip lint goes without\n/,
    );
    expect(stdout).toMatch(/\nsamples {2}ok /);
    expect(stdout.endsWith("\nlint could not be made\n")).toBe(true);
    expect(exitCode).toBe(2);
  });

  test("Regal, where a step fails as well: that counts", async () => {
    const { exitCode } = await testIn(await makeFolder(withRules(`${RULES}\n\n\n`)), only("format", "lint"), bare);
    expect(exitCode).toBe(1);
  });

  test("OPA: nothing can be said", async () => {
    const cwd = await makeFolder(GOOD);
    expect(await problemOf(testIn(cwd, [], { ...bare, OPA: "/nowhere/opa" }))).toEqual([
      expect.stringMatching(/^OPA=\/nowhere\/opa is no OPA that runs; 1\.22\.2 is needed: /),
    ]);
  });
});

describe("wrong use is named", () => {
  test.each([
    [["a", "b"], "regate test: one policy folder at a time, not a and b"],
    [
      ["--format", "jsn"],
      "regate test: --format jsn (did you mean json?); it may be text, json, sarif, github, markdown",
    ],
    [["--report", "sarif"], "regate test: --report sarif: must be FORMAT=FILE, as in sarif=test.sarif"],
    [
      ["--report", "sarf=x"],
      "regate test: --report sarf (did you mean sarif?); it may be text, json, sarif, github, markdown",
    ],
    [
      ["--skip", "lnt"],
      "regate test: --skip lnt (did you mean lint?); it may be format, check, lint, test, build, samples, audit",
    ],
    [["nowhere"], "nowhere: no such folder; name the one that holds policy/"],
  ])("%s", async (args, line) => {
    expect(await problemOf(testIn(await makeFolder({}), args))).toEqual([line]);
  });

  test("an unknown option", async () => {
    await expect(testIn("/", ["--strct"])).rejects.toMatchObject({ code: "ERR_PARSE_ARGS_UNKNOWN_OPTION" });
  });
});

describe("for machines", () => {
  const files = {
    ...withRules(RULES.replace("# METADATA\n# title: Ten notes a minute\n", "")),
    [TEST_FILE]: TEST.replace('"allow"', '"deny"'),
  };

  test("JSON has each step with its findings", async () => {
    const { exitCode, stdout } = await testFiles(files, "--format", "json", ...only("lint", "test"));
    const report = z
      .object({ ok: z.boolean(), strict: z.boolean(), steps: z.array(z.looseObject({ name: z.string() })) })
      .parse(JSON.parse(stdout));
    expect(exitCode).toBe(1);
    expect(report.ok).toBe(false);
    expect(report.strict).toBe(false);
    expect(report.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "format skipped",
      "check skipped",
      "lint warnings",
      "test failed",
      "build skipped",
      "samples skipped",
      "audit skipped",
    ]);
    expect(report.steps[3]).toEqual({
      name: "test",
      status: "failed",
      summary: "2 tests",
      findings: [
        {
          level: "error",
          rule: "opa-test",
          what: "policy.servers.notes_test.test_a_draft_is_allowed fails",
          file: TEST_FILE,
          row: 9,
          column: 1,
        },
      ],
    });
  });

  test("GitHub gets a command for each finding, escaped, and the summary", async () => {
    const { stdout } = await testFiles(files, "--format", "github", ...only("lint", "test"));
    const lines = stdout.split("\n");
    expect(lines[2]).toMatch(
      /^::warning file=rego\/policy\/servers\/notes\/notes\.rego,line=8,col=1,title=regate\/policy-metadata::Say in METADATA /,
    );
    expect(lines[3]).toBe("lint     warnings  2 files");
    expect(lines[4]).toBe(
      `::error file=${TEST_FILE},line=9,col=1,title=opa-test::policy.servers.notes_test.test_a_draft_is_allowed fails`,
    );
    expect(stdout.endsWith("\ntest failed, 1 warning; --strict takes them for failures\n")).toBe(true);
  });

  test("a comment has the verdict and what failed, as code, and not what only warns", async () => {
    const { stdout } = await testFiles(files, "--format", "markdown", ...only("lint", "test"));
    expect(stdout).toBe(`**\`regate test\`: test failed, 1 warning**

- <code>rego/policy/servers/notes/notes&#95;test.rego&#58;9&#58;1&#58; policy.servers.notes&#95;test.test&#95;a&#95;draft&#95;is&#95;allowed fails (opa-test)</code>
`);
  });

  test("one run writes as many reports as are asked for, beside what it prints", async () => {
    const cwd = await makeFolder(files);
    const reports = ["--report", "sarif=out/test.sarif", "--report", "markdown=out/test.md"];
    const { exitCode, stdout } = await testIn(cwd, [...reports, ...only("test")]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^format {3}skipped/);
    expect(JSON.parse(await readFile(join(cwd, "out/test.sarif"), "utf8")).runs[0].results).toHaveLength(1);
    expect(await readFile(join(cwd, "out/test.md"), "utf8")).toMatch(/^\*\*`regate test`: test failed\*\*\n/);
  });

  test("paths are from where CI starts, however the folder is named", async () => {
    const cwd = await makeFolder(files);
    for (const format of ["github", "sarif"]) {
      const { stdout } = await testIn(cwd, [`${cwd}/rego`, "--format", format, ...only("test")]);
      expect(stdout).not.toContain(cwd);
      expect(stdout).toContain(TEST_FILE);
    }
  });
});
