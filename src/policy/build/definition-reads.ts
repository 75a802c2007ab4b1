// What one definition reads of the input, as far as its own text shows: by refs, by `object.get`, through its variables; with
// which literals it compares that, and which other definitions it comes by. It follows none of them, and knows no schema.
import type { Path } from "../conditions.ts";
import type { Module } from "./module.ts";
import type { Program } from "./program.ts";
import { type Definition, type Place, placeOf, type SyntaxExpression, type SyntaxTerm } from "./syntax.ts";
import { constantsOf, nameOf } from "./terms.ts";

/** `path` begins at the root of the input. */
export type InputRead = { readonly path: Path; readonly place: Place | undefined };

/** `literals` are JSON texts. */
export type InputTest = InputRead & { readonly literals: readonly string[] };

export type DefinitionReads = {
  readonly reads: readonly InputRead[];
  readonly tests: readonly InputTest[];
  /** Rules and functions, as Program names them. */
  readonly uses: ReadonlySet<string>;
};

export type ReadOptions = {
  /** Whether to pass over what may be missing without taking the definition away: behind `not`, in a comprehension, a default. */
  readonly onlyNeeded?: boolean;
};

const WHOLE = ["equal", "eq"];

/** A variable may be bound behind its use, and by another one. */
const MAX_PASSES = 3;

/** @param definition without what stands behind its `else` */
export function readDefinitionReads(
  definition: Definition,
  module: Module,
  program: Program,
  { onlyNeeded = false }: ReadOptions = {},
): DefinitionReads {
  const reader = new Reader(module, program, onlyNeeded);
  for (let pass = 0; pass < MAX_PASSES; pass += 1) reader.read(definition);
  return { reads: [...reader.reads.values()], tests: [...reader.tests.values()], uses: reader.uses };
}

class Reader {
  readonly reads = new Map<string, InputRead>();
  readonly tests = new Map<string, InputTest>();
  readonly uses = new Set<string>();
  readonly #variables = new Map<string, Path>();

  constructor(
    private readonly module: Module,
    private readonly program: Program,
    private readonly onlyNeeded: boolean,
  ) {
    for (const { name, path } of module.imports) if (path[0] === "input") this.#variables.set(name, path.slice(1));
    this.#variables.set("input", []);
  }

  read({ key, value, body }: Definition): void {
    for (const expression of body) this.#express(expression);
    if (key !== undefined) this.#look(key);
    if (value !== undefined) this.#look(value);
  }

