// `regate why` on logs as the gate writes them: lines made by the gate's own writer from decisions of a real bundle.
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../src/cli/why.ts";
import type { Call, Outcome, Verdict } from "../../src/gate/types.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { type LoadedPolicy, loadPolicy } from "../../src/policy/active-policy.ts";
import { describeTool } from "../../src/policy/catalogue.ts";
import { composeInput, inputTimeOf } from "../../src/policy/input.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { buildFolder, makeFolder, problemOf, ROOT } from "../policy/support.ts";

const POLICY = `package policy.servers.files

# METADATA
# title: Reading
rules.read contains {"id": "reads", "action": "allow", "redact": ["/token"]}

# METADATA
# title: Not the secrets
rules.read contains {
	"id": "no-secrets",
	"action": "deny",
	"reason": "Secrets are not for agents",
} if not _plain

_plain if {
	is_string(input.args.path)
	not contains(input.args.path, ".env")
}

rules.huge contains {"id": "huge", "action": "allow"} if count(input.args.list) > 9000

rules.remove contains {"id": "no-removal", "action": "deny", "reason": "People remove"}

rules.pay contains {"id": "small", "action": "allow", "rate_limit": {"max": 100, "window": 60, "cost": _amount}}

rules.pay contains {"id": "not-too-much", "action": "deny"} if not _payable

_payable if {
	is_number(input.args.amount)
	input.args.amount <= 500
}

default _amount := 1

_amount := input.args.amount if is_number(input.args.amount)

rules.deploy contains {"id": "office", "action": "allow"} if _office

_office if {
	input.time.hour >= 9
	input.time.weekday in {"Monday", "Tuesday"}
}

rules.publish contains {"id": "asks", "action": "require_approval", "reason": "A person reads it first"}

rules.admin contains {"id": "admins", "action": "allow"} if "admins" in input.principal.groups

rules.typed contains {"id": "typed", "action": "allow"} if input.args.flag == true

rules.login contains {"id": "login", "action": "allow"} if input.args.password == "open sesame"
`;
const CATALOGUE = {
  title: "Files",
  tools: {
    typed: {
      category: "Write",
      risk: "Medium",
      severity: "low",
      parameters: { flag: { required: true, type: "string" } },
    },
    read: {
      category: "Read",
      risk: "Low",
      severity: "low",
      parameters: { path: { required: true, type: "string" }, token: { required: false, type: "string" } },
    },
  },
};
/** A Wednesday. */
const NOW = Date.parse("2026-11-04T07:30:00.000Z");

let rego: string;
let bundle: Buffer;
let policy: LoadedPolicy;
let cwd: string;

beforeAll(async () => {
  rego = await makeFolder({
    "policy/servers/files/files.rego": POLICY,
    "catalogue/files/data.json": JSON.stringify(CATALOGUE),
  });
  bundle = (await buildFolder(rego)).bytes;
});

beforeEach(async () => {
  cwd = await makeFolder({ "regate.yaml": "servers: {}\n", ".regate/decisions.jsonl": "" });
  await mkdir(join(cwd, "bundles"));
  await writeFile(join(cwd, "bundles/regate.tar.gz"), bundle);
  policy = await loadPolicy(join(cwd, "bundles/regate.tar.gz"));
});

/** Judges a call and logs it as the gate would, with the outcome that its decision has where none is given. */
async function logCall(id: string, call: Partial<Call>, outcome?: Outcome): Promise<void> {
  const whole: Call = {
    server: "files",
    direction: "to_server",
    method: "tools/call",
    session: "s-1",
    principal: { id: "ann", groups: [], claims: {} },
    ...call,
  };
  const facts = describeTool(policy.catalogue, whole.server, whole.tool ?? "");
  const evaluation = policy.engine.evaluate(composeInput(whole, facts, { unixMs: NOW }));
  if (evaluation.kind === "failed") throw new Error(evaluation.problem);
  const { decision, fuel, bundle: revision } = evaluation;
  const became: Outcome =
    outcome ??
    (decision.action === "deny"
      ? { kind: "denied", reasons: decision.reasons }
      : { kind: "forward", receipt: undefined });
  const judged = became.kind === "invalid_arguments" ? {} : { decision, bundle: revision };
  const verdict: Verdict = { id, facts, fuel, decision: undefined, bundle: undefined, ...judged, ...became };
  const rules = decision.rules.map((rule) => ({
    id: rule,
    file: policy.rules.get(rule)?.file ?? "",
    row: policy.rules.get(rule)?.row ?? 0,
  }));
  const event = { call: whole, verdict, startedUnixMs: NOW, judgedNs: 1, rules, time: inputTimeOf(NOW, "UTC") };
  await appendFile(join(cwd, ".regate/decisions.jsonl"), `${toLogLine(event, CONTEXT)}\n`);
}

