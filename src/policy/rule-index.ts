// What is known of each rule from its source: `regate build` writes it into the bundle as data.rules, and the log,
// refusals and `regate decide` join it to the rule ids of a decision. Plain data: nothing here reads a file.
import { z } from "zod";
import type { Decision, RuleLocation } from "../gate/types.ts";

export type { RuleLocation };

/** By rule id, `<package>/<id>`. */
export type RuleIndex = ReadonlyMap<string, RuleLocation>;

export const locationSchema = z.strictObject({
  file: z.string().min(1),
  row: z.int().positive(),
  text: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  category: z.string().optional(),
  method: z.string().optional(),
  action: z.string().optional(),
  conditional: z.boolean().optional(),
});

/** data.rules of a bundle. */
export const ruleIndexSchema = z
  .record(z.string(), locationSchema)
  .transform((rules): RuleIndex => new Map(Object.entries(rules)));

/** The matched rules that carry the decision's action, without those that were outdone or only limit. An action that is computed may be any. */
export function listDeciding({ action, rules }: Decision, index: RuleIndex): readonly string[] {
  return rules.filter((id) => (index.get(id)?.action ?? action) === action);
}

/** The servers that a package of the policy speaks for, by catalogue name, sorted. */
export function listServers(rules: RuleIndex): readonly string[] {
  const servers = new Set<string>();
  for (const { server } of rules.values()) if (server !== undefined) servers.add(server);
  return [...servers].sort();
}
