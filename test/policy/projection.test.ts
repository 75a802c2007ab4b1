// What the engine is spared must not matter: each way of reading the input that a rule has, whatever it goes by, gets the same
// decision on what is left of the input as on all of it. One server for each way, in one build.
import { beforeAll, describe, expect, test } from "vitest";
import type { Call, Evaluation, ToolFacts } from "../../src/gate/types.ts";
import { type LoadedPolicy, startPolicy } from "../../src/policy/active-policy.ts";
import { composeInput } from "../../src/policy/input.ts";
import { Projection } from "../../src/policy/projection.ts";
import { listSpeakers } from "../../src/policy/speakers.ts";
import { buildFolder, makeFolder } from "./support.ts";

const EVERY_FIELD = [
  ...["server", "tool", "category", "risk", "severity", "definition", "method", "direction"],
  ...["session", "principal", "history", "time"],
]
  .map((name) => `"${name}": _`)
  .join(", ");

/** The body of a rule that denies, and its helpers. Where nothing else is said it holds where `path` is "evil". */
const READINGS: Readonly<Record<string, readonly [body: string, helpers?: string]>> = {
  with_for_a_builtin: ['"evil" in object.keys(input) with object.keys as _f', "_f(x) := {x.args.path}"],
  with_behind_every: [
    'every x in ["a"] {\n input.args.path == "evil"\n x == "a"\n} with input.args as input.principal.claims',
  ],
  with_behind_some: [
    'some x in _xs with input.args.list as input.principal.groups\n x == "evil"',
    "_xs := input.args.list",
  ],
  with_in_a_template: [
    'x := $"{_x with input.args.path as input.principal.id}"\n x == "evil"',
    "_x := input.args.path",
  ],
  with_for_a_rule: ['_y == "evil" with _x as input.principal', '_x := {"id": "a"}\n\n_y := _x.id'],
  result_of_count: ["count(input.args.list, input.args.n)"],
  result_of_count_in_a_helper: ['count(["a", "b", "c"], _n)', "_n := input.args.n"],
  result_of_startswith: ['startswith("evil", "ev", input.args.flag)'],
  result_of_neq: ["neq(1, 2, input.args.flag)"],
  result_of_regex_match: ['regex.match("ev.*", "evil", input.args.flag)'],
  result_of_glob_match: ['glob.match("ev*", [], "evil", input.args.flag)'],
  result_of_net_cidr_contains: ['net.cidr_contains("10.0.0.0/8", "10.0.0.1", input.args.flag)'],
  result_of_object_get: ['object.get({"a": "evil"}, "a", "", input.args.path)'],
  result_of_object_keys: ['object.keys(input, keys)\n "session" in keys'],
  result_of_a_function: ['_f("evil", _path)', "_f(x) := x\n\n_path := input.args.path"],
  keys_of_the_input: ["count(object.keys(input)) > 9"],
  members_of_the_input: ["count([1 | some _ in input]) > 9"],
  each_key_of_the_input: ['some key, _ in input\n key == "session"'],
  every_key_of_the_input: ["not _bare", '_bare if every key, _ in input {\n key != "session"\n}'],
  keys_of_the_input_in_a_helper: ['"session" in _keys', "_keys contains key if some key, _ in input"],
  pattern_of_the_input: [`{${EVERY_FIELD}, "args": x} := input\n x.path == "evil"`],
  pattern_in_a_head: ["_f(input)", `_f({${EVERY_FIELD}, "args": x}) if x.path == "evil"`],
  pattern_in_a_pattern: ["_f(input.args)", '_f({"o": {"a": x, "b": _}}) if x == "evil"'],
  pattern_of_members: ['some {"path": x, "k": _} in input.args.list\n x == "evil"'],
  key_of_a_comprehension: ['some key, _ in {x: 1 | x := input}\n key.args.path == "evil"'],
  key_of_a_comprehension_by_name: ['some key in object.keys({x: 1 | x := input})\n key.args.path == "evil"'],
  key_of_a_helper: ['some key, _ in _m\n key.args.path == "evil"', "_m[x] := 1 if x := input"],
  head_of_two_variables: ['_m.p.q.args.path == "evil"', '_m[x][y] := input if {\n x := "p"\n y := "q"\n}'],
  head_by_an_argument: ["_m.foo.evil.b == 1", "_m.foo[input.args.path].b := 1"],
  head_of_a_set: ['some x in _m.a\n x.args.path == "evil"', '_m[k] contains input if k := "a"'],
  heads_of_one_object: [
    "_m.a == 2",
    '_m.a := 1 if input.args.n\n\n_m[x] := 2 if {\n x := "a"\n input.args.path == "evil"\n}',
  ],
  heads_of_one_object_by_a_variable: [
    'some k\n _m[k] == "evil"',
    '_m.a := input.args.path\n\n_m[x] := 1 if some x in {"b"}',
  ],
  walk_to_a_rule: ['walk({"z": "evil"}, [_, _path])', "_path := input.args.path"],
  walk_to_a_pair: ['walk({"z": "evil"}, _pair)', '_pair := [["z"], input.args.path]'],
  walk_of_a_call: ['[_, v] := walk(input)[_]\n v == "evil"'],
  object_get_by_a_computed_path: [
    'k := ["x", "y"]\n object.get(_i, k, {}).args.path == "evil"',
    '_i := {"x": {"y": input}}',
  ],
  a_package_below_a_computed_name: ['data.policy.lib.a.foo == "evil"'],
  a_helper_of_that_package: ["data.policy.lib.c.helper"],
  variables_bound_behind_their_use: ['f == "evil"\n f = e.path\n e = d.o\n d = c.o\n c = b.o\n b = a.args\n a = input'],
};

