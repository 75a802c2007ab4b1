// Finds what a piece of OPA's syntax tree reads of the call. It judges nothing.
import { z } from "zod";

/** A ref to `input.<name>` or below. */
export type InputField = { readonly name: string; readonly row: number };

/** What OPA's parser puts beside the syntax. */
const NO_SYNTAX = new Set(["annotations", "location"]);
/** `==` and `=`: both engines evaluate their negation as a whole. */
const EQUALITY = new Set<unknown>(["equal", "eq"]);

const locationSchema = z.looseObject({ row: z.int() });
const inputRefSchema = z.looseObject({
  type: z.literal("ref"),
  value: z.tuple(
    [z.looseObject({ type: z.literal("var"), value: z.literal("input") }), z.looseObject({ value: z.unknown() })],
    z.unknown(),
  ),
  location: locationSchema,
});
const negatedCallSchema = z.looseObject({
  negated: z.literal(true),
  terms: z.tuple([z.looseObject({ value: z.array(z.looseObject({ value: z.unknown() })) })], z.unknown()),
  location: locationSchema,
});

/** Each field of the input that is read by a constant name, once for each row. */
export function listInputFields(tree: unknown): InputField[] {
  const fields = new Map<string, InputField>();
  for (const { value, location } of listInputRefs(tree)) {
    const name = value[1].value;
    if (value[1].type === "string" && typeof name === "string") {
      fields.set(`${location.row} ${name}`, { name, row: location.row });
    }
  }
  return [...fields.values()];
}

/** The rows of negated calls, other than equality, that have a field of the input among their operands. */
export function listNegatedCalls(tree: unknown): number[] {
  return listNodes(tree).flatMap((node) => {
    if (!("negated" in node)) return [];
    const parsed = negatedCallSchema.safeParse(node);
    if (!parsed.success) return []; // `not` before something that is no call
    const { terms, location } = parsed.data;
    const [operator, ...operands] = terms;
    if (EQUALITY.has(operator.value[0]?.value)) return [];
    return listInputRefs(operands).length > 0 ? [location.row] : [];
  });
}

function listInputRefs(tree: unknown): z.infer<typeof inputRefSchema>[] {
  return listNodes(tree).flatMap((node) => {
    if (!("type" in node) || node.type !== "ref") return [];
    const parsed = inputRefSchema.safeParse(node);
    return parsed.success ? [parsed.data] : [];
  });
}

function listNodes(tree: unknown): object[] {
  if (typeof tree !== "object" || tree === null) return [];
  const below = Object.entries(tree).filter(([key]) => !NO_SYNTAX.has(key));
  return [tree, ...below.flatMap(([, value]) => listNodes(value))];
}
