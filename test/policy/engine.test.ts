import { describe, expect, test } from "vitest";
import type { Evaluation } from "../../src/gate/types.ts";
import { createEngine, fuelBudget } from "../../src/policy/engine.ts";
import { buildFolder, compileRego, makeFolder, permitsIf, problemOf, problemOfEvaluation } from "./support.ts";

const SERVER = `package policy.servers.files

rules.read contains {"id": "reads", "action": "allow", "rate_limit": {"max": 10, "window": 60}} if {
	startswith(input.args.path, "/open/")
}

rules.exact contains {"id": "exact", "action": "deny"} if input.args.n == 9007199254740993

rules.exact contains {"id": "otherwise", "action": "allow"}

rules.fraction contains {"id": "exact-too", "action": "deny"} if input.args.n == 100.0000000000000001

rules.fraction contains {"id": "otherwise-too", "action": "allow"}

rules.catalogued contains {"id": "known", "action": "allow"} if data.catalogue.files.tools[input.args.name]
`;
const CATALOGUE = JSON.stringify({ tools: { known: { category: "Read", risk: "Low", severity: "low" } } });

async function createFilesEngine() {
  const dir = await makeFolder({ "policy/files.rego": SERVER, "catalogue/files/data.json": CATALOGUE });
  return createEngine((await buildFolder(dir)).bundle);
}

const callTo = (tool: string, argsText = "{}"): string =>
  `{"server": "files", "tool": "${tool}", "category": "Unknown", "args": ${argsText}}`;
const actionOf = (evaluation: Evaluation): string =>
  evaluation.kind === "decided" ? evaluation.decision.action : evaluation.problem;

describe("a decision", () => {
  test("is complete, and says what it cost and which bundle made it", async () => {
    const engine = await createFilesEngine();
    const input = callTo("read", '{"path": "/open/a"}');
    const evaluation = engine.evaluate(input);
    expect(evaluation).toEqual({
      kind: "decided",
      decision: {
        action: "allow",
        reasons: [],
        rules: ["policy.servers.files/reads"],
        malformed: [],
        rate_limits: [
          { rule: "policy.servers.files/reads", max: 10, window: 60, per: "session", over: "tool", cost: 1 },
        ],
        approval: { timeout: 300, hold: 25 },
        labels: [],
        redact: [],
        hidden: false,
      },
      fuel: expect.any(Number),
      budget: fuelBudget(input.length),
      bundle: engine.revision,
    });
    expect(evaluation.fuel).toBeGreaterThan(1_000);
    expect(evaluation.fuel).toBeLessThan(20_000);
  });

  test("reads the bundle's data", async () => {
    const engine = await createFilesEngine();
    expect(actionOf(engine.evaluate(callTo("catalogued", '{"name": "known"}')))).toBe("allow");
    expect(actionOf(engine.evaluate(callTo("catalogued", '{"name": "other"}')))).toBe("deny");
  });

  test("judges numbers as they are written", async () => {
    const engine = await createFilesEngine();
    expect(actionOf(engine.evaluate(callTo("exact", '{"n": 9007199254740993}')))).toBe("deny");
    expect(actionOf(engine.evaluate(callTo("exact", '{"n": 9007199254740992}')))).toBe("allow");
    expect(actionOf(engine.evaluate(callTo("fraction", '{"n": 100.0000000000000001}')))).toBe("deny");
    expect(actionOf(engine.evaluate(callTo("fraction", '{"n": 100}')))).toBe("allow");
  });

  test("takes characters of any plane, and NUL, as they are", async () => {
    const engine = await createEngine(await compileRego(permitsIf('input.s == "ü😀\\u0000x"')));
    expect(actionOf(engine.evaluate('{"s": "ü😀\\u0000x"}'))).toBe("allow");
    expect(actionOf(engine.evaluate('{"s": "ü😀"}'))).toBe("deny");
  });
});

