// The engine's second question: what one tool is, from its definition. What the library answers is for classify.test.ts.
import { describe, expect, test } from "vitest";
import type { Classified } from "../../src/gate/types.ts";
import { CLASSIFY_ENTRYPOINT, DECISION_ENTRYPOINT } from "../../src/policy/bundle.ts";
import { createEngine } from "../../src/policy/engine.ts";
import { compileRego, permitsIf } from "./support.ts";

const READS = {
  category: "Read",
  risk: "Low",
  severity: "low",
  signals: ["no_description"],
  required: ["id"],
  rationale: "Reads",
};

/** Answers a definition with what stands in it under `answer`. */
const engine = compileRego("package regate\n\nclassify := input.answer\n", { entrypoints: [CLASSIFY_ENTRYPOINT] }).then(
  createEngine,
);

const problemOf = (classified: Classified): string =>
  classified.kind === "failed" ? classified.problem : `classified: ${JSON.stringify(classified.classification)}`;

test("a definition is classified, and the answer says what it cost", async () => {
  const classified = (await engine).classify(JSON.stringify({ answer: READS }));
  expect(classified).toEqual({ kind: "classified", classification: READS, fuel: expect.any(Number) });
  expect(classified.fuel).toBeGreaterThan(10);
});

test("text that is not JSON is classified by nobody", async () => {
  for (const text of ["", "{", "{}x", "[1 2]", "\ufeff{}"]) {
    expect(problemOf((await engine).classify(text))).toBe(
      "the policy could not classify this tool: the input is not JSON",
    );
  }
  expect(problemOf((await engine).classify('{"answer": "\\ud800"}'))).toMatch(/illegal string escape/);
});

describe("an answer that is no classification is none", () => {
  test.each([
    ["nothing", undefined],
    ["a string", "Read"],
    ["a category that nothing may be classified as", { ...READS, category: "Unknown", risk: "Unknown" }],
    ["a category of its own", { ...READS, category: "Harmless" }],
    ["a risk that is not its category's", { ...READS, category: "Destructive" }],
    ["no severity", { ...READS, severity: undefined }],
    ["signals that are no strings", { ...READS, signals: [1] }],
    ["required parameters that are no list", { ...READS, required: {} }],
    ["no rationale", { ...READS, rationale: "" }],
    ["one field too many", { ...READS, trusted: true }],
  ])("%s", async (_, answer) => {
    expect(problemOf((await engine).classify(JSON.stringify({ answer })))).toMatch(
      /could not classify this tool: its answer is no classification/,
    );
  });
});

test("a classification that runs out of fuel is stopped, and the next decision is made as if nothing had been", async () => {
  const source = `${permitsIf("input.fine")}
classify := count([1 | some a in input.items; some b in input.items; a + b < 0])
`;
  const bundle = await compileRego(source, { entrypoints: [DECISION_ENTRYPOINT, CLASSIFY_ENTRYPOINT] });
  const both = await createEngine(bundle);
  const before = both.evaluate('{"fine": true}');
  const items = Array.from({ length: 2_000 }, (_, i) => i);
  expect(problemOf(both.classify(JSON.stringify({ items })))).toMatch(
    /classify this tool: out of fuel after \d+ units$/,
  );
  expect(both.evaluate('{"fine": true}')).toEqual(before);
  expect(before.kind).toBe("decided");
});
