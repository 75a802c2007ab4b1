// Reads the rules of one module, as OPA's parser writes them, into a small tree: terms, expressions, definitions. What it
// does not know becomes `opaque`, and is for the reader to take for the worst. It judges nothing.
import { z } from "zod";

export type SyntaxTerm =
  /** `json` is the value as it is written: numbers keep their lexemes. */
  | { readonly kind: "scalar"; readonly json: string }
  | { readonly kind: "var"; readonly name: string }
  | { readonly kind: "ref"; readonly head: SyntaxTerm; readonly path: readonly SyntaxTerm[] }
  | { readonly kind: "array" | "set"; readonly items: readonly SyntaxTerm[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [key: SyntaxTerm, value: SyntaxTerm])[] }
  | { readonly kind: "call"; readonly operator: SyntaxTerm; readonly operands: readonly SyntaxTerm[] }
  | {
      readonly kind: "comprehension";
      readonly heads: readonly SyntaxTerm[];
      readonly body: readonly SyntaxExpression[];
    }
  | { readonly kind: "template"; readonly parts: readonly SyntaxTerm[] }
  | { readonly kind: "opaque"; readonly inside: readonly SyntaxTerm[] };

export type SyntaxExpression =
  /**
   * `replaced` are the values of its `with`, here and below. One that stands for a rule, a function or a builtin is opaque: what
   * those that use it then do, their own text does not say.
   */
  | {
      readonly kind: "term";
      readonly term: SyntaxTerm;
      readonly isNegated: boolean;
      readonly replaced: readonly SyntaxTerm[];
    }
  /** `some value in collection`, `some key, value in collection` */
  | {
      readonly kind: "some";
      readonly key?: SyntaxTerm;
      readonly value: SyntaxTerm;
      readonly collection: SyntaxTerm;
      readonly replaced: readonly SyntaxTerm[];
    }
  | {
      readonly kind: "every";
      readonly isNegated: boolean;
      readonly key?: SyntaxTerm;
      readonly value: SyntaxTerm;
      readonly domain: SyntaxTerm;
      readonly body: readonly SyntaxExpression[];
      readonly replaced: readonly SyntaxTerm[];
    };

/** One definition of a rule or function; `else` is the next one of its chain. */
export type Definition = {
  /** The head's name and what follows it, e.g. `rules`, `"pay"`. */
  readonly head: readonly SyntaxTerm[];
  /** Of a function. */
  readonly parameters?: readonly SyntaxTerm[];
  /** What it contributes to a set, or the key of an object. */
  readonly key?: SyntaxTerm;
  readonly value?: SyntaxTerm;
  readonly body: readonly SyntaxExpression[];
  readonly else?: Definition;
  /** All that the parser says of it, but for where it stands and what is written about it. */
  readonly text: string;
};

/** `import input.args as a`: a name, and what stands for it. */
export type Import = { readonly name: string; readonly path: readonly string[] };

/** Where a term begins in its file; counted from 1. */
export type Place = { readonly row: number; readonly column: number };

const locationSchema = z.looseObject({ text: z.string().optional(), row: z.int(), col: z.int() });
const nodeSchema = z.looseObject({
  type: z.string(),
  value: z.unknown().optional(),
  location: locationSchema.optional(),
});
const listSchema = z.array(z.unknown());
const pairsSchema = z.array(z.tuple([z.unknown(), z.unknown()]));
const comprehensionSchema = z.looseObject({
  term: z.unknown().optional(),
  key: z.unknown().optional(),
  value: z.unknown().optional(),
  body: listSchema,
});
const expressionSchema = z.looseObject({
  terms: z.unknown(),
  negated: z.boolean().default(false),
  with: z.array(z.looseObject({ target: z.unknown(), value: z.unknown() })).optional(),
});
const everySchema = z.looseObject({
  key: z.unknown().optional(),
  value: z.unknown(),
  domain: z.unknown(),
  body: listSchema,
});
const ruleSchema = z.looseObject({
  head: z.looseObject({
    ref: listSchema,
    args: listSchema.optional(),
    key: z.unknown().optional(),
    value: z.unknown().optional(),
  }),
  body: listSchema.optional(),
  else: z.unknown().optional(),
});
const importSchema = z.looseObject({ path: nodeSchema, alias: z.string().optional() });

/** Beside the tree: what a rule says does not depend on where it stands. */
const PLACES = new WeakMap<SyntaxTerm, Place>();

/** What the parser puts beside the syntax. */
const BESIDE_SYNTAX = new Set(["annotations", "comments", "location"]);
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** @returns undefined for a term that the parser has put there */
export function placeOf(term: SyntaxTerm): Place | undefined {
  return PLACES.get(term);
}

export function readImports(imports: unknown): readonly Import[] {
  return listSchema.parse(imports ?? []).map((given) => {
    const { path, alias } = importSchema.parse(given);
    const parts = listSchema.parse(path.value).map((part) => String(nodeSchema.parse(part).value));
    return { name: alias ?? parts.at(-1) ?? "", path: parts };
  });
}

export function readDefinition(given: unknown): Definition {
  const { head, body, else: next } = ruleSchema.parse(given);
  return {
    head: head.ref.map(readTerm),
    ...(head.args !== undefined && { parameters: head.args.map(readTerm) }),
    ...(head.key !== undefined && { key: readTerm(head.key) }),
    ...(head.value !== undefined && { value: readTerm(head.value) }),
    body: (body ?? []).map(readExpression),
    ...(next !== undefined && { else: readDefinition(next) }),
    text: writeWithoutPlaces(given),
  };
}

