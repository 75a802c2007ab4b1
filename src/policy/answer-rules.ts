// The rules that speak to answers, as `regate build` indexes them in data.results: by it the gate knows, before it asks the
// policy, whether any rule can speak to what a server said, and what of it they look at. Plain data: nothing here reads a file.
import { z } from "zod";
import type { RuleLocation } from "../gate/types.ts";
import { locationSchema } from "./rule-index.ts";

export type AnswerRule = RuleLocation & {
  /** Fields of the input that it looks at; `*` is any. */
  readonly reads: readonly string[];
  /** Names its syntax; two rules with the same one answer alike. */
  readonly source?: string | undefined;
};

/** By rule id, `<package>/<id>`. */
export type AnswerRules = ReadonlyMap<string, AnswerRule>;

/** data.results of a bundle. */
export const answerRulesSchema = z
  .record(
    z.string(),
    z.strictObject({ ...locationSchema.shape, reads: z.array(z.string()), source: z.string().optional() }),
  )
  .transform((rules): AnswerRules => new Map(Object.entries(rules)));

/** Those that may speak to an answer: of a tool by its server's package, of anything else by guardrails only. */
export function speakingTo(rules: AnswerRules, server: string, tool: string | undefined): readonly AnswerRule[] {
  return [...rules.values()].filter((rule) => {
    if (rule.server === undefined) return true;
    return rule.server === server && tool !== undefined && (rule.tool === tool || rule.tool === "*");
  });
}

/** Whether any of them speaks to an answer of the server at all. */
export function speakAt(rules: AnswerRules, server: string): boolean {
  return [...rules.values()].some((rule) => rule.server === undefined || rule.server === server);
}

export function mayLookAt(rules: readonly AnswerRule[], field: string): boolean {
  return rules.some(({ reads }) => reads.includes(field) || reads.includes("*"));
}
