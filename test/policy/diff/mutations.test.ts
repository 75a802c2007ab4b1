// Every seeded change of a rule is found, and called what it is: looser, stricter, or neither.
import { beforeAll, describe, expect, test } from "vitest";
import type { ChangeKind } from "../../../src/policy/diff/compare-outcomes.ts";
import type { Comparison } from "../../../src/policy/diff/compare-policies.ts";
import { comparePairs, rowsOf } from "./support.ts";

const LOOSER: readonly ChangeKind[] = ["looser"];
const STRICTER: readonly ChangeKind[] = ["stricter"];
const BOTH: readonly ChangeKind[] = ["looser", "stricter"];
const OTHER: readonly ChangeKind[] = ["other"];

/** `kinds`: all of the changes' kinds; where one is looser or stricter, others may change in ways that are neither. */
type Mutation = {
  readonly title: string;
  readonly base: string;
  readonly head: string;
  readonly kinds: readonly ChangeKind[];
};

/** @param text a rule in which `from` stands, and becomes `to` */
function mutate(title: string, text: string, from: string, to: string, kinds: readonly ChangeKind[]): Mutation {
  if (!text.includes(from)) throw new Error(`${title}: there is no ${from}`);
  return { title, base: text, head: text.replace(from, to), kinds };
}

const rule = (rest: string, tool = "pay"): string => `rules.${tool} contains {"id": "r", ${rest}}`;
const ALLOW = 'rules.pay contains {"id": "allow", "action": "allow"}';
/** Denies unless the condition holds; a helper, so that it is there for whatever is missing. */
const denyUnless = (condition: string, more = ""): string => {
  return `${ALLOW}\n\nrules.pay contains {"id": "deny", "action": "deny"} if not _ok\n\n_ok if ${condition}\n\n${more}`;
};
const denyIf = (condition: string, more = ""): string => {
  return `${ALLOW}\n\nrules.pay contains {"id": "deny", "action": "deny"} if ${condition}\n\n${more}`;
};
const limited = (limit: string): string => rule(`"action": "allow", "rate_limit": {"max": 10, "window": 60${limit}}`);
const SERVER_LIMIT = '{"id": "r", "action": "allow", "rate_limit": {"max": 10, "window": 60, "over": "server"}}';
const SMALL = "{\n\tis_number(input.args.amount)\n\tinput.args.amount <= 100\n}";
const APPROVAL = rule('"action": "require_approval", "approval": {"timeout": 60, "hold": 5}');

