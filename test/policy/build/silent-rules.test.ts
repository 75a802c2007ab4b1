// What would be built and never judge is refused, and what only looks like it still builds.
import { describe, expect, test } from "vitest";
import { createEngine } from "../../../src/policy/engine.ts";
import { buildFolder, faultsOf, makeFolder } from "../support.ts";
import { type Case, testEach } from "./cases.ts";

const RULE = '{"id": "a", "action": "deny"}';

async function builds(text: string, packageName = "policy.servers.x"): Promise<void> {
  const dir = await makeFolder({ "policy/x.rego": `package ${packageName}\n\n${text}\n` });
  await expect(buildFolder(dir)).resolves.toBeDefined();
}

describe("a package that no decision looks at", () => {
  const allowed = "; a policy is of packages policy.servers.NAME (one part: quote a name with dots), policy.defaults,";
  const cases: readonly (readonly [name: string, meant: string | undefined])[] = [
    ["policy.guardrail", "policy.guardrails"],
    ["policy.guardrails.money", "policy.guardrails"],
    ["policy.defaults.more", "policy.defaults"],
    ["policy.server.files", "policy.servers.files"],
    ["policy.servers.awslabs.foo", 'policy.servers["awslabs.foo"]'],
    ["policy.servers", "policy.servers.NAME"],
    ["policy.libs.paths", "policy.lib.paths"],
    ["polcy.servers.files", "policy.servers.files"],
    ["policy", undefined],
    ["policy.files", undefined],
    ["regate.guardrails", undefined],
    ["regate.layers", undefined],
    ["rules", undefined],
    ['catalogue["a.b"]', undefined],
    ["files", undefined],
    ["files_test", undefined],
  ];
  const lines = (path: (index: number) => string) =>
    cases.map(([name, meant], index) => {
      const suggestion = meant === undefined ? "" : ` (did you mean ${meant}?)`;
      return `${path(index)}:2: is of package ${name}, which no decision looks at${suggestion}${allowed}`;
    });
  const faultsAt = async (path: (index: number) => string) => {
    const files = cases.map(([name], index) => [path(index), `# here\npackage ${name}\n\nrules.t contains ${RULE}\n`]);
    return (await faultsOf(Object.fromEntries(files))).map((line) =>
      line.slice(0, line.indexOf(" policy.guardrails,")),
    );
  };

  test("is refused in policy/, with the one that was meant", async () => {
    const path = (index: number): string => `policy/${String(index).padStart(2, "0")}.rego`;
    expect(await faultsAt(path)).toEqual(lines((index) => `rego/${path(index)}`));
  });

  test("is refused beside policy/ too, where it would be left out, unless it is a test", async () => {
    const path = (index: number): string => `lint/${String(index).padStart(2, "0")}.rego`;
    const expected = lines((index) => `rego/${path(index)}`).filter((line) => !line.includes("files_test"));
    expect(await faultsAt(path)).toEqual(expected);
  });
});

describe("a name that OPA can't write into a WASM policy, so that no rule at all would be found", () => {
  const what =
    'a control character in the name of a package or of a head; write `rules["*"] contains {...} if input.tool == "..."`';
  testEach([
    ["a NUL in a head", `rules["a\\u0000b"] contains ${RULE}`, what],
    ["an escape in a head", `rules["a\\u001bb"] contains ${RULE}`, what],
    ["a tag character in a head", `rules["a\\udb40\\udc41b"] contains ${RULE}`, what],
  ]);
  testEach([["a delete in a package", `rules.t contains ${RULE}`, what]], 'policy.servers["a\\u007fb"]');

  test("is no name with line breaks, direction overrides or emoji: those work", async () => {
    const names = ["a\\n\\t\\r\\f\\bb", "a\\u202e\\u200bb", "\u{1f511}", "\u540d"];
    const rules = names.map((name, n) => `rules["${name}"] contains {"id": "${n}", "action": "allow"}`).join("\n");
    const dir = await makeFolder({ "policy/x.rego": `package policy.servers.x\n\n${rules}\n` });
    const engine = await createEngine((await buildFolder(dir)).bundle);
    for (const name of names) {
      const evaluation = engine.evaluate(`{"server": "x", "tool": "${name}", "category": "Unknown", "args": {}}`);
      expect(evaluation).toMatchObject({ decision: { action: "allow" } });
    }
  });
});

