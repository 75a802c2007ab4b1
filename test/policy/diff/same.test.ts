// A change of how a policy is written is no change of what it decides: nothing is reported, whether or not the index may be
// believed, and with every input tried.
import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison } from "../../../src/policy/diff/compare-policies.ts";
import { compareFiles, comparePairs, type Pair, rowsOf } from "./support.ts";

const BASE = `import data.policy.lib.money

rules.pay contains {"id": "allow", "action": "allow", "reason": "", "rate_limit": {"max": 10, "window": 60}}

rules.pay contains {
	"id": "deny",
	"action": "deny",
	"reason": "No",
} if {
	not _is_open
	not _is_cheap
}

_is_cheap if money.is_small(input.args.amount)

_is_open if {
	some tag in input.args.tags
	lower(tag) == "open"
	startswith(input.args.path, "/open/")
}`;

const written = (title: string, ...replacements: readonly [from: string | RegExp, to: string][]): Pair => {
  const head = replacements.reduce((text, [from, to]) => text.replaceAll(from, to), BASE);
  if (head === BASE) throw new Error(`${title}: nothing is replaced`);
  return { title, base: BASE, head };
};

const [IMPORT = "", ALLOW = "", DENY = "", HELPER = ""] = BASE.split(/\n\n(?=rules|_is_open)/);

