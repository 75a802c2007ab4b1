// What an audit finds, and what it leaves alone: each by a policy that has it, built and judged by the real engine.
import { describe, expect, test, vi } from "vitest";
import { type Audit, auditPolicy } from "../../src/check/audit/audit.ts";
import type { AuditFinding } from "../../src/check/audit/finding.ts";
import { knowTools } from "../../src/check/known-tools.ts";
import { buildBundle } from "../../src/policy/build/compose.ts";
import { openPolicy } from "../../src/policy/diff/compare-policies.ts";
import { findOpa } from "../../src/policy/opa.ts";
import type { Sample } from "../../src/policy/samples.ts";
import { makeFolder, ROOT } from "../policy/support.ts";

// OPA and Regal are processes, and a test has several
vi.setConfig({ testTimeout: 120_000 });

const RISKS = { Read: "Low", Write: "Medium", Execute: "High", Financial: "High", Destructive: "Critical" };
type Category = keyof typeof RISKS;

const TOOLS: Readonly<Record<string, Category>> = {
  pay: "Financial",
  run: "Execute",
  erase: "Destructive",
  write: "Write",
  read: "Read",
};

const PARAMETERS = {
  amount: { required: false, type: "number" },
  to: { required: false, type: "any" },
  path: { required: true, type: "string" },
};

type Options = {
  readonly samples?: readonly object[];
  readonly schemas?: ReadonlyMap<string, unknown>;
  readonly server?: string;
};

/** Of a package for the server bank, whose text begins in row 3. */
async function audit(
  rules: string,
  { samples = [], schemas = new Map(), server = "bank" }: Options = {},
): Promise<Audit> {
  const tools = Object.fromEntries(
    Object.entries(TOOLS).map(([name, category]) => {
      return [name, { category, risk: RISKS[category], severity: "low", parameters: PARAMETERS }];
    }),
  );
  const dir = await makeFolder({
    "policy/bank.rego": `package policy.servers.${server}\n\n${rules}\n`,
    "catalogue/bank/data.json": JSON.stringify({ tools }),
  });
  const { bundle } = await buildBundle({ dir, shown: "rego" }, await findOpa(process.env, ROOT));
  const policy = await openPolicy(bundle, true);
  const given = samples.map((input, index): Sample => {
    return { name: `${index}.json`, title: `${index}`, inputText: JSON.stringify(input), decision: {} };
  });
  return auditPolicy(policy, given, knowTools(policy.catalogue, schemas));
}

async function find(rule: string, rules: string, options: Options = {}): Promise<readonly AuditFinding[]> {
  const { findings } = await audit(rules, options);
  return findings.filter(
    (finding) => finding.rule === `audit/${rule}` && finding.file !== "policy/defaults/defaults.rego",
  );
}

const linesOf = (findings: readonly AuditFinding[]): readonly string[] =>
  findings.map(({ level, row, what }) => `${level} ${row}: ${what}`);

const call = (tool: string, args: object): object => ({
  server: "bank",
  tool,
  category: TOOLS[tool],
  severity: "low",
  args,
});

const PAY = 'rules.pay contains {"id": "pay", "action": "allow", "rate_limit": {"max": 5, "window": 60}}\n';

