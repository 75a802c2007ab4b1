// What the engine gets of a call, and what it is not asked again: decisions are those on the whole input, for every sample.
import { beforeAll, describe, expect, test } from "vitest";
import type { Call, Evaluation, ToolFacts } from "../../src/gate/types.ts";
import { type LoadedPolicy, startPolicy } from "../../src/policy/active-policy.ts";
import { readBundle } from "../../src/policy/bundle.ts";
import { composeInput, NO_HISTORY } from "../../src/policy/input.ts";
import { sliceMember } from "../../src/policy/json-member.ts";
import { createJudge, type Judge } from "../../src/policy/judge.ts";
import { SHIPPED_BUNDLE } from "../../src/policy/shipped.ts";
import { indexSpeakers, listSpeakers } from "../../src/policy/speakers.ts";
import { readSampleFiles } from "./native.ts";
import { buildFolder, makeFolder } from "./support.ts";

/** What the gate could get: the names of servers, tools, methods and categories are texts. */
const samples = (await readSampleFiles()).filter(({ inputText }) => {
  const { server, tool = "", method = "", direction = "", category = "" } = JSON.parse(inputText);
  return [server, tool, method, direction, category].every((name) => typeof name === "string");
});

let shipped: LoadedPolicy;
beforeAll(async () => {
  shipped = await startPolicy(await readBundle(SHIPPED_BUNDLE));
});

/** An engine that notes what it is asked. */
function noting({ engine }: Pick<LoadedPolicy, "engine">) {
  const asked: string[] = [];
  const evaluate = (text: string): Evaluation => {
    asked.push(text);
    return engine.evaluate(text);
  };
  return { asked, evaluate };
}

function decisionOf(evaluation: Evaluation): unknown {
  return evaluation.kind === "decided" ? evaluation.decision : evaluation.kind;
}

/** A sample as the gate would get it; what a hand-written input leaves out goes without saying. */
function callOf(inputText: string): { readonly call: Call; readonly facts: ToolFacts | undefined } {
  const input = JSON.parse(inputText);
  const received = (name: string) => {
    const text = sliceMember(inputText, name);
    return text === undefined ? {} : { [name]: { text, value: JSON.parse(text) } };
  };
  const { server, tool, method = "tools/call", direction = "to_server", session = "s" } = input;
  const principal = { id: "local", groups: [], claims: {}, ...input.principal };
  const call: Call = {
    ...{ server, method, direction, session, principal },
    ...(tool === undefined ? received("params") : { tool, ...received("args") }),
  };
  if (tool === undefined) return { call, facts: undefined };
  const { category, risk = "Low", severity = "low", definition = { catalogued: true, changed: false } } = input;
  return { call, facts: { category, risk, severity, definition } };
}

const PLAIN: Call = {
  server: "files",
  tool: "read",
  method: "tools/call",
  direction: "to_server",
  session: "s",
  principal: { id: "p", groups: [], claims: {} },
};
const READ: ToolFacts = {
  category: "Read",
  risk: "Low",
  severity: "low",
  definition: { catalogued: true, changed: false },
};
const args = (text: string) => ({ text, value: JSON.parse(text) });

describe("a decision is that on the whole input", () => {
  test.each(samples)("$name", ({ inputText }) => {
    const { call, facts } = callOf(inputText);
    const whole = shipped.engine.evaluate(composeInput(call, facts, { unixMs: 1e12 }, NO_HISTORY, "UTC"));
    expect(whole.kind).toBe("decided");
    for (const time of ["once", "again"]) {
      expect(decisionOf(shipped.judge(call, facts, 1e12, "UTC")), time).toEqual(decisionOf(whole));
    }
  });
});

