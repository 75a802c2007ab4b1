// Which tools each definition of a policy speaks to: a rule's own by its head, a helper's by the rules that come by it; fewer,
// where the definition itself says `input.tool == "x"` or `input.tool in {...}`. It errs on one side: a definition may speak to
// fewer tools than are named here.

import { constantStrings } from "../../policy/build/definition-reads.ts";
import type { Module, ModuleRule } from "../../policy/build/module.ts";
import type { Placed, Program } from "../../policy/build/program.ts";
import type { SpeakingRule } from "../../policy/build/speaking-rules.ts";
import type { Definition, SyntaxExpression, SyntaxTerm } from "../../policy/build/syntax.ts";
import { constantsOf, nameOf } from "../../policy/build/terms.ts";
import type { Tracer } from "../../policy/build/trace.ts";

/** One definition, with what METADATA stands before it. */
export type Unit = {
  readonly module: Module;
  readonly rule: ModuleRule;
  /** `<server>/<tool>`, sorted. */
  readonly tools: readonly string[];
};

/** @param toolsOf every tool that is known of a server */
export function listUnits(
  modules: readonly Module[],
  rules: readonly SpeakingRule[],
  tracer: Tracer,
  toolsOf: (server: string) => readonly string[],
): readonly Unit[] {
  const owners = new Map(modules.flatMap((module) => module.rules.map((rule) => [rule.definition, { module, rule }])));
  const found = new Map<Definition, Set<string>>();
  const add = (placed: Placed, server: string, tools: readonly string[]): readonly string[] => {
    const named = narrow(placed, tools, tracer.program);
    const all = found.get(placed.definition) ?? new Set();
    for (const tool of named) all.add(`${server}/${tool}`);
    found.set(placed.definition, all);
    return named;
  };
  for (const { server, head, placed } of rules) {
    const [kind, name = ""] = head;
    if (server === undefined || kind !== "rules") continue;
    const tools = add(placed, server, name === "*" ? toolsOf(server) : [name]);
    for (const key of tracer.trace(placed).uses) {
      for (const used of tracer.program.definitionsOf(key)) add(used, server, tools);
    }
  }
  return [...found].flatMap(([definition, tools]) => {
    const owner = owners.get(definition);
    return owner === undefined || owner.module.package[0] === "regate" ? [] : [{ ...owner, tools: [...tools].sort() }];
  });
}

/** The tools that a body leaves of those that it may be asked about. */
export function narrow({ module, definition }: Placed, tools: readonly string[], program: Program): readonly string[] {
  if (definition.else !== undefined) return tools;
  return definition.body.reduce((left: readonly string[], expression) => {
    const named = toolsNamedBy(expression, module, program);
    return named === undefined ? left : left.filter((tool) => named.includes(tool));
  }, tools);
}

/** @returns undefined where the expression says nothing of the tool */
function toolsNamedBy(expression: SyntaxExpression, module: Module, program: Program): readonly string[] | undefined {
  if (expression.kind !== "term" || expression.isNegated || expression.term.kind !== "call") return undefined;
  const { operator, operands } = expression.term;
  const [a, b] = operands;
  if (a === undefined || b === undefined) return undefined;
  switch (nameOf(operator)) {
    case "equal":
    case "eq": {
      const other = isTool(a) ? b : isTool(b) ? a : undefined;
      return other?.kind === "scalar" ? [String(JSON.parse(other.json))] : undefined;
    }
    case "internal.member_2":
      return isTool(a) ? constantStrings(b, module, program) : undefined;
    default:
      return undefined;
  }
}

function isTool(term: SyntaxTerm): boolean {
  if (term.kind !== "ref" || term.head.kind !== "var" || term.head.name !== "input") return false;
  return term.path.length === 1 && constantsOf(term.path)[0] === "tool";
}
