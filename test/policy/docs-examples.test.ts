// What the docs tell people to write does what they say.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createEngine } from "../../src/policy/engine.ts";
import { buildFolder, makeFolder, ROOT, regateTest } from "./support.ts";

/** The first block of Rego under a heading of a page. */
async function exampleOf(page: string, heading: string): Promise<string> {
  const text = await readFile(join(ROOT, "docs", page), "utf8");
  const [, example] = new RegExp(`^## ${heading}$[^]*?^\`\`\`rego\n([^]*?)^\`\`\`$`, "m").exec(text) ?? [];
  if (example === undefined) throw new Error(`${page} has no Rego under ${heading}`);
  return example;
}

test("a guardrail of three lines closes the way out after a secret was read", async () => {
  const example = "examples/no-sends-after-secrets";
  const text = await exampleOf("rules.md", "What was done before");
  // the page and the example are one
  const body = text.slice(text.indexOf("rules contains {")).trim();
  expect(await readFile(join(ROOT, example, "rego/policy/guardrails/guardrails.rego"), "utf8")).toContain(body);
  const { code, printed } = await regateTest(join(example, "rego"), "--strict");
  expect(printed).toMatch(/\nok\n$/);
  expect(code).toBe(0);
});

test("a guardrail of three lines denies and hides what nobody reviewed, and nothing else", async () => {
  const dir = await makeFolder({
    "policy/guardrails/guardrails.rego": await exampleOf("rules.md", "Only reviewed tools"),
  });
  const { bundle } = await buildFolder(dir);
  const engine = await createEngine(bundle);
  const decide = (input: Readonly<Record<string, unknown>>) => {
    const evaluation = engine.evaluate(JSON.stringify({ server: "s", ...input }));
    if (evaluation.kind === "failed") throw new Error(evaluation.problem);
    return evaluation.decision;
  };
  const call = { tool: "get_invoice", category: "Read", risk: "Low", severity: "low", args: {} };
  const unreviewed = decide({ ...call, definition: { catalogued: false, changed: false } });
  expect(unreviewed).toMatchObject({
    action: "deny",
    hidden: true,
    reasons: ["Nobody has reviewed this tool"],
    malformed: [],
  });
  expect(decide({ ...call, definition: { catalogued: true, changed: false } }).action).toBe("allow");
  expect(decide(call).action).toBe("deny");
  for (const method of ["initialize", "tools/list", "ping", "resources/read"])
    expect(decide({ method, params: {} }).action).toBe("allow");
});
