// What a call of a builtin means to scope.ts: which of its operands are compared with each other and how, and what its
// result is made of. A builtin that is not known here looks at all of its operands and derives its result from them.
import type { Comparison } from "../conditions.ts";
import { countOf, derive, type Flow, index, isNumber, join, keysOf, NOTHING, wrap } from "./flow.ts";
import type { Scope } from "./scope.ts";
import type { SyntaxTerm } from "./syntax.ts";

const COMPARED: ReadonlyMap<string, Comparison> = new Map([
  ["equal", "equal"],
  ["eq", "equal"],
  ["neq", "equal"],
  ["lt", "order"],
  ["gt", "order"],
  ["lte", "order"],
  ["gte", "order"],
]);

/** Text first, then what it is held against. */
const SEARCHED: ReadonlyMap<string, Comparison> = new Map([
  ["startswith", "prefix"],
  ["endswith", "suffix"],
  ["contains", "part"],
  ["indexof", "part"],
]);

/** Of those that are known here: whatever comes behind their operands is held against the result. */
const ARITIES: ReadonlyMap<string, number> = new Map([
  ...[...COMPARED.keys(), ...SEARCHED.keys()].map((name): [string, number] => [name, 2]),
  ["internal.member_2", 2],
  ["internal.member_3", 3],
  ["object.get", 3],
  ["object.keys", 1],
  ["count", 1],
  ["and", 2],
  ["or", 2],
  ["minus", 2],
  ["intersection", 1],
  ["regex.match", 2],
  ["glob.match", 3],
  ["net.cidr_contains", 2],
  ["net.cidr_intersects", 2],
]);

/** @returns what flows out of the call */
export function traceBuiltin(scope: Scope, name: string, operands: readonly SyntaxTerm[]): Flow {
  const arity = ARITIES.get(name) ?? operands.length;
  const flow = traceCall(scope, name, operands.slice(0, arity));
  scope.takeResult(operands.slice(arity), flow);
  return flow;
}

function traceCall(scope: Scope, name: string, operands: readonly SyntaxTerm[]): Flow {
  const [a, b, c] = operands;
  if (a === undefined) return NOTHING;
  const compared = COMPARED.get(name);
  if (compared !== undefined && b !== undefined) return compare(scope, name, a, b, compared);
  const searched = SEARCHED.get(name);
  if (searched !== undefined && b !== undefined) return search(scope, a, b, searched);
  switch (name) {
    case "internal.member_2":
      return b === undefined ? NOTHING : isMember(scope, undefined, a, b);
    case "internal.member_3":
      return b === undefined || c === undefined ? NOTHING : isMember(scope, a, b, c);
    case "object.get":
      return b === undefined ? NOTHING : getFrom(scope, a, b, c);
    case "object.keys":
      return keysOf(scope.flow(a), 1);
    case "count": {
      const flow = scope.look(a);
      // with what that which is counted was made
      scope.testOneWay(flow, NOTHING, "count");
      return countOf(flow);
    }
    case "and":
    case "or":
    case "minus":
    case "intersection":
      return combine(scope, operands);
    case "regex.match":
      return b === undefined ? NOTHING : matchPattern(scope, a, b, "regex");
    case "glob.match":
      return c === undefined ? NOTHING : matchPattern(scope, a, c, "glob");
    case "net.cidr_contains":
    case "net.cidr_intersects":
      return b === undefined ? NOTHING : matchPattern(scope, a, b, "equal");
    case "walk":
      return walk(scope, a, b);
    default:
      return deriveFrom(scope, operands);
  }
}

function compare(scope: Scope, name: string, a: SyntaxTerm, b: SyntaxTerm, how: Comparison): Flow {
  const [left, right] = [scope.look(a), scope.look(b)];
  scope.test(left, right, how);
  if (name === "eq") {
    // `=` binds what is on either side of it
    if (isPattern(a)) scope.bind(a, right);
    if (isPattern(b)) scope.bind(b, left);
  }
  return NOTHING;
}

function isPattern({ kind }: SyntaxTerm): boolean {
  return kind === "var" || kind === "array" || kind === "object";
}

function search(scope: Scope, text: SyntaxTerm, sought: SyntaxTerm, how: Comparison): Flow {
  const [in_, of] = [scope.look(text), scope.look(sought)];
  scope.testOneWay(in_, of, how);
  scope.testOneWay(of, in_, "equal");
  return NOTHING;
}

function isMember(scope: Scope, key: SyntaxTerm | undefined, value: SyntaxTerm, collection: SyntaxTerm): Flow {
  const flow = scope.flow(collection);
  const members = index(flow, [null]);
  scope.mark(members);
  if (key !== undefined) scope.mark(keysOf(flow, 0));
  scope.test(scope.look(value), members, "equal");
  if (key !== undefined) scope.test(scope.look(key), keysOf(flow, 0), "equal");
  return NOTHING;
}

/** Sets: a member of one is compared with those of the others; of numbers it is one more way to come near. */
function combine(scope: Scope, operands: readonly SyntaxTerm[]): Flow {
  const [a, b = a] = operands;
  if (a !== undefined && b !== undefined) scope.test(scope.look(a), scope.look(b), "equal");
  return deriveFrom(scope, operands);
}

/** `object.get(object, "key", default)`, or with an array for the path. */
function getFrom(scope: Scope, object: SyntaxTerm, key: SyntaxTerm, otherwise: SyntaxTerm | undefined): Flow {
  const parts = key.kind === "array" ? key.items : [key];
  let flow = scope.flow(object);
  // what is computed may be an array as well: a path of any length
  if (key.kind !== "array" && key.kind !== "scalar") scope.mark(flow);
  for (const part of parts) flow = scope.step(flow, part);
  scope.touch(flow);
  return otherwise === undefined ? flow : join([flow, scope.flow(otherwise)]);
}

function matchPattern(scope: Scope, pattern: SyntaxTerm, text: SyntaxTerm, how: Comparison): Flow {
  const [by, of] = [scope.look(pattern), scope.look(text)];
  scope.testOneWay(of, by, how);
  return NOTHING;
}

/** `walk(x, [path, value])`: a value is whatever lies in x, at any depth. */
function walk(scope: Scope, tree: SyntaxTerm, found: SyntaxTerm | undefined): Flow {
  const flow = scope.look(tree);
  const below = join([index(flow, [null]), derive(flow)]);
  if (found === undefined) return wrap(below);
  // it may be a rule, and no variable
  scope.look(found);
  if (found.kind !== "array") scope.bind(found, below);
  else if (found.items[1] !== undefined) scope.bind(found.items[1], below);
  return NOTHING;
}

function deriveFrom(scope: Scope, operands: readonly SyntaxTerm[]): Flow {
  const unbound = operands.filter((operand) => scope.isUnbound(operand));
  const given = join(operands.map((operand) => scope.look(operand)));
  const flow = derive(given);
  // `min([600, input.args.seconds])` compares, too
  scope.testOneWay(given, { ...NOTHING, literals: given.literals.filter(isNumber) }, "order");
  for (const operand of unbound) scope.bind(operand, flow);
  return flow;
}
