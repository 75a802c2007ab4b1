// Every sample gets the decision that stands beside it, from the Rego sources in native OPA and from the bundle's WASM
// alike.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import { judgeNatively, readSampleFiles } from "./native.ts";
import { buildFolder, ROOT } from "./support.ts";

const samples = await readSampleFiles();

let native: readonly unknown[];
let engine: Engine;

beforeAll(async () => {
  native = await judgeNatively(samples.map(({ inputText }) => inputText));
  engine = await createEngine((await buildFolder(join(ROOT, "rego"))).bundle);
}, 60_000);

test("there are samples, and native OPA judges each of them", () => {
  expect(samples.length).toBeGreaterThan(50);
  expect(native).toHaveLength(samples.length);
});

describe.each(samples.map((sample, index) => ({ ...sample, index })))("$name", ({ inputText, decision, index }) => {
  test("natively", () => {
    expect(native[index]).toEqual(decision);
  });

  test("in WASM", () => {
    const evaluation = engine.evaluate(inputText);
    expect(evaluation.kind === "decided" ? evaluation.decision : evaluation).toEqual(decision);
  });
});
