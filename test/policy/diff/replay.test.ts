// Recorded calls are judged by both policies as the gate would judge them now; what the log does not hold is never guessed.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseBundle } from "../../../src/policy/bundle.ts";
import { describeTool } from "../../../src/policy/catalogue.ts";
import { ChangeTable } from "../../../src/policy/diff/change-table.ts";
import { type ComparedPolicy, openPolicy } from "../../../src/policy/diff/compare-policies.ts";
import { type RecordedCall, Replay } from "../../../src/policy/diff/replay.ts";
import { readSamples } from "../../../src/policy/samples.ts";
import { buildFolder, type Files, ROOT } from "../support.ts";
import { openFiles } from "./support.ts";

const HASH = { a: "a".repeat(64), b: "b".repeat(64) };
const tool = (category: string, risk: string, sha256?: string) => ({ category, risk, severity: "low", sha256 });

const rules = (most: number, more = ""): string => `package policy.servers.bank

rules.pay contains {"id": "allow", "action": "allow"}

rules.pay contains {"id": "much", "action": "deny"} if not _is_small

_is_small if {
	is_number(input.args.amount)
	input.args.amount <= ${most}
}

rules.note contains {"id": "note", "action": "allow"}
${more}`;

const files = (most: number, tools: object, more = ""): Files => ({
  "policy/bank.rego": rules(most, more),
  "catalogue/bank/data.json": JSON.stringify({ tools }),
});

const TOOLS = { pay: tool("Financial", "High", HASH.a), list: tool("Write", "Medium"), note: tool("Write", "Medium") };

let base: ComparedPolicy;
let head: ComparedPolicy;

beforeAll(async () => {
  base = await openFiles(files(100, TOOLS), true);
  head = await openFiles(files(200, { ...TOOLS, list: tool("Read", "Low") }), true);
});

function call(given: object, more: Partial<RecordedCall> & { readonly tool?: string } = {}): RecordedCall {
  const { tool: name = "pay", ...rest } = more;
  const input = {
    server: "bank",
    tool: name,
    direction: "to_server",
    method: "tools/call",
    session: "s",
    principal: { id: "a", groups: [], claims: {} },
    category: "Financial",
    risk: "High",
    severity: "low",
    definition: { catalogued: true, changed: false },
    time: { unix: 1, rfc3339: "1970-01-01T00:00:01Z", weekday: "Thursday", hour: 0 },
    args: given,
  };
  return { input, unreadable: [], unrecorded: [], ...rest };
}

function replay(calls: readonly RecordedCall[], policies = { base, head }) {
  const table = new ChangeTable(policies);
  const replayed = new Replay(policies, table);
  for (const one of calls) replayed.add(one);
  const rows = table.rows().map((row) => ({
    change: row.change,
    tool: row.tool,
    recorded: row.counts.recorded,
    input: JSON.parse(row.shown.inputs.head),
  }));
  return { ...replayed.result(), rows };
}