describe("a dangerous tool that is allowed with neither limit nor approval", () => {
  test("is an error for each category, with the rule and an input", async () => {
    const rules = ["pay", "run", "erase"].map((tool) => `rules.${tool} contains {"id": "${tool}", "action": "allow"}`);
    const found = await find("unlimited", rules.join("\n"));
    const remedy = "give the rule a rate_limit, or require_approval";
    expect(linesOf(found)).toEqual([
      `error 5: erase on bank is allowed with neither limit nor approval where it is Destructive; ${remedy}`,
      `error 3: pay on bank is allowed with neither limit nor approval where it is Financial; ${remedy}`,
      `error 4: run on bank is allowed with neither limit nor approval where it is Execute; ${remedy}`,
    ]);
    expect(found[1]?.input).toMatchObject({ server: "bank", tool: "pay", category: "Financial" });
  });

  test("is found where only some arguments come to it", async () => {
    const rules = `${PAY}rules.run contains {"id": "run", "action": "allow"} if input.args.path == "/tmp/x"\n`;
    const [found] = await find("unlimited", rules);
    expect(found?.input).toMatchObject({ tool: "run", args: { path: "/tmp/x" } });
  });

  test("is no tool that is limited by any rule, approved, or not dangerous", async () => {
    const rules = `${PAY}rules.run contains {"id": "run", "action": "require_approval"}
rules.erase contains {"id": "erase", "action": "allow"}
rules["*"] contains {"id": "few", "action": "limit", "rate_limit": {"max": 5, "window": 60}} if input.tool == "erase"
rules.write contains {"id": "write", "action": "allow"}
`;
    expect(await find("unlimited", rules)).toEqual([]);
  });

  test("is a warning for tools that nobody has reviewed", async () => {
    const found = await find(
      "unlimited",
      'rules["*"] contains {"id": "all", "action": "allow"} if not input.tool in {"pay", "run", "erase"}',
    );
    expect(linesOf(found)).toEqual([
      expect.stringMatching(
        /^warning 3: any tool that the catalogue lacks on bank is allowed with neither limit nor approval where it is /,
      ),
    ]);
  });
});

