// `regate approvals`, the command in the test's process, the gate's own routes and a real desk behind it.
import { describe, expect, onTestFinished, test } from "vitest";
import { type ApprovalDesk, createApprovals } from "../../src/approvals/approvals.ts";
import { formatJson } from "../../src/cli/approvals/format-json.ts";
import { run } from "../../src/cli/approvals.ts";
import { Problem } from "../../src/problem.ts";
import { MemoryStore, QUESTION } from "../approvals/support.ts";
import { OPERATOR_KEY, startFront } from "./front.ts";

async function start() {
  let ids = 0;
  const desk: ApprovalDesk = createApprovals({
    store: new MemoryStore(),
    unixMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: () => `0b5e1c9e-0000-4000-8000-00000000000${++ids}`,
    fourEyes: false,
    revision: () => "r1",
    hasApprover: () => true,
    urlOf: () => undefined,
    announce: undefined,
    onProblem: () => {},
  });
  onTestFinished(() => desk.close());
  const { dir } = await startFront({ target: () => {}, approvals: desk });
  const approvals = async (...args: string[]) => {
    let printed = "";
    const code = await run(args, {
      stdout: (text) => {
        printed += text;
      },
      stderr: () => {},
      env: { REGATE_OPERATOR_KEY: OPERATOR_KEY },
      cwd: dir,
      stdin: () => Promise.reject(new Error("not read")),
    });
    return { code, printed };
  };
  const problemOf = async (...args: string[]) => {
    try {
      return `no problem: ${(await approvals(...args)).printed}`;
    } catch (error) {
      if (error instanceof Problem) return error.lines.join("\n");
      throw error;
    }
  };
  const ask = (change: Partial<typeof QUESTION> = {}) => desk.ask({ ...QUESTION, ...change }, undefined);
  return { desk, approvals, problemOf, ask };
}

const [ONE, TWO] = ["0b5e1c9e-0000-4000-8000-000000000001", "0b5e1c9e-0000-4000-8000-000000000002"];