describe("a recorded call", () => {
  test("is judged with the history that it had, and with none that the log does not have", async () => {
    const after = (least: number) =>
      `rules.pay contains {"id": "after", "action": "deny"} if input.history.labels.secrets >= ${least}`;
    const policies = {
      base: await openFiles(files(100, TOOLS), true),
      head: await openFiles(files(100, TOOLS, after(2)), true),
    };
    const told = (labels: object): RecordedCall => {
      const { input, ...rest } = call({ amount: 1 });
      return { ...rest, input: { ...input, history: { tools: {}, categories: {}, labels } } };
    };
    const unknown = { ...call({ amount: 1 }), unrecorded: [["history"]] };
    const replayed = replay([told({ secrets: 2 }), told({ secrets: 1 }), told({}), unknown], policies);
    expect(replayed.obstacles).toEqual({ masked: 1, rounded: 0, differs: 0 });
    expect(replayed.rows).toEqual([expect.objectContaining({ change: "stricter", recorded: 1 })]);
    // where neither policy looks at it, it need not be known
    expect(replay([unknown], { base, head }).obstacles.masked).toBe(0);
  });

  test("that is judged otherwise is reported by the part of it that rules read, and counted", () => {
    const { calls, rows, obstacles } = replay([
      call({ amount: 150, note: "for lunch" }),
      call({ amount: 150, note: "for dinner" }),
      call({ amount: 199, note: "" }),
      call({ amount: 50 }),
      call({ amount: 500 }),
    ]);
    expect(calls).toBe(5);
    expect(obstacles).toEqual({ masked: 0, rounded: 0, differs: 0 });
    expect(rows).toEqual([expect.objectContaining({ change: "looser", tool: "pay", recorded: 3 })]);
    expect(rows[0]?.input.args).toEqual({ amount: 150 });
    expect(rows[0]?.input).not.toHaveProperty("principal");
  });

  test("is seen by each side as its own catalogue sees the tool", () => {
    const { rows } = replay([call({}, { tool: "list" })]);
    expect(rows).toEqual([expect.objectContaining({ change: "looser", tool: "list" })]);
    expect(rows[0]?.input).toMatchObject({ category: "Read" });
  });

  test("of a definition that one of them has reviewed since is no longer refused", async () => {
    const reviewed = await openFiles(files(100, { ...TOOLS, pay: tool("Financial", "High", HASH.b) }), true);
    const { rows } = replay([call({ amount: 5 }, { definitionSha256: HASH.b })], { base, head: reviewed });
    expect(rows).toEqual([expect.objectContaining({ change: "looser", tool: "pay" })]);
  });

  test("of a tool that the server did not list stays one", () => {
    const one = call({ amount: 150 });
    const { rows } = replay([{ ...one, input: { ...one.input, definition: { catalogued: true, changed: true } } }]);
    expect(rows.filter(({ change }) => change !== "other")).toEqual([]);
  });

  test("of a tool that no catalogue has keeps what the log says of it, and is counted", async () => {
    const base = await openFiles({ "policy/x.rego": rules(100) }, true);
    const stricter = 'package policy.defaults\n\nrules.Read contains {"id": "r", "action": "require_approval"}\n';
    const head = await openFiles({ "policy/x.rego": rules(100), "policy/d.rego": stricter }, true);
    const one = call({}, { tool: "peek" });
    const read = {
      ...one,
      input: { ...one.input, category: "Read", definition: { catalogued: false, changed: false } },
    };
    const { rows, uncatalogued } = replay([read, read], { base, head });
    expect(rows).toEqual([expect.objectContaining({ change: "stricter", tool: "peek", recorded: 2 })]);
    expect(uncatalogued).toEqual({ calls: 2, tools: ["bank/peek"] });
  });

  test("of a tool that a catalogue has lost is unknown to that side", async () => {
    const lost = await openFiles(files(100, { pay: TOOLS.pay, note: TOOLS.note }), true);
    const { rows, uncatalogued } = replay([call({}, { tool: "list" })], { base, head: lost });
    expect(rows).toEqual([expect.objectContaining({ change: "stricter", tool: "list" })]);
    expect(uncatalogued.calls).toBe(0);
  });

  test("of another method is judged by its params", async () => {
    const method =
      'methods["resources/read"] contains {"id": "open", "action": "allow"} if startswith(input.params.uri, "FROM")\n';
    const policies = {
      base: await openFiles(files(1, {}, method.replace("FROM", "file:")), true),
      head: await openFiles(files(1, {}, method.replace("FROM", "http:")), true),
    };
    const { tool: _, args: __, ...input } = call({}).input;
    const read: RecordedCall = {
      input: { ...input, server: "bank", method: "resources/read", params: { uri: "file:/a" } },
      unreadable: [],
      unrecorded: [],
    };
    expect(replay([read], policies).rows).toEqual([
      expect.objectContaining({ change: "stricter", tool: 'methods["resources/read"]' }),
    ]);
  });
});

describe("what the log does not hold", () => {
  const masked = (...places: readonly (readonly string[])[]) => ({ unreadable: places });

  test("makes a call not replayable, where its decision may read it", () => {
    const { obstacles, rows } = replay([
      call({ amount: "**masked**" }, masked(["args", "amount"])),
      call({ amount: 150 }, masked(["args"])),
      call({ amount: 150 }, masked(["server"])),
    ]);
    expect(obstacles.masked).toBe(3);
    expect(rows).toEqual([]);
  });

  test("does not matter where no rule that speaks reads it", () => {
    const { obstacles, rows } = replay([
      call({ amount: 150, card: "**masked**" }, masked(["args", "card"])),
      call({ amount: "**masked**" }, { tool: "list", ...masked(["args", "amount"]) }),
      call({ amount: 150 }, masked(["principal", "claims", "email"])),
    ]);
    expect(obstacles.masked).toBe(0);
    expect(rows).toHaveLength(2);
  });

  test("does not matter where the same rules speak on both sides", () => {
    const { obstacles } = replay([call({ amount: "**masked**" }, { tool: "note", ...masked(["args", "amount"]) })]);
    expect(obstacles.masked).toBe(0);
  });

  test("always matters, where a bundle has no index of what it reads", () => {
    const blind = { ...base, conditions: undefined };
    const { obstacles } = replay([call({ amount: 150, card: "**masked**" }, masked(["args", "card"]))], {
      base: blind,
      head,
    });
    expect(obstacles.masked).toBe(1);
  });

  test("may be a digit of a number", () => {
    const { obstacles } = replay([
      call({ amount: 9007199254740992 }),
      call({ amount: 150, serial: 9007199254740992 }),
      call({ amount: 150, text: "1234567890123456" }),
    ]);
    expect(obstacles).toEqual({ masked: 0, rounded: 1, differs: 0 });
  });

  test("shows where the very bundle that judged it judges it otherwise", () => {
    const evaluation = base.evaluate(JSON.stringify(call({ amount: 150 }).input));
    const decision = evaluation.kind === "decided" ? evaluation.decision : undefined;
    const { obstacles, rows } = replay([
      call({ amount: 150 }, { digest: base.digest, result: decision }),
      call({ amount: 150 }, { digest: base.digest, result: { ...decision, action: "allow" } }),
      call({ amount: 150 }, { digest: "another", result: { action: "allow" } }),
    ]);
    expect(obstacles.differs).toBe(1);
    expect(rows).toEqual([expect.objectContaining({ change: "looser", recorded: 2 })]);
  });
});

