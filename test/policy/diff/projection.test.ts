// What is left out of a recorded call never matters for its decision: for calls of every kind, under rules that read in every
// way, the rest of an input gets the decision of the whole.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { ComparedPolicy } from "../../../src/policy/diff/compare-policies.ts";
import { Projection } from "../../../src/policy/projection.ts";
import { listSpeakers } from "../../../src/policy/speakers.ts";
import { openFiles } from "./support.ts";

const RULES: Readonly<Record<string, string>> = {
  plain: 'rules.plain contains {"id": "plain", "action": "allow"} if input.args.a == "x"',
  absent: 'rules.absent contains {"id": "absent", "action": "allow"} if not input.args.a.b',
  bound: 'rules.bound contains {"id": "bound", "action": "allow"} if {\n\tgiven := input.args\n\tgiven.a == given.b\n}',
  items:
    'rules.items contains {"id": "items", "action": "allow"} if {\n\tsome item in input.args.a\n\titem.b == "x"\n}',
  keys: 'rules.keys contains {"id": "keys", "action": "allow"} if "b" in object.keys(input.args.a)',
  size: 'rules.size contains {"id": "size", "action": "allow"} if count(input.args.a) == 2',
  index:
    'rules.index contains {"id": "index", "action": "allow"} if {\n\tsome i\n\tinput.args.a[i] == "x"\n\ti != 0\n}',
  last: 'rules.last contains {"id": "last", "action": "allow"} if {\n\tevery v in input.args.a { v != input.args.b }\n\tinput.args.a[1]\n}',
  get: 'rules.get contains {"id": "get", "action": "allow"} if object.get(input.args, ["a", "b"], "x") == "x"',
  computed: 'rules.computed contains {"id": "computed", "action": "allow"} if input.args[input.args.b] == "x"',
  whole: 'rules.whole contains {"id": "whole", "action": "allow"} if contains(json.marshal(input.args.a), "x")',
  shape: 'rules.shape contains {"id": "shape", "action": "allow"} if {\n\tsome key, _ in input.args.a\n\tkey == "b"\n}',
  distinct: 'rules.distinct contains {"id": "distinct", "action": "allow"} if count({v | some v in input.args.a}) > 1',
  cost: 'rules.cost contains {"id": "cost", "action": "allow", "rate_limit": {"max": 9, "window": 9, "cost": _n}}\n\ndefault _n := 1\n\n_n := count(input.args.a)',
};

const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>("x", "y", "a", "b", "", 0, 1, 2, true, false, null),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "0", "x", "length", "__proto__"), tie("node"), { maxKeys: 3 }),
  ),
})).node;
const args = fc.dictionary(fc.constantFrom("a", "b", "c"), value, { maxKeys: 3 });

let policy: ComparedPolicy;

beforeAll(async () => {
  policy = await openFiles(
    { "policy/s.rego": `package policy.servers.s\n\n${Object.values(RULES).join("\n\n")}\n` },
    true,
  );
});

function projectionFor(tool: string): Projection {
  const speakers = listSpeakers(policy, { server: "s", method: "tools/call", tool });
  return Projection.of(
    policy.conditions?.always ?? [],
    speakers.map(({ conditions }) => conditions),
  );
}

describe("the part of an input that rules may read gets the decision of all of it", () => {
  test.each(Object.keys(RULES))("%s", (tool) => {
    const projection = projectionFor(tool);
    const decide = (input: unknown): unknown => {
      const evaluation = policy.evaluate(JSON.stringify(input));
      return evaluation.kind === "decided" ? evaluation.decision : "failed";
    };
    fc.assert(
      fc.property(args, (given) => {
        const input = {
          server: "s",
          tool,
          category: "Write",
          severity: "low",
          args: given,
          session: "s",
          method: "tools/call",
        };
        expect(decide(projection.project(input))).toEqual(decide(input));
        const text = projection.projectText(JSON.stringify(input));
        expect(decide(JSON.parse(text))).toEqual(decide(input));
      }),
      { numRuns: 300 },
    );
  });

  test("and what it leaves out may be anything", () => {
    const projection = projectionFor("plain");
    const input = { server: "s", tool: "plain", args: { a: "x", b: { c: 1 } }, session: "s", time: {} };
    expect(projection.project(input)).toEqual({ server: "s", tool: "plain", args: { a: "x" } });
  });
});

describe("a place matters", () => {
  test.each([
    ["that is read", "plain", ["args", "a"], true],
    ["that lies in one that is read", "plain", ["args", "a", "deep", "0"], true],
    ["in which one lies that is read", "absent", ["args", "a"], true],
    ["whose keys are all that is read", "shape", ["args", "a"], true],
    ["but not below one whose keys are all that is read", "shape", ["args", "a", "b"], false],
    ["but not beside it", "plain", ["args", "b"], false],
    ["any, where the key is computed", "computed", ["args", "anything"], true],
    ["that names the call", "plain", ["tool"], true],
    ["but not who calls, where no rule asks", "plain", ["principal", "id"], false],
  ])("%s", (_, tool, place, expected) => {
    expect(projectionFor(tool).reads(place)).toBe(expected);
  });

  test("whatever it is, where nothing is known of the rules", () => {
    expect(Projection.whole().reads(["args", "x"])).toBe(true);
  });
});
