// One input, one decision: over every sample, `opa eval` on the sources, `regate decide`, the data API of the running gate, and
// a replay of the decision log that the API wrote agree to the letter. What is no input by its schema is refused by both that
// take inputs; what the log can't hold exactly is counted by the replay, and never judged.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { run as decide } from "../../src/cli/decide.ts";
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
  const policies = { base: NO_POLICY, head };
  const table = new RecordingTable(policies);
  const replay = new Replay(policies, table);
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

test("the samples that are no inputs are known, and few", () => {
  expect(samples.map(({ name }) => name)).toEqual(expect.arrayContaining(NO_INPUTS));
  expect(NO_INPUTS.length * 4).toBeLessThan(samples.length);
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
    if (holdsMoreThanDoubles(inputText)) expect(replayed).toEqual({ masked: 0, rounded: 1, differs: 0 });
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

/** A number that the log can only round: 9007199254740993, say. */
function holdsMoreThanDoubles(inputText: string): boolean {
  return /\d{16}/.test(inputText);
}
