// What is known of each rule's conditions from its source: which places of the input it may read, and what it compares them
// with. `regate build` writes it into the bundle as data.conditions, for `regate diff` to choose inputs by and for the shadow to
// tell which rules deny; the engine never sees it. Plain data: nothing here reads a file.
import { z } from "zod";

/** A place in the input, from its root: `["args", "path"]`. null stands for any key, and for any index of an array. */
export type Path = readonly (string | null)[];

/**
 * How a place is compared: as a whole, by order, by its start, its end, a part, a pattern; by its length; or by having a key.
 */
export const COMPARISONS = ["equal", "order", "prefix", "suffix", "part", "regex", "glob", "count", "key"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** `literal` is the JSON text of what is compared with: numbers as the source writes them. */
export type Test = { readonly path: Path; readonly how: Comparison; readonly literal: string };

/** A place whose value is compared after something was made from it, and the literals that took part in that. */
export type Making = { readonly path: Path; readonly literals: readonly string[] };

export type RuleConditions = {
  /** Where the rule speaks: the path of its head, `["rules", "pay"]`, `["methods", "*"]`; `["rules"]` in guardrails. */
  readonly head: readonly string[];
  /** Absent where it is computed. */
  readonly action?: string | undefined;
  /**
   * Names the syntax of the rule and of all that it uses: two rules with the same one answer alike, whatever their files look
   * like. Absent where the rule looks at data that is no rule.
   */
  readonly source?: string | undefined;
  /** Whatever lies at or below these places may change what the rule says. */
  readonly reads: readonly Path[];
  /** Of these, only whether they are there, and their keys; what lies below is read where `reads` says so. */
  readonly touches: readonly Path[];
  /** Places without which the rule is not there. */
  readonly needs: readonly Path[];
  readonly tests: readonly Test[];
  readonly makings: readonly Making[];
};

export type Conditions = {
  /** What the library reads to find the rules that speak. */
  readonly always: readonly Path[];
  /** Names the syntax of the library, as `source` does that of a rule. */
  readonly library: string;
  /** By rule id. */
  readonly rules: ReadonlyMap<string, RuleConditions>;
};

/** What `policy.log/mask` goes by in `rules`: it is looked at for every call, and is no rule. */
export const MASK_ID = "policy.log/mask";

/** Of what went before, some reads were left out: a bundle that has it is judged as one without an index. */
const VERSION = 2;

const pathSchema = z.array(z.string().nullable());
const testSchema = z.tuple([pathSchema, z.enum(COMPARISONS), z.string()]);
const ruleSchema = z.strictObject({
  head: z.array(z.string()),
  action: z.string().optional(),
  source: z.string().optional(),
  reads: z.array(pathSchema).default([]),
  touches: z.array(pathSchema).default([]),
  needs: z.array(pathSchema).default([]),
  tests: z.array(testSchema).default([]),
  makings: z.array(z.tuple([pathSchema, z.array(z.string())])).default([]),
});
const conditionsSchema = z.strictObject({
  version: z.literal(VERSION),
  always: z.array(pathSchema),
  library: z.string(),
  rules: z.record(z.string(), ruleSchema),
});

/** Whether any rule, or the library, may look at a field of the input. */
export function mayRead(conditions: Conditions | undefined, field: string): boolean {
  if (conditions === undefined) return true;
  const paths = [...conditions.rules.values()].flatMap(({ reads, touches, tests, makings }) => [
    ...reads,
    ...touches,
    ...[...tests, ...makings].map(({ path }) => path),
  ]);
  // a path that names no field is all of the input
  return [...conditions.always, ...paths].some(([first = null]) => first === null || first === field);
}

/** The form that data.conditions has in a bundle; what is empty is left out. */
export function toJson({ always, library, rules }: Conditions): unknown {
  const written = [...rules].map(([id, { head, action, source, reads, touches, needs, tests, makings }]) => {
    const compared = tests.map(({ path, how, literal }) => [path, how, literal]);
    const made = makings.map(({ path, literals }) => [path, literals]);
    return [
      id,
      {
        head,
        ...(action !== undefined && { action }),
        ...(source !== undefined && { source }),
        ...(reads.length > 0 && { reads }),
        ...(touches.length > 0 && { touches }),
        ...(needs.length > 0 && { needs }),
        ...(compared.length > 0 && { tests: compared }),
        ...(made.length > 0 && { makings: made }),
      },
    ];
  });
  return { version: VERSION, always, library, rules: Object.fromEntries(written) };
}

/** @returns undefined for anything but the form that this version writes: then nothing is known of the conditions */
export function readConditions(value: unknown): Conditions | undefined {
  // once: what zod would compile for it costs more than it saves
  const parsed = conditionsSchema.safeParse(value, { jitless: true });
  if (!parsed.success) return undefined;
  const rules = Object.entries(parsed.data.rules).map(([id, rule]): [string, RuleConditions] => {
    const tests = rule.tests.map(([path, how, literal]) => ({ path, how, literal }));
    const makings = rule.makings.map(([path, literals]) => ({ path, literals }));
    return [id, { ...rule, tests, makings }];
  });
  const { always, library } = parsed.data;
  return { always, library, rules: new Map(rules) };
}