const PAIRS: readonly Pair[] = [
  written("other white space", ["\n", "\n\n"], ["\t", "        "], [": ", " :  "]),
  written("a rule on one line", [/\{\n\t"id"/g, '{"id"'], [/,\n\t"/g, ', "'], [",\n} if", "} if"]),
  written(
    "comments and METADATA",
    [/^rules/gm, "# METADATA\n# title: A rule\n# description: It rules.\nrules"],
    ["not _is_open", "not _is_open # closed"],
  ),
  written("another name for a local", [/\btag\b/g, "label"]),
  written("a local in the place of an iteration over names", [
    "some tag in input.args.tags",
    "tag := input.args.tags[_]",
  ]),
  written("another name for a helper", ["_is_open", "_may_be_seen"]),
  written("conditions in another order", ["\tnot _is_open\n\tnot _is_cheap", "\tnot _is_cheap\n\tnot _is_open"]),
  written("operands in another order", ['lower(tag) == "open"', '"open" == lower(tag)']),
  written("a raw string", ['"/open/"', "`/open/`"]),
  written("a number with decimals", ['"max": 10,', '"max": 10.0,']),
  written("fields in another order", ['"id": "deny",\n\t"action": "deny"', '"action": "deny",\n\t"id": "deny"']),
  written("a helper between", ["_is_cheap if money", "_is_cheap if _is_less\n\n_is_less if money"]),
  written(
    "a full path in the place of an import",
    ["import data.policy.lib.money\n", ""],
    ["if money.", "if data.policy.lib.money."],
  ),
  written(
    "an import of the arguments",
    ["import data", "import input.args as given\nimport data"],
    ["input.args.path", "given.path"],
  ),
  written(
    "brackets in the place of a dot",
    ["input.args.path", 'input["args"]["path"]'],
    ["rules.pay", 'rules["pay"]'],
  ),
  { title: "rules in another order", base: BASE, head: [IMPORT, HELPER, DENY, ALLOW].join("\n\n") },
  { title: "rules in another file of the package", base: BASE, head: [ALLOW, [IMPORT, HELPER, DENY].join("\n\n")] },
];

const COMMON = {
  "policy/lib.rego": "package policy.lib.money\n\nis_small(amount) if {\n\tis_number(amount)\n\tamount <= 100\n}\n",
};

describe.each([
  ["as it was built", true],
  ["with nothing left out", false],
])("a comparison %s reports nothing for", (_, isTrusted) => {
  let comparison: Comparison;

  beforeAll(async () => {
    comparison = await comparePairs(PAIRS, COMMON, isTrusted);
  }, 300_000);

  test.each(PAIRS.map(({ title }, index) => ({ title, index })))("$title", ({ index }) => {
    expect(rowsOf(comparison, index)).toEqual([]);
  });

  test("anything else either, and has tried what may have changed", () => {
    expect(comparison.table.rows()).toEqual([]);
    expect(comparison.table.unlisted()).toEqual([]);
    expect(comparison.generated).toBeGreaterThan(500);
  });
});

describe("what the index says is the same is not tried again", { timeout: 60_000 }, () => {
  const server = (text: string) => ({ "policy/files.rego": `package policy.servers.files\n\n${text}\n` });
  const rules = 'rules.read contains {"id": "open", "action": "allow"} if startswith(input.args.path, "/open/")';

  test("the same sources, with other comments and in another place", async () => {
    const head = { "policy/servers/other.rego": `# by hand\npackage policy.servers.files\n\n# open\n${rules}\n` };
    const comparison = await compareFiles({ base: server(rules), head });
    expect([comparison.generated, comparison.unreached, comparison.table.rows()]).toEqual([0, [], []]);
  });

  test("in a bundle from elsewhere, which could have any index, only the very same bytes are", async () => {
    const same = { base: server(rules), head: server(rules) };
    expect((await compareFiles(same, { isTrusted: false })).generated).toBe(0);
    const commented = { base: server(rules), head: server(`# by hand\n${rules}`) };
    expect((await compareFiles(commented, { isTrusted: false })).generated).toBeGreaterThan(50);
  });

  test("what another server's rules say", async () => {
    const others = {
      "policy/others.rego": 'package policy.servers.others\n\nrules.x contains {"id": "x", "action": "deny"}\n',
    };
    const changed = {
      "policy/others.rego": 'package policy.servers.others\n\nrules.x contains {"id": "x", "action": "allow"}\n',
    };
    const comparison = await compareFiles({
      base: { ...server(rules), ...others },
      head: { ...server(rules), ...changed },
    });
    expect(comparison.table.rows().map(({ server: name, tool, change }) => [name, tool, change])).toEqual([
      ["others", "x", "looser"],
    ]);
    expect(comparison.generated).toBeLessThan(40);
  });
});

describe("what no input shows is named", { timeout: 60_000 }, () => {
  const server = (text: string) => ({ "policy/files.rego": `package policy.servers.files\n\n${text}\n` });
  const open = 'rules.read contains {"id": "open", "action": "allow"}';
  const hidden = (word: string) => `base64.decode(strings.reverse(input.args.path)) == "${word}"`;

  test("where a rule is gone that nothing reached", async () => {
    const deny = `rules.read contains {"id": "no", "action": "deny"} if ${hidden("rm")}`;
    const comparison = await compareFiles({ base: server(`${open}\n\n${deny}`), head: server(open) });
    expect(comparison.table.rows()).toEqual([]);
    expect(comparison.unreached).toEqual(["policy.servers.files/no"]);
  });

  test("where a rule is reached, and decides otherwise for nothing that was tried", async () => {
    const denyUnless = (word: string) =>
      server(`${open}\n\nrules.read contains {"id": "no", "action": "deny"} if not _ok\n\n_ok if ${hidden(word)}`);
    const comparison = await compareFiles({ base: denyUnless("rm"), head: denyUnless("mv") });
    expect(comparison.table.rows()).toEqual([]);
    expect(comparison.unreached).toEqual([]);
    expect(comparison.unshown).toEqual(["policy.servers.files/no"]);
  });

  test("but not where it is known to be the same, or a row tells of it", async () => {
    const deny = 'rules.read contains {"id": "no", "action": "deny"} if input.args.path == "/etc"';
    const head = server(`${open}\n\n${deny.replace("/etc", "/srv")}`);
    const comparison = await compareFiles({ base: server(`${open}\n\n${deny}`), head });
    expect([comparison.unreached, comparison.unshown]).toEqual([[], []]);
  });
});
