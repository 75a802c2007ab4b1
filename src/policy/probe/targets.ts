// What calls can be about, as far as policies know: every tool that a catalogue has or a rule names, and stand-ins for all
// that nothing names: any other tool of a server, any other server, any other method.
import type { Catalogue } from "../catalogue.ts";
import type { RuleConditions } from "../conditions.ts";
import { listServers } from "../rule-index.ts";
import type { Addressee, IndexedRules } from "../speakers.ts";
import { chooseCandidates } from "./candidates.ts";
import { UNKNOWN_SHAPE } from "./shape.ts";

export type ProbedPolicy = IndexedRules & { readonly catalogue: Catalogue };

export type Target = Addressee & {
  readonly direction: "to_server" | "from_server";
  /** What stands for it in a report: the names, or OTHER. */
  readonly label: { readonly server: string; readonly tool: string };
};

/** What nothing names. */
export const OTHER = "(any other)";

/** Names that one rule compares a field with. */
const MAX_LITERALS = 500;
/** Methods that a gate meets whether rules name them or not. */
const METHODS = [
  "initialize",
  "tools/list",
  "resources/read",
  "prompts/get",
  "sampling/createMessage",
  "elicitation/create",
];

/** Sorted by server, then by tool, methods behind them; stand-ins last. */
export function listTargets(policies: readonly ProbedPolicy[]): readonly Target[] {
  const rules = policies.flatMap(rulesOf);
  const named = unique([
    ...policies.flatMap(({ catalogue }) => Object.keys(catalogue)),
    ...policies.flatMap((policy) => listServers(policy.rules)),
    ...rules.flatMap(({ conditions }) => literalsAt(conditions, "server")),
  ]);
  const other = standIn("any-other-server", named);
  return [...named, other].flatMap((server) => {
    const label = server === other ? OTHER : server;
    return [...listTools(policies, rules, server, label), ...listMethods(rules, server, label, server === other)];
  });
}

type OwnedRule = { readonly conditions: RuleConditions; readonly server: string | undefined };

function rulesOf({ rules, conditions }: ProbedPolicy): readonly OwnedRule[] {
  return [...(conditions?.rules ?? [])].map(([id, rule]) => ({ conditions: rule, server: rules.get(id)?.server }));
}

function listTools(
  policies: readonly ProbedPolicy[],
  rules: readonly OwnedRule[],
  server: string,
  serverLabel: string,
): readonly Target[] {
  const own = rules.filter((rule) => rule.server === server);
  const speaksForAll = own.some(({ conditions: { head } }) => head[0] === "rules" && head[1] === "*");
  // what only a guardrail names is like any other tool, but where a rule permits tools that it does not know
  const common = rules.filter((rule) => rule.server === undefined && (speaksForAll || serverLabel === OTHER));
  const names = unique([
    ...policies.flatMap(({ catalogue }) => Object.keys(catalogue[server]?.tools ?? {})),
    ...own.flatMap(({ conditions: { head } }) => (head[0] === "rules" && head[1] !== "*" ? [head[1] ?? ""] : [])),
    ...[...own, ...common].flatMap(({ conditions }) => literalsAt(conditions, "tool")),
  ]);
  const other = standIn("any_other_tool", names);
  return [...names, other].map((tool) => {
    const label = { server: serverLabel, tool: tool === other ? OTHER : tool };
    return { server, tool, method: "tools/call", direction: "to_server", label };
  });
}

/** A server whose package names no method is like any other, which stands for it. */
function listMethods(
  rules: readonly OwnedRule[],
  server: string,
  serverLabel: string,
  isOther: boolean,
): readonly Target[] {
  const own = rules.filter((rule) => rule.server === server && rule.conditions.head[0] === "methods");
  if (own.length === 0 && !isOther) return [];
  const speaking = [...own, ...rules.filter((rule) => rule.server === undefined)];
  const names = unique([
    ...METHODS,
    ...speaking.flatMap(({ conditions: { head } }) =>
      head[0] === "methods" && head[1] !== "*" ? [head[1] ?? ""] : [],
    ),
    ...speaking.flatMap(({ conditions }) => literalsAt(conditions, "method")),
  ]).filter((method) => method !== "tools/call");
  const other = standIn("any/other", names);
  return [...names, other].flatMap((method) =>
    (["to_server", "from_server"] as const).map((direction): Target => {
      const tool = `methods[${JSON.stringify(method === other ? OTHER : method)}]`;
      return { server, method, direction, label: { server: serverLabel, tool } };
    }),
  );
}

/** Names that a rule compares a field with, and names that a pattern of it matches. */
function literalsAt({ tests }: RuleConditions, field: "server" | "tool" | "method"): readonly string[] {
  const own = tests.filter(({ path }) => path.length === 1 && path[0] === field);
  if (own.length === 0) return [];
  const { main } = chooseCandidates(own, [], UNKNOWN_SHAPE);
  return main.flatMap((value) => (typeof value === "string" && value !== "x" ? [value] : [])).slice(0, MAX_LITERALS);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

function standIn(name: string, taken: readonly string[]): string {
  let free = name;
  while (taken.includes(free)) free += "-";
  return free;
}