describe("a rule of a server that no decision looks at", () => {
  const named = 'write `rules.NAME contains {...}`, or `rules["*"]` for every tool';
  testEach([
    [
      "its name is mistyped",
      `rule.delete_asset contains ${RULE}`,
      `no decision looks at \`rule.delete_asset\` (did you mean \`rules.delete_asset\`?); ${named}; the name of a helper begins with _`,
    ],
    [
      "its name is in capitals",
      `Rules["a-b"] contains ${RULE}`,
      /: no decision looks at `Rules\["a-b"\]` \(did you mean `rules\["a-b"\]`\?\)/,
    ],
    [
      "its name is mistyped, for methods",
      `method["resources/read"] contains ${RULE}`,
      /\(did you mean `methods\["resources\/read"\]`\?\); write `methods\.NAME contains/,
    ],
    [
      "its name is mistyped, and its head is a variable",
      `rule[t] contains ${RULE} if some t in ["x"]`,
      /`rule\[\.\.\.\]`/,
    ],
    ["its name is mistyped, and it is no set", `rule.delete_asset := ${RULE}`, /did you mean `rules\.delete_asset`/],
    [
      "its name is another word",
      `deny contains ${RULE}`,
      `no decision looks at \`deny\`; ${named}; the name of a helper begins with _`,
    ],
    ["it names no tool", `rules contains ${RULE}`, `\`rules\` says not of what; ${named}`],
    ["it names no method", `methods contains ${RULE}`, /: `methods` says not of what; write `methods\.NAME contains/],
    ["it is too deep", `rules.files.read contains ${RULE}`, `not a set of rules; ${named}`],
    [
      "its tool has a star at the end",
      `rules["delete_*"] contains ${RULE}`,
      '"delete_*" is a name and no pattern; write `rules["*"] contains {...} if startswith(input.tool, "delete_")`',
    ],
    ["its tool has a star at the front", `rules["*_asset"] contains ${RULE}`, /if endswith\(input\.tool, "_asset"\)`$/],
    ["its tool has a star within", `rules["a*b"] contains ${RULE}`, /if glob\.match\("a\*b", \[\], input\.tool\)`$/],
    ["its tool has two stars", `rules["**"] contains ${RULE}`, /if glob\.match\("\*\*", \[\], input\.tool\)`$/],
    [
      "its method has a star",
      `methods["notifications/*"] contains ${RULE}`,
      /write `methods\["\*"\] contains \{\.\.\.\} if startswith\(input\.method, "notifications\/"\)`$/,
    ],
    [
      "its method is the one of tools",
      `methods["tools/call"] contains ${RULE}`,
      "methods are all but tools/call; write `rules.NAME`",
    ],
  ]);
});

describe("a rule of the defaults that no decision looks at", () => {
  testEach(
    [
      [
        "it names no category",
        `rules contains ${RULE}`,
        "`rules` says not of what; write `rules.CATEGORY contains {...}`",
      ],
      [
        "it names a mistyped one",
        `rules.Destuctive contains ${RULE}`,
        /: "Destuctive" is no category \(did you mean "Destructive"\?\)/,
      ],
      ["it names every one", `rules["*"] contains ${RULE}`, /: "\*" is no category; defaults are of Read, Write, /],
      ["its name is mistyped", `rule.Read contains ${RULE}`, /\(did you mean `rules\.Read`\?\)/],
    ],
    "policy.defaults",
  );
});

describe("a rule of the guardrails that no decision looks at", () => {
  const form = "write `rules contains {...}`";
  testEach(
    [
      [
        "it is of a method",
        `methods["resources/read"] contains ${RULE}`,
        `guardrails have no methods; ${form}, and compare input.method in the body`,
      ],
      [
        "it is of a tool",
        `rules.delete_asset contains ${RULE}`,
        `not a set of rules; ${form}, and compare input.tool in the body`,
      ],
      ["it is of a variable", `rules[t] contains ${RULE} if some t in ["x"]`, /: not a set of rules/],
      ["its name is mistyped", `rule contains ${RULE}`, /: no decision looks at `rule` \(did you mean `rules`\?\)/],
    ],
    "policy.guardrails",
  );
});

describe("helpers build", () => {
  test("beside rules: functions, constants and sets with _", async () => {
    const helpers = '_names contains "t"\n\n_rules.t contains "x"\n\nlimits := {"n": 3}\n\nsmall(n) if n < limits.n\n';
    await builds(`${helpers}\nrules.t contains ${RULE} if small(input.args.n)`);
  });

  test("in packages below policy.lib, in any form", async () => {
    const helper = 'names contains "t"\n\nrule.t contains "x"\n';
    await builds(helper, "policy.lib");
    await builds(helper, "policy.lib.paths.more");
  });
});

