// The index of conditions that a build keeps: what each rule reads, and compares it with.
import { beforeAll, describe, expect, test } from "vitest";
import { type Conditions, type RuleConditions, readConditions } from "../../../src/policy/conditions.ts";
import { createEngine } from "../../../src/policy/engine.ts";
import { buildFolder, type Files, makeFolder } from "../support.ts";

async function indexOf(files: Files): Promise<Conditions> {
  const { bundle } = await buildFolder(await makeFolder(files));
  const conditions = readConditions(bundle.conditions);
  if (conditions === undefined) throw new Error("the bundle has no index of conditions");
  return conditions;
}

/** Of one server's rules, in one build: each rule by its id. */
async function rulesOf(text: string, more: Files = {}): Promise<ReadonlyMap<string, RuleConditions>> {
  const { rules } = await indexOf({ "policy/s.rego": `package policy.servers.s\n\n${text}\n`, ...more });
  return new Map([...rules].map(([id, rule]) => [id.replace("policy.servers.s/", ""), rule]));
}

/** Bodies by id, each of a rule of its own. */
async function bodiesOf(bodies: Readonly<Record<string, string>>, helpers = "", more: Files = {}) {
  const rules = Object.entries(bodies).map(
    ([id, body]) => `rules.t contains {"id": "${id}", "action": "allow"} if ${body}`,
  );
  return rulesOf([...rules, helpers].join("\n\n"), more);
}

/** `args.path prefix "/srv/"`; any key is `*`. */
function tell(rule: RuleConditions | undefined) {
  const write = (path: readonly (string | null)[]): string => path.map((key) => key ?? "*").join(".");
  return {
    reads: rule?.reads.map(write),
    touches: rule?.touches.map(write),
    tests: rule?.tests.map(({ path, how, literal }) => `${write(path)} ${how} ${literal}`),
  };
}

const COMPARED: readonly (readonly [title: string, body: string, tests: readonly string[]])[] = [
  ["an equality", 'input.args.a == "x"', ['args.a equal "x"']],
  ["an order", "input.args.a > 5", ["args.a order 5"]],
  ["a number as it is written", "input.args.a == 9007199254740993", ["args.a equal 9007199254740993"]],
  ["a start", 'startswith(input.args.a, "x")', ['args.a prefix "x"']],
  ["an end", 'endswith(input.args.a, "x")', ['args.a suffix "x"']],
  ["a part", 'contains(input.args.a, "x")', ['args.a part "x"']],
  ["a pattern", 'regex.match("^x$", input.args.a)', ['args.a regex "^x$"']],
  ["a glob", 'glob.match("x*", [], input.args.a)', ['args.a glob "x*"']],
  ["a length", "count(input.args.a) > 3", ["args.a count 3"]],
  ["members", 'input.args.a in {"x", "y"}', ['args.a equal "x"', 'args.a equal "y"']],
  ["a member of it", '"x" in input.args.a', ['args.a.* equal "x"']],
  ["a key", '"x" in object.keys(input.args)', ['args key "x"']],
  ["a nested place", 'input.args.a["b c"][0].d == true', ["args.a.b c.0.d equal true"]],
  ["object.get", 'object.get(input.args, "a", "x") == "y"', ['args.a equal "y"']],
  ["object.get by a path", 'object.get(input, ["args", "a", "b"], 0) == 1', ["args.a.b equal 1"]],
  ["a whole list", 'input.args.a == ["x"]', ['args.a equal ["x"]', 'args.a equal "x"']],
];

describe("what a rule compares with, by how", () => {
  let rules: ReadonlyMap<string, RuleConditions>;

  beforeAll(async () => {
    rules = await bodiesOf(Object.fromEntries(COMPARED.map(([title, body]) => [title, body])));
  });

  test.each(COMPARED)("%s", (title, _, expected) => {
    expect(tell(rules.get(title)).tests).toEqual(expected);
  });

  test("an imported place", async () => {
    const text = 'import input.args as given\n\nrules.t contains {"id": "r", "action": "allow"} if given.a == "x"';
    expect(tell((await rulesOf(text)).get("r")).tests).toEqual(['args.a equal "x"']);
  });
});