describe("a decision that gets looser where a field is missing or of another type", () => {
  const DENY = '{"id": "limit", "action": "deny", "reason": "Too much"}';

  test("is an error where the rule compares the field by order, and is not there without it", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if input.args.amount > 100\n`;
    const found = await find("vanishing", rules, { samples: [call("pay", { amount: 200, path: "a" })] });
    expect(found.filter(({ level }) => level === "error").map(({ what, row }) => `${row}: ${what}`)).toContain(
      "4: pay on bank: deny by limit becomes allow by pay, 5 per 60 s and session where input.args.amount is missing",
    );
  });

  test("has the input that shows it, and the one that this was made from", async () => {
    const sample = call("pay", { amount: 200, path: "a" });
    const found = await find("vanishing", `${PAY}rules.pay contains ${DENY} if input.args.amount > 100\n`, {
      samples: [sample],
    });
    const [first] = found.filter(({ what }) => what.includes("input.args.amount is missing"));
    expect(first?.from).toEqual(sample);
    expect(first?.input).toEqual(call("pay", { path: "a" }));
  });

  test("is found without any sample, by the inputs that were generated", async () => {
    const found = await find("vanishing", `${PAY}rules.pay contains ${DENY} if input.args.amount > 100\n`);
    expect(found.some(({ level, what }) => level === "error" && what.includes("amount is missing"))).toBe(true);
  });

  test("is an error where a null passes for a small number", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if not _small\n\n_small if input.args.to <= 100\n`;
    const found = await find("vanishing", rules, { samples: [call("pay", { to: 200, path: "a" })] });
    expect(linesOf(found.filter(({ level }) => level === "error"))).toContain(
      "error 4: pay on bank: deny by limit becomes allow by pay, 5 per 60 s and session where input.args.to is null",
    );
  });

  test("is a warning where what was named is still there, in an array", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if input.args.to == "mallory"\n`;
    const found = await find("vanishing", rules, { samples: [call("pay", { to: "mallory", path: "a" })] });
    expect(linesOf(found.filter(({ level }) => level !== "info"))).toEqual([
      'warning 4: pay on bank: deny by limit becomes allow by pay, 5 per 60 s and session where input.args.to is ["mallory"]',
    ]);
  });

  test.each([
    ["a variable", '{\n\tto := input.args.to\n\tnot to == "ann"\n}', ""],
    ["a helper's value", 'not startswith(_to, "a")', "_to := input.args.to"],
    ["a helper that negates", "_bad", '_bad if not startswith(input.args.to, "a")'],
    ["a function", "_other(input.args.to)", '_other(to) if to != "ann"'],
    ["a comparison with false", 'startswith(input.args.to, "a") == false', ""],
    ["an index", 'indexof(input.args.to, "ann") == -1', ""],
  ])("is an error where the rule refuses all but what it names: %s", async (_, condition, helper) => {
    const rules = `${PAY}rules.pay contains ${DENY} if ${condition}\n\n${helper}\n`;
    const found = await find("vanishing", rules, { samples: [call("pay", { to: "mallory", path: "a" })] });
    const missing = found.filter(({ what }) => what.includes("input.args.to is missing"));
    expect(missing.map(({ level }) => level)).toEqual(["error"]);
  });

  test("is for information where the rule asks for the field by its name, or means to be silent without it", async () => {
    for (const condition of ["input.args.to", 'input.args.to == "mallory"', "not _fine"]) {
      const helper = '\n_fine if not "to" in object.keys(input.args)\n';
      const rules = `${PAY}rules.pay contains ${DENY} if ${condition}\n${condition === "not _fine" ? helper : ""}`;
      const found = await find("vanishing", rules, { samples: [call("pay", { to: "mallory", path: "a" })] });
      const missing = found.filter(({ what }) => what.endsWith("input.args.to is missing"));
      expect(missing.map(({ level }) => level)).toEqual(["info"]);
    }
  });

  test("is for information where a rule that compares by order holds without the field, and a helper says that it need not", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if not _fine

_fine if not input.args.amount

_fine if {
	is_number(input.args.amount)
	input.args.amount <= 100
}
`;
    const found = await find("vanishing", rules, { samples: [call("pay", { amount: 200, path: "a" })] });
    const missing = found.filter(({ what }) => what.includes("input.args.amount is missing"));
    expect(missing.map(({ level }) => level)).toEqual(["info"]);
  });

  test("is an error through a helper, also one that may hold for another reason, but for one that has a default", async () => {
    const rules = (helper: string) => `${PAY}rules.pay contains ${DENY} if _much > 100\n\n${helper}\n`;
    const levelsOf = async (helper: string) => {
      const found = await find("vanishing", rules(helper), { samples: [call("pay", { amount: 200, path: "a" })] });
      return found.filter(({ what }) => what.includes("input.args.amount is missing")).map(({ level }) => level);
    };
    const twice = '_much := 500 if input.args.to == "x"\n\n_much := input.args.amount if input.args.amount > 5';
    expect(await levelsOf("_much := input.args.amount")).toEqual(["error"]);
    expect(await levelsOf(twice)).toEqual(["error"]);
    expect(await levelsOf("default _much := 0\n\n_much := input.args.amount")).toEqual(["info"]);
  });

  test("is for information where the call is refused before the policy: by its schema", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if count(input.args.path) > 3\n`;
    const found = await find("vanishing", rules, { samples: [call("pay", { path: "long enough" })] });
    const byPath = found.filter(({ what }) => what.includes("input.args.path"));
    expect(byPath.length).toBeGreaterThan(0);
    expect(new Set(byPath.map(({ level }) => level))).toEqual(new Set(["info"]));
  });

  test("is a warning where the gate fills the field in", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if input.time.hour < 8\n`;
    const time = { unix: 0, rfc3339: "1970-01-01T00:00:00Z", weekday: "Thursday", hour: 0 };
    const found = await find("vanishing", rules, { samples: [{ ...call("pay", { path: "a" }), time }] });
    const levels = found.filter(({ what }) => what.includes("input.time.hour")).map(({ level }) => level);
    expect(levels).toContain("warning");
    expect(levels).not.toContain("error");
  });

  test("is not there where the rule holds without the field", async () => {
    const rules = `${PAY}rules.pay contains ${DENY} if not _small

_small if {
	is_number(input.args.amount)
	input.args.amount <= 100
}
`;
    const found = await find("vanishing", rules, { samples: [call("pay", { amount: 200, path: "a" })] });
    expect(found.filter(({ what }) => what.includes("amount"))).toEqual([]);
  });

  test("is told once for all tools of a rule", async () => {
    const rules = `rules["*"] contains {"id": "all", "action": "allow", "rate_limit": {"max": 5, "window": 60}}
rules["*"] contains ${DENY} if input.args.amount > 100
`;
    const found = await find("vanishing", rules);
    const missing = found.filter(({ level, what }) => level === "error" && what.includes("amount is missing"));
    expect(missing.map(({ what }) => what)).toEqual([expect.stringMatching(/; so on 4 more tools$/)]);
  });
});

