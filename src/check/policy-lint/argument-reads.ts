// What one definition reads of a call's arguments, as far as its own text shows: by refs, by `object.get`, through its
// variables; and with which literals it compares that. It knows no schema.
import type { Module } from "../../policy/build/module.ts";
import type { Program } from "../../policy/build/program.ts";
import {
  type Definition,
  type Place,
  placeOf,
  type SyntaxExpression,
  type SyntaxTerm,
} from "../../policy/build/syntax.ts";
import { nameOf } from "../../policy/build/trace.ts";
import type { Path } from "../../policy/conditions.ts";
import { constantStrings } from "./units.ts";

/** `path` begins below input.args. */
export type ArgumentRead = { readonly path: Path; readonly place: Place | undefined };

/** `literals` are JSON texts. */
export type ArgumentTest = ArgumentRead & { readonly literals: readonly string[] };

export type ArgumentUse = { readonly reads: readonly ArgumentRead[]; readonly tests: readonly ArgumentTest[] };

/** A variable may be bound behind its use, and by another one. */
const MAX_PASSES = 3;

export function readArguments(definition: Definition, module: Module, program: Program): ArgumentUse {
  const reader = new Reader(module, program);
  for (let pass = 0; pass < MAX_PASSES; pass += 1) reader.read(definition);
  return { reads: [...reader.reads.values()], tests: [...reader.tests.values()] };
}

class Reader {
  readonly reads = new Map<string, ArgumentRead>();
  readonly tests = new Map<string, ArgumentTest>();
  /** Places in the input, from its root. */
  readonly #variables = new Map<string, Path>();

  constructor(
    private readonly module: Module,
    private readonly program: Program,
  ) {
    for (const { name, path } of module.imports) if (path[0] === "input") this.#variables.set(name, path.slice(1));
    this.#variables.set("input", []);
  }

  read({ key, value, body, else: next }: Definition): void {
    for (const expression of body) this.#express(expression);
    if (key !== undefined) this.#look(key);
    if (value !== undefined) this.#look(value);
    if (next !== undefined) this.read(next);
  }

  #express(expression: SyntaxExpression): void {
    switch (expression.kind) {
      case "term":
        this.#look(expression.term);
        for (const term of expression.replaced) this.#look(term);
        return;
      case "some":
        this.#iterate(expression.value, expression.collection);
        return;
      case "every":
        this.#iterate(expression.value, expression.domain);
        for (const inner of expression.body) this.#express(inner);
    }
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
        this.#call(nameOf(term.operator), term.operands);
        return;
      case "comprehension":
        for (const expression of term.body) this.#express(expression);
        for (const head of term.heads) this.#look(head);
        return;
      case "template":
        for (const part of term.parts) this.#look(part);
        return;
      case "opaque":
        for (const inside of term.inside) this.#look(inside);
    }
  }

  #call(name: string, operands: readonly SyntaxTerm[]): void {
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
    if (other.kind !== "scalar") return;
    this.#noteTest(this.#argumentOf(term), other, [other.json]);
  }

  #testMember(term: SyntaxTerm, collection: SyntaxTerm): void {
    const strings = constantStrings(collection, this.module, this.program);
    const literals = strings?.map((text) => JSON.stringify(text)) ?? [];
    if (literals.length > 0) this.#noteTest(this.#argumentOf(term), term, literals);
    const within = this.#argumentOf(collection);
    if (term.kind !== "scalar" || within === undefined) return;
    this.#noteTest([...within, null], term, [term.json]);
  }

  /** A variable by itself reads nothing that was not read when it was bound. */
  #noteRead(term: SyntaxTerm): void {
    if (term.kind === "var") return;
    const path = this.#argumentOf(term);
    if (path === undefined || path.length === 0) return;
    const read = { path, place: placeOf(term) };
    this.reads.set(JSON.stringify(read), read);
  }

  #noteTest(path: Path | undefined, at: SyntaxTerm, literals: readonly string[]): void {
    if (path === undefined || path.length === 0) return;
    const test = { path, place: placeOf(at), literals };
    this.tests.set(JSON.stringify(test), test);
  }

  #argumentOf(term: SyntaxTerm): Path | undefined {
    const path = this.#pathOf(term);
    return path?.[0] === "args" ? path.slice(1) : undefined;
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
