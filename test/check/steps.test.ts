// Each step of `regate test` on a user's repository: what it finds, with file and row, and what it leaves alone.
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { checkSamples } from "../../src/check/check-samples.ts";
import type { Finding } from "../../src/check/finding.ts";
import { openRepository } from "../../src/check/policy-repository.ts";
import { type Conditions, readConditions } from "../../src/policy/conditions.ts";
import { createEngine } from "../../src/policy/engine.ts";
import { findOpa } from "../../src/policy/opa.ts";
import { buildFolder, type Files, makeFolder, ROOT } from "../policy/support.ts";
import { GOOD, linesOf, only, RULES, sample, TEST, testFiles, testIn, withRules } from "./support.ts";

// OPA and Regal are processes, and a test has several
vi.setConfig({ testTimeout: 120_000 });

const RULES_FILE = "rego/policy/servers/notes/notes.rego";
const TEST_FILE = "rego/policy/servers/notes/notes_test.rego";
const SAMPLE_FILE = "test/samples/notes/draft.json";

/** The rows of the text that hold this. */
function rowOf(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split("\n").length;
}

describe("format", () => {
  test("names each file that is not as opa fmt leaves it, tests as well", async () => {
    const files = { ...withRules(`${RULES}\n\n\n`), [TEST_FILE]: TEST.replace(" if _decide", "  if _decide") };
    const tested = await testFiles(files, ...only("format"));
    expect(linesOf(tested)).toEqual([
      `${RULES_FILE}:1: is not formatted; opa fmt --write ${RULES_FILE} (opa-fmt)`,
      `${TEST_FILE}:1: is not formatted; opa fmt --write ${TEST_FILE} (opa-fmt)`,
    ]);
    expect(tested.exitCode).toBe(1);
  });
});

describe("check", () => {
  const check = async (files: Files): Promise<readonly string[]> => linesOf(await testFiles(files, ...only("check")));

  test("an argument that the tool does not have is named with the row, and with those that it has", async () => {
    const rules = RULES.replace("input.args.mode", "input.args.mod");
    const row = rowOf(rules, "input.args.mod");
    expect(await check(withRules(rules))).toEqual([
      `${RULES_FILE}:${row}:10: input.args has no "mod" (did you mean "mode"?); it has mode, path, size (opa-check)`,
    ]);
  });

  test("a field that no input has, though the repository has no schemas of its own", async () => {
    const { "schemas/tools/notes/write.json": _, ...rest } = withRules(
      RULES.replace("# scope: rule\n# schemas:\n#   - input.args: schema.tools.notes.write\n", "").replace(
        "input.args.mode ==",
        "input.mode ==",
      ),
    );
    const [line, ...others] = await check(rest);
    expect(line).toMatch(/notes\.rego:\d+:10: input has no "mode"; it has answer, args, .* \(opa-check\)$/);
    expect(others).toEqual([]);
  });

  test("strictly: what is never used, in tests as well", async () => {
    expect(
      await check({
        ...GOOD,
        [TEST_FILE]: TEST.replace("import data.regate", "import data.regate\nimport data.policy"),
      }),
    ).toEqual([`${TEST_FILE}:4:1: import data.policy unused (opa-check)`]);
  });

  test("a policy may call what the engine has, its tests whatever OPA has", async () => {
    const files = {
      ...withRules(`${RULES}\n_now := time.now_ns()\n`),
      [TEST_FILE]: `${TEST}\ntest_a_clock if time.now_ns() > 0\n`,
    };
    const [line, ...others] = await check(files);
    expect(line).toMatch(/notes\.rego:\d+:\d+: undefined function time\.now_ns; the engine has no clock/);
    expect(others).toEqual([]);
  });

  test("more than the ten errors that OPA stops at", async () => {
    const many = Array.from({ length: 15 }, (_, index) => `_x${index} := nothing_${index}\n`).join("\n");
    expect(await check(withRules(`${RULES}\n${many}`))).toHaveLength(15);
  });

  test("a schema that is none is named where it lies", async () => {
    const lines = await check({ ...GOOD, "schemas/tools/notes/write.json": "{" });
    expect(lines.join("\n")).toContain("schemas/tools/notes/write.json");
  });
});

