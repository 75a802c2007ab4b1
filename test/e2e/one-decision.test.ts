// One input, one decision: over every sample, `opa eval` on the sources, `regate decide`, the data API of the running gate, and
// a replay of the decision log that the API wrote agree to the letter. What is no input by its schema is refused by both that
// take inputs. What no gate could have recorded is not judged otherwise by the replay: at most it is counted.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { run as decide } from "../../src/cli/decide.ts";
import type { Evaluation } from "../../src/gate/types.ts";
import { readRecordedLine } from "../../src/log/recorded-call.ts";
import { readBundle } from "../../src/policy/bundle.ts";
import { ChangeTable, type Compared } from "../../src/policy/diff/change-table.ts";
import { type ComparedPolicy, NO_POLICY, openPolicy } from "../../src/policy/diff/compare-policies.ts";
import { Replay } from "../../src/policy/diff/replay.ts";
import { Problem } from "../../src/problem.ts";
import { judgeNatively, readSampleFiles } from "../policy/native.ts";
import { buildFolder, ROOT } from "../policy/support.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { makeTempDir } from "./harness-process.ts";
import { post } from "./harness-wire.ts";

/** What the schema of an input refuses: nobody could send it but by hand. */
const NO_INPUTS = [
  "defaults/category-as-a-list",
  "defaults/category-in-lower-case",
  "defaults/category-that-does-not-exist",
  "guardrails/definition-mistyped",
  "hostile/empty-input",
  "hostile/fields-that-nobody-knows",
  "hostile/server-as-a-list",
  "hostile/tool-as-an-object",
  "methods/direction-that-does-not-exist",
];

/**
 * Numbers that a log can only round; arguments that it masks and a rule reads; and tools that the input says are catalogued, which this catalogue does not have: a
 * replay sees a tool as the catalogue does.
 */
const NOT_TO_BE_RECORDED = [
  "defaults/category-missing",
  "defaults/destructive",
  "defaults/execute",
  "defaults/execute-severe",
  "defaults/execute-severity-missing",
  "defaults/financial",
  "defaults/read",
  "defaults/write",
  "hostile/integer-beyond-doubles",
  "hostile/number-beyond-doubles",
  "mongodb/connect",
  "playwright/type",
];

/** What the replay says of these: one call, of which it reports no decision. */
const COUNTED = [
  { masked: 1, rounded: 0, differs: 0 },
  { masked: 0, rounded: 1, differs: 0 },
  { masked: 0, rounded: 0, differs: 1 },
];

/** A replay reports what two policies decide differently: this one decides nothing as another does. */
const judgeNothing = (): Evaluation => ({ kind: "failed", problem: "judges nothing", fuel: 0, bundle: undefined });
const UNLIKE_ALL: ComparedPolicy = { ...NO_POLICY, evaluate: judgeNothing, evaluateMasked: judgeNothing };

const decidedSchema = z.object({ decision: z.unknown() });
const answerSchema = z.object({ decision_id: z.uuid(), result: z.unknown() });
const samples = await readSampleFiles();

let native: readonly unknown[];
let bundle: string;
let head: ComparedPolicy;
let gate: Gate;

beforeAll(async () => {
  native = await judgeNatively(samples.map(({ inputText }) => inputText));
  bundle = join(makeTempDir(), "regate.tar.gz");
  writeFileSync(bundle, (await buildFolder(join(ROOT, "rego"))).bytes);
  head = await openPolicy(await readBundle(bundle), true);
  gate = await startGate({ servers: {}, bundle, config: { log: { durable: true } } });
});

const ask = (inputText: string) =>
  post(`${gate.base}/v1/data/regate/decision`, `{"input":${inputText}}`, { authorization: `Bearer ${OPERATOR_KEY}` });

async function decideIt(inputText: string): Promise<unknown> {
  let printed = "";
  await decide(["-", "--json", "--bundle", bundle], {
    stdout: (text) => {
      printed += text;
    },
    stderr: (text) => {
      throw new Error(text);
    },
    env: {},
    cwd: ROOT,
    stdin: async () => Buffer.from(inputText),
  });
  return decidedSchema.parse(JSON.parse(printed)).decision;
}

/** What the replay of the logged decision comes to: a decision, or why there is none. */
function replayIt(id: string): unknown {
  const line = readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8")
    .split("\n")
    .find((text) => text.includes(id));
  const read = readRecordedLine(line ?? "");
  if (read.kind !== "call") throw new Error(`${read.kind}: ${line}`);
  const policies = { base: UNLIKE_ALL, head };
  const table = new RecordingTable(policies);
  const replay = new Replay(policies, table, { speakers: () => false });
  replay.add(read.call);
  const [judged] = table.judged;
  if (judged === undefined) return replay.result().obstacles;
  return judged.head.kind === "decided" ? judged.head.decision : judged.head;
}

class RecordingTable extends ChangeTable {
  readonly judged: Compared[] = [];

  override add(compared: Compared) {
    this.judged.push(compared);
    return super.add(compared);
  }
}

test("the samples that are no inputs, or were never recorded, are known, and few", () => {
  const names = samples.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...NO_INPUTS, ...NOT_TO_BE_RECORDED]));
  expect(3 * (NO_INPUTS.length + NOT_TO_BE_RECORDED.length)).toBeLessThan(names.length);
});

describe("of one input there is one decision", () => {
  test.each(samples.filter(({ name }) => !NO_INPUTS.includes(name)))("$name", async ({ name, inputText, decision }) => {
    const index = samples.findIndex((sample) => sample.name === name);
    expect(native[index]).toEqual(decision);
    expect(await decideIt(inputText)).toEqual(decision);
    const { status, text } = await ask(inputText);
    expect([status, text]).toEqual([200, expect.any(String)]);
    const { decision_id: id, result } = answerSchema.parse(JSON.parse(text));
    expect(result).toEqual(decision);
    const replayed = replayIt(id);
    if (NOT_TO_BE_RECORDED.includes(name)) expect(COUNTED).toContainEqual(replayed);
    else expect(replayed).toEqual(decision);
  });
});

describe("what is no input is refused alike", () => {
  test.each(NO_INPUTS.map((name) => ({ name })))("$name", async ({ name }) => {
    const { inputText = "" } = samples.find((sample) => sample.name === name) ?? {};
    const { status, text } = await ask(inputText);
    expect(status).toBe(400);
    const { message } = z.object({ code: z.literal("invalid_parameter"), message: z.string() }).parse(JSON.parse(text));
    const refused = decideIt(inputText);
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(message.replace(/^input: /, "standard input: "));
  });
});
