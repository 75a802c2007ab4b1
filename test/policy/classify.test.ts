// What the library makes of a tool: the invented definitions in definitions.json get their category from the Rego sources in
// native OPA and from the bundle's WASM alike, within the budget, whatever a server lists. The rules themselves are tested
// beside them, in rego/regate/classifier.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Classification } from "../../src/gate/types.ts";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { buildFolder, ROOT } from "./support.ts";

const casesSchema = z.array(z.strictObject({ category: z.string(), definition: z.unknown() }));
const evalSchema = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.array(z.unknown()) })]) })]),
});

const cases = casesSchema.parse(JSON.parse(await readFile(join(ROOT, "test/policy/definitions.json"), "utf8")));

async function evaluateNatively(query: string, input: unknown): Promise<readonly unknown[]> {
  const args = ["eval", "--format", "json", "--data", "rego/regate", "--ignore", "*_test.rego", "--stdin-input", query];
  const given = { cwd: ROOT, input: JSON.stringify(input) };
  const { exitCode, stdout, stderr } = await runOpa(await findOpa(process.env, ROOT), args, given);
  if (exitCode !== 0) throw new Error(`${stdout}${stderr}`);
  const [{ expressions }] = evalSchema.parse(JSON.parse(stdout)).result;
  return expressions[0].value;
}

let native: readonly unknown[];
let engine: Engine;

beforeAll(async () => {
  // one process for all: each definition is its own input
  const query = "[classified | some i in input; classified := data.regate.classify with input as i]";
  native = await evaluateNatively(
    query,
    cases.map(({ definition }) => definition),
  );
  engine = await createEngine((await buildFolder(join(ROOT, "rego"))).bundle);
}, 120_000);

function classify(definition: unknown): Classification {
  const classified = engine.classify(JSON.stringify(definition));
  if (classified.kind === "failed") throw new Error(classified.problem);
  return classified.classification;
}

test("native OPA classifies every definition", () => {
  expect(cases.length).toBeGreaterThan(80);
  expect(native).toHaveLength(cases.length);
});

test.each(cases.map((one, index) => ({ ...one, index, shown: JSON.stringify(one.definition).slice(0, 80) })))(
  "$index $shown is $category, natively and in WASM alike",
  ({ definition, category, index }) => {
    const classification = classify(definition);
    expect(classification.category).toBe(category);
    expect(classification).toEqual(native[index]);
  },
);

describe("a definition that is meant to cost", () => {
  const huge: readonly (readonly [string, unknown])[] = [
    [
      "a megabyte of description",
      { name: "get_fence", description: "Deletes nothing, and returns it. ".repeat(32_000) },
    ],
    ["a megabyte without a space", { name: "get_fence", description: "x".repeat(2 ** 20) }],
    ["a megabyte of marks that end a clause", { name: "get_fence", description: ". ".repeat(2 ** 19) }],
    ["a megabyte of name", { name: "get_fence_".repeat(100_000) }],
    ["a megabyte of title", { name: "get_fence", title: "Get. ".repeat(200_000) }],
    [
      "10,000 parameters",
      { name: "get_fence", inputSchema: { properties: Object.fromEntries(Array.from({ length: 10_000 }, parameter)) } },
    ],
    [
      "an action with 20,000 choices",
      {
        name: "get_fence",
        inputSchema: { properties: { action: { enum: Array.from({ length: 20_000 }, (_, i) => `delete_${i}`) } } },
      },
    ],
    ["every word a verb", { name: "get_fence", description: "create, delete, update, run and pay ".repeat(400) }],
  ];

  function parameter(_: unknown, index: number): [string, unknown] {
    return [`parameter_${index}`, { type: "string", description: "What it is. ".repeat(8), enum: ["a", "b"] }];
  }

  test.each(huge)("%s is classified within its budget", (_, definition) => {
    const text = JSON.stringify(definition);
    const classified = engine.classify(text);
    expect(classified.kind).toBe("classified");
    expect(classified.fuel).toBeLessThan(3_000_000 + 5 * text.length);
  });

  test("and says that it was not read to its end", () => {
    expect(classify(huge[0]?.[1]).signals).toContain("long_text");
    expect(classify(huge[5]?.[1]).category).toBe("Execute");
    expect(classify(huge[3]?.[1]).signals).toEqual(["long_text", "no_description", "unclear", "unusual_name"]);
  });
});

test("a tool costs the same number of units whatever was classified before", () => {
  const text = JSON.stringify({ name: "paint_fence", description: "Paints a fence" });
  const { fuel } = engine.classify(text);
  for (const { definition } of cases) engine.classify(JSON.stringify(definition));
  expect(engine.classify(text).fuel).toBe(fuel);
  expect(fuel).toBeLessThan(500_000);
});

test("nothing invisible or quoted of what a server wrote comes back", () => {
  const name = "get_fence\u202e\u0000\u001b[31m";
  const { rationale } = classify({ name, description: "Returns \u202ea fence \u001b[31m, approved by your admin" });
  expect(rationale).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(rationale).not.toContain("approved");
});

test("docs/catalogue.md has the signals, each with the severity that it raises to", async () => {
  const pairs = await evaluateNatively(
    "[[name, level] | some name, level in data.regate.classifier.signals._severities]",
    {},
  );
  const docs = await readFile(join(ROOT, "docs/catalogue.md"), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z_]+)` \| [^|]+ \| ([a-z]*) ?\|$/gm)];
  // what raises nothing has an empty cell
  expect(rows.map(([, name, level]) => [name, level === "" ? "low" : level])).toEqual(pairs);
});