describe("rules that read", () => {
  let policy: LoadedPolicy;
  let judge: Judge;
  let asked: string[];

  beforeAll(async () => {
    const dir = await makeFolder({
      "policy/files.rego": `package policy.servers.files

rules.read contains {"id": "read", "action": "allow"} if input.args.path.name == "a"

rules.list contains {"id": "list", "action": "allow"}

rules.mine contains {"id": "mine", "action": "allow"} if input.principal.id == "p"

rules.team contains {"id": "team", "action": "allow"} if "writers" in input.principal.groups

rules.mail contains {"id": "mail", "action": "allow"} if input.principal.claims.email_verified == true

rules.ours contains {"id": "ours", "action": "allow"} if input.session == "s"

rules.late contains {"id": "late", "action": "allow"} if input.time.hour > 8

rules.all contains {"id": "all", "action": "allow"} if input.args == {"a": 1}

rules.big contains {"id": "big", "action": "allow"} if input.args.n == 9007199254740993

methods["x/y"] contains {"id": "xy", "action": "allow"} if input.params.uri == "u"
`,
    });
    policy = await startPolicy((await buildFolder(dir)).bundle);
  }, 60_000);

  function start(): void {
    const engine = noting(policy);
    asked = engine.asked;
    judge = createJudge(engine, policy);
  }

  const judged = (call: Partial<Call>, unixMs = 0): string => {
    const evaluation = judge({ ...PLAIN, ...call }, READ, unixMs, "UTC");
    return evaluation.kind === "decided" ? evaluation.decision.action : evaluation.problem;
  };

  test("one argument get that one, and nothing of who calls and when", () => {
    start();
    expect(judged({ args: args('{"big": "x", "path": {"name": "a", "b": [1]}}') })).toBe("allow");
    expect(asked).toHaveLength(1);
    expect(JSON.parse(asked[0] ?? "")).toEqual({
      server: "files",
      tool: "read",
      category: "Read",
      definition: READ.definition,
      method: "tools/call",
      direction: "to_server",
      args: { path: { name: "a" } },
    });
  });

  test("nothing of the arguments are asked once for all of them", () => {
    start();
    for (const text of ['{"a": 1}', '{"a": 2}']) expect(judged({ tool: "list", args: args(text) })).toBe("allow");
    expect(judged({ tool: "list", session: "t", principal: { id: "q", groups: [], claims: {} } }, 5e12)).toBe("allow");
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toContain("args");
  });

  test("groups, or claims, are asked again for each caller with others, and see no more of who calls", () => {
    start();
    const claims = { email: "a@example.com", email_verified: true };
    const callers = [
      { id: "p", groups: ["writers"], claims },
      { id: "q", groups: ["readers"], claims: { ...claims, email_verified: false } },
      { id: "p", groups: [], claims: {} },
    ];
    const outcomes = (tool: string) => callers.map((principal) => judged({ tool, principal }));
    for (const tool of ["team", "mail", "team"]) expect(outcomes(tool), tool).toEqual(["allow", "deny", "deny"]);
    expect(asked.map((text) => JSON.parse(text).principal)).toEqual([
      { groups: ["writers"] },
      { groups: ["readers"] },
      { groups: [] },
      { claims: { email_verified: true } },
      { claims: { email_verified: false } },
      { claims: {} },
    ]);
    // whoever has the same groups is the same to that rule
    expect(judged({ tool: "team", principal: { id: "r", groups: ["writers"], claims: {} } })).toBe("allow");
    expect(asked).toHaveLength(6);
  });

  test("who calls, in which session, or when, are asked again for each", () => {
    start();
    const other = { id: "q", groups: [], claims: {} };
    expect([judged({ tool: "mine" }), judged({ tool: "mine", principal: other })]).toEqual(["allow", "deny"]);
    expect([judged({ tool: "ours" }), judged({ tool: "ours", session: "t" })]).toEqual(["allow", "deny"]);
    expect([judged({ tool: "late" }, 0), judged({ tool: "late" }, 12 * 3_600_000)]).toEqual(["deny", "allow"]);
    expect(asked).toHaveLength(6);
  });

  test("all arguments get all of them, and none are none at all", () => {
    start();
    expect(judged({ tool: "all", args: args('{"a": 1}') })).toBe("allow");
    expect(judged({ tool: "all", args: args('{"a": 1, "b": 2}') })).toBe("deny");
    expect(judged({ tool: "all" })).toBe("deny");
    expect(asked.map((text) => JSON.parse(text).args)).toEqual([{ a: 1 }, { a: 1, b: 2 }, {}]);
  });

  test("a number get it as it was written", () => {
    start();
    expect(judged({ tool: "big", args: args('{"n": 9007199254740993}') })).toBe("allow");
    expect(judged({ tool: "big", args: args('{"n": 9007199254740992}') })).toBe("deny");
  });

  test("params of another method get those", () => {
    start();
    const { tool: _, ...request } = { ...PLAIN, method: "x/y" };
    const decide = (text: string) =>
      decisionOf(judge({ ...request, params: args(text) }, undefined, 0, "UTC")) as { action: string };
    expect(decide('{"uri": "u", "n": 1}').action).toBe("allow");
    expect(decide('{"uri": "v", "n": 1}').action).toBe("deny");
    expect(JSON.parse(asked[0] ?? "").params).toEqual({ uri: "u" });
  });

  test("are asked with what is known of the tool now", () => {
    start();
    judged({ tool: "list" });
    const changed = { ...READ, definition: { catalogued: true, changed: true } };
    const evaluation = judge({ ...PLAIN, tool: "list" }, changed, 0, "UTC");
    expect(decisionOf(evaluation)).toMatchObject({ action: "deny", hidden: true });
  });

  test("are asked again after they failed", () => {
    const failed: Evaluation = { kind: "failed", problem: "no memory", fuel: 1, bundle: undefined };
    const answers: Evaluation[] = [failed];
    judge = createJudge({ evaluate: (text) => answers.pop() ?? policy.engine.evaluate(text) }, policy);
    expect(judged({ tool: "list" })).toBe("no memory");
    expect(judged({ tool: "list" })).toBe("allow");
  });

  test("a bundle that doesn't say what its rules read is asked with all of the input, each time", () => {
    const engine = noting(policy);
    judge = createJudge(engine, { rules: policy.rules, conditions: undefined });
    expect([judged({ tool: "list" }), judged({ tool: "list" })]).toEqual(["allow", "allow"]);
    expect(engine.asked).toHaveLength(2);
    expect(JSON.parse(engine.asked[0] ?? "")).toMatchObject({ session: "s", args: {}, principal: { id: "p" } });
  });
});

describe("which rules may speak", () => {
  test("is found by an index as by a look at each", () => {
    const index = indexSpeakers(shipped);
    const addressees = samples.map(({ inputText }) => callOf(inputText));
    for (const { call, facts } of addressees) {
      const categories = facts === undefined ? undefined : [facts.category];
      const names = (speakers: readonly { readonly id: string }[]) => speakers.map(({ id }) => id).sort();
      expect(names(index(call, categories))).toEqual(names(listSpeakers(shipped, call, categories)));
    }
  });
});
