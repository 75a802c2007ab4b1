// What is published in schemas/ for editors fits what people write.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../policy/support.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const load = (name: string) => new Ajv({ strict: false }).compile(JSON.parse(read(`schemas/${name}.json`)));

test("schemas/regate.json takes the configurations of this repository, and the one in the docs", () => {
  const fits = load("regate");
  const [, example = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(read("docs/configuration.md")) ?? [];
  // where the docs leave out what nobody would read
  const whole = example.replace("6f1e...", "a".repeat(64));
  expect(whole).not.toBe(example);
  for (const text of [read("regate.yaml"), read("tools/servers/regate.yaml"), whole]) {
    expect(fits(parse(text)), JSON.stringify(fits.errors)).toBe(true);
  }
});

test.each([
  ["a misspelt field", { listne: "127.0.0.1:1" }],
  ["a misspelt field of a server", { servers: { files: { command: "npx", arg: [] } } }],
  ["a server of both kinds", { servers: { files: { command: "npx", url: "https://x.example" } } }],
  ["a number that is out of range", { limits: { maxDepth: 7 } }],
  ["a bundle that is neither a text nor a mapping", { bundle: 7 }],
])("schemas/regate.json refuses %s", (_, written) => {
  expect(load("regate")(written)).toBe(false);
});

test("schemas/catalogue.json takes the shipped catalogue, and no severity of another scale", () => {
  const fits = load("catalogue");
  const catalogue = JSON.parse(read("rego/catalogue/stripe/data.json"));
  expect(fits(catalogue), JSON.stringify(fits.errors)).toBe(true);
  catalogue.tools.create_refund.severity = "severe";
  expect(fits(catalogue)).toBe(false);
});

test("schemas/decision.json takes the decision of a sample, and none that lacks a field", () => {
  const fits = load("decision");
  const { decision } = JSON.parse(read("test/samples/filesystem/edit.json"));
  expect(fits(decision), JSON.stringify(fits.errors)).toBe(true);
  const { hidden: _, ...others } = decision;
  expect(fits(others)).toBe(false);
});