describe("the cost of a decision", () => {
  test("is the same number whatever was judged before, and in another instance", async () => {
    const call = callTo("read", '{"path": "/open/a"}');
    const engine = await createFilesEngine();
    const first = engine.evaluate(call).fuel;
    for (let size = 0; size < 500; size += 1) {
      engine.evaluate(
        callTo("read", JSON.stringify({ path: "x".repeat(size * 37), list: Array(size).fill({ k: size }) })),
      );
      expect(engine.evaluate(call).fuel).toBe(first);
    }
    expect((await createFilesEngine()).evaluate(call).fuel).toBe(first);
  });

  test("stays within its budget for a megabyte of structured arguments", async () => {
    const engine = await createFilesEngine();
    const items = Array.from({ length: 20_000 }, (_, i) => ({ index: i, name: "a name of some length", ok: true }));
    const call = callTo("read", JSON.stringify({ path: "/open/a", items }));
    expect(call.length).toBeGreaterThan(1_000_000);
    expect(actionOf(engine.evaluate(call))).toBe("allow");
  });
});

describe("an input that is not JSON", () => {
  const engine = createFilesEngine();
  const texts = [
    "",
    " ",
    "{",
    '{"server": "files"',
    "{}x",
    "{}{}",
    "[1 2]",
    "[1,]",
    '{"a": 1,}',
    "{'a': 1}",
    "{a: 1}",
    "01",
    "-01",
    "1.",
    "[1.]",
    "[1e]",
    "[1e+]",
    "{1: 2}",
    "NaN",
    "nul",
    '"\u0001"',
    '{"a": 1}\u0000',
    "\ufeff{}",
    "/**/{}",
  ];

  test.each(texts)("%j is judged by nobody", async (text) => {
    expect(problemOfEvaluation((await engine).evaluate(text))).toMatch(/the input is not JSON/);
    expect(actionOf((await engine).evaluate(callTo("exact")))).toBe("allow");
  });

  test("a lone surrogate, which OPA can't read, is judged by nobody", async () => {
    expect(problemOfEvaluation((await engine).evaluate('{"a": "\\ud800"}'))).toMatch(/illegal string escape/);
  });
});

