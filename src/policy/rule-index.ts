// What is known of each rule from its source: `regate build` writes it into the bundle as data.rules, and the log,
// refusals and `regate decide` join it to the rule ids of a decision. Plain data: nothing here reads a file.
import { z } from "zod";

/** Where a rule stands in the sources of its bundle. */
export type RuleLocation = {
  /** Relative to the policy folder, e.g. `policy/servers/files/files.rego`; `regate/...` for the library's own. */
  readonly file: string;
  /** Counted from 1. */
  readonly row: number;
  /** The rule as it is written, cut where it is very long. OPA formats what it puts into a bundle, so rows don't fit there. */
  readonly text?: string | undefined;
  /** From the METADATA of the rule. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** The catalogue name of the server whose package holds the rule. */
  readonly server?: string | undefined;
  /** What its head names: a tool (or `*`), a category, another method (or `*`); none of them in a guardrail. */
  readonly tool?: string | undefined;
  readonly category?: string | undefined;
  readonly method?: string | undefined;
  /** Absent where it is computed. */
  readonly action?: string | undefined;
  /** Whether it has a body that may not hold. */
  readonly conditional?: boolean | undefined;
};

/** By rule id, `<package>/<id>`. */
export type RuleIndex = ReadonlyMap<string, RuleLocation>;

const locationSchema = z.strictObject({
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

/** The servers that a package of the policy speaks for, by catalogue name, sorted. */
export function listServers(rules: RuleIndex): readonly string[] {
  const servers = new Set<string>();
  for (const { server } of rules.values()) if (server !== undefined) servers.add(server);
  return [...servers].sort();
}