const LIBRARY = {
  "policy/a.rego": `package policy.lib.a\n\nfoo := data.policy.lib[input.server].bar if input.args.path == "evil"\n`,
  "policy/c.rego": "package policy.lib.c\n\nhelper if data.policy.lib.a.foo\n",
  "policy/d.rego": 'package policy.lib.a_helper_of_that_package\n\nbar := "evil"\n',
  "policy/e.rego": 'package policy.lib.a_package_below_a_computed_name\n\nbar := "evil"\n',
};

const ARGS: readonly unknown[] = [
  ...[{}, { path: "evil" }, { path: "ok", n: 1 }, { list: [1, 2, 3], n: 3 }, { list: ["evil"] }, { flag: true }],
  ...[{ o: { a: "evil", b: "ok" } }, { list: [{ path: "evil", k: 1 }] }, { o: { o: { o: { path: "evil" } } } }],
  ...[{ path: "evil", n: 3, flag: true }, { path: { evil: true } }, { evil: "path" }],
];
const NOBODY = { id: "p", groups: [], claims: {} };
const EVIL = { id: "evil", groups: ["evil"], claims: { path: "evil" } };
const FACTS: ToolFacts = {
  category: "Read",
  risk: "Low",
  severity: "low",
  definition: { catalogued: true, changed: false },
};

function decisionOf(evaluation: Evaluation): unknown {
  return evaluation.kind === "decided" ? evaluation.decision : evaluation.problem;
}

describe("a rule is answered alike on what is left of the input:", () => {
  let policy: LoadedPolicy;

  beforeAll(async () => {
    const packages = Object.entries(READINGS).map(([name, [body, helpers = ""]]) => [
      `policy/${name}.rego`,
      `package policy.servers.${name}

rules.t contains {"id": "ok", "action": "allow"}

rules.t contains {"id": "evil", "action": "deny", "reason": "evil"} if {
 ${body}
}

${helpers}
`,
    ]);
    const dir = await makeFolder({ ...LIBRARY, ...Object.fromEntries(packages) });
    policy = await startPolicy((await buildFolder(dir)).bundle);
  }, 120_000);

  test.each(Object.keys(READINGS))("%s", (server) => {
    const seen = new Set<unknown>();
    for (const value of ARGS) {
      for (const principal of [NOBODY, EVIL]) {
        const args = { text: JSON.stringify(value), value };
        const call: Call = {
          server,
          tool: "t",
          method: "tools/call",
          direction: "to_server",
          session: "s",
          principal,
          args,
        };
        const whole = composeInput(call, FACTS, { unixMs: 1e12 });
        const expected = decisionOf(policy.engine.evaluate(whole));
        seen.add(JSON.stringify(expected).includes("/evil"));
        expect(decisionOf(policy.judge(call, FACTS, 1e12, "UTC")), whole).toEqual(expected);
        expect(decisionOf(policy.engine.evaluate(project(call, whole))), whole).toEqual(expected);
      }
    }
    expect([...seen], "the rule speaks").toContain(true);
  });

  /** As an input that was recorded is compared. */
  function project(call: Call, whole: string): string {
    const { conditions } = policy;
    if (conditions === undefined) throw new Error("the bundle has no index of conditions");
    const speakers = listSpeakers(policy, call, [FACTS.category]).map((speaker) => speaker.conditions);
    return JSON.stringify(Projection.of(conditions.always, speakers).project(JSON.parse(whole)));
  }
});

test("a bundle whose index passes over one of its rules is judged as one without an index", async () => {
  const dir = await makeFolder({
    "policy/s.rego":
      'package policy.servers.s\n\nrules.t contains {"id": "a", "action": "allow"} if input.args.a == 1\n',
  });
  const { bundle } = await buildFolder(dir);
  const [full, lacking] = await Promise.all(
    [bundle, { ...bundle, conditions: { version: 2, always: [["server"], ["tool"]], library: "", rules: {} } }].map(
      startPolicy,
    ),
  );
  expect([full?.conditions === undefined, lacking?.conditions]).toEqual([false, undefined]);
});
