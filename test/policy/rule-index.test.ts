import { expect, test } from "vitest";
import { listDeciding, type RuleLocation } from "../../src/policy/rule-index.ts";
import { DECISION } from "../mcp/refused-verdicts.ts";

const at = { file: "policy/p.rego", row: 1 };
const INDEX = new Map<string, RuleLocation>([
  ["p/allows", { ...at, action: "allow" }],
  ["p/asks", { ...at, action: "require_approval" }],
  ["p/computes", at],
  ["p/denies", { ...at, action: "deny" }],
  ["p/limits", { ...at, action: "limit" }],
]);
const rules = [...INDEX.keys(), "p/unknown"];

test.each([
  ["deny", ["p/computes", "p/denies", "p/unknown"]],
  ["require_approval", ["p/asks", "p/computes", "p/unknown"]],
  ["allow", ["p/allows", "p/computes", "p/unknown"]],
] as const)("%s is carried by the rules that say so, and by those whose action is not known", (action, deciding) => {
  expect(listDeciding({ ...DECISION, action, rules }, INDEX)).toEqual(deciding);
});

test("a denial because nothing permits is carried by no rule", () => {
  expect(listDeciding({ ...DECISION, action: "deny", rules: ["p/limits"] }, INDEX)).toEqual([]);
});