describe("memory stays bounded", () => {
  test("over calls that each change in a way of their own", () => {
    const limit = (n: string): string =>
      `rules.pay contains {"id": "cost", "action": "limit", "rate_limit": {"max": ${n}, "window": 60, "cost": 1}}`;
    const withLimit = async (n: string) => openFiles(files(1e6, TOOLS, limit(n)), true);
    return Promise.all([withLimit("input.args.amount"), withLimit("input.args.amount + 1")]).then(([base, head]) => {
      const table = new ChangeTable({ base, head });
      const replayed = new Replay({ base, head }, table);
      for (let amount = 1; amount <= 500; amount += 1) replayed.add(call({ amount }));
      expect(table.rows()).toHaveLength(20);
      expect(table.unlisted()).toEqual([{ server: "bank", tool: "pay", change: "looser", inputs: 480 }]);
    });
  });

  test("over tools without end", () => {
    const table = new ChangeTable({ base, head });
    const replayed = new Replay({ base, head }, table);
    for (let number = 0; number < 3_000; number += 1) replayed.add(call({}, { tool: `tool_${number}` }));
    expect(replayed.result().uncatalogued.calls).toBe(3_000);
    expect(replayed.result().uncatalogued.tools).toHaveLength(1_000);
  });
});

describe("the samples, as a log would hold them", () => {
  const judge = async (isWanted: (inputText: string) => boolean) => {
    const { bytes } = await buildFolder(join(ROOT, "rego"));
    const policy = await openPolicy(await parseBundle(bytes, "b"), false);
    const table = new ChangeTable({ base: policy, head: policy });
    // so that no call is known to be unchanged before it is judged
    const check = { knowsRules: false, rule: () => false, speakers: () => false, target: () => false };
    const replayed = new Replay({ base: policy, head: policy }, table, check);
    for (const { inputText } of await readSamples(join(ROOT, "test/samples"))) {
      const input: unknown = JSON.parse(inputText);
      const evaluation = policy.evaluate(inputText);
      if (evaluation.kind === "failed" || !isWanted(inputText) || !couldBeLogged(input, policy)) continue;
      replayed.add({ input, unreadable: [], unrecorded: [], digest: policy.digest, result: evaluation.decision });
    }
    expect(table.rows()).toEqual([]);
    return replayed.result();
  };
  const isExact = (inputText: string): boolean => JSON.stringify(JSON.parse(inputText)) === inputText;

  test("get by replay the decision that they get as they are", async () => {
    const { calls, obstacles } = await judge(isExact);
    expect(calls).toBeGreaterThan(40);
    expect(obstacles).toEqual({ masked: 0, rounded: 0, differs: 0 });
  });

  test("are not replayed with a number that is another in the log and may matter", async () => {
    const { calls, obstacles } = await judge((inputText) => !isExact(inputText));
    expect(calls).toBeGreaterThan(3);
    expect(obstacles.rounded + obstacles.differs).toBeLessThanOrEqual(calls);
    expect(obstacles.rounded).toBeGreaterThan(0);
  });
});

/** What the gate itself composes: it takes from the catalogue what that says of a tool. */
function couldBeLogged(input: unknown, { catalogue }: ComparedPolicy): input is RecordedCall["input"] {
  if (typeof input !== "object" || input === null || !("server" in input)) return false;
  const fields = new Map(Object.entries(input));
  const [server, name] = [fields.get("server"), fields.get("tool")];
  if (typeof server !== "string") return false;
  if (typeof name !== "string") return name === undefined && fields.get("method") !== undefined;
  const { category, severity, definition } = describeTool(catalogue, server, name);
  const claimed = JSON.stringify(fields.get("definition"));
  if (!definition.catalogued) return !claimed?.includes('"catalogued":true');
  return (
    fields.get("category") === category && fields.get("severity") === severity && !claimed?.includes('"changed":"')
  );
}