  #express(expression: SyntaxExpression): void {
    switch (expression.kind) {
      case "term":
        if (expression.isNegated && this.onlyNeeded) {
          this.#lookNegated(expression.term);
          return;
        }
        this.#look(expression.term);
        for (const term of expression.replaced) this.#look(term);
        return;
      case "some":
        this.#iterate(expression.value, expression.collection);
        return;
      case "every":
        if (expression.isNegated && this.onlyNeeded) return;
        this.#iterate(expression.value, expression.domain);
        // where there is nothing to iterate over, what is asked of each holds
        if (!this.onlyNeeded) for (const inner of expression.body) this.#express(inner);
    }
  }

  /** What a call is given is evaluated before the call is negated; a ref or an equality is negated as a whole. */
  #lookNegated(term: SyntaxTerm): void {
    if (term.kind !== "call" || WHOLE.includes(nameOf(term.operator))) return;
    for (const operand of term.operands) this.#look(operand);
  }

  #iterate(value: SyntaxTerm, collection: SyntaxTerm): void {
    this.#look(collection);
    const path = this.#pathOf(collection);
    if (path !== undefined) this.#bind(value, [...path, null]);
  }

  #bind(target: SyntaxTerm, path: Path): void {
    if (target.kind === "var" && target.name !== "input") this.#variables.set(target.name, path);
  }

  /** Notes all that a term reads, whatever it is in. */
  #look(term: SyntaxTerm): void {
    this.#noteRead(term);
    this.#noteUse(term);
    switch (term.kind) {
      case "ref":
        // its head is part of what has been noted, where that is a name
        if (term.head.kind !== "var") this.#look(term.head);
        for (const part of term.path) this.#look(part);
        return;
      case "array":
      case "set":
        for (const item of term.items) this.#look(item);
        return;
      case "object":
        for (const entry of term.entries) for (const part of entry) this.#look(part);
        return;
      case "call":
        this.#call(term.operator, term.operands);
        return;
      case "comprehension":
        if (this.onlyNeeded) return;
        for (const expression of term.body) this.#express(expression);
        for (const head of term.heads) this.#look(head);
        return;
      case "template":
        if (!this.onlyNeeded) for (const part of term.parts) this.#look(part);
        return;
      case "opaque":
        for (const inside of term.inside) this.#look(inside);
    }
  }

  #call(operator: SyntaxTerm, operands: readonly SyntaxTerm[]): void {
    const name = nameOf(operator);
    this.#noteUse(operator);
    const [a, b] = operands;
    if (a !== undefined && b !== undefined) {
      if (name === "assign" || name === "eq") this.#unify(a, b);
      if (name === "equal" || name === "eq" || name === "neq") {
        this.#test(a, b);
        this.#test(b, a);
      }
      if (name === "internal.member_2") this.#testMember(a, b);
    }
    // what object.get reads has been noted as a whole
    for (const operand of name === "object.get" ? operands.slice(1) : operands) this.#look(operand);
  }

  #unify(a: SyntaxTerm, b: SyntaxTerm): void {
    const [left, right] = [this.#pathOf(a), this.#pathOf(b)];
    if (right !== undefined && left === undefined) this.#bind(a, right);
    if (left !== undefined && right === undefined) this.#bind(b, left);
  }

  #test(term: SyntaxTerm, other: SyntaxTerm): void {
    if (other.kind === "scalar") this.#noteTest(this.#pathOf(term), other, [other.json]);
  }

  #testMember(term: SyntaxTerm, collection: SyntaxTerm): void {
    const strings = constantStrings(collection, this.module, this.program);
    const literals = strings?.map((text) => JSON.stringify(text)) ?? [];
    if (literals.length > 0) this.#noteTest(this.#pathOf(term), term, literals);
    const within = this.#pathOf(collection);
    if (term.kind === "scalar" && within !== undefined) this.#noteTest([...within, null], term, [term.json]);
  }

  /** A variable by itself reads nothing that was not read when it was bound. */
  #noteRead(term: SyntaxTerm): void {
    const isDefaulted = term.kind === "call" && this.onlyNeeded;
    const path = term.kind === "var" || isDefaulted ? undefined : this.#pathOf(term);
    if (path === undefined || path.length === 0) return;
    const read = { path, place: placeOf(term) };
    this.reads.set(JSON.stringify(read), read);
  }

  #noteTest(path: Path | undefined, at: SyntaxTerm, literals: readonly string[]): void {
    if (path === undefined || path.length === 0) return;
    const test = { path, place: placeOf(at), literals };
    this.tests.set(JSON.stringify(test), test);
  }

  #noteUse(term: SyntaxTerm): void {
    const [head, path] = term.kind === "ref" ? [term.head, term.path] : [term, []];
    if (head.kind !== "var" || this.#variables.has(head.name)) return;
    const imported = this.module.imports.find(({ name }) => name === head.name)?.path;
    const root = head.name === "data" ? [] : (imported?.slice(1) ?? [...this.module.package, head.name]);
    const referred = this.program.refer([...root, ...constantsOf(path)]);
    if (referred.kind === "rule") this.uses.add(referred.key);
  }

  /** The place in the input that a term means. */
  #pathOf(term: SyntaxTerm): Path | undefined {
    switch (term.kind) {
      case "var":
        return this.#variables.get(term.name);
      case "ref": {
        const path = this.#pathOf(term.head);
        return path === undefined ? undefined : [...path, ...term.path.map(stepOf)];
      }
      case "call": {
        const [object, key] = term.operands;
        if (nameOf(term.operator) !== "object.get" || object === undefined || key === undefined) return undefined;
        const path = this.#pathOf(object);
        return path === undefined ? undefined : [...path, ...(key.kind === "array" ? key.items : [key]).map(stepOf)];
      }
      default:
        return undefined;
    }
  }
}

/** null for whatever is no constant name. */
function stepOf(term: SyntaxTerm): string | null {
  const value: unknown = term.kind === "scalar" ? JSON.parse(term.json) : undefined;
  return typeof value === "string" ? value : null;
}

/** The strings of a set or an array that is written out, there or as the value of a name. */
export function constantStrings(term: SyntaxTerm, module: Module, program: Program): readonly string[] | undefined {
  if (term.kind === "set" || term.kind === "array") {
    const values = term.items.map((item): unknown => (item.kind === "scalar" ? JSON.parse(item.json) : undefined));
    return values.every((value) => typeof value === "string") ? values : undefined;
  }
  if (term.kind !== "var") return undefined;
  const referred = program.refer([...module.package, term.name]);
  const [only, ...others] = referred.kind === "rule" ? program.definitionsOf(referred.key) : [];
  if (only === undefined || others.length > 0 || !isUnconditional(only.definition)) return undefined;
  const { value } = only.definition;
  return value === undefined || value.kind === "var" ? undefined : constantStrings(value, only.module, program);
}

/** Whether it has no body: the parser writes `true` for one. */
export function isUnconditional({ body }: Definition): boolean {
  return body.every((one) => one.kind === "term" && one.term.kind === "scalar" && one.term.json === "true");
}
