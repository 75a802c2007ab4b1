// What lint finds of a policy as a whole: arguments held against the schemas of the tools that rules and helpers speak to, and
// tools that nothing could permit.
import { describe, expect, test, vi } from "vitest";
import { lintPolicy } from "../../src/check/policy-lint/lint-policy.ts";
import { openRepository } from "../../src/check/policy-repository.ts";
import { findOpa } from "../../src/policy/opa.ts";
import { schemaNames } from "../../src/scan/places.ts";
import { type Files, makeFolder, ROOT } from "../policy/support.ts";

// OPA is a process for each file
vi.setConfig({ testTimeout: 120_000 });

const tool = (properties: object) => JSON.stringify({ type: "object", properties });
const text = { type: "string" };

const SCHEMAS: Files = {
  "schemas/tools/notes/write.json": tool({
    path: text,
    content: text,
    mode: { type: "string", enum: ["draft", "final"] },
    level: { type: "integer", enum: [1, 2] },
    options: { type: "object", properties: { deep: { type: "boolean" } } },
    edits: { type: "array", items: { type: "object", properties: { from: text, to: text } } },
    anything: { type: "object" },
  }),
  "schemas/tools/notes/read.json": tool({ path: text, head: { type: "integer" } }),
  "schemas/tools/notes/list-all.json": tool({ folder: text }),
};

const PACKAGE = "package policy.servers.notes\n\n";
const ALLOW = 'rules.write contains {"id": "w", "action": "allow"}\n';
const BOUND = "# METADATA\n# scope: rule\n# schemas:\n#   - input.args: schema.tools.notes.write\n";

async function lint(files: Files): Promise<readonly string[]> {
  const cwd = await makeFolder({ ...SCHEMAS, ...files });
  const findings = await lintPolicy(
    await openRepository("rego", cwd, await makeFolder({})),
    await findOpa(process.env, ROOT),
  );
  return findings.map(({ level, rule, what, file, row, column }) => {
    return `${file?.replace("rego/policy/servers/", "")}:${row}:${column ?? "-"} ${level} ${rule}: ${what}`;
  });
}

/** Of one file of the server notes, whose text begins in row 3. */
async function lintRules(rules: string): Promise<readonly string[]> {
  const found = await lint({ "rego/policy/servers/notes.rego": PACKAGE + rules });
  return found.map((line) => line.replace(/^notes\.rego:/, ""));
}

/** Of a rule that speaks to write, with its schema named. */
async function lintCondition(condition: string, more = ""): Promise<readonly string[]> {
  return lintRules(`${BOUND}rules.write contains {"id": "w", "action": "allow"} if {\n\t${condition}\n}\n${more}`);
}