const CONTEXT = { labels: { id: "gate-1", version: "0.1.0" }, maskedKeys: new Set<string>() };
const argsOf = (value: unknown) => ({ args: { text: JSON.stringify(value), value } });

async function why(...args: string[]) {
  const printed = { stdout: "", stderr: "" };
  const code = await run(args, {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env: {},
    cwd,
    stdin: () => Promise.reject(new Error("not read")),
  });
  expect(code).toBe(0);
  return printed;
}

describe("regate why", () => {
  test("names the rules with their places, the input, and the nearest input that is let through", async () => {
    await logCall("aaaa1111", { tool: "read", ...argsOf({ path: "/srv/.env" }) });
    const { stdout } = await why("aaaa1111");
    expect(stdout).toBe(`read on files: denied
  2026-11-04T07:30:00.000Z, for ann in session s-1, decision aaaa1111
  reason    Secrets are not for agents
  rule      policy.servers.files/no-secrets (deny)
            policy/servers/files/files.rego:9  Not the secrets
  rule      policy.servers.files/reads (allow)
            policy/servers/files/files.rego:5  Reading
  input     {"path":"/srv/.env"}
  policy    revision ${policy.engine.revision.revision} judged; that is bundles/regate.tar.gz, which decides alike
  nearest   allowed with
            args.path = "/srv/.x" in the place of "/srv/.env"
  then      allow (reads)
`);
  });

  test("takes the beginning of an id, where no other decision begins so", async () => {
    await logCall("aaaa1111", { tool: "remove" });
    await logCall("aaaa2222", { tool: "remove" });
    expect((await why("aaaa2")).stdout).toContain("decision aaaa2222");
    expect(await problemOf(why("aaaa"))).toEqual([
      "aaaa: 2 decisions begin so (aaaa1111, aaaa2222); give more of the id",
    ]);
  });

  test("says so where no input can be let through, and suggests none", async () => {
    await logCall("aaaa1111", { tool: "remove", ...argsOf({ path: "/a" }) });
    const { stdout } = await why("aaaa1111");
    expect(stdout).toContain("it reads nothing of the input: it denies whatever the arguments are\n");
    expect(stdout).toContain(
      "nearest   none: policy.servers.files/no-removal can't be satisfied by any input of this call\n",
    );
    expect(stdout).not.toContain("allowed with");
    const { nearest, rules } = JSON.parse((await why("aaaa1111", "--json")).stdout);
    expect(nearest).toMatchObject({ found: false });
    expect(rules).toMatchObject([{ id: "policy.servers.files/no-removal", denies_any_input: true }]);
  });

  test("says what was tried where nothing of that is let through", async () => {
    await logCall("aaaa1111", { tool: "huge", ...argsOf({ list: ["a"] }) });
    expect((await why("aaaa1111")).stdout).toMatch(
      /nearest {3}none found\. \d+ inputs with other values of args\.list\S*(, args\.list\S*)* were tried, up to three at once\n/,
    );
    const { nearest } = JSON.parse((await why("aaaa1111", "--json")).stdout);
    expect(nearest).toEqual({
      found: false,
      tried: expect.any(Number),
      places: expect.arrayContaining(["args.list"]),
      complete: true,
    });
  });

  test("finds another principal's group, another argument, and the next moment that is let through", async () => {
    await logCall("aaaa1111", { tool: "admin" });
    await logCall("bbbb1111", { tool: "deploy" });
    await logCall("cccc1111", { tool: "login", ...argsOf({ user: "ann" }) });
    const nearest = async (id: string) => JSON.parse((await why(id, "--json")).stdout).nearest;
    expect(await nearest("aaaa1111")).toMatchObject({
      action: "allow",
      changes: [{ at: "principal.groups", from: [], to: ["admins"] }],
    });
    expect(await nearest("bbbb1111")).toMatchObject({
      action: "allow",
      changes: [
        {
          at: "time",
          to: { rfc3339: "2026-11-09T09:00:00Z", weekday: "Monday", hour: 9 },
        },
      ],
    });
    expect(await nearest("cccc1111")).toMatchObject({ changes: [{ at: "args.password", to: "open sesame" }] });
  });

  test("never suggests what the server's schema would refuse", async () => {
    await logCall("aaaa1111", { tool: "read" });
    const { nearest } = JSON.parse((await why("aaaa1111", "--json")).stdout);
    expect(nearest.changes).toEqual([{ at: "args.path", to: expect.any(String) }]);
    // only a flag that is no text would pass
    await logCall("bbbb1111", { tool: "typed", ...argsOf({ flag: "no" }) });
    expect(JSON.parse((await why("bbbb1111", "--json")).stdout).nearest).toMatchObject({ found: false });
  });

  test("says when a call over a limit is let through again", async () => {
    const limit = {
      rule: "policy.servers.files/small",
      max: 100,
      window: 60,
      per: "session",
      over: "tool",
      cost: 40,
    } as const;
    await logCall(
      "aaaa1111",
      { tool: "pay", ...argsOf({ amount: 40 }) },
      { kind: "rate_limited", limit, retryAfterSeconds: 5.2 },
    );
    const { stdout } = await why("aaaa1111");
    expect(stdout).toContain("pay on files: refused: over a rate limit\n");
    expect(stdout).toContain(
      "limit     100 per 60 s, this call takes 40  policy.servers.files/small\n            allowed again 6 s after it, at 2026-11-04T07:30:06.000Z, where nothing else takes from the bucket\n",
    );
    expect(stdout).not.toContain("nearest");
    expect(JSON.parse((await why("aaaa1111", "--json")).stdout).allowed_again).toBe("2026-11-04T07:30:06.000Z");
  });

  test("finds what costs less where a call takes more than the bucket ever holds", async () => {
    const limit = {
      rule: "policy.servers.files/small",
      max: 100,
      window: 60,
      per: "session",
      over: "tool",
      cost: 400,
    } as const;
    await logCall(
      "aaaa1111",
      { tool: "pay", ...argsOf({ amount: 400 }) },
      { kind: "rate_limited", limit, retryAfterSeconds: undefined },
    );
    const { stdout } = await why("aaaa1111");
    expect(stdout).toContain("it takes more than the bucket ever holds: no waiting helps\n");
    const amount = /nearest {3}allowed with\n {12}args\.amount = (\d+) in the place of 400\n/.exec(stdout)?.[1];
    expect(Number(amount)).toBeLessThanOrEqual(100);
  });

  test("says that an approval is asked for whatever the input is", async () => {
    await logCall(
      "aaaa1111",
      { tool: "publish" },
      { kind: "approval_needed", reasons: [], problem: "no approver is configured" },
    );
    const { stdout } = await why("aaaa1111");
    expect(stdout).toContain("publish on files: refused: it needs an approval\n");
    expect(stdout).toContain("problem   no approver is configured\n");
    expect(stdout).toContain(
      "nearest   none found. The rules that speak to this call read nothing of it that could be otherwise\n",
    );
  });

  test("says of arguments that don't fit what is to be mended, and what the policy itself would say", async () => {
    await logCall(
      "aaaa1111",
      { tool: "read", ...argsOf({ path: 7 }) },
      { kind: "invalid_arguments", problem: "/path must be string" },
    );
    const { stdout } = await why("aaaa1111");
    expect(stdout).toContain("problem   /path must be string\n");
    expect(stdout).toContain("which would say: deny (no-secrets, reads)\n");
    expect(stdout).toContain("nearest   mend the arguments as the problem says\n");
  });

  test("says of a call to an observed server that it went out", async () => {
    const instead = { kind: "denied", reasons: ["People remove"] } as const;
    await logCall("aaaa1111", { tool: "remove", observed: true }, { kind: "forward", receipt: undefined, instead });
    expect((await why("aaaa1111")).stdout).toMatch(
      /^remove on files: denied, and went out all the same: the server was only observed\n/,
    );
  });

  test("explains what was let through as well, and looks for nothing else", async () => {
    await logCall("aaaa1111", { tool: "read", ...argsOf({ path: "/a" }) });
    const { stdout } = await why("aaaa1111");
    expect(stdout).toMatch(/^read on files: allowed\n/);
    expect(stdout).not.toContain("nearest");
  });

  test("says what it can't judge again because the log does not hold it, and guesses nothing", async () => {
    await logCall("aaaa1111", { tool: "login", ...argsOf({ password: "guess" }) });
    const { stdout } = await why("aaaa1111");
    expect(stdout).toContain("masked    args.password\n");
    expect(stdout).toContain("it can't be judged again, for the log does not hold args.password\n");
    expect(stdout).not.toContain("nearest");
    expect(stdout).not.toContain("guess");
    // what is masked and nobody reads is no obstacle
    await logCall("bbbb1111", { tool: "read", ...argsOf({ path: "/.env", token: "s3cret" }) });
    const other = await why("bbbb1111");
    expect(other.stdout).toContain("masked    args.token\n");
    expect(other.stdout).toContain("which decides alike\n");
    expect(other.stdout).toContain("nearest   allowed with\n");
  });

  test("says that the bundle at hand decides otherwise", async () => {
    await logCall("aaaa1111", { tool: "remove" });
    const changed = await makeFolder({
      "policy/servers/files/files.rego": POLICY.replace(
        '"action": "deny", "reason": "People',
        '"action": "allow", "reason": "People',
      ),
    });
    await writeFile(join(cwd, "other.tar.gz"), (await buildFolder(changed)).bytes);
    const { stdout } = await why("aaaa1111", "--bundle", "other.tar.gz");
    expect(stdout).toMatch(
      /revision \w+ judged; other\.tar\.gz is revision \w+, which decides otherwise now: allow \(no-removal\)\n/,
    );
  });

  test("makes names and values of agents fit to be shown", async () => {
    await logCall("aaaa1111", { tool: "read\u202e", session: "s\u001b[2J", ...argsOf({ path: "\u001b]0;x\u0007" }) });
    const { stdout } = await why("aaaa1111");
    for (const character of ["\u202e", "\u001b", "\u0007"]) expect(stdout).not.toContain(character);
  });
});