describe("lint", () => {
  const lint = async (files: Files): Promise<readonly string[]> => linesOf(await testFiles(files, ...only("lint")));

  test("each rule of ours fires, with file and row", async () => {
    const rules = `package policy.servers.notes

import data.policy.lists

rules.write contains {"id": "x", "action": "deny"} if not startswith(input.args.path, "/srv/")

rules.write contains {"id": "x", "action": "deny"} if count(input.args.path) > 3

rules.write contains {"action": "allow"}

rules.write contains {"id": "y", "action": "deny", "reason": input.args.path}

rules.write contains {"id": "z", "action": "deny", "hide": true} if input.args.path == "a"

rules[name] contains {"id": "v", "action": "allow"} if some name in lists.names

rules["*"] contains {"id": "w", "action": "deny"} if regex.match("^x", input.args.path)
`;
    const lines = await lint(withRules(rules));
    const found = lines.flatMap((line) => {
      const [, row, rule] = /notes\.rego:(\d+):\d+: .*\(regate\/(.*)\)$/.exec(line) ?? [];
      return rule === undefined || rule === "policy-metadata" ? [] : [`${row} ${rule}`];
    });
    expect(found).toEqual([
      "5 vanishing-negation",
      "7 rule-id",
      "7 vanishing-comparison",
      "9 rule-id",
      "11 constant-head",
      "13 hide-reads-args",
      "15 rule-shape",
      "17 late-pattern",
    ]);
    expect(lines.filter((line) => line.endsWith("(regate/policy-metadata)"))).toHaveLength(8);
  });

  test("what only reads badly is a warning, what may be wrong an error", async () => {
    const rules = `${RULES}\n# ${"long ".repeat(30)}\n_always if 1 == 1\n`;
    const lines = await lint(withRules(rules));
    expect(lines).toEqual([
      expect.stringMatching(/: warning: Line too long \(style\/line-length\)$/),
      expect.stringMatching(/:\d+:\d+: Constant condition \(bugs\/constant-condition\)$/),
    ]);
  });

  test("the repository's own settings for Regal go before ours, and its own rules are run beside ours", async () => {
    const files = {
      ...withRules(RULES.replace("# METADATA\n# title: Ten notes a minute\n", "")),
      ".regal/config.yaml": "rules: {regate: {policy-metadata: {level: ignore}}}\n",
      ".regal/rules/custom/regal/rules/own/no-notes/no_notes.rego": `# METADATA
# description: Notes are not for agents
package custom.regal.rules.own["no-notes"]

import data.regal.result

report contains result.fail(rego.metadata.chain(), result.location(rule.head)) if {
	some rule in input.rules
	rule.head.ref[1].value == "write"
}
`,
    };
    const lines = await lint(files);
    expect(lines.filter((line) => line.endsWith(": Notes are not for agents (own/no-notes)"))).toHaveLength(2);
    expect(lines.filter((line) => line.includes("regate/"))).toEqual([]);
  });

  test("settings that can't be read are named", async () => {
    await expect(testFiles({ ...GOOD, ".regal/config.yaml": "rules: [" }, ...only("lint"))).rejects.toThrow(
      /\.regal\/config\.yaml: can't be read as settings for Regal \(/,
    );
  });

  test("settings that Regal refuses fail the step, with Regal's words", async () => {
    const lines = await lint({ ...GOOD, ".regal/config.yaml": "rules: {nonsense: {x: {level: error}}}\n" });
    expect(lines).toEqual([expect.stringMatching(/^Regal can't lint it: .*unknown categor.*nonsense.* \(regal\)$/)]);
  });
});

describe("test", () => {
  const runTests = async (files: Files): Promise<readonly string[]> => linesOf(await testFiles(files, ...only("test")));

  test("names what fails, with its row", async () => {
    const failing = TEST.replace('.action == "allow"', '.action == "deny"');
    expect(await runTests({ ...GOOD, [TEST_FILE]: failing })).toEqual([
      `${TEST_FILE}:9:1: policy.servers.notes_test.test_a_draft_is_allowed fails (opa-test)`,
    ]);
  });

  test("warns of what is skipped", async () => {
    expect(await runTests({ ...GOOD, [TEST_FILE]: `${TEST}\ntodo_test_more if true\n` })).toContain(
      `${TEST_FILE}:15:1: warning: policy.servers.notes_test.todo_test_more is skipped (opa-test)`,
    );
  });

  test("fails where there is no test, though the library that is added has some", async () => {
    const { [TEST_FILE]: _, ...files } = GOOD;
    const tested = await testFiles(files, ...only("test"));
    expect(linesOf(tested)).toEqual([
      "there is no test; write one in a file beside the rules, NAME_test.rego (opa-test)",
    ]);
    expect(tested.exitCode).toBe(1);
  });

  test("warns of the rows that none reaches, those of the policy's own only", async () => {
    const rules = `${RULES}\n_more if {\n\tinput.args.path == "a"\n\tinput.args.mode == "b"\n}\n\n_yes if input.args.path\n`;
    const row = rowOf(rules, "_more");
    expect(await runTests(withRules(rules))).toEqual([
      `${RULES_FILE}:${row}: warning: no test reaches rows ${row} to ${row + 2} (coverage)`,
      `${RULES_FILE}:${row + 5}: warning: no test reaches row ${row + 5} (coverage)`,
    ]);
  });

  test("says why OPA can't run them, where that is all that is asked for", async () => {
    expect(await runTests({ ...GOOD, [TEST_FILE]: `${TEST}\ntest_x if nothing == 1\n` })).toEqual([
      expect.stringMatching(/notes_test\.rego:15: .*nothing is unsafe \(opa-test\)$/),
    ]);
  });
});

describe("build", () => {
  test("names what a build refuses, with file and row", async () => {
    const tested = await testFiles(withRules(RULES.replace('"action": "deny"', '"action": "deni"')), ...only("build"));
    expect(linesOf(tested)).toEqual([
      expect.stringMatching(
        /^rego\/policy\/servers\/notes\/notes\.rego:\d+: rule drafts-only: action must be .*"deny"\?\) \(build\)$/,
      ),
    ]);
  });
});

describe("samples", () => {
  const check = async (files: Files): Promise<readonly string[]> => {
    return linesOf(await testFiles(files, ...only("build", "samples")));
  };

  test("say what differs from the decision that they must get", async () => {
    const files = { ...GOOD, [SAMPLE_FILE]: sample({}, { action: "deny", hidden: true }) };
    expect(await check(files)).toEqual([
      `${SAMPLE_FILE}:1: another decision than it must get: action is "allow", not "deny"; hidden is false, not true (samples)`,
    ]);
  });

  test("that are none are named, and the others judged all the same", async () => {
    const files = {
      ...GOOD,
      "test/samples/a.json": "{",
      "test/samples/b.json": '{"title": "b"}',
      [SAMPLE_FILE]: sample({}, { hidden: true }),
    };
    expect(await check(files)).toEqual([
      expect.stringMatching(/^test\/samples\/a\.json: is no sample .*SyntaxError/),
      expect.stringMatching(/^test\/samples\/b\.json: is no sample /),
      expect.stringMatching(/draft\.json:1: another decision/),
    ]);
  });

  test("are judged with numbers as they are written", async () => {
    const rules = RULES.replace('not input.args.mode == "draft"', "not input.args.size == 9007199254740993");
    const written = sample().replace('"mode":"draft"', '"size":9007199254740993');
    expect(await check({ ...withRules(rules), [SAMPLE_FILE]: written })).toEqual([]);
  });

  test("that take much of their fuel are warned of", async () => {
    const rules = RULES.replace('not input.args.mode == "draft"', "_slow").concat(
      "\n_slow if {\n\tsome a in numbers.range(1, 32)\n\tsome b in numbers.range(1, 32)\n\ta * b == 0\n}\n",
    );
    const [line = "", ...others] = await check(withRules(rules));
    expect(line).toMatch(/draft\.json:1: warning: takes [\d,]+ of [\d,]+ units \(\d\d %\) of fuel \(fuel\)$/);
    expect(others).toEqual([]);
  });

  test("that the policy can't judge within its fuel fail", async () => {
    const rules = RULES.replace('not input.args.mode == "draft"', "_slow").concat(
      "\n_slow if {\n\tsome a in numbers.range(1, 150)\n\tsome b in numbers.range(1, 150)\n\ta * b == 0\n}\n",
    );
    expect(await check(withRules(rules))).toEqual([
      expect.stringMatching(/draft\.json:1: the policy could not judge this call: out of fuel .* \(samples\)$/),
    ]);
  });

  test("are missed where there is none", async () => {
    const { [SAMPLE_FILE]: _, ...files } = GOOD;
    expect(await check(files)).toEqual([
      "warning: there is no sample in test/samples: inputs with the decision that each must get (samples)",
    ]);
  });

  test("tell where OPA and the bundle differ", async () => {
    const cwd = await makeFolder(GOOD);
    const other = await makeFolder(withRules(RULES.replace('"max": 10', '"max": 11')));
    const { bundle } = await buildFolder(join(other, "rego"));
    const outcome = await checkSamples(
      await openRepository("rego", cwd, await makeFolder({})),
      await findOpa(process.env, ROOT),
      { engine: await createEngine(bundle), rules: bundle.rules, conditions: undefined },
    );
    const findings: readonly Finding[] = outcome.kind === "done" ? outcome.findings : [];
    expect(findings.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^OPA and the bundle differ: rate_limits is \[.*"max":11.*\], not \[.*"max":10/),
    ]);
  });

  test("tell where the index of what the rules read lacks something that decides", async () => {
    const cwd = await makeFolder(GOOD);
    const { bundle } = await buildFolder(join(cwd, "rego"));
    const index = readConditions(bundle.conditions);
    if (index === undefined) throw new Error("the bundle has no index of conditions");
    const check = async (conditions: Conditions) => {
      const outcome = await checkSamples(
        await openRepository("rego", cwd, await makeFolder({})),
        await findOpa(process.env, ROOT),
        { engine: await createEngine(bundle), rules: bundle.rules, conditions },
      );
      return outcome.kind === "done" ? outcome.findings : [];
    };
    expect(await check(index)).toEqual([]);
    const [lacking, ...others] = await check({ ...index, always: index.always.filter(([field]) => field !== "tool") });
    expect(others).toEqual([]);
    expect(lacking).toMatchObject({ level: "error", rule: "projection", file: SAMPLE_FILE });
    expect(lacking?.what).toMatch(/^a gate decides otherwise, .* action is "deny", not "allow"/);
  });
});

describe("a copy of the library in the repository", () => {
  test("is for nobody to lint, test or cover, and the tests see it once", async () => {
    const cwd = await makeFolder({
      ...GOOD,
      ".regal/config.yaml": "rules: {style: {line-length: {max-line-length: 60}}}\n",
    });
    await cp(join(ROOT, "rego/regate"), join(cwd, "rego/regate"), { recursive: true });
    const { stdout } = await testIn(cwd, [...only("check", "lint", "test", "build")]);
    expect(stdout).not.toContain("rego/regate/");
    expect(stdout).toMatch(/\ntest {5}ok {8}2 tests, 100 % of the rows covered\nbuild {4}ok /);
  });
});

describe("defaults of the repository's own", () => {
  test("take the place of the shipped ones, wherever the file lies", async () => {
    const defaults = `# METADATA
# title: Own defaults
# scope: package
package policy.defaults

# METADATA
# title: Reading is allowed
rules.Read contains {"id": "read", "action": "allow"}
`;
    const files = {
      ...GOOD,
      "rego/policy/own.rego": defaults,
      "rego/policy/own_test.rego": `package policy.defaults_test

import data.policy.defaults


test_only_reading_has_a_default if object.keys(defaults.rules) == {"Read"}
`,
    };
    const { stdout } = await testFiles(files, ...only("check", "test"));
    expect(stdout).toMatch(/\ntest {5}ok {8}3 tests/);
  });
});