describe("an argument that the tool does not have", () => {
  const misnamed = 'error regate/unknown-argument: input.args has no "pth" (did you mean "path"?); it has';
  const names = "anything, content, edits, level, mode, options, path";

  test.each([
    ["in a ref", 'input.args.pth == "x"', "8:2"],
    ["in brackets", 'input.args["pth"] == "x"', "8:2"],
    ["behind not", "not input.args.pth", "8:6"],
    ["of object.get", 'object.get(input.args, "pth", "") == "x"', "8:2"],
    ["of object.get by a path", 'object.get(input, ["args", "pth"], "") == "x"', "8:2"],
    ["through a variable", 'a := input.args\n\ta.pth == "x"', "9:2"],
    ["in a comprehension", 'count([1 | input.args.pth == "x"]) == 1', "8:13"],
    ["in an argument of a call", 'startswith(lower(input.args.pth), "x")', "8:19"],
  ])("%s is named with its row and those that it has", async (_, condition, place) => {
    expect(await lintCondition(condition)).toEqual([`${place} ${misnamed} ${names}`]);
  });

  test("below another argument, and in the items of an array", async () => {
    expect(await lintCondition("input.args.options.dep")).toEqual([
      '8:2 error regate/unknown-argument: input.args.options has no "dep" (did you mean "deep"?); it has deep',
    ]);
    const edits =
      'error regate/unknown-argument: input.args.edits[...] has no "form" (did you mean "from"?); it has from, to';
    expect(await lintCondition('input.args.edits[_].form == "x"')).toEqual([`8:2 ${edits}`]);
    expect(await lintCondition('some edit in input.args.edits\n\tedit.form == "x"')).toEqual([`9:2 ${edits}`]);
    expect(await lintCondition('every edit in input.args.edits { edit.form == "x" }')).toEqual([`8:35 ${edits}`]);
  });

  test("in the reason of a rule, and in what the log is to mask", async () => {
    const rules = `${BOUND}rules.write contains {
	"id": "w",
	"action": "deny",
	"reason": $"Not {input.args.pth}",
	"redact": ["/path", "/contents", "/options/dep"],
}
`;
    expect(await lintRules(rules)).toEqual([
      `10:19 ${misnamed} ${names}`,
      `11:- error regate/unknown-argument: input.args has no "contents" (did you mean "content"?); it has ${names}`,
      '11:- error regate/unknown-argument: input.args.options has no "dep" (did you mean "deep"?); it has deep',
    ]);
  });

  test("in a helper that the tool's rules come by, also one of another package", async () => {
    expect(await lintCondition("_ok", `\n${BOUND}_ok if input.args.pth == "x"\n`)).toEqual([
      `15:8 ${misnamed} ${names}`,
    ]);
    const found = await lint({
      "rego/policy/servers/notes.rego": `package policy.servers.notes\n\nimport data.policy.lib.paths\n\n${ALLOW.trim()} if paths.ok\n`,
      "rego/policy/lib/paths.rego": `package policy.lib.paths\n\n${BOUND}ok if input.args.pth == "x"\n`,
    });
    expect(found).toEqual([`rego/policy/lib/paths.rego:7:7 ${misnamed} ${names}`]);
  });

  test("of all tools that a rule speaks to: one that has it is enough", async () => {
    const starred = (condition: string) =>
      `rules["*"] contains {"id": "s", "action": "allow"} if {\n\t${condition}\n}\n`;
    const every = "error regate/unknown-argument: input.args of every tool that this speaks to has no";
    expect(await lintRules(starred("input.args.head == 1"))).toEqual([]);
    expect(await lintRules(starred("input.args.heat == 1"))).toEqual([
      `4:2 ${every} "heat" (did you mean "head"?); it has ${names.replace("edits, ", "edits, folder, head, ")}`,
    ]);
    expect(await lintRules(starred('input.tool in {"write", "list-all"}\n\tinput.args.head == 1'))).toEqual([
      `5:2 ${every} "head"; it has ${names.replace("edits, ", "edits, folder, ")}`,
    ]);
    expect(
      await lintRules(`${starred("input.tool in _some\n\tinput.args.head == 1")}\n_some := {"write", "list-all"}\n`),
    ).toEqual([expect.stringContaining(`5:2 ${every} "head"`)]);
  });

  test("is looked for in all tools where a rule only leaves some out", async () => {
    const starred = `rules["*"] contains {"id": "s", "action": "allow"} if {\n\tnot input.tool == "write"\n\tinput.args.head == 1\n}\n`;
    expect(await lintRules(starred)).toEqual([]);
  });

  test("is not looked for where a tool is not known, or its schema does not say", async () => {
    expect(
      await lintRules(ALLOW.replace("rules.write", "rules.erase").replace("}\n", "} if input.args.pth\n")),
    ).toEqual([]);
    expect(await lintCondition("input.args.anything.pth")).toEqual([]);
    expect(await lintCondition("input.args[input.args.mode]")).toEqual([]);
    expect(await lintRules(`${ALLOW}\n_unused if input.args.pth == "x"\n`)).toEqual([]);
    const catalogue = { category: "Read", risk: "Low", severity: "low" };
    const found = await lint({
      "rego/policy/servers/notes.rego": `${PACKAGE}rules["*"] contains {"id": "s", "action": "allow"} if input.args.pth\n`,
      "rego/catalogue/notes/data.json": JSON.stringify({ tools: { erase: catalogue } }),
    });
    expect(found).toEqual([]);
  });
});