function writeWithoutPlaces(given: unknown): string {
  return JSON.stringify(given, (key, value: unknown) => (BESIDE_SYNTAX.has(key) ? undefined : value));
}

function readExpression(given: unknown): SyntaxExpression {
  const { terms, negated: isNegated, with: replacements = [] } = expressionSchema.parse(given);
  const replaced = replacements.map(({ target, value }) => readReplacement(target, value));
  if (Array.isArray(terms)) {
    const [operator, ...operands] = terms.map(readTerm);
    if (operator === undefined) throw new TypeError("a call without an operator");
    return { kind: "term", term: { kind: "call", operator, operands }, isNegated, replaced };
  }
  if (typeof terms === "object" && terms !== null && "domain" in terms) {
    const { key, value, domain, body } = everySchema.parse(terms);
    const keyed = key === undefined || key === null ? {} : { key: readTerm(key) };
    return {
      kind: "every",
      isNegated,
      ...keyed,
      value: readTerm(value),
      domain: readTerm(domain),
      body: body.map(readExpression),
      replaced,
    };
  }
  if (typeof terms === "object" && terms !== null && "symbols" in terms) {
    return readSome(listSchema.parse(terms.symbols).map(readTerm), replaced);
  }
  return { kind: "term", term: readTerm(terms), isNegated, replaced };
}

const TRUE: SyntaxExpression = {
  kind: "term",
  term: { kind: "scalar", json: "true" },
  isNegated: false,
  replaced: [],
};

/** `some x` names variables and does nothing else; `some x in xs` is a call. */
function readSome([first]: readonly SyntaxTerm[], replaced: readonly SyntaxTerm[]): SyntaxExpression {
  const [a, b, c] = first?.kind === "call" ? first.operands : [];
  if (a === undefined || b === undefined) return TRUE;
  return c === undefined
    ? { kind: "some", value: a, collection: b, replaced }
    : { kind: "some", key: a, value: b, collection: c, replaced };
}

function readReplacement(target: unknown, value: unknown): SyntaxTerm {
  const replaced = readTerm(target);
  const head = replaced.kind === "ref" ? replaced.head : replaced;
  return head.kind === "var" && head.name === "input" ? readTerm(value) : { kind: "opaque", inside: [readTerm(value)] };
}

function readTerm(given: unknown): SyntaxTerm {
  const node = nodeSchema.parse(given);
  const term = readNode(node);
  if (node.location !== undefined) PLACES.set(term, { row: node.location.row, column: node.location.col });
  return term;
}

function readNode({ type, value, location }: z.infer<typeof nodeSchema>): SyntaxTerm {
  switch (type) {
    case "null":
      return { kind: "scalar", json: "null" };
    case "string":
    case "boolean":
      return { kind: "scalar", json: JSON.stringify(value) };
    case "number":
      return { kind: "scalar", json: readNumber(value, location?.text) };
    case "var":
      return { kind: "var", name: z.string().parse(value) };
    case "ref": {
      const [head, ...path] = listSchema.parse(value).map(readTerm);
      if (head === undefined) throw new TypeError("a ref of nothing");
      return { kind: "ref", head, path };
    }
    case "array":
    case "set":
      return { kind: type, items: listSchema.parse(value).map(readTerm) };
    case "object":
      return { kind: "object", entries: pairsSchema.parse(value).map(([k, v]) => [readTerm(k), readTerm(v)]) };
    case "call": {
      const [operator, ...operands] = listSchema.parse(value).map(readTerm);
      if (operator === undefined) throw new TypeError("a call without an operator");
      return { kind: "call", operator, operands };
    }
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension": {
      const parsed = comprehensionSchema.parse(value);
      const heads = [parsed.term, parsed.key, parsed.value].filter((head) => head !== undefined).map(readTerm);
      return { kind: "comprehension", heads, body: parsed.body.map(readExpression) };
    }
    case "templatestring":
      return { kind: "template", parts: z.looseObject({ parts: listSchema }).parse(value).parts.map(readPart) };
    default:
      return { kind: "opaque", inside: listTerms(value) };
  }
}

/** A part of a template string is a term, or an expression of one term. */
function readPart(given: unknown): SyntaxTerm {
  if (typeof given !== "object" || given === null || !("terms" in given)) return readTerm(given);
  const expression = readExpression(given);
  const isPlain = expression.kind === "term" && expression.replaced.length === 0;
  return isPlain ? expression.term : { kind: "opaque", inside: listTerms(given) };
}

/** JSON.parse has rounded it, the source has not: OPA's parser gives the text of each term beside it. */
function readNumber(value: unknown, sourceBase64: string | undefined): string {
  const text = Buffer.from(sourceBase64 ?? "", "base64").toString();
  return NUMBER.test(text) ? text : JSON.stringify(z.number().parse(value));
}

/** All terms inside of something that is not known, at any depth. */
function listTerms(tree: unknown): SyntaxTerm[] {
  if (typeof tree !== "object" || tree === null) return [];
  const parsed = nodeSchema.safeParse(tree);
  if (parsed.success && parsed.data.type !== "") return [readTerm(tree)];
  return Object.entries(tree).flatMap(([key, below]) => (BESIDE_SYNTAX.has(key) ? [] : listTerms(below)));
}