describe("regate why --as-test", () => {
  async function pin(id: string): Promise<{ stdout: string; stderr: string; tested: string; formatted: string }> {
    const { stdout, stderr } = await why(id, "--as-test");
    const dir = await makeFolder({
      "policy/servers/files/files.rego": POLICY,
      "policy/servers/files/pinned_test.rego": stdout,
    });
    const opa = await findOpa(process.env, ROOT);
    const library = [join(ROOT, "rego/regate"), join(ROOT, "rego/policy/defaults")];
    const tested = await runOpa(opa, ["test", "--verbose", "--run", "test_decision_", ".", ...library], { cwd: dir });
    const formatted = await runOpa(opa, ["fmt", "--diff", "policy/servers/files/pinned_test.rego"], { cwd: dir });
    return { stdout, stderr, tested: tested.stdout, formatted: formatted.stdout };
  }

  test.each([
    ["a denial", "read", { path: "/srv/.env" }],
    ["an allow with a limit", "pay", { amount: 3.5 }],
    ["an approval", "publish", {}],
    [
      "long, nested and hostile arguments",
      "read",
      {
        path: "/a",
        list: [[], {}, [1, [2, { "a b": null, 'q"': "x\n\t\\ \u00e9 \u2028 {x}" }]], "y".repeat(100)],
        deep: { deep: { deep: { deep: ["x".repeat(60), "y".repeat(60)] } } },
      },
    ],
  ])("writes a test of %s that holds, as opa fmt leaves it", async (_, tool, args) => {
    await logCall("aaaa-1111-2222-3333", { tool, ...argsOf(args) });
    const { stdout, stderr, tested, formatted } = await pin("aaaa-1111");
    expect(stdout).toContain("package policy.servers.files_test\n");
    expect(tested).toContain("data.policy.servers.files_test.test_decision_aaaa11112222: PASS");
    expect(formatted).toBe("");
    expect(stderr).toBe("");
  });

  test("leaves out what is masked and read by nobody, and says so", async () => {
    await logCall("aaaa1111", { tool: "read", ...argsOf({ path: "/.env", token: "s3cret" }) });
    const { stdout, stderr, tested } = await pin("aaaa1111");
    expect(stdout).not.toContain("masked");
    expect(stderr).toBe("left out, for the log masks it and no rule reads it: args.token\n");
    expect(tested).toContain("PASS: 1/1");
  });

  test("is refused where the decision may depend on what is masked, or there is none", async () => {
    await logCall("aaaa1111", { tool: "login", ...argsOf({ password: "guess" }) });
    expect(await problemOf(why("aaaa1111", "--as-test"))).toEqual([
      expect.stringContaining("it may depend on args.password, which the log does not hold"),
    ]);
    await logCall("bbbb1111", { tool: "read" }, { kind: "invalid_arguments", problem: "/path is missing" });
    expect(await problemOf(why("bbbb1111", "--as-test"))).toEqual([
      expect.stringContaining("the policy was not asked (invalid_arguments)"),
    ]);
  });

  test("warns where the bundle at hand decides otherwise", async () => {
    await logCall("aaaa1111", { tool: "remove" });
    const changed = await makeFolder({
      "policy/servers/files/files.rego": POLICY.replace("People remove", "Nobody removes"),
    });
    await writeFile(join(cwd, "other.tar.gz"), (await buildFolder(changed)).bytes);
    const { stderr, stdout } = await why("aaaa1111", "--as-test", "--bundle", "other.tar.gz");
    expect(stderr).toMatch(/^other\.tar\.gz \(revision \w+\) decides otherwise now: the test fails on its rules\n$/);
    expect(stdout).toContain('"reasons": ["People remove"]');
  });
});