const MUTATIONS: readonly Mutation[] = [
  mutate("an action that asks", rule('"action": "allow"'), '"allow"', '"require_approval"', STRICTER),
  mutate("an action that denies", rule('"action": "allow"'), '"allow"', '"deny"', STRICTER),
  mutate("an action that permits", rule('"action": "deny"'), '"deny"', '"allow"', LOOSER),
  mutate(
    "an action that no longer asks",
    rule('"action": "require_approval"'),
    '"require_approval"',
    '"allow"',
    LOOSER,
  ),
  mutate("an action that inherits", rule('"action": "deny"'), '"deny"', '"inherit"', LOOSER),
  mutate("a greater max", limited(""), "10", "20", LOOSER),
  mutate("a smaller max", limited(""), "10", "9", STRICTER),
  mutate("a shorter window", limited(""), "60", "59", LOOSER),
  mutate("a longer window", limited(""), "60", "61", STRICTER),
  mutate("a greater burst at the same rate", limited(""), '10, "window": 60', '20, "window": 120', LOOSER),
  mutate("a bucket for everyone", limited(', "per": "principal"'), "principal", "everyone", STRICTER),
  mutate("a bucket for each session", limited(', "per": "principal"'), "principal", "session", LOOSER),
  mutate("a bucket for the server", limited(', "over": "tool"'), "tool", "server", STRICTER),
  mutate("a bucket for the tool alone", limited(', "over": "category"'), "category", "tool", LOOSER),
  mutate("a lower cost", limited(', "cost": 2'), '"cost": 2', '"cost": 1', LOOSER),
  mutate(
    "a cost that counts more of an argument",
    limited(', "cost": min([5, input.args.amount])'),
    "5",
    "6",
    STRICTER,
  ),
  mutate("a limit that is gone", limited(""), ', "rate_limit": {"max": 10, "window": 60}', "", LOOSER),
  mutate(
    "a limit that came",
    rule('"action": "allow"'),
    '"allow"',
    '"allow", "rate_limit": {"max": 1, "window": 1}',
    STRICTER,
  ),
  mutate("a longer time to approve", APPROVAL, "60", "600", LOOSER),
  mutate("a shorter time to approve", APPROVAL, "60", "30", STRICTER),
  mutate("a call that waits longer", APPROVAL, '"hold": 5', '"hold": 25', OTHER),
  mutate("another reason", rule('"action": "deny", "reason": "a"'), '"a"', '"b"', OTHER),
  // beside "what came before", whose rule looks for labels
  mutate("another label", rule('"action": "allow", "labels": ["a"]'), '"a"', '"b"', LOOSER),
  mutate("one more label", rule('"action": "allow", "labels": ["a"]'), '"a"', '"a", "b"', OTHER),
  mutate("a tool that is listed again", rule('"action": "deny", "hide": true'), "true", "false", LOOSER),
  mutate("a tool that is hidden", rule('"action": "deny", "hide": false'), "false", "true", STRICTER),
  mutate(
    "an argument that is no longer masked",
    rule('"action": "allow", "redact": ["/card", "/path"]'),
    ', "/path"',
    "",
    LOOSER,
  ),
  mutate("an argument that is masked", rule('"action": "allow", "redact": ["/card"]'), "]", ', "/path"]', STRICTER),
  mutate(
    "a part of an argument that is masked with all of it",
    rule('"action": "allow", "redact": ["/card/no"]'),
    "/no",
    "",
    STRICTER,
  ),
  mutate("an id", rule('"action": "allow"'), '"r"', '"renamed"', OTHER),
  mutate(
    "a rule that is gone",
    denyUnless(SMALL),
    'rules.pay contains {"id": "deny", "action": "deny"} if not _ok\n',
    "",
    LOOSER,
  ),
  mutate("a rule that permits and is gone", denyUnless(SMALL), ALLOW, "", STRICTER),
  mutate("a bound", denyUnless(SMALL), "<= 100", "<= 101", LOOSER),
  mutate("a bound without its edge", denyUnless(SMALL), "<= 100", "< 100", STRICTER),
  mutate("a bound between whole numbers", denyUnless(SMALL), "<= 100", "< 101", LOOSER),
  mutate("a bound that is turned around", denyUnless(SMALL), "<= 100", ">= 100", BOTH),
  mutate("a bound with decimals", denyUnless("input.args.amount <= 99.99"), "99.99", "99.98", STRICTER),
  mutate("a number that no double holds", denyIf("input.args.amount == 9007199254740993"), "0993", "0992", BOTH),
  mutate("a check of the type that is gone", denyUnless(SMALL), "is_number(input.args.amount)\n\t", "", LOOSER),
  mutate("a negation that is gone", denyUnless(SMALL), "if not _ok", "if _ok", BOTH),
  mutate("a literal", denyUnless('input.args.currency == "EUR"'), "EUR", "USD", BOTH),
  mutate("an equality that is turned around", denyUnless('input.args.currency == "EUR"'), "==", "!=", BOTH),
  mutate("a member less", denyUnless('input.args.currency in {"EUR", "USD", "CHF"}'), ', "CHF"', "", STRICTER),
  mutate(
    "a member of a set with a name",
    denyUnless("input.args.currency in _known", '_known := {"EUR", "USD"}'),
    '"USD"',
    '"GBP"',
    BOTH,
  ),
  mutate("a start", denyUnless('startswith(input.args.path, "/srv/")'), "/srv/", "/srv", LOOSER),
  mutate("an end", denyUnless('endswith(input.args.path, ".txt")'), ".txt", ".md", BOTH),
  mutate("a part", denyIf('contains(input.args.path, "..")'), "..", "...", LOOSER),
  mutate("a regular expression", denyUnless("regex.match(`^[A-Z]{3}$`, input.args.currency)"), "{3}", "{2,3}", LOOSER),
  mutate(
    "a regular expression without its end",
    denyUnless("regex.match(`^(EUR|USD)$`, input.args.currency)"),
    ")$",
    ")",
    LOOSER,
  ),
  mutate("a glob", denyUnless('glob.match("/srv/*", ["/"], input.args.path)'), "/srv/*", "/srv/**", LOOSER),
  mutate("a size", denyIf("count(input.args.tags) > 3"), "> 3", "> 4", LOOSER),
  mutate("a length", denyIf("count(input.args.path) > 20"), "> 20", "> 10", STRICTER),
  mutate("a place deep inside", denyIf('input.args.card.owner.country == "XX"'), "XX", "YY", BOTH),
  mutate("a default", denyIf('object.get(input.args, "currency", "EUR") == "EUR"'), '"EUR") ==', '"USD") ==', LOOSER),
  mutate(
    "a path in object.get",
    denyIf('object.get(input, ["args", "card", "kind"], "") == "gold"'),
    "gold",
    "platinum",
    BOTH,
  ),
  mutate("a presence", denyIf("not input.args.other"), "not input.args.other", "input.args.other", BOTH),
  mutate("a key", denyIf('"other" in object.keys(input.args)'), '"other"', '"path"', BOTH),
  mutate("a member of a list", denyIf('"secret" in input.args.tags'), '"secret"', '"public"', BOTH),
  mutate(
    "any of a list",
    denyIf("_bad", '_bad if {\n\tsome tag in input.args.tags\n\ttag == "secret"\n}'),
    "secret",
    "public",
    BOTH,
  ),
  mutate(
    "each of a list",
    denyUnless("_all", '_all if every tag in input.args.tags { tag == "a" }'),
    '"a"',
    '"b"',
    BOTH,
  ),
  mutate(
    "all where any was enough",
    denyIf("_bad", '_bad if {\n\tsome tag in input.args.tags\n\ttag == "x"\n}'),
    'some tag in input.args.tags\n\ttag == "x"',
    'every tag in input.args.tags { tag == "x" }',
    BOTH,
  ),
  mutate(
    "a table",
    denyUnless("input.args.amount <= _most[input.args.currency]", '_most := {"EUR": 100, "USD": 120}'),
    "120",
    "130",
    LOOSER,
  ),
  mutate(
    "a key of a table",
    denyUnless("input.args.amount <= _most[input.args.currency]", '_most := {"EUR": 100, "USD": 120}'),
    "USD",
    "CHF",
    BOTH,
  ),
  mutate(
    "a function",
    denyUnless("_below(input.args.amount, 100)", "_below(value, most) if value < most"),
    "100",
    "99",
    STRICTER,
  ),
  mutate(
    "a function's own literal",
    denyUnless("_is_known(input.args.currency)", '_is_known("EUR")\n\n_is_known("USD")'),
    '"USD"',
    '"CHF"',
    BOTH,
  ),
  mutate(
    "a piece of a path",
    denyIf("_secret", '_secret if {\n\tsome name in split(lower(input.args.path), "/")\n\tname == ".ssh"\n}'),
    ".ssh",
    ".gnupg",
    BOTH,
  ),
  mutate(
    "a host of an address",
    denyUnless('split(input.args.other, "@")[1] == "corp.example"'),
    "corp.example",
    "x.example",
    BOTH,
  ),
  mutate("a product", denyIf("input.args.amount * 100 > 5000"), "5000", "6000", LOOSER),
  mutate("a number in a text", denyIf("to_number(input.args.other) > 10"), "10", "12", LOOSER),
  mutate(
    "one of two conditions",
    denyIf('{\n\tinput.args.amount > 100\n\tinput.args.currency == "EUR"\n}'),
    "100",
    "150",
    LOOSER,
  ),
  mutate(
    "a condition less",
    denyIf('{\n\tinput.args.amount > 100\n\tinput.args.currency == "EUR"\n}'),
    '\n\tinput.args.currency == "EUR"',
    "",
    STRICTER,
  ),
  mutate(
    "one of four conditions",
    denyIf(
      '{\n\tinput.args.amount > 100\n\tinput.args.currency == "EUR"\n\tinput.args.flag == true\n\tstartswith(input.args.path, "/x/")\n}',
    ),
    "/x/",
    "/y/",
    BOTH,
  ),
  mutate(
    "what one rule refuses of what another permits",
    `rules.pay contains {"id": "a", "action": "allow"} if input.args.currency == "EUR"\n\nrules.pay contains {"id": "d", "action": "deny"} if input.args.amount > 100`,
    "100",
    "120",
    LOOSER,
  ),
  mutate(
    "one of two that refuse",
    denyUnless(
      'startswith(input.args.path, "/srv/")',
      'rules.pay contains {"id": "deny-other", "action": "deny"} if not _other_ok\n\n_other_ok if startswith(input.args.other, "/srv/")',
    ),
    '_ok if startswith(input.args.path, "/srv/")',
    '_ok if startswith(input.args.path, "/opt/")',
    BOTH,
  ),
  mutate("two arguments that must agree", denyUnless("input.args.path == input.args.other"), "==", "!=", BOTH),
  mutate("an hour", denyIf("input.time.hour >= 18"), "18", "20", LOOSER),
  mutate("a weekday", denyIf('input.time.weekday in {"Saturday", "Sunday"}'), ', "Sunday"', "", LOOSER),
  mutate(
    "an hour on a weekday",
    denyIf('{\n\tinput.time.weekday == "Friday"\n\tinput.time.hour > 16\n}'),
    "16",
    "17",
    LOOSER,
  ),
  mutate("a date", denyIf("input.time.unix > 1800000000"), "1800000000", "1900000000", LOOSER),
  mutate("a group", denyUnless('"admins" in input.principal.groups'), "admins", "owners", BOTH),
  mutate("a principal", denyUnless('input.principal.id == "ci"'), '"ci"', '"cd"', BOTH),
  mutate("a claim", denyUnless('input.principal.claims.team == "red"'), "red", "blue", BOTH),
  mutate(
    "a group and an amount",
    denyIf("{\n\tnot _is_admin\n\tinput.args.amount > 100\n}", '_is_admin if "admins" in input.principal.groups'),
    "100",
    "200",
    LOOSER,
  ),
  mutate("what came before", denyIf('input.history.tools["mail/send"] >= 3'), "3", "4", LOOSER),
  mutate(
    "a definition that changed",
    denyIf("not input.definition.changed"),
    "not input.definition.changed",
    "input.definition.changed",
    LOOSER,
  ),
  mutate(
    "one of many tools",
    'rules["*"] contains {"id": "some", "action": "allow"} if input.tool in {"get_a", "get_b"}',
    ', "get_b"',
    "",
    STRICTER,
  ),
  mutate(
    "the tools of a pattern",
    'rules["*"] contains {"id": "some", "action": "allow"} if startswith(input.tool, "get_")',
    "get_",
    "list_",
    BOTH,
  ),
  mutate("every tool", 'rules["*"] contains {"id": "all", "action": "deny"}', '"deny"', '"allow"', LOOSER),
  mutate("a tool's name", rule('"action": "allow"', "send"), "rules.send", "rules.post", BOTH),
  mutate(
    "a method",
    'methods["resources/read"] contains {"id": "m", "action": "allow"} if startswith(input.params.uri, "file:")',
    "file:",
    "http:",
    BOTH,
  ),
  mutate(
    "a request of the server's own",
    'methods["sampling/createMessage"] contains {"id": "m", "action": "deny"} if input.direction == "from_server"',
    '"deny"',
    '"allow"',
    LOOSER,
  ),
  mutate(
    "a rule that is malformed for some",
    rule('"action": object.get(input.args, "path", "deny")'),
    '"deny")',
    '"allow")',
    LOOSER,
  ),
  mutate(
    "an else",
    denyUnless("_most >= input.args.amount", '_most := 100 if {\n\tinput.args.currency == "EUR"\n} else := 50'),
    "else := 50",
    "else := 60",
    LOOSER,
  ),
  mutate(
    "a pattern with parts",
    denyIf("_bad", '_bad if {\n\t[kind, _] := split(input.args.other, ":")\n\tkind == "root"\n}'),
    '"root"',
    '"admin"',
    BOTH,
  ),
  mutate(
    "any value at all",
    denyIf("_bad", '_bad if {\n\twalk(input.args, [_, value])\n\tvalue == "forbidden"\n}'),
    '"forbidden"',
    '"prohibited"',
    BOTH,
  ),
  mutate(
    "a helper that others share",
    denyUnless("data.policy.lib.money.is_small(input.args.amount)"),
    "is_small",
    "is_tiny",
    STRICTER,
  ),
  mutate("a list as a whole", denyIf('input.args.tags == ["a", "b"]'), '"b"', '"c"', BOTH),
  mutate("the amount of a member", denyIf("sum([item.n | some item in input.args.tags]) > 10"), "> 10", "> 12", LOOSER),
  mutate(
    "a key and its value",
    denyIf('{\n\tsome key, value in input.args.card\n\tkey == "run"\n\tvalue == "rm"\n}'),
    '"rm"',
    '"mv"',
    BOTH,
  ),
  mutate(
    "the pattern of a key",
    denyIf('{\n\tsome key, _ in input.args.card\n\tregex.match("^SECRET_[A-Z]+$", key)\n}'),
    "SECRET",
    "TOKEN",
    BOTH,
  ),
  mutate(
    "how many of which each is a text",
    denyIf("{\n\tcount(input.args.tags) > 3\n\tevery tag in input.args.tags { is_string(tag) }\n}"),
    "> 3",
    "> 4",
    LOOSER,
  ),
  mutate(
    "how many of a kind",
    denyIf('count([tag | some tag in input.args.tags; startswith(tag, "a")]) > 2'),
    "> 2",
    "> 3",
    LOOSER,
  ),
  mutate(
    "what two sets have in common",
    denyIf('count({tag | some tag in input.args.tags} & {"admin", "root"}) > 0'),
    ', "root"',
    "",
    LOOSER,
  ),
  mutate(
    "what is in none of a set",
    denyIf('count({tag | some tag in input.args.tags} - {"a", "b"}) > 0'),
    ', "b"',
    "",
    STRICTER,
  ),
  mutate("the greatest of a list", denyIf("max(input.args.tags) > 10"), "> 10", "> 12", LOOSER),
  mutate(
    "two arguments as one text",
    denyUnless('concat("/", [input.args.path, input.args.other]) == "acme/site"'),
    "site",
    "blog",
    BOTH,
  ),
  mutate(
    "two arguments in a template",
    denyUnless('$"{input.args.path}/{input.args.other}" == "acme/site"'),
    "site",
    "blog",
    BOTH,
  ),
  mutate("what is taken off the start", denyUnless('trim_prefix(input.args.path, "/srv/") == "a"'), "srv", "opt", BOTH),
  mutate("the middle of a text", denyUnless('substring(input.args.path, 3, 3) == "abc"'), '"abc"', '"abd"', BOTH),
  mutate("a piece further on", denyUnless('split(input.args.path, "/")[3] == "pub"'), '"pub"', '"priv"', BOTH),
  mutate("how many pieces", denyIf('count(split(input.args.path, "/")) > 4'), "> 4", "> 5", LOOSER),
  mutate("a network", denyIf('net.cidr_contains("10.0.0.0/8", input.args.other)'), "/8", "/16", LOOSER),
  mutate("a bound on both sides of zero", denyIf("abs(input.args.amount) > 50"), "> 50", "> 60", LOOSER),
  mutate(
    "arguments that nothing else looks at",
    denyIf('count(object.keys(input.args) - {"amount", "currency"}) > 0'),
    '"currency"}',
    '"currency", "card"}',
    LOOSER,
  ),
  mutate("a class of characters", denyUnless("regex.match(`^[a-z]+$`, input.args.path)"), "a-z", "a-z0-9", LOOSER),
  mutate("a long repetition", denyUnless("regex.match(`^[a-z]{3,8}$`, input.args.path)"), "8", "9", LOOSER),
  mutate("a choice of a glob", denyUnless('glob.match("{a,b,c}.md", [], input.args.path)'), ",c", "", STRICTER),
  mutate(
    "an hour behind a date",
    denyIf("{\n\tinput.time.unix > 1800000000\n\tinput.time.hour >= 18\n}"),
    ">= 18",
    ">= 20",
    LOOSER,
  ),
  mutate(
    "a weekday behind a date",
    denyIf('{\n\tinput.time.unix > 1800000000\n\tinput.time.weekday == "Sunday"\n}'),
    "Sunday",
    "Saturday",
    BOTH,
  ),
  mutate("how many groups", denyIf("count(input.principal.groups) > 2"), "> 2", "> 3", LOOSER),
  {
    title: "a bucket that becomes two, by an argument",
    base: limited(""),
    head: `${limited("")} if input.args.currency == "EUR"\n\n${limited("").replace('"r"', '"other"')} if not input.args.currency == "EUR"`,
    kinds: LOOSER,
  },
  {
    title: "a bucket that becomes two others, by an argument",
    base: limited(""),
    head: ['"a"} if', '"b"} if not']
      .map((text) => {
        const [id, condition] = text.split("} ");
        return `${limited("").replace('"r"', id ?? "")} ${condition} input.args.currency == "EUR"`;
      })
      .join("\n\n"),
    kinds: LOOSER,
  },
  {
    title: "a bucket of the server that becomes two, by the tool",
    base: `rules["*"] contains ${SERVER_LIMIT} if input.tool in {"get_a", "get_b"}`,
    head: `rules["*"] contains ${SERVER_LIMIT} if input.tool == "get_a"\n\nrules["*"] contains ${SERVER_LIMIT.replace('"r"', '"s"')} if input.tool == "get_b"`,
    kinds: LOOSER,
  },
  {
    title: "two buckets that become one",
    base: `rules["*"] contains ${SERVER_LIMIT} if input.tool == "get_a"\n\nrules["*"] contains ${SERVER_LIMIT.replace('"r"', '"s"')} if input.tool == "get_b"`,
    head: `rules["*"] contains ${SERVER_LIMIT.replace('"r"', '"t"')} if input.tool in {"get_a", "get_b"}`,
    kinds: OTHER,
  },
  {
    title: "a limit that another one made idle",
    base: `${limited("")}\n\n${limited("").replace('"r"', '"s"')}`,
    head: limited(""),
    kinds: OTHER,
  },
  mutate("the id of a rule with a limit", limited(""), '"r"', '"renamed"', OTHER),
];

const COMMON = {
  "policy/lib.rego":
    "package policy.lib.money\n\nis_small(amount) if amount <= 100\n\nis_tiny(amount) if amount <= 10\n",
};

describe.each([
  ["as it was built", true],
  ["with nothing left out", false],
])("a comparison %s finds", (_, isTrusted) => {
  let comparison: Comparison;

  beforeAll(async () => {
    comparison = await comparePairs(MUTATIONS, COMMON, isTrusted);
  }, 300_000);

  test.each(MUTATIONS.map((mutation, index) => ({ ...mutation, index })))("$title", ({ kinds, index }) => {
    const found = new Set(rowsOf(comparison, index).map(({ change }) => change));
    const isNeither = kinds.every((kind) => kind === "other");
    const told = [...found].filter((kind) => isNeither || kind !== "other").sort();
    expect(told).toEqual([...kinds].sort());
  });

  test("no more than it tried to the end, and every changed rule by some input", () => {
    expect(comparison.incomplete).toEqual([]);
    expect(comparison.unreached).toEqual([]);
    expect(comparison.unshown).toEqual([]);
  });
});