test("variables, iterations, helpers, functions, tables and negations are followed", async () => {
  const helpers = `
_is_small if input.args.amount <= 100

_limit := {"EUR": 100, "USD": 120}

_below(value, most) if value < most

_names contains "x"

_first := value if {
	some key, value in input.args.map
	key == "k"
} else := input.args.fallback
`;
  const rules = await bodiesOf(
    {
      variable: '{ x := input.args.a; y := x.b; y == "z" }',
      pattern: '{ [a, b] := input.args.pair; a == "p"; b == "q" }',
      unify: '{ input.args.a = x; x == "z" }',
      iteration: '{ some item in input.args.items; item.name == "n" }',
      every: 'every item in input.args.items { item.name == "n" }',
      underscore: 'input.args.items[_].name == "n"',
      helper: "not _is_small",
      table: "input.args.amount <= _limit[input.args.currency]",
      function: "_below(input.args.amount, 7)",
      set: "_names[input.args.a]",
      chain: '_first == "f"',
      comprehension: 'count({x | some x in input.args.items; x.ok == "yes"}) > 2',
      library: "data.policy.lib.text.is_open(input.args.path)",
      derived: 'lower(input.args.a) == "low"',
    },
    helpers,
    { "policy/lib.rego": 'package policy.lib.text\n\nis_open(path) if startswith(path, "/open/")\n' },
  );
  const tests = Object.fromEntries([...rules].map(([id, rule]) => [id, tell(rule).tests]));
  expect(tests).toMatchObject({
    variable: ['args.a.b equal "z"'],
    pattern: ['args.pair.0 equal "p"', 'args.pair.1 equal "q"'],
    unify: expect.arrayContaining(['args.a equal "z"']),
    iteration: ['args.items.*.name equal "n"'],
    every: ['args.items.*.name equal "n"'],
    underscore: ['args.items.*.name equal "n"'],
    helper: ["args.amount order 100"],
    table: expect.arrayContaining(["args.amount order 100", "args.amount order 120", 'args.currency equal "EUR"']),
    function: ["args.amount order 7"],
    set: ['args.a equal "x"'],
    chain: expect.arrayContaining(['args.fallback equal "f"', 'args.map key "k"', 'args.map.* equal "f"']),
    comprehension: expect.arrayContaining(['args.items.*.ok equal "yes"']),
    library: ['args.path prefix "/open/"'],
    derived: ['args.a equal "low"'],
  });
});

describe("what a rule reads", () => {
  test("is the place that is looked at, not all that it lies in", async () => {
    const rules = await bodiesOf({ r: '{ given := input.args; given.path == "x" }' });
    expect(tell(rules.get("r"))).toMatchObject({ reads: ["args.path"], touches: ["args"] });
  });

  test("is all of what is handed to something that looks at all of it", async () => {
    const rules = await bodiesOf({
      json: 'contains(json.marshal(input.args), "x")',
      walk: '{ walk(input, [_, v]); v == "x" }',
    });
    expect(tell(rules.get("json")).reads).toEqual(["args"]);
    expect(tell(rules.get("walk")).reads).toEqual([""]);
  });

  test("is any place, where the key is computed", async () => {
    const rules = await bodiesOf({ r: 'input.args[input.args.which] == "x"', s: 'input[concat("", ["ar", "gs"])].a' });
    expect(tell(rules.get("r")).reads).toEqual(["args.*"]);
    expect(tell(rules.get("s")).reads).toEqual(["*.a"]);
  });

  test("is what goes into its head", async () => {
    const rules = await rulesOf(
      'rules.t contains {"id": "r", "action": "allow", "rate_limit": {"max": 5, "window": 5, "cost": input.args.n}}',
    );
    expect(tell(rules.get("r")).reads).toEqual(["args.n"]);
  });

  test("is what any package below a computed name reads", async () => {
    const more = { "policy/lib.rego": "package policy.lib.a.deep\n\nok if input.args.hidden == 1\n" };
    const rules = await bodiesOf({ r: "data.policy.lib[input.args.name].deep.ok" }, "", more);
    expect(tell(rules.get("r")).reads).toEqual(["args.hidden", "args.name"]);
  });

  test("is what a helper reads, also where the input is replaced for it", async () => {
    const rules = await bodiesOf({ r: '_ok with input as {"args": {"b": input.args.a}}' }, "_ok if input.args.b");
    expect(tell(rules.get("r")).reads).toEqual(["args.a", "args.b"]);
  });

  test("is everything, where it is too much to be told", async () => {
    const fields = Array.from({ length: 300 }, (_, n) => `input.args.f${n}`);
    const rules = await bodiesOf({ r: `{ some x in [${fields.join(", ")}]; x == 1 }` });
    expect(tell(rules.get("r")).reads).toEqual([""]);
  });

  test("for every call, is what the library reads", async () => {
    const { always } = await indexOf({
      "policy/s.rego": 'package policy.servers.s\n\nrules.t contains {"id": "r", "action": "deny"}\n',
    });
    expect(always.map((path) => path.join("."))).toEqual([
      "category",
      "definition.changed",
      "direction",
      "method",
      "server",
      "tool",
    ]);
  });
});