describe("a value that an argument never has", () => {
  test.each([
    ["equal", 'input.args.mode == "drft"', "8:21", '"drft" (did you mean "draft"?); it has draft, final'],
    ["equal, turned round", '"drft" == input.args.mode', "8:2", '"drft" (did you mean "draft"?); it has draft, final'],
    ["unequal", 'input.args.mode != "none"', "8:21", '"none"; it has draft, final'],
    ["behind not", 'not input.args.mode == "none"', "8:25", '"none"; it has draft, final'],
    ["through a variable", 'm := input.args.mode\n\tm == "none"', "9:7", '"none"; it has draft, final'],
    ["of a set", 'input.args.mode in {"draft", "none"}', "8:2", '"none"; it has draft, final'],
    ["of object.get", 'object.get(input.args, "mode", "x") == "none"', "8:41", '"none"; it has draft, final'],
  ])("%s", async (_, condition, place, what) => {
    expect(await lintCondition(condition)).toEqual([
      `${place} error regate/unknown-value: input.args.mode is never ${what}`,
    ]);
  });

  test("as a number, and of a set that has a name", async () => {
    expect(await lintCondition("input.args.level == 3")).toEqual([
      "8:22 error regate/unknown-value: input.args.level is never 3; it has 1, 2",
    ]);
    expect(await lintCondition("input.args.mode in _modes", '\n_modes := {"final", "none"}\n')).toEqual([
      '8:2 error regate/unknown-value: input.args.mode is never "none"; it has draft, final',
    ]);
  });

  test("is not looked for where any value may be there", async () => {
    expect(
      await lintCondition('input.args.path == "none"\n\tinput.args.mode == "final"\n\tinput.args.level in {1}'),
    ).toEqual([]);
    const starred = `rules["*"] contains {"id": "s", "action": "allow"} if {\n\tinput.args.mode == "none"\n\tinput.tool in {"write", "read"}\n}\n`;
    expect(await lintRules(starred)).toEqual([]);
  });
});

describe("the schema of one tool's arguments is asked for", () => {
  const asked = (row: number) =>
    `${row}:- warning regate/argument-schema: reads the arguments of one tool: name their schema in its METADATA, ` +
    '"# scope: rule", "# schemas:", "#   - input.args: schema.tools.notes.write"';

  test("by a rule and by a helper that read them", async () => {
    expect(await lintRules(`${ALLOW.trim()} if input.args.path == "x"\n`)).toEqual([asked(3)]);
    expect(await lintRules(`${ALLOW.trim()} if _ok\n\n_ok if input.args.path == "x"\n`)).toEqual([asked(5)]);
    expect(await lintRules(`${ALLOW.trim()} if not _ok\n\n_ok if input.args.path == "x"\n`)).toEqual([asked(5)]);
    expect(
      await lintRules(
        `rules["*"] contains {"id": "s", "action": "allow"} if {\n\tinput.tool == "write"\n\tinput.args.path\n}\n`,
      ),
    ).toEqual([asked(3)]);
  });

  test("as it has to be written", async () => {
    expect(await lintRules('rules["list-all"] contains {"id": "l", "action": "allow"} if input.args.folder\n')).toEqual(
      [expect.stringMatching(/"# {3}- input\.args: schema\.tools\.notes\["list-all"\]"$/)],
    );
  });

  test("by the name that its file has, where the tool's own can't be a file's", async () => {
    const [name = ""] = schemaNames(["a tool"]).values();
    const found = await lint({
      "rego/policy/servers/notes.rego": `${PACKAGE}rules["a tool"] contains {"id": "a", "action": "allow"} if input.args.folder\n`,
      "rego/catalogue/notes/data.json": JSON.stringify({
        tools: { "a tool": { category: "Read", risk: "Low", severity: "low" } },
      }),
      [`schemas/tools/notes/${name}.json`]: tool({ folder: text }),
    });
    expect(found).toEqual([expect.stringContaining(`"#   - input.args: schema.tools.notes["${name}"]"`)]);
  });

  test("once for all definitions of a helper, where it is of the scope `document`", async () => {
    const document = BOUND.replace("scope: rule", "scope: document");
    const helper = '_ok if input.args.path == "x"\n\n_ok if input.args.mode == "final"\n';
    expect(await lintRules(`${ALLOW.trim()} if _ok\n\n${document}${helper}`)).toEqual([]);
    expect(await lintRules(`${ALLOW.trim()} if _ok\n\n${BOUND}${helper}`)).toEqual([asked(11)]);
  });

  test("where another tool's is named", async () => {
    expect(
      await lintRules(`${BOUND.replace("notes.write", "notes.read")}${ALLOW.trim()} if input.args.path\n`),
    ).toEqual([
      '7:- warning regate/argument-schema: its METADATA names the schema schema.tools.notes.read, and it speaks to notes/write only: write "input.args: schema.tools.notes.write"',
    ]);
  });

  test("of nothing that reads none, that speaks to several tools, or to one without a schema", async () => {
    expect(await lintRules(`${ALLOW.trim()} if input.principal.id == "x"\n`)).toEqual([]);
    expect(await lintRules('rules["*"] contains {"id": "s", "action": "allow"} if input.args.path\n')).toEqual([]);
    expect(await lintRules('rules.erase contains {"id": "e", "action": "allow"} if input.args.path\n')).toEqual([]);
    expect(
      await lintRules(
        `${ALLOW.trim()} if _ok\n\nrules.read contains {"id": "r", "action": "allow"} if _ok\n\n_ok if input.args.path\n`,
      ),
    ).toEqual([]);
  });
});