describe("a rule that tightens and is not there when the field is missing", () => {
  const vanishes =
    "is not there when the field is missing; write the condition as a helper: `not _ok` with `_ok if startswith(...)`";
  const rule = (action: string, condition: string) =>
    `rules.t contains {"id": "a", "action": "${action}"} if ${condition}`;
  const denied = (condition: string) => rule("deny", condition);
  const cases: readonly Case[] = [
    ["not startswith", denied('not startswith(input.args.path, "/srv/")'), `rule a ${vanishes}`],
    ["not in", denied('not input.args.kind in {"a", "b"}'), `rule a ${vanishes}`],
    ["not below", denied("not input.args.n < 3"), `rule a ${vanishes}`],
    ["not a function of ours", `${denied("not ok(input.args.path)")}\n\nok(path) if path == "x"`, `rule a ${vanishes}`],
    ["not a call in a call", denied('not startswith(lower(input.args.path), "/srv/")'), `rule a ${vanishes}`],
    ["within every", denied("every p in [1, 2] { not p < input.args.n }"), `rule a ${vanishes}`],
    ["asks a person", rule("require_approval", 'not startswith(input.args.path, "/srv/")'), `rule a ${vanishes}`],
    ["limits", rule("limit", 'not startswith(input.args.path, "/srv/")'), `rule a ${vanishes}`],
  ];
  testEach(cases);

  test("is named in the row of the condition", async () => {
    const text = denied('{\n\tinput.args.x\n\tnot startswith(input.args.path, "/srv/")\n}');
    expect(
      await faultsOf({ "policy/x.rego": `package policy.guardrails\n\n${text.replace("rules.t", "rules")}\n` }),
    ).toEqual([`rego/policy/x.rego:5: rule a ${vanishes}`]);
  });

  test.each([
    ["not before a helper", `${denied("not _ok")}\n\n_ok if startswith(input.args.path, "/srv/")`],
    ["not before a field", denied("not input.args.path")],
    ["not before equality", denied('not input.args.path == "/srv"')],
    ["not before a call over data", `${denied('not startswith(_root, "/srv")')}\n\n_root := "/x"`],
    ["a call without not", denied('startswith(input.args.path, "/etc/")')],
    ["a rule that allows", rule("allow", 'not startswith(input.args.path, "/etc/")')],
  ])("and builds with %s", async (_, text) => builds(text));
});

describe("a field that no input has", () => {
  const when = (condition: string) => `rules.t contains ${RULE} if ${condition}`;
  testEach([
    ["in a body", when('input.arg.x == "y"'), 'the input has no field "arg" (did you mean "args"?)'],
    ["twice in a row", when("input.arg.x == input.arg.y"), 'the input has no field "arg" (did you mean "args"?)'],
    ["in brackets", when('input["tol"] == "y"'), 'the input has no field "tol" (did you mean "tool"?)'],
    [
      "in a reason",
      'rules.t contains {"id": "a", "action": "deny", "reason": $"{input.categry}"}',
      /"categry" \(did you mean "category"\?\)/,
    ],
    [
      "that is an argument",
      when('input.path == "y"'),
      /no field "path"; it has server, .*, and what the caller gave is below input\.args$/,
    ],
    ["in a helper", "_ok if input.principl.id", /did you mean "principal"/],
    ["in an import", `import input.arg as arguments\n\n${when("arguments.x")}`, /did you mean "args"/],
  ]);

  test("is refused in a helper package", async () => {
    const dir = { "policy/lib.rego": "package policy.lib\n\nis_open(x) if {\n\tx\n\tinput.sever == x\n}\n" };
    expect(await faultsOf(dir)).toEqual([
      'rego/policy/lib.rego:5: the input has no field "sever" (did you mean "server"?)',
    ]);
  });

  test("and every field that there is builds, by a constant or a computed name", async () => {
    const names = [
      "server",
      "direction",
      "method",
      "tool",
      "args",
      "params",
      "category",
      "risk",
      "severity",
      "session",
    ];
    const more = ["principal", "time", "definition", "history"];
    const conditions = [...names, ...more].map((name) => `input.${name}`);
    await builds(when(`{\n\t${conditions.join("\n\t")}\n\tsome name in ["a", "b"]\n\tinput[name]\n}`));
  });
});
