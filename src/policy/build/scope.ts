// Follows one body: what flows into its variables, what is looked at, what is compared. The walk over the syntax that trace.ts
// promises things of.
import type { Comparison } from "../conditions.ts";
import { traceBuiltin } from "./builtins.ts";
import { addAll, addMaking, type Effects } from "./effects.ts";
import {
  ANYTHING,
  derive,
  type Flow,
  flowOf,
  index,
  join,
  keysOf,
  NOTHING,
  testsBetween,
  testsOf,
  wrap,
} from "./flow.ts";
import type { Module } from "./module.ts";
import { globalOf, placeOf } from "./names.ts";
import { partsBehind } from "./program.ts";
import type { Definition, SyntaxExpression, SyntaxTerm } from "./syntax.ts";
import { constantsOf, keysOfStep, nameOf, whole } from "./terms.ts";
import type { Tracer } from "./trace.ts";

/** Variables may be bound behind their use: bodies are gone through until nothing is new. */
const MAX_PASSES = 4;

/** One body, or a body within one, with its variables. */
export class Scope {
  readonly #variables: Map<string, Flow>;

  constructor(
    private readonly tracer: Tracer,
    private readonly module: Module,
    readonly effects: Effects,
    outer: ReadonlyMap<string, Flow> = new Map(),
  ) {
    this.#variables = new Map(outer);
  }

  /** The values of a definition and of what stands behind its `else`. */
  evaluate(definition: Definition, args: readonly Flow[]): Flow {
    const scope = new Scope(this.tracer, this.module, this.effects);
    for (const [position, parameter] of (definition.parameters ?? []).entries()) {
      scope.bind(parameter, args[position] ?? NOTHING);
    }
    scope.#run(definition.body);
    const { key, value } = definition;
    // `m[x][y] := z`: x and y are looked up, and z lies two deep; `m[x] contains z` has it for a key
    const keys = partsBehind(definition);
    const flows = [
      ...keys.map((part, depth) => wrap(scope.look(part), depth + 1)),
      ...(value === undefined ? [] : [wrap(scope.flow(value), keys.length)]),
      ...(value !== undefined || key === undefined ? [] : [wrap(scope.flow(key), keys.length + 1)]),
      ...(definition.else === undefined ? [] : [this.evaluate(definition.else, args)]),
    ];
    return join(flows);
  }

  /** A rule whose values go out of the policy. */
  use(definition: Definition): void {
    this.mark(this.evaluate(definition, []));
  }

  /** A term whose value is looked at. */
  look(term: SyntaxTerm): Flow {
    const flow = this.flow(term);
    this.mark(flow);
    return flow;
  }

  /** A term whose value goes on; whoever looks at it marks it. */
  flow(term: SyntaxTerm): Flow {
    switch (term.kind) {
      case "scalar":
        return { ...NOTHING, literals: [term.json] };
      case "var":
        return this.#root(term, []).flow;
      case "ref":
        return this.#follow(term.head, term.path);
      case "array":
      case "set":
        return join([whole(term), ...term.items.map((item) => wrap(this.flow(item)))]);
      case "object": {
        const keys = term.entries.flatMap(([key]) => (key.kind === "scalar" ? [key.json] : []));
        for (const [key] of term.entries) this.look(key);
        return join([whole(term), { ...NOTHING, keys }, ...term.entries.map(([, value]) => wrap(this.flow(value)))]);
      }
      case "call":
        return this.#call(term.operator, term.operands);
      case "comprehension": {
        const inner = this.#inner();
        inner.#run(term.body);
        return wrap(join(term.heads.map((head) => inner.flow(head))));
      }
      case "template":
        return derive(join(term.parts.map((part) => this.look(part))));
      case "opaque":
        for (const inside of term.inside) this.look(inside);
        return this.guess();
    }
  }

  /** What is not understood may look at anything. */
  guess(): Flow {
    this.mark(ANYTHING);
    return ANYTHING;
  }

  /** A variable, or what looks like one in an array or an object, takes what flows into it. */
  bind(pattern: SyntaxTerm, flow: Flow): void {
    // an array or an object of another size is another one
    if (pattern.kind !== "var") this.touch(flow);
    switch (pattern.kind) {
      case "var":
        this.#variables.set(pattern.name, join([this.#variables.get(pattern.name) ?? NOTHING, flow]));
        return;
      case "array":
        for (const [position, item] of pattern.items.entries()) this.bind(item, index(flow, [String(position)]));
        return;
      case "object":
        for (const [key, value] of pattern.entries) this.bind(value, index(flow, keysOfStep(key, this.look(key))));
        return;
      default:
        this.mark(flow);
        this.test(this.look(pattern), flow, "equal");
    }
  }

  isUnbound(term: SyntaxTerm): boolean {
    if (term.kind !== "var" || this.#variables.has(term.name)) return false;
    const means = placeOf(term.name, this.module) ?? globalOf(term.name, this.module, this.tracer.program);
    return means === undefined;
  }

  test(a: Flow, b: Flow, how: Comparison): void {
    for (const test of testsBetween(a, b, how)) this.effects.tests.set(JSON.stringify(test), test);
    this.#note(a);
    this.#note(b);
  }

  testOneWay(places: Flow, literals: Flow, how: Comparison): void {
    for (const test of testsOf(places, literals, how)) this.effects.tests.set(JSON.stringify(test), test);
    this.#note(places);
  }

  /** With what that which is compared was made. */
  #note({ places, literals }: Flow): void {
    if (literals.length === 0) return;
    for (const { path, as } of places) {
      if (as === "derived") addMaking(this.effects, path, literals);
    }
  }

