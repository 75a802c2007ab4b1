// The Rego test of a scaffold: each tool gets exactly the decision that its rule says, by that rule alone; or, where the rules
// leave it to the repository's defaults, exactly theirs. It needs nothing but the library, and covers every line.
import { LINE_WIDTH, packageLine, setOf, step, writeRuleName, yamlText } from "./rego-text.ts";
import type { ToolGroup } from "./scaffold-groups.ts";

export type ScaffoldTestOptions = {
  readonly server: string;
  readonly title: string;
  readonly groups: readonly ToolGroup[];
  readonly hasOwnDefaults: boolean;
};

export function writeScaffoldTest(options: ScaffoldTestOptions): string {
  const { server, title, hasOwnDefaults } = options;
  const parts = hasOwnDefaults ? writeComparison(options) : writeExpectations(options);
  const body = ["import data.regate", `_server := "${server}"`, ...parts].join("\n\n");
  const head = `# METADATA\n# title: ${yamlText(`Tests of the rules for ${title}`)}\n`;
  const declaration = packageLine(`policy.servers${step(`${server}_test`)}`, `${head}\n\n${body}`.split("\n").length);
  return `${head}${declaration}\n\n${body}\n`;
}

function writeExpectations({ server, groups }: ScaffoldTestOptions): readonly string[] {
  const isLimited = groups.some(({ outcome }) => outcome.isLimited);
  return [
    ...groups.map(writeExpectation),
    ...groups.map(({ name, tools }) => setOf(`_${name}`, tools)),
    `_decide(tool) := decision if {
	decision := regate.decision with input as {"server": _server, "tool": tool, "args": {}}
		with data.policy.guardrails.rules as set()
}`,
    `_decision(id, more) := object.union(
	{
		"action": "allow",
		"reasons": [],
		"rules": [_rule(id)],
		"malformed": [],
		"rate_limits": [],
		"approval": {"timeout": 300, "hold": 25},
		"labels": [],
		"redact": [],
		"hidden": false,
	},
	more,
)`,
    ...(isLimited
      ? [
          `_ten_a_minute(id) := [{"rule": _rule(id), "max": 10, "window": 60, "per": "session", "over": "tool", "cost": 1}]`,
        ]
      : []),
    writeRuleName(server),
  ];
}

function writeExpectation({ name, outcome }: ToolGroup): string {
  const id = outcome.id === undefined ? "tool" : `"${outcome.id}"`;
  const { action, reason, isLimited, isHidden } = outcome;
  const fields = [
    ...(action === "allow" ? [] : [`"action": "${action}"`]),
    ...(reason === undefined ? [] : [`"reasons": ["${reason}"]`]),
    ...(isLimited ? [`"rate_limits": _ten_a_minute(${id})`] : []),
    ...(isHidden ? ['"hidden": true'] : []),
  ];
  const line = `	every tool in _${name} { _decide(tool) == _decision(${id}, {${fields.join(", ")}}) }`;
  const body =
    line.length <= LINE_WIDTH
      ? line
      : `	every tool in _${name} {
		_decide(tool) == _decision(${id}, {
${fields.map((field) => `			${field},`).join("\n")}
		})
	}`;
  return `test_${TESTS[name] ?? name} if {\n${body}\n}`;
}

const TESTS: Readonly<Record<string, string>> = {
  reading: "what_only_reads_is_allowed",
  allowed: "severe_reading_is_allowed",
  limited: "what_changes_or_runs_little_is_limited",
  severe: "severe_execution_needs_approval",
  money: "money_needs_approval",
  destructive: "destruction_is_denied_and_hidden",
  unknown: "the_unknown_is_denied",
};

function writeComparison({ server, groups }: ScaffoldTestOptions): readonly string[] {
  const listed = groups.find(({ outcome }) => outcome.kind === "listed");
  const own = groups.filter(({ outcome }) => outcome.kind === "own").flatMap(({ tools }) => tools);
  return [
    ...(listed === undefined ? [] : [writeSameAs("what_only_reads", "_reading", `"${listed.outcome.id}"`)]),
    ...(own.length === 0 ? [] : [writeSameAs("each_tool", "_own", "tool")]),
    ...(listed === undefined ? [] : [setOf("_reading", listed.tools)]),
    ...(own.length === 0 ? [] : [setOf("_own", own)]),
    `_follows_the_defaults(tool, id) if {
	decision := _decide(_server, tool)
	_rule(id) in decision.rules
	_outcome(decision) == _outcome(_decide("", tool))
}`,
    `_outcome(decision) := object.filter(decision, {"action", "rate_limits", "approval", "hidden"})`,
    `_decide(server, tool) := decision if {
	reviewed := data.catalogue${step(server)}.tools[tool]
	decision := regate.decision with input as {
		"server": server,
		"tool": tool,
		"category": reviewed.category,
		"severity": reviewed.severity,
		"args": {},
	}
}`,
    writeRuleName(server),
  ];
}

function writeSameAs(what: string, tools: string, id: string): string {
  return `test_${what}_follows_the_defaults if {
	every tool in ${tools} { _follows_the_defaults(tool, ${id}) }
}`;
}