describe("regate approvals", () => {
  test("lists what is pending as a table, by itself or by the name of it", async () => {
    const { approvals, ask, desk } = await start();
    expect(await approvals()).toEqual({ code: 0, printed: "no requests are pending\n" });
    expect((await approvals("list", "--state", "all")).printed).toBe("no requests for approval\n");
    await ask();
    await ask({ argsText: "[2]", tool: "a\u202eb" });
    void desk.deny(ONE, "operator", "no");
    const { printed } = await approvals("list");
    const [head, row, ...more] = printed.split("\n");
    expect(head).toMatch(/^ID {36}STATE {4}AGE {2,}LAPSES IN {2}PRINCIPAL {2}SERVER {4}TOOL {2,}ARGUMENTS$/);
    expect(row).toMatch(
      new RegExp(String.raw`^${TWO}  pending  \d+ s +\d+ (s|min) +ann +files-eu +a\\u\{202e\}b  \[2\]$`),
    );
    expect(more).toEqual([""]);
    expect((await approvals("list", "--state", "denied")).printed).toContain(ONE);
    expect((await approvals("list", "--state", "all")).printed.split("\n")).toHaveLength(4);
  });

  test("shows one whole, with its exact arguments, nothing hidden in them", async () => {
    const { approvals, ask } = await start();
    const argsText = '{"amount":1.0,"big":9007199254740993,"note":"pay\u202e\u200beve\\u001b[31m","to":["a",{}]}';
    await ask({ argsText, reasons: ["Money\u0007 is for people"] });
    const { printed } = await approvals("show", ONE);
    expect(printed).toContain(`approval    ${ONE}\nstate       pending, lapses in `);
    expect(printed).toContain("\nserver      files-eu (files)\n");
    expect(printed).toContain(String.raw`because     Money\u{0007} is for people`);
    expect(printed.slice(printed.indexOf("arguments"))).toBe(
      String.raw`arguments
  {
    "amount": 1.0,
    "big": 9007199254740993,
    "note": "pay\u{202e}\u{200b}eve\u001b[31m",
    "to": [
      "a",
      {}
    ]
  }
`,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\u200b]/);
  });

  test("cuts nothing of long arguments", async () => {
    const { approvals, ask } = await start();
    await ask({ argsText: `{"text":"${"x".repeat(50_000)}end"}` });
    expect((await approvals("show", ONE)).printed).toContain('xend"');
  });

  test("approves, once or for some minutes", async () => {
    const { approvals, ask, desk } = await start();
    await ask();
    await ask({ argsText: "[2]" });
    expect((await approvals("approve", ONE)).printed).toBe(`approved: ${ONE} (this call, once)\n`);
    expect((await approvals("approve", TWO, "--minutes", "15")).printed).toBe(
      `approved: ${TWO} (15 min of this tool in this session)\n`,
    );
    expect([ONE, TWO].map((id) => desk.find(id)?.decided?.grantMinutes)).toEqual([undefined, 15]);
    expect((await approvals("show", TWO)).printed).toMatch(/\ndecided {5}by operator, 2\S+Z, for 15 min of this tool/);
  });

  test("denies with a reason, and shows it", async () => {
    const { approvals, ask, desk } = await start();
    await ask();
    expect((await approvals("deny", ONE, "--reason", "not today")).printed).toBe(`denied: ${ONE}\n`);
    expect(desk.find(ONE)).toMatchObject({ state: "denied", decided: { reason: "not today" } });
    expect((await approvals("show", ONE)).printed).toContain("\nreason      not today\n");
  });

  test("prints JSON", async () => {
    const { approvals, ask } = await start();
    await ask();
    expect(JSON.parse((await approvals("--json")).printed)).toMatchObject([{ id: ONE, state: "pending" }]);
    expect(JSON.parse((await approvals("show", ONE, "--json")).printed)).toMatchObject({ argsText: QUESTION.argsText });
    expect(JSON.parse((await approvals("approve", ONE, "--json")).printed)).toMatchObject({ state: "approved" });
  });

  test("says in one line why it did not do what it was told", async () => {
    const { approvals, problemOf, ask } = await start();
    await ask();
    expect(await problemOf("show", "nope")).toBe(
      "there is no request for approval of this id; GET /v1/approvals lists those that there are",
    );
    expect(await problemOf("approve", "../status")).toMatch(/^there is no request for approval of this id; /);
    expect(await problemOf("deny", ONE)).toBe("regate approvals deny: --reason TEXT is missing; the agent is told it");
    expect(await problemOf("approve", ONE, "--minutes", "1.5")).toContain("it must be a whole number from 1 to 1440");
    expect(await problemOf("approve", ONE, "--minutes", "9999")).toContain("name 1 to 1440 whole minutes");
    expect(await problemOf("list", "--state", "pendng")).toContain("did you mean pending?");
    for (const wrong of [["approve"], ["list", ONE], ["show", ONE, TWO], ["aprove", ONE]])
      expect(await problemOf(...wrong)).toMatch(/^use: regate approvals list, /);
    await approvals("approve", ONE);
    expect(await problemOf("approve", ONE)).toBe("it was approved already, by operator; its call may go out once");
  });
});

test.each([
  ["{}", ["{}"]],
  ["[]", ["[]"]],
  ["[[],{}]", ["[", "  [],", "  {}", "]"]],
  ['{"a":{"b":[1,null]}}', ["{", '  "a": {', '    "b": [', "      1,", "      null", "    ]", "  }", "}"]],
  ['{"a,{[":"\\"}]:,"}', ["{", '  "a,{[": "\\"}]:,"', "}"]],
  ["1e5", ["1e5"]],
])("JSON is set on lines token by token: %s", (text, lines) => {
  expect(formatJson(text)).toEqual(lines);
});
