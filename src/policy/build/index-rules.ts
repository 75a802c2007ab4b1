// Builds the rule index that goes into a bundle as data.rules: each rule id with its file, row, METADATA and what its head names. Ids that are
// there twice are faults: two rules would share a bucket, and a decision would name the wrong one.
import type { RuleIndex, RuleLocation } from "../rule-index.ts";
import type { Fault } from "./faults.ts";
import { readLiteral } from "./rule-form.ts";
import type { SpeakingRule } from "./speaking-rules.ts";

/** Characters: the index is data of the policy, in memory for as long as it judges. */
const MAX_TEXT = 2_000;

/** @param rules those without a literal id are left out: checkForms reports them */
export function indexRules(rules: readonly SpeakingRule[]): { index: RuleIndex; faults: Fault[] } {
  const index = new Map<string, RuleLocation>();
  const faults: Fault[] = [];
  for (const rule of rules) {
    const { file, row, package: packageText, member } = rule;
    const id = readLiteral(member, "id");
    if (id === undefined) continue;
    const name = `${packageText}/${id}`;
    const first = index.get(name);
    if (first !== undefined) {
      const what = `the id ${id} is there twice in ${packageText}, first at ${first.file}:${first.row}`;
      faults.push({ file, row, what });
      continue;
    }
    const { title, description, server, tool, category, method, conditional } = rule;
    const action = readLiteral(member, "action");
    const text = rule.text.length > MAX_TEXT ? `${rule.text.slice(0, MAX_TEXT).toWellFormed()}...` : rule.text;
    index.set(name, { file, row, title, description, server, tool, category, method, action, conditional, text });
  }
  return { index: new Map([...index].sort(([a], [b]) => (a < b ? -1 : 1))), faults };
}