describe("a tool that can never be allowed", () => {
  const never = (row: number, name = "write") =>
    `${row}:- warning regate/never-allowed: "${name}" can never be allowed: its rules only deny or limit it, and what is named ` +
    'here has no default; allow it, or leave it to the defaults as well with {"id": "...", "action": "inherit"}';
  const DENY = 'rules.write contains {"id": "d", "action": "deny"} if input.principal.id == "x"\n';
  const LIMIT = 'rules.write contains {"id": "l", "action": "limit", "rate_limit": {"max": 1, "window": 1}}\n';
  const starred = (action: string, condition = "") =>
    `\nrules["*"] contains {"id": "s", "action": "${action}"}${condition}\n`;

  test("is one that is only denied or limited", async () => {
    expect(await lintRules(DENY)).toEqual([never(3)]);
    expect(await lintRules(LIMIT)).toEqual([never(3)]);
    expect(await lintRules(DENY + LIMIT + starred("limit"))).toEqual([never(3)]);
    expect(await lintRules(DENY.replace("rules.write", 'methods["x/y"]'))).toEqual([never(3, "x/y")]);
  });

  test("is one that no rule for all tools can mean", async () => {
    expect(await lintRules(DENY + starred("allow", ' if input.tool in {"read"}'))).toEqual([never(3)]);
    expect(
      await lintRules(`${DENY}${starred("allow", " if input.tool in _reading")}\n_reading := {"read", "list-all"}\n`),
    ).toEqual([never(3)]);
  });

  test("is not one that a rule may permit, there or in another file, by name or for all", async () => {
    for (const action of ["allow", "require_approval", "inherit"]) {
      expect(await lintRules(`${DENY}rules.write contains {"id": "a", "action": "${action}"}\n`)).toEqual([]);
      expect(await lintRules(DENY + starred(action))).toEqual([]);
    }
    expect(
      await lintRules(`${DENY}rules.write contains {"id": "a", "action": _action}\n\n_action := "allow"\n`),
    ).toEqual([]);
    const files = {
      "rego/policy/servers/notes.rego": PACKAGE + DENY,
      "rego/policy/servers/more.rego": PACKAGE + ALLOW,
    };
    expect(await lint(files)).toEqual([]);
  });

  test("is not one that a rule denies whatever the call is: that is meant", async () => {
    expect(await lintRules(`${LIMIT}rules.write contains {"id": "d", "action": "deny"}\n`)).toEqual([]);
  });
});
