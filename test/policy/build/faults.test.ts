import { describe, expect, test } from "vitest";
import { readFaults } from "../../../src/policy/build/faults.ts";
import { buildFolder, faultsOf, makeFolder, problemOf } from "../support.ts";
import { type Case, testEach } from "./cases.ts";

/** The faults of a server package with this text behind its package line, which is row 1. */
async function faultsIn(text: string, path = "policy/servers/x.rego", packageName = 'policy.servers["x.y"]') {
  return faultsOf({ [path]: `package ${packageName}\n\n${text}\n` });
}

describe("a literal rule that is not well-formed is named with file, row and remedy", () => {
  const contributing = (cases: readonly Case[]): readonly Case[] =>
    cases.map(([title, rule, fault]) => [title, `rules.t contains ${rule}`, fault]);

  testEach(
    contributing([
      [
        "a field that is mistyped",
        '{"id": "a", "action": "deny", "reson": "x"}',
        'rule a has an unknown field "reson" (did you mean "reason"?)',
      ],
      [
        "a field that means nothing",
        '{"id": "a", "action": "deny", "because": "x"}',
        'rule a has an unknown field "because"',
      ],
      ["no id", '{"action": "deny"}', 'the rule has no literal id; write "id": "a-name-for-it"'],
      ["an empty id", '{"id": "", "action": "deny"}', 'the rule has no literal id; write "id": "a-name-for-it"'],
      ["no action", '{"id": "a"}', "rule a has no action"],
      [
        "an action that is mistyped",
        '{"id": "a", "action": "alow"}',
        'rule a: action must be one of allow, inherit, deny, limit, require_approval (did you mean "allow"?)',
      ],
      [
        "a field of a limit that is mistyped",
        '{"id": "a", "action": "limit", "rate_limit": {"max": 1, "windw": 60}}',
        'rule a has an unknown field "windw" in rate_limit (did you mean "window"?)',
      ],
      [
        "a limit of nothing",
        '{"id": "a", "action": "limit", "rate_limit": {"max": 0, "window": 60}}',
        /: rule a: rate_limit must be max and window/,
      ],
      [
        "a limit without window",
        '{"id": "a", "action": "limit", "rate_limit": {"max": 1}}',
        /: rule a: rate_limit must be max and window/,
      ],
      [
        "a limit per session over everything",
        '{"id": "a", "action": "limit", "rate_limit": {"max": 1, "window": 1, "over": "all"}}',
        /: rule a: rate_limit must be .*all not per session/,
      ],
      [
        "a timeout that is no number",
        '{"id": "a", "action": "require_approval", "approval": {"timeout": "5"}}',
        /: rule a: approval must be timeout/,
      ],
      [
        "labels that are no array",
        '{"id": "a", "action": "allow", "labels": "secret"}',
        "rule a: labels must be an array of strings",
      ],
      [
        "a pointer that is none",
        '{"id": "a", "action": "allow", "redact": ["password"]}',
        "rule a: redact must be an array of JSON pointers into args",
      ],
      [
        "hide without deny",
        '{"id": "a", "action": "allow", "hide": true}',
        "rule a: hide must be true or false, on a rule that denies",
      ],
      ["a reason that is no string", '{"id": "a", "action": "deny", "reason": 1}', "rule a: reason must be a string"],
      [
        "no object",
        '"deny"',
        'the rule is not written out; write {"id": "...", "action": "...", ...} behind `contains`',
      ],
    ]),
  );

  test("in the row of the field, where the rule takes several", async () => {
    expect(await faultsIn('rules.t contains {\n\t"id": "a",\n\t"action": "deny",\n\t"lables": ["x"],\n}')).toEqual([
      'rego/policy/servers/x.rego:6: rule a has an unknown field "lables" (did you mean "labels"?)',
    ]);
  });

  test("all of them at once, over several files", async () => {
    const rule = (text: string) => `package policy.servers.x\n\nrules.t contains ${text}\n`;
    const faults = await faultsOf({
      "policy/a.rego": rule('{"id": "a", "action": "deni", "x": 1}'),
      "policy/b.rego": rule('{"action": "deny"}'),
    });
    expect(faults).toHaveLength(3);
  });

  test("whatever follows from evaluation is left to the decision", async () => {
    const rule =
      '{"id": "a", "action": input.args.x, "hide": true, "reason": $"{input.args.y}", "rate_limit": {"max": n, "window": 60}}';
    const source = `package policy.servers.x\n\nrules.t contains ${rule} if n := 1 + 1\n`;
    await expect(buildFolder(await makeFolder({ "policy/x.rego": source }))).resolves.toBeDefined();
  });

  test("a guardrail that permits", async () => {
    expect(
      await faultsIn('rules contains {"id": "a", "action": "allow"}', "policy/g.rego", "policy.guardrails"),
    ).toEqual(["rego/policy/g.rego:3: rule a: action must be one of deny, limit, require_approval"]);
  });

  test("a default that inherits from the defaults", async () => {
    const faults = await faultsIn(
      'rules.Read contains {"id": "a", "action": "inherit"}',
      "policy/d.rego",
      "policy.defaults",
    );
    expect(faults).toEqual([
      "rego/policy/d.rego:3: rule a: action must be one of allow, deny, limit, require_approval",
    ]);
  });
});

