// The rules in docs/migrating.md decide what the tables beside them say.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import { buildFolder, makeFolder, ROOT } from "../policy/support.ts";

const ROW = /^\| `(\S+) (\{.*\})` \|(?: `([^`]+)` \|)? [^|]+ \| (passes|refused) \|$/gm;

const sections = readFileSync(join(ROOT, "docs/migrating.md"), "utf8")
  .split(/^## /m)
  .flatMap((text) => {
    const rego = /^```rego\n([\s\S]*?)^```$/m.exec(text)?.[1];
    if (rego === undefined) return [];
    const server = /^package policy\.servers\.(\w+)$/m.exec(rego)?.[1] ?? "";
    return [{ title: text.slice(0, text.indexOf("\n")), server, rego, rows: [...text.matchAll(ROW)] }];
  });

test("three gates have rules and calls", () => {
  expect(sections.map(({ title, rows }) => [title, rows.length])).toEqual([
    ["From PolicyLayer Intercept", 16],
    ["From agentgateway", 6],
    ["From middleware of your own", 7],
  ]);
});

let engine: Engine;
beforeAll(async () => {
  const files = sections.map(({ server, rego }) => [`policy/servers/${server}/${server}.rego`, rego]);
  const { bundle } = await buildFolder(await makeFolder(Object.fromEntries(files)));
  engine = await createEngine(bundle);
});

test.each(sections)("$title: the rules decide as the table says", ({ server, rows }) => {
  const decided = rows.map(([, tool, args, by = "ann"]) => {
    const [id, ...groups] = by.split(" ");
    const principal = { id, groups, claims: {} };
    const call = { server, tool, args: JSON.parse(args ?? ""), category: "Read", principal };
    const evaluation = engine.evaluate(JSON.stringify(call));
    if (evaluation.kind === "failed") throw new Error(evaluation.problem);
    return `${tool} ${args} by ${by}: ${evaluation.decision.action === "allow" ? "passes" : "refused"}`;
  });
  expect(decided).toEqual(rows.map(([, tool, args, by = "ann", outcome]) => `${tool} ${args} by ${by}: ${outcome}`));
});

test("what the page says of the line of middleware is so", () => {
  const { rows = [] } = sections.at(-1) ?? {};
  for (const [row, , args, by = ""] of rows) {
    const { amount } = JSON.parse(args ?? "");
    const passes = !(amount > 500 || !by.split(" ").slice(1).includes("finance"));
    expect(row).toContain(`| ${passes ? "passes" : "refused"} | `);
  }
});
