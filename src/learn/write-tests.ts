// The Rego test of a learned server, and its samples: what was seen is allowed by exactly its rule, and whatever differs from
// that in one argument is denied. It needs nothing but the library, and covers every line of the rules.
import { formatTerm } from "../scan/rego-term.ts";
import { packageLine, step, writeRuleName, yamlText } from "../scan/rego-text.ts";
import { type Constraint, exampleOf, valuesBeside } from "./constraints.ts";
import type { LearnedServer, LearnedTool } from "./learned-server.ts";
import { NOT_SEEN_REASON, notSeenId } from "./write-rules.ts";

type Args = Readonly<Record<string, unknown>>;

/** What stands for a value that may be anything. */
const ANYTHING = "anything";
const MAX_BESIDE = 4;

export function writeTests(learned: LearnedServer): string {
  const { server, tools } = learned;
  const denied = tools.flatMap((tool) => differingCalls(tool).map((args) => ({ tool: tool.name, args })));
  const hidesAny = tools.some(({ redact }) => redact.length > 0);
  const parts = [
    "import data.regate",
    `test_what_was_seen_is_allowed if {
	every call in _seen_calls { _decide(call.tool, call.args) == _allowed(call) }
}`,
    ...(denied.length === 0
      ? []
      : [
          `test_what_differs_from_it_is_denied if {
	every call in _other_calls { _decide(call.tool, call.args) == _refused(call.tool) }
}`,
        ]),
    `test_every_other_tool_is_denied_and_hidden if {
	_decide(${formatTerm(unseenTool(learned))}, {}) == _decision({
		"action": "deny",
		"reasons": [${formatTerm(NOT_SEEN_REASON)}],
		"rules": [_rule(${formatTerm(notSeenId(learned))})],
		"hidden": true,
	})
}`,
    writeList(
      "_seen_calls",
      tools.flatMap((tool) => {
        const { name, max, redact } = tool;
        return seenCalls(tool).map((args) => ({ tool: name, max, ...(hidesAny && { redact }), args }));
      }),
    ),
    ...(denied.length === 0 ? [] : [writeList("_other_calls", denied)]),
    `_allowed(call) := _decision({
	"rules": [_rule(call.tool)],
	"rate_limits": [{
		"rule": _rule(call.tool),
		"max": call.max,
		"window": 60,
		"per": "session",
		"over": "tool",
		"cost": 1,
	}],${hidesAny ? '\n\t"redact": call.redact,' : ""}
})`,
    ...(denied.length === 0
      ? []
      : [
          `_refused(tool) := _decision({
	"action": "deny",
	"reasons": [$"Rules for {tool} exist, none permits this call"],
})`,
        ]),
    `_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": ${formatTerm(server)}, "tool": tool, "args": args}
		with data.policy.guardrails.rules as set()
}`,
    `_decision(more) := object.union(
	{
		"action": "allow",
		"reasons": [],
		"rules": [],
		"malformed": [],
		"rate_limits": [],
		"approval": {"timeout": 300, "hold": 25},
		"labels": [],
		"redact": [],
		"hidden": false,
	},
	more,
)`,
    writeRuleName(server),
  ];
  const head = `# METADATA\n# title: ${yamlText(`Tests of the rules for ${server}`)}\n`;
  const body = parts.join("\n\n");
  const lines = `${head}\n\n${body}`.split("\n").length;
  return `${head}${packageLine(`policy.servers${step(`${server}_test`)}`, lines)}\n\n${body}\n`;
}

/** Calls that the rules permit: with every argument, with those that are needed, and with each kind of value. */
export function seenCalls({ constraints }: LearnedTool): readonly Args[] {
  const full = argsOf(constraints);
  const least = argsOf(constraints.filter(({ isRequired }) => isRequired));
  const others = constraints.flatMap(({ name, shapes }) =>
    shapes.slice(1).map((shape) => ({ ...full, [name]: exampleOf(shape) })),
  );
  return unique([full, least, ...others]);
}

/** Calls that differ from a seen one in one argument, and are denied. */
function differingCalls({ constraints, isOpen }: LearnedTool): readonly Args[] {
  const full = argsOf(constraints);
  const values = constraints.flatMap(({ name, shapes }) =>
    valuesBeside(shapes)
      .slice(0, MAX_BESIDE)
      .map((value) => ({ ...full, [name]: value })),
  );
  const lacking = constraints.filter(({ isRequired }) => isRequired).map(({ name }) => without(full, name));
  const extra = isOpen ? [] : [{ ...full, [unusedName(constraints)]: true }];
  return unique([...values, ...lacking, ...extra]);
}

function argsOf(constraints: readonly Constraint[]): Args {
  return Object.fromEntries(
    constraints.map(({ name, shapes: [shape] }) => [name, shape === undefined ? ANYTHING : exampleOf(shape)]),
  );
}

function without(args: Args, name: string): Args {
  return Object.fromEntries(Object.entries(args).filter(([key]) => key !== name));
}

function unusedName(constraints: readonly Constraint[]): string {
  let name = "not_seen";
  while (constraints.some((constraint) => constraint.name === name)) name += "_";
  return name;
}

export function unseenTool({ tools }: LearnedServer): string {
  let name = "not_seen";
  while (tools.some((tool) => tool.name === name)) name += "_";
  return name;
}

function unique(calls: readonly Args[]): readonly Args[] {
  return [...new Map(calls.map((args) => [JSON.stringify(args), args])).values()];
}

function writeList(name: string, items: readonly unknown[]): string {
  return `${name} := [\n${items.map((item) => `\t${formatTerm(item, 1, 1)},`).join("\n")}\n]`;
}
