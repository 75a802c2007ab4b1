// Builds the index of the rules that speak to answers, which goes into a bundle as data.results: where each stands, and which
// fields of the input it looks at, so that the gate composes no more than that. It judges nothing.
import type { AnswerRule } from "../answer-rules.ts";
import type { Path } from "../conditions.ts";
import type { Fault } from "./faults.ts";
import { indexConditions } from "./index-conditions.ts";
import { indexRules } from "./index-rules.ts";
import type { Module } from "./module.ts";
import type { SpeakingRule } from "./speaking-rules.ts";

export function indexAnswerRules(
  modules: readonly Module[],
  answers: readonly SpeakingRule[],
): { readonly index: ReadonlyMap<string, AnswerRule>; readonly faults: readonly Fault[] } {
  if (answers.length === 0) return { index: new Map(), faults: [] };
  const { index } = indexRules(answers);
  const conditions = indexConditions(modules, answers);
  const faults: Fault[] = [];
  const indexed = [...index].map(([id, location]): [string, AnswerRule] => {
    const found = conditions.rules.get(id);
    const reads = found === undefined ? ["*"] : fieldsOf([...found.reads, ...found.touches]);
    if (reads.includes("history")) {
      const what = `rule ${id.slice(id.lastIndexOf("/") + 1)} looks at input.history, which no answer has: write it for calls`;
      faults.push({ file: location.file, row: location.row, what });
    }
    return [id, { ...location, reads, source: found?.source }];
  });
  return { index: new Map(indexed), faults };
}

/** `*` for whatever is not known by name. */
function fieldsOf(paths: readonly Path[]): readonly string[] {
  return [...new Set(paths.map(([first]) => first ?? "*"))].sort();
}
