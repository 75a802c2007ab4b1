// The cookbook says what its recipes do, and they do it: rules, tests, samples in OPA and WASM, lint and audit, each folder in one
// `regate test`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, regateTest } from "../policy/support.ts";
import { renderCookbook } from "./cookbook-page.ts";

const PAGE = join(ROOT, "docs/cookbook.md");
const FOLDERS = ["examples/cookbook/servers", "examples/cookbook/guardrails"];

test("docs/cookbook.md shows the rules and the calls of the examples; --update writes them", async () => {
  await expect(await renderCookbook(readFileSync(PAGE, "utf8"))).toMatchFileSnapshot(PAGE);
});

test("docs/cookbook.md has every recipe, with a call that passes or waits and one that is refused", () => {
  const page = readFileSync(PAGE, "utf8");
  const sections = page.split(/^## /m).slice(1);
  for (const server of readdirSync(join(ROOT, "examples/cookbook/servers/rego/policy/servers"))) {
    const section = sections.find((text) => text.includes(`/policy/servers/${server}/${server}.rego -->`)) ?? "";
    expect(section, server).toMatch(/\| (?:allow|require_approval)/);
    // a rule for answers refuses answers: no sample of a call can show that
    if (server !== "customers") expect(section, server).toMatch(/\| deny: /);
  }
  const guardrails = "examples/cookbook/guardrails/rego/policy/guardrails/guardrails.rego";
  for (const [, id] of readFileSync(join(ROOT, guardrails), "utf8").matchAll(/"id": "([^"]+)"/g))
    expect(page).toContain(`<!-- rego: ${guardrails} ${id} `);
});

// some 15 s of one core
test.each(FOLDERS)(
  "%s passes regate test --strict",
  async (folder) => {
    const { code, printed } = await regateTest(join(folder, "rego"), "--strict");
    expect(printed).toMatch(/\nok\n$/);
    expect(code).toBe(0);
  },
  300_000,
);
