// What is known of each rule from its source: `regate build` writes it into the bundle as data.rules, and the log,
// refusals and `regate decide` join it to the rule ids of a decision. Plain data: nothing here reads a file.
import { z } from "zod";

/** Where a rule stands in the sources of its bundle. */
export type RuleLocation = {
  /** Relative to the policy folder, e.g. `policy/servers/files/files.rego`; `regate/...` for the library's own. */
  readonly file: string;
  /** Counted from 1. */
  readonly row: number;
  /** From the METADATA of the rule. */
  readonly title?: string | undefined;
  /** The catalogue name of the server whose package holds the rule. */
  readonly server?: string | undefined;
};

/** By rule id, `<package>/<id>`. */
export type RuleIndex = ReadonlyMap<string, RuleLocation>;

const locationSchema = z.strictObject({
  file: z.string().min(1),
  row: z.int().positive(),
  title: z.string().optional(),
  server: z.string().optional(),
});

/** data.rules of a bundle. */
export const ruleIndexSchema = z
  .record(z.string(), locationSchema)
  .transform((rules): RuleIndex => new Map(Object.entries(rules)));

/** The servers that a package of the policy speaks for, by catalogue name, sorted. */
export function listServers(rules: RuleIndex): readonly string[] {
  const servers = new Set<string>();
  for (const { server } of rules.values()) if (server !== undefined) servers.add(server);
  return [...servers].sort();
}