  mark({ places }: Flow): void {
    for (const { path, as } of places) {
      const list = as === "key" ? this.effects.touches : this.effects.reads;
      list.set(JSON.stringify(path), path);
    }
  }

  /** That these are there is looked at, not what they are. */
  touch({ places }: Flow): void {
    for (const { path, as, wraps } of places) {
      if (as === "value" && wraps === 0) this.effects.touches.set(JSON.stringify(path), path);
    }
  }

  #run(body: readonly SyntaxExpression[]): void {
    let before = "";
    for (let pass = 0; pass < MAX_PASSES; pass += 1) {
      for (const expression of body) this.#express(expression);
      const after = JSON.stringify([...this.#variables]);
      if (after === before) return;
      before = after;
    }
    // not settled
    this.guess();
  }

  #express(expression: SyntaxExpression): void {
    for (const value of expression.replaced) this.look(value);
    switch (expression.kind) {
      case "term": {
        const { term } = expression;
        if (term.kind === "call" && nameOf(term.operator) === "assign") this.#assign(term.operands);
        else this.look(term);
        return;
      }
      case "some":
        this.#iterate(expression, expression.collection);
        return;
      case "every": {
        const inner = this.#inner();
        inner.#iterate(expression, expression.domain);
        inner.#run(expression.body);
        return;
      }
    }
  }

  #assign([target, value]: readonly SyntaxTerm[]): void {
    if (target !== undefined && value !== undefined) this.bind(target, this.flow(value));
  }

  #iterate({ key, value }: { readonly key?: SyntaxTerm; readonly value: SyntaxTerm }, collection: SyntaxTerm): void {
    const flow = this.flow(collection);
    this.touch(flow);
    if (key !== undefined) this.bind(key, keysOf(flow, 0));
    this.bind(value, index(flow, [null]));
  }

  #inner(): Scope {
    return new Scope(this.tracer, this.module, this.effects, this.#variables);
  }

  #call(operator: SyntaxTerm, operands: readonly SyntaxTerm[]): Flow {
    const [head, path] = operator.kind === "ref" ? [operator.head, operator.path] : [operator, []];
    const parts = head.kind === "var" ? globalOf(head.name, this.module, this.tracer.program) : undefined;
    if (parts === undefined) return traceBuiltin(this, nameOf(operator), operands);
    const referred = this.tracer.program.refer([...parts, ...constantsOf(path)]);
    const arity = referred.kind === "rule" ? this.tracer.program.arityOf(referred.key) : undefined;
    if (referred.kind !== "rule" || arity === undefined) {
      for (const operand of operands) this.look(operand);
      return this.guess();
    }
    const given = operands.slice(0, arity).map((operand) => this.flow(operand));
    const flow = this.#enter(referred.key, given);
    this.takeResult(operands.slice(arity), flow);
    return flow;
  }

  /** `f(x, y)` of a function of one argument holds y against what comes out of it. */
  takeResult(results: readonly SyntaxTerm[], flow: Flow): void {
    for (const result of results) {
      this.mark(flow);
      this.test(this.look(result), flow, "equal");
      this.bind(result, flow);
    }
  }

  #follow(head: SyntaxTerm, path: readonly SyntaxTerm[]): Flow {
    const root = this.#root(head, path);
    let { flow } = root;
    for (const part of root.rest) flow = this.step(flow, part);
    this.touch(flow);
    return flow;
  }

  /** What the head of a ref means, and the parts of its path that are still to be followed. */
  #root(head: SyntaxTerm, path: readonly SyntaxTerm[]): { readonly flow: Flow; readonly rest: readonly SyntaxTerm[] } {
    if (head.kind !== "var") return { flow: this.flow(head), rest: path };
    const variable = this.#variables.get(head.name);
    if (variable !== undefined) return { flow: variable, rest: path };
    const place = placeOf(head.name, this.module);
    if (place !== undefined) return { flow: flowOf(place), rest: path };
    const parts = globalOf(head.name, this.module, this.tracer.program);
    if (parts === undefined) return { flow: NOTHING, rest: path };
    const constants = [...parts, ...constantsOf(path)];
    const referred = this.tracer.program.refer(constants);
    switch (referred.kind) {
      case "rule":
        return { flow: this.#enter(referred.key, []), rest: path.slice(Math.max(0, referred.used - parts.length)) };
      case "namespace": {
        // any rule below: how deep its own value begins is not known
        const flow = join(referred.keys.map((key) => this.#enter(key, [])));
        this.mark(flow);
        return { flow: derive(flow), rest: path.slice(constants.length - parts.length) };
      }
      case "none":
        this.effects.foreign.add(constants.join("."));
        return { flow: NOTHING, rest: path };
    }
  }

  /** What lies at one part of a path behind what flows there. */
  step(flow: Flow, part: SyntaxTerm): Flow {
    if (part.kind === "var" && this.isUnbound(part)) {
      this.bind(part, keysOf(flow, 0));
      return index(flow, [null]);
    }
    const by = this.look(part);
    this.testOneWay(by, { ...NOTHING, literals: [...flow.keys, ...flow.literals] }, "equal");
    return index(flow, keysOfStep(part, by));
  }

  #enter(key: string, args: readonly Flow[]): Flow {
    const { flow, effects } = this.tracer.outcomeOf(key, args);
    this.effects.uses.add(key);
    addAll(this.effects, effects);
    return flow;
  }
}