describe("a rule that no index could name is refused", () => {
  const RULE = '{"id": "a", "action": "allow"}';

  testEach([
    ["its tool is a variable", `rules[t] contains ${RULE} if some t in ["x", "y"]`, /the head is not constant/],
    ["it is computed", "rules.t contains r if r := input.args.rule", /not written out/],
    ["it is no set", `rules.t := [${RULE}]`, /not a set of rules; write `rules\.NAME contains/],
    ["it is all rules at once", `rules := {"t": {${RULE}}}`, /not a set of rules/],
    ["it is a default", "default rules.t := set()", /not a set of rules/],
    ["it is too deep", `rules.t.u contains ${RULE}`, /not a set of rules/],
    ["it is a function", "rules(x) := x", /not a set of rules/],
    [
      "it is in one part, and no set",
      `rules contains ${RULE}`,
      /: `rules` says not of what; write `rules\.NAME contains/,
    ],
    ["it is of a method, and no set", `methods["resources/read"] := ${RULE}`, /write `methods\.NAME contains/],
  ]);

  test("helpers beside the rules may be anything", async () => {
    const source = `package policy.servers.x\n\nrules.t contains ${RULE} if _small\n\n_small if input.args.n < 3\n\nlimits := {"n": 3}\n`;
    await expect(buildFolder(await makeFolder({ "policy/x.rego": source }))).resolves.toBeDefined();
  });

  test("its id is there twice in the package, in another file", async () => {
    const source = `package policy.servers.x\n\nrules.t contains ${RULE}\n`;
    const faults = await faultsOf({ "policy/a.rego": source, "policy/b.rego": source.replace("rules.t", "rules.u") });
    expect(faults).toEqual([
      "rego/policy/b.rego:3: the id a is there twice in policy.servers.x, first at policy/a.rego:3",
    ]);
  });

  test("the same id in two packages is two rules", async () => {
    const source = `package policy.servers.x\n\nrules.t contains ${RULE}\n`;
    const dir = await makeFolder({
      "policy/a.rego": source,
      "policy/b.rego": source.replace("servers.x", "servers.y"),
    });
    expect((await buildFolder(dir)).bundle.rules.has("policy.servers.y/a")).toBe(true);
  });
});

describe("what OPA refuses is said in its words, with the person's own paths", () => {
  const RULE = 'rules.t contains {"id": "a", "action": "allow"} if';

  testEach(
    (
      [
        [
          "http.send",
          'http.send({"url": "x"}).status_code == 200',
          "a decision depends on its input and the bundle only$",
        ],
        ["time.now_ns", "time.now_ns() > 0", "the engine has no clock: the time of the call is input.time$"],
        ["sprintf", 'sprintf("%d", [1]) == "1"', "the engine has no sprintf: write a template string"],
        [
          "regex.split",
          'count(regex.split("a", input.tool)) > 1',
          "the engine has no such builtin, or can't meter it$",
        ],
        [
          "semver.compare",
          'semver.compare("1.0.0", "2.0.0") < 0',
          "the engine's builtins are listed in tools/opa/capabilities.json$",
        ],
      ] as const
    ).map(([name, condition, remedy]) => {
      return [name, `${RULE} ${condition}`, new RegExp(`undefined function ${name}; ${remedy}`)];
    }),
  );

  test("a variable that is never used", async () => {
    expect(await faultsIn(`${RULE} x := 1`)).toEqual(["rego/policy/servers/x.rego:3: assigned var x unused"]);
  });

  test("what can't be parsed, in each file that has it", async () => {
    const faults = await faultsOf({
      "policy/a.rego": "package policy.a\n\nx := {\n",
      "policy/b.rego": "packag policy.b\n",
    });
    expect(faults.some((line) => line.startsWith("rego/policy/a.rego:4: "))).toBe(true);
    expect(faults.some((line) => line.startsWith("rego/policy/b.rego:1: "))).toBe(true);
  });

  test("plain reports lose OPA's headings", () => {
    const report =
      "error: 2 errors occurred:\nown/a.rego:3: rego_type_error: undefined function sprintf\nown/b.rego:1: x\n";
    expect(readFaults(report, (path) => path.replace("own/", "rego/"))).toEqual([
      'rego/a.rego:3: rego_type_error: undefined function sprintf; the engine has no sprintf: write a template string, $"... {x}"',
      "rego/b.rego:1: x",
    ]);
    expect(readFaults("", (path) => path)).toEqual(["opa failed and said nothing"]);
  });
});

describe("schemas beside the policy folder", () => {
  const rule = (condition: string) => `# METADATA
# scope: rule
# schemas:
#   - input: schema.input
#   - input.args: schema.tools.x.t
rules.t contains {"id": "a", "action": "allow"} if ${condition}
`;
  const source = (condition: string) => `package policy.servers.x\n\n${rule(condition)}`;
  const tool = JSON.stringify({ type: "object", properties: { path: { type: "string" } } });

  test("are what the annotations of a rule are held against, with the names that exist", async () => {
    const dir = await makeFolder({
      "rego/policy/x.rego": source('input.args.pth == "x"'),
      "schemas/tools/x/t.json": tool,
    });
    expect(await problemOf(buildFolder(`${dir}/rego`))).toEqual([
      'rego/policy/x.rego:8: input.args has no "pth" (did you mean "path"?); it has path',
    ]);
  });

  test("do not say what the input is: that is the gate's", async () => {
    const dir = await makeFolder({
      "rego/policy/x.rego": source('input.principal.name == "x"'),
      "schemas/input.json": "{}",
      "schemas/tools/x/t.json": tool,
    });
    expect(await problemOf(buildFolder(`${dir}/rego`))).toEqual([
      expect.stringMatching(/^rego\/policy\/x\.rego:8: input\.principal has no "name"; it has claims, groups, id$/),
    ]);
  });

  test("may be missing", async () => {
    const text =
      'package policy.servers.x\n\nrules.t contains {"id": "a", "action": "allow"} if input.args.pth == "x"\n';
    const dir = await makeFolder({ "rego/policy/x.rego": text });
    await expect(buildFolder(`${dir}/rego`)).resolves.toBeDefined();
  });
});