describe("rules and names", () => {
  test("a rule that no input reaches is a warning that claims no proof", async () => {
    const rules = `${PAY}rules.pay contains {"id": "never", "action": "deny"} if {
	input.args.amount > 5
	input.args.amount < 3
}
`;
    expect(linesOf(await find("unreached", rules))).toEqual([
      expect.stringMatching(
        /^warning 4: none of [\d,]+ generated inputs and 0 samples reaches policy\.servers\.bank\/never: can its conditions hold\? \(which is no proof; /,
      ),
    ]);
  });

  test("a rule that only a sample reaches is reached", async () => {
    const rules = `${PAY}rules.pay contains {"id": "odd", "action": "deny"} if strings.reverse(input.args.to) == "yrollam"\n`;
    expect(await find("unreached", rules)).toHaveLength(1);
    expect(await find("unreached", rules, { samples: [call("pay", { to: "mallory" })] })).toEqual([]);
  });

  test("a tool that the catalogue lacks is named, in a head and in a condition, with the one that was meant", async () => {
    const rules = `rules.wirte contains {"id": "w", "action": "allow"}
rules["*"] contains {"id": "s", "action": "deny"} if input.tool in {"read", "raed", "transfer"}
`;
    expect(linesOf(await find("unknown-tool", rules))).toEqual([
      'warning 4: the catalogue has no tool "raed" of bank (did you mean "read"?)',
      'warning 4: the catalogue has no tool "transfer" of bank',
      'warning 3: the catalogue has no tool "wirte" of bank (did you mean "write"?)',
    ]);
  });

  test("a server that the catalogue lacks is a warning where another was meant, else for information", async () => {
    const rules = 'rules.a contains {"id": "a", "action": "allow"}\nrules.b contains {"id": "b", "action": "allow"}\n';
    expect(linesOf(await find("unknown-server", rules, { server: "bnak" }))).toEqual([
      'warning 3: the catalogue has no server "bnak" (did you mean "bank"?)',
    ]);
    expect(linesOf(await find("unknown-server", rules, { server: "tickets" }))).toEqual([
      expect.stringMatching(/^info 3: the catalogue has no server tickets: .* `regate scan` writes one down$/),
    ]);
  });

  test("tools that only the defaults decide are listed for each server that has a package", async () => {
    const found = await find("by-default", PAY);
    expect(found.map(({ what }) => what)).toEqual([
      "4 tools of bank left to the defaults of the category: erase, read, run, write",
    ]);
  });

  test("what a policy can't judge is an error, what is malformed for information", async () => {
    const slow = `${PAY}rules.pay contains {"id": "slow", "action": "deny"} if {
	input.args.amount == 7
	some a in numbers.range(1, 300)
	some b in numbers.range(1, 300)
	a * b == 0
}
`;
    const [failed] = await find("failing", slow);
    expect(failed).toMatchObject({ level: "error", what: expect.stringContaining("out of fuel") });
    expect(failed?.input).toMatchObject({ args: { amount: 7 } });
    const malformed =
      'rules.pay contains {"id": "cost", "action": "allow", "rate_limit": {"max": 5, "window": 60, "cost": _cost}}\n\ndefault _cost := 1\n\n_cost := input.args.amount\n';
    expect(linesOf(await find("failing", malformed))).toEqual([
      "info 3: is malformed for some inputs, which denies them: policy.servers.bank/cost: rate_limit",
    ]);
  });
});

test("what the table shows: the ways of each tool, a plain call's first", async () => {
  const { observation } = await audit(
    `${PAY}rules.pay contains {"id": "no", "action": "deny"} if input.args.amount > 100\n`,
  );
  const pay = observation.targets.find(({ target }) => target.label.tool === "pay");
  const actions = pay?.ways.map(({ evaluation }) =>
    evaluation.kind === "decided" ? evaluation.decision.action : "failed",
  );
  expect(actions?.[0]).toBe("allow");
  expect(actions).toContain("deny");
  expect(pay?.ways.every(({ inputs }) => inputs > 0)).toBe(true);
});
