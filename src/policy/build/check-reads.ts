// Refuses what a rule reads of the call in a way that silences it: a field that no input has, and a `not` that takes the
// whole rule away with a missing field. Lint (.regal/rules) finds more of the second kind.
import { nearestWord } from "../../config/suggest.ts";
import type { Conditions } from "../conditions.ts";
import { ANSWER_KEYS, INPUT_KEYS } from "../input-schema.ts";
import type { Fault } from "./faults.ts";
import type { Module } from "./module.ts";
import { readLiteral, TIGHTENING } from "./rule-form.ts";
import type { SpeakingRule } from "./speaking-rules.ts";

/** @returns a fault for each field that no input has: a ref to it is undefined in every decision */
export function checkInputFields(modules: readonly Module[]): Fault[] {
  return modules.flatMap(({ file, inputFields }) => {
    const unknown = inputFields.filter(({ name }) => !INPUT_KEYS.includes(name));
    return unknown.map(({ name, row }) => ({ file, row, what: `the input has no field "${name}"${suggest(name)}` }));
  });
}

/** @returns a fault for each `not` before a call over input, in a rule that tightens */
export function checkNegations(rules: readonly SpeakingRule[]): Fault[] {
  const tightening = rules.filter(({ member }) => TIGHTENING.includes(readLiteral(member, "action") ?? ""));
  return tightening.flatMap(({ file, member, negatedCalls }) => {
    const id = readLiteral(member, "id");
    const what =
      `${id === undefined ? "the rule" : `rule ${id}`} is not there when the field is missing; ` +
      "write the condition as a helper: `not _ok` with `_ok if startswith(...)`";
    return negatedCalls.map((row) => ({ file, row, what }));
  });
}

/** @returns a fault for each rule on calls that looks at what only an answer has: it would never be there */
export function checkAnswerFields(rules: readonly SpeakingRule[], conditions: Conditions): Fault[] {
  return rules.flatMap((rule) => {
    const id = readLiteral(rule.member, "id");
    const found = conditions.rules.get(`${rule.package}/${id}`);
    const field = [...(found?.reads ?? []), ...(found?.touches ?? [])].map(([first]) => first).find(isAnswerKey);
    if (field === undefined) return [];
    const what = `rule ${id} looks at input.${field}, which no call has yet; write it for answers: \`results\` in the place of \`${rule.head[0]}\``;
    return [{ file: rule.file, row: rule.row, what }];
  });
}

function isAnswerKey(name: string | null | undefined): boolean {
  return typeof name === "string" && ANSWER_KEYS.includes(name);
}

function suggest(name: string): string {
  const near = nearestWord(name, INPUT_KEYS);
  if (near !== undefined) return ` (did you mean "${near}"?)`;
  return `; it has ${INPUT_KEYS.join(", ")}, and what the caller gave is below input.args`;
}