describe("the name of a rule's syntax", () => {
  const RULE = 'rules.t contains {"id": "r", "action": "deny"} if not _ok\n\n_ok if input.args.a == 1';
  const nameOf = async (text: string, more: Files = {}) => (await rulesOf(text, more)).get("r")?.source;

  test("is the same, however and wherever it is written", async () => {
    const name = await nameOf(RULE);
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    expect(
      await nameOf(`# by hand\n${RULE.replaceAll(" ", "  ")}\n\nrules.other contains {"id": "o", "action": "deny"}`),
    ).toBe(name);
  });

  test.each<[string, string, string]>([
    ["a literal", "== 1", "== 2"],
    ["a number that no double holds", "== 1", "== 9007199254740993"],
    ["a negation", "not _ok", "_ok"],
    ["a helper's definition", "_ok if", "_ok if input.args.b\n\n_ok if"],
    ["a default", "_ok if", "default _ok := true\n\n_ok if"],
    ["a replaced input", "not _ok", 'not _ok with input.args as {"a": 1}'],
    [
      "what an import means",
      RULE,
      `import data.policy.lib.x\n\n${RULE.replace("_ok if input.args.a == 1", "_ok if x.is")}`,
    ],
  ])("is another for %s", async (_, from, to) => {
    const lib = { "policy/lib.rego": "package policy.lib.x\n\nis if input.args.a == 1\n" };
    expect(
      await nameOf(
        RULE.replace(from, () => to),
        lib,
      ),
    ).not.toBe(await nameOf(RULE, lib));
  });

  test("tells 9007199254740992 from 9007199254740993", async () => {
    const [a, b] = await Promise.all(
      ["92", "93"].map((end) => nameOf(RULE.replace("== 1", `== 90071992547409${end}`))),
    );
    expect(a).not.toBe(b);
  });

  test("is none where the rule looks at data that is no rule", async () => {
    const name = await nameOf(
      'rules.t contains {"id": "r", "action": "deny"} if data.catalogue[input.server].tools[input.tool]',
    );
    expect(name).toBeUndefined();
  });
});

test("the engine sees nothing of the index", async () => {
  const files = {
    "policy/s.rego":
      'package policy.servers.s\n\nrules.t contains {"id": "r", "action": "allow"} if data.conditions.rules\n',
  };
  const { bundle } = await buildFolder(await makeFolder(files));
  expect(JSON.parse(Buffer.from(bundle.dataJson).toString())).toMatchObject({ conditions: null });
  const evaluation = (await createEngine(bundle)).evaluate('{"server": "s", "tool": "t", "args": {}}');
  expect(evaluation.kind === "decided" ? evaluation.decision.action : evaluation.problem).toBe("deny");
});

test("an index of another form is as none", () => {
  for (const value of [
    undefined,
    null,
    7,
    {},
    { version: 1, always: [], library: "", rules: {} },
    { version: 3, always: [], library: "", rules: {} },
    { version: 2, always: {} },
  ]) {
    expect(readConditions(value)).toBeUndefined();
  }
});