describe("a policy that misbehaves is stopped, and judges the next call as if nothing had been", () => {
  async function expectFailure(condition: string, input: string, problem: RegExp) {
    const engine = await createEngine(
      await compileRego(permitsIf(`input.fine\n} else := {"no": 1} if { ${condition}`)),
    );
    for (let round = 0; round < 3; round += 1) {
      expect(problemOfEvaluation(engine.evaluate(input))).toMatch(problem);
      expect(actionOf(engine.evaluate('{"fine": true}'))).toBe("allow");
    }
  }

  test("it loops over pairs of 2,000 items", async () => {
    const items = JSON.stringify(Array.from({ length: 2_000 }, (_, i) => i));
    await expectFailure(
      "some a in input.items; some b in input.items; a + b < 0",
      `{"items": ${items}}`,
      /out of fuel after \d+ units/,
    );
  });

  test("it walks a deep and wide object over and over", async () => {
    const condition = "some i in numbers.range(1, 1000); walk(input.tree, [_, v]); v == i * 1000000";
    const tree = JSON.stringify(Array.from({ length: 300 }, () => ({ a: [1, { b: 2 }] })));
    await expectFailure(condition, `{"tree": ${tree}}`, /out of fuel/);
  });

  test("it allocates without end", async () => {
    const condition = 'x := concat("", [s | some _ in numbers.range(1, 400); s := input.text]); count(x) < 0';
    await expectFailure(condition, `{"text": "${"x".repeat(400_000)}"}`, /opa_malloc: failed/);
  });

  test("two of its rules conflict", async () => {
    const source = `package regate\n\ndecision := input.a\n\ndecision := input.b\n`;
    const engine = await createEngine(await compileRego(source));
    expect(problemOfEvaluation(engine.evaluate('{"a": 1, "b": 2}'))).toMatch(/conflict|not produce multiple/i);
  });

  test("it fails 2,000 times, which is more than the stack of one instance bears", { timeout: 60_000 }, async () => {
    const engine = await createEngine(await compileRego(permitsIf("input.fine")));
    for (let round = 0; round < 2_000; round += 1) engine.evaluate('{"a": "\\ud800"}');
    expect(actionOf(engine.evaluate('{"fine": true}'))).toBe("allow");
  });

  test("arguments are nested deeper than the stack reaches", async () => {
    await expectFailure(
      "input.deep == 1",
      `{"deep": ${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
      /stack|out of bounds|depth/i,
    );
  });
});

test("a catalogue of megabytes leaves as much memory for a call as a small one", async () => {
  const description = "What a tool does, in many words. ".repeat(60);
  const tool = { category: "Read", risk: "Low", severity: "low", description };
  const tools = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`tool_${i}`, tool]));
  const dir = await makeFolder({
    "policy/files.rego": SERVER,
    "catalogue/files/data.json": JSON.stringify({ tools: { ...tools, known: tool } }),
  });
  const engine = await createEngine((await buildFolder(dir)).bundle);
  const items = Array.from({ length: 20_000 }, (_, i) => ({ index: i, name: "a name of some length", ok: true }));
  const large = callTo("catalogued", JSON.stringify({ name: "known", items }));
  expect(actionOf(engine.evaluate(large))).toBe("allow");
  engine.evaluate('{"a": "\\ud800"}');
  expect(actionOf(engine.evaluate(large))).toBe("allow");
});

test("what took the place of a broken instance has the bundle's data, and costs the same", async () => {
  const engine = await createFilesEngine();
  const call = callTo("catalogued", '{"name": "known"}');
  const before = engine.evaluate(call);
  expect(actionOf(before)).toBe("allow");
  engine.evaluate('{"a": "\\ud800"}');
  expect(engine.evaluate(call)).toEqual(before);
  expect(engine.evaluate(call)).toEqual(before);
});

describe("an answer that is no decision lets no call through", () => {
  const allow = {
    action: "allow",
    reasons: [],
    rules: ["r"],
    malformed: [],
    rate_limits: [],
    approval: { timeout: 300, hold: 25 },
    labels: [],
    redact: [],
    hidden: false,
  };
  const limit = { rule: "r", max: 1, window: 1, per: "session", over: "tool", cost: 1 };
  const engine = compileRego("package regate\n\ndecision := input.answer if input.answer\n").then(createEngine);
  const judge = async (answer: unknown) => (await engine).evaluate(JSON.stringify({ answer }));

  test("the answer that the cases below spoil is a decision", async () => {
    expect(actionOf(await judge({ ...allow, rate_limits: [limit] }))).toBe("allow");
  });

  test.each([
    ["nothing", undefined],
    ["a boolean", true],
    ["a string", "allow"],
    ["an array", [allow]],
    ["an action of its own", { ...allow, action: "permit" }],
    ["an action that is no string", { ...allow, action: ["allow"] }],
    ["one field too many", { ...allow, forward: true }],
    ["a field too few", { ...allow, rate_limits: undefined }],
    ["a limit without max", { ...allow, rate_limits: [{ ...limit, max: undefined }] }],
    ["a limit of nothing", { ...allow, rate_limits: [{ ...limit, max: 0 }] }],
    ["a negative cost", { ...allow, rate_limits: [{ ...limit, cost: -1 }] }],
    ["a limit per planet", { ...allow, rate_limits: [{ ...limit, per: "planet" }] }],
    ["reasons that are no strings", { ...allow, reasons: [1] }],
    ["an allow although a rule is malformed", { ...allow, malformed: ["x"] }],
    ["an allow that no rule gave", { ...allow, rules: [] }],
  ])("%s", async (_, answer) => {
    expect(problemOfEvaluation(await judge(answer))).toMatch(/no decision/);
  });

  test("a max that no double can hold", async () => {
    const text = JSON.stringify({ answer: { ...allow, rate_limits: [limit] } }).replace('"max":1', '"max":1e400');
    expect(problemOfEvaluation((await engine).evaluate(text))).toMatch(/rate_limits\.0\.max/);
  });
});

describe("a module that this engine can't run is refused when it is loaded", () => {
  test.each([
    ["time.now_ns", "time.now_ns() > 0"],
    ["http.send", 'http.send({"method": "get", "url": input.url}).status_code == 200'],
    ["sprintf", 'sprintf("%v", [input.x]) == "1"'],
    ["yaml.unmarshal", "yaml.unmarshal(input.x) == 1"],
    ["regex.split", 'count(regex.split("(a+)+b", input.x)) > 1'],
  ])("it calls %s", async (name, condition) => {
    const bundle = await compileRego(permitsIf(condition));
    expect(await problemOf(createEngine(bundle))).toEqual([
      `test.tar.gz: the policy calls ${name}, which the engine lacks; build the bundle again with \`regate build\``,
    ]);
  });

  test("it prints to the console", async () => {
    const bundle = await compileRego(permitsIf("print(input.x)"), { args: ["--wasm-include-print"] });
    expect(await problemOf(createEngine(bundle))).toEqual([expect.stringMatching(/calls internal\.print/)]);
  });

  test("its manifest names an entrypoint that the module lacks", async () => {
    const bundle = await compileRego(permitsIf("true"));
    const other = await compileRego("package regate\n\nother := 1\n", { entrypoints: ["regate/other"] }).catch(
      () => undefined,
    );
    expect(other).toBeUndefined(); // its own manifest gives it away
    for (const [entrypoint, another] of [
      ["regate/decision", "regate/decisiom"],
      ["regate/classify", "regate/classifi"],
    ] as const) {
      const wasm = replaceText(bundle.wasm, entrypoint, another);
      expect(await problemOf(createEngine({ ...bundle, wasm }))).toEqual([
        expect.stringMatching(`no entrypoint ${entrypoint}`),
      ]);
    }
  });

  test("it does not say of which ABI it is", async () => {
    const bundle = await compileRego(permitsIf("true"));
    const wasm = replaceText(bundle.wasm, "opa_wasm_abi_version", "opa_wasm_abi_versiom");
    expect(await problemOf(createEngine({ ...bundle, wasm }))).toEqual([
      expect.stringMatching(/lacks opa_wasm_abi_version/),
    ]);
  });

  test("it is of another ABI", async () => {
    const bundle = await compileRego(permitsIf("true"));
    const [one, two] = [1, 2].map((version) => Buffer.of(0x7f, 0, 0x41, version, 0x0b).toString("latin1"));
    const wasm = replaceText(bundle.wasm, one ?? "", two ?? ""); // an immutable global with the value 1
    expect(await problemOf(createEngine({ ...bundle, wasm }))).toEqual([
      expect.stringMatching(/unsupported ABI version 2/),
    ]);
  });

  test("it is no module", async () => {
    const bundle = await compileRego(permitsIf("true"));
    expect(await problemOf(createEngine({ ...bundle, wasm: Uint8Array.of(0) }))).toEqual([
      expect.stringMatching(/not valid/),
    ]);
  });

  test("its data are not JSON for OPA", async () => {
    const bundle = await compileRego(permitsIf("true"));
    const dataJson = new TextEncoder().encode('{"a": "\\ud800"}');
    expect(await problemOf(createEngine({ ...bundle, dataJson }))).toEqual([
      expect.stringMatching(/illegal string escape/),
    ]);
  });
});

test("200,000 evaluations need no more memory than the first thousand", { timeout: 120_000 }, async () => {
  const engine = await createFilesEngine();
  const call = callTo("read", '{"path": "/open/a"}');
  const large = callTo("read", JSON.stringify({ path: "x".repeat(300_000) }));
  const judge = (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) engine.evaluate(round % 5_000 === 0 ? large : call);
    return process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  };
  const before = judge(1_000);
  expect(judge(200_000) - before).toBeLessThan(32 * 2 ** 20);
  expect(actionOf(engine.evaluate(call))).toBe("allow");
});

function replaceText(bytes: Uint8Array, from: string, to: string): Uint8Array<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(from);
  if (at < 0) throw new Error(`no ${from}`);
  copy.write(to, at);
  return Uint8Array.from(copy);
}