describe("regate why refuses", () => {
  test.each([
    ["no id", [], "regate why: give one decision's id"],
    ["two ids", ["aaaa1111", "bbbb1111"], "regate why: give one decision's id"],
    ["what is no id", ["a b c d"], "a b c d: is no decision's id"],
    [
      "too little of one",
      ["aaa"],
      "aaa: is no decision's id; give the one that a refusal names, or at least its first 4",
    ],
    ["one that is not there", ["aaaa1111"], "no decision aaaa1111 in .regate/decisions.jsonl; it may be younger"],
    ["a log that is not there", ["aaaa1111", "--log", "nope.jsonl"], "nope.jsonl: no such file"],
    ["a test as data", ["aaaa1111", "--as-test", "--json"], "regate why: --as-test has no --json"],
    ["a configuration that is not there", ["aaaa1111", "-c", "nope.yaml"], "nope.yaml: no such file"],
  ])("%s", async (_, args, problem) => {
    const [line = "", ...others] = await problemOf(why(...args));
    expect(line.startsWith(problem), line).toBe(true);
    expect(others).toEqual([]);
  });

  test("a bundle that is none", async () => {
    await logCall("aaaa1111", { tool: "remove" });
    await writeFile(join(cwd, "broken.tar.gz"), "x");
    expect(await problemOf(why("aaaa1111", "--bundle", "broken.tar.gz"))).toEqual([
      expect.stringMatching(/^broken\.tar\.gz: not a gzip file/),
    ]);
  });

  test("nothing for lines that are cut short, foreign or too long: it goes on behind them", async () => {
    const log = join(cwd, ".regate/decisions.jsonl");
    const foreign = '{"decision_id":"aaaa1111","input":{}}';
    await appendFile(log, `${foreign}\n{"decision_id":"aaaa1111"\n${"x".repeat(5_000_000)}\n`);
    await logCall("aaaa1111", { tool: "remove" });
    await appendFile(log, '{"decision_id":"aaaa1111');
    expect((await why("aaaa1111")).stdout).toContain("remove on files: denied");
  });
});
