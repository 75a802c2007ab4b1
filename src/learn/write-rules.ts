// The rule file of one server, from what was seen: each tool that was called is allowed with arguments like those that it had,
// as often as it was called; every other tool is denied and hidden. Rules are total: what is missing or mistyped permits
// nothing. As `opa fmt` leaves it.
import { formatTerm } from "../scan/rego-term.ts";
import { LINE_WIDTH, packageLine, setOf, step, yamlText } from "../scan/rego-text.ts";
import type { Constraint, Shape } from "./constraints.ts";
import type { LearnedServer, LearnedTool } from "./learned-server.ts";

export type RulesOptions = LearnedServer & {
  /** For the head of the file: how many calls, and from when to when. */
  readonly source: string;
  /** For a tool whose arguments have a schema in the repository: the annotation that binds it. */
  readonly schemaLines: (tool: LearnedTool) => readonly string[];
};

/** Of the rule that denies what was not seen. */
export const NOT_SEEN_REASON = "This tool is not among those that agents were seen to use";

/** The id of the rule that denies every other tool: none that a tool has. */
export function notSeenId({ tools }: LearnedServer): string {
  let id = "not-seen";
  while (tools.some(({ name }) => name === id)) id += "-tools";
  return id;
}

export function writeRules(options: RulesOptions): string {
  const { server, tools, source } = options;
  const helpers = nameHelpers(tools);
  const parts = [
    writeNotSeen(options),
    ...tools.map((tool) => writeRule(tool, options, helpers)),
    writeIsSeen(tools.map(({ name }) => name)),
    ...tools.flatMap((tool) => writeHelpers(tool, options, helpers)),
    ...writeShared(tools),
  ];
  const head = `# METADATA
# title: ${yamlText(server)}
# description: |
#   Written by \`regate learn\` for people to edit: it is not written again.
#   ${source}
#   What was not seen then is denied.
# scope: package
# schemas:
#   - input: schema.input
`;
  const body = parts.join("\n\n");
  const lines = `${head}\n\n${body}`.split("\n").length;
  return `${head}${packageLine(`policy.servers${step(server)}`, lines)}\n\n${body}\n`;
}

function writeNotSeen(learned: LearnedServer): string {
  return `# METADATA
# title: Every other tool
rules["*"] contains {
	"id": "${notSeenId(learned)}",
	"action": "deny",
	"reason": "${NOT_SEEN_REASON}",
	"hide": true,
} if not _is_seen`;
}

function writeIsSeen(names: readonly string[]): string {
  const [only = "", ...others] = names;
  if (others.length === 0) return `_is_seen if input.tool == ${formatTerm(only)}`;
  return setOf("_seen", names).replace(/^_seen := /, "_is_seen if input.tool in ");
}

function writeRule(tool: LearnedTool, { schemaLines }: RulesOptions, helpers: Helpers): string {
  const body = writeBody(tool, helpers);
  const [line = "", ...more] = body;
  const condition = more.length === 0 ? line : `{\n${body.map((expression) => indent(expression)).join("\n")}\n}`;
  return [
    "# METADATA",
    `# title: ${yamlText(tool.name)}`,
    `# description: ${describe(tool)}`,
    ...(readsArguments(body) ? schemaLines(tool) : []),
    `rules${step(tool.name)} contains {`,
    `\t"id": "${tool.name}",`,
    '\t"action": "allow",',
    `\t"rate_limit": {"max": ${tool.max}, "window": 60},`,
    ...(tool.redact.length > 0 ? [`\t"redact": ${formatTerm(tool.redact, 1, '"redact": ,'.length)},`] : []),
    body.length === 0 ? "}" : `} if ${condition}`,
  ].join("\n");
}

function describe({ calls, sessions, max, category }: LearnedTool): string {
  return `${category ?? "Of no known category"}, ${times(calls)} in ${plural(sessions, "session")}, at most ${times(max)} a minute in each`;
}

/** The conditions of a tool's rule, one for each line. */
function writeBody(tool: LearnedTool, helpers: Helpers): readonly string[] {
  const only = tool.isOpen ? [] : [`_only(${namesOf(tool, helpers)})`];
  const held = tool.constraints.flatMap((constraint) => {
    const { isRequired, shapes } = constraint;
    if (shapes.length === 0) return isRequired ? [`_has(${formatTerm(constraint.name)})`] : [];
    const [shape, ...others] = shapes;
    const expressions = shape === undefined ? [] : writeShape(shape, argument(constraint));
    return isRequired && others.length === 0 && isNarrow(expressions) ? expressions : [helpers.of(tool, constraint)];
  });
  // what goes through a list is looked at when all else holds
  const isLoop = (expression: string): boolean => expression.startsWith("every ");
  return [...only, ...held.filter((one) => !isLoop(one)), ...held.filter(isLoop)];
}

function namesOf(tool: LearnedTool, helpers: Helpers): string {
  const names = tool.constraints.map(({ name }) => name);
  if (names.length === 0) return "set()";
  const flat = `{${names.map((name) => formatTerm(name)).join(", ")}}`;
  return flat.length < LINE_WIDTH - 20 ? flat : helpers.names(tool);
}

/** The rules that a tool's own rule refers to. */
function writeHelpers(tool: LearnedTool, options: RulesOptions, helpers: Helpers): readonly string[] {
  const body = writeBody(tool, helpers);
  const names = helpers.names(tool);
  const list = body.some((line) => line.includes(names))
    ? [
        setOf(
          names,
          tool.constraints.map(({ name }) => name),
        ),
      ]
    : [];
  return [
    ...list,
    ...tool.constraints
      .filter((constraint) => body.includes(helpers.of(tool, constraint)))
      .flatMap((constraint) => {
        const name = helpers.of(tool, constraint);
        const absent = constraint.isRequired ? [] : [`${name} if not _has(${formatTerm(constraint.name)})`];
        const clauses = constraint.shapes.map((shape) => {
          const expressions = writeShape(shape, argument(constraint));
          const [line = "", ...more] = expressions;
          const isShort = more.length === 0 && !line.includes("\n") && `${name} if ${line}`.length <= LINE_WIDTH;
          const clause = isShort ? `${name} if ${line}` : `${name} if {\n${expressions.map(indent).join("\n")}\n}`;
          const schema = options.schemaLines(tool);
          return [...(schema.length > 0 ? ["# METADATA", ...schema] : []), clause].join("\n");
        });
        return [...absent, ...clauses];
      }),
  ];
}

/** Conditions on a value, each a line or more, without indentation. */
function writeShape(shape: Shape, value: string): readonly string[] {
  switch (shape.kind) {
    case "one_of": {
      const [only, ...others] = shape.values;
      if (others.length === 0) return [`${value} == ${formatTerm(only)}`];
      const literals = shape.values.map((one) => formatTerm(one));
      const line = `${value} in {${literals.join(", ")}}`;
      return [
        line.length < LINE_WIDTH - 1 ? line : `${value} in {\n${literals.map((one) => `\t${one},`).join("\n")}\n}`,
      ];
    }
    case "below":
      return [`_stays_below(${value}, ${formatTerm(shape.folder)})`];
    case "range":
      return [`is_number(${value})`, `${value} >= ${shape.min}`, `${value} <= ${shape.max}`];
    case "list_of": {
      const conditions = writeShape(shape.item, "item");
      const line = `every item in ${value} { ${conditions.join("; ")} }`;
      const isShort = conditions.length === 1 && !line.includes("\n") && line.length < LINE_WIDTH - 1;
      const every = isShort ? line : `every item in ${value} {\n${conditions.map(indent).join("\n")}\n}`;
      return [`is_array(${value})`, every];
    }
    case "type":
      return [shape.type === "null" ? `${value} == null` : `is_${shape.type}(${value})`];
  }
}

function argument({ name }: Constraint): string {
  return `input.args${step(name)}`;
}

function isNarrow(expressions: readonly string[]): boolean {
  return expressions.every((expression) => expression.split("\n").every((line) => line.length < LINE_WIDTH - 1));
}

function readsArguments(body: readonly string[]): boolean {
  return body.some((line) => line.includes("input.args"));
}

/** What several rules use, as far as any does. */
function writeShared(tools: readonly LearnedTool[]): readonly string[] {
  const constraints = tools.flatMap((tool) => tool.constraints);
  const usesOnly = tools.some(({ isOpen }) => !isOpen);
  const usesHas = constraints.some(({ isRequired, shapes }) => (shapes.length === 0) === isRequired);
  const usesFolder = constraints.some(({ shapes }) =>
    shapes.some((shape) => shape.kind === "below" || (shape.kind === "list_of" && shape.item.kind === "below")),
  );
  return [
    ...(usesOnly ? ["_only(names) if count(object.keys(input.args) - names) == 0"] : []),
    ...(usesHas ? ["_has(name) if name in object.keys(input.args)"] : []),
    ...(usesFolder
      ? [`_stays_below(path, folder) if {\n\tstartswith(path, folder)\n\tnot contains(path, "..")\n}`]
      : []),
  ];
}

type Helpers = {
  readonly of: (tool: LearnedTool, constraint: Constraint) => string;
  readonly names: (tool: LearnedTool) => string;
};

/** Names for helpers, each once in the file. */
function nameHelpers(tools: readonly LearnedTool[]): Helpers {
  const taken = new Set(["_is_seen", "_only", "_has", "_stays_below"]);
  const named = new Map<string, string>();
  const take = (key: string, wanted: string): void => {
    const plain = `_${wanted.replaceAll(/[^A-Za-z0-9]+/g, "_").toLowerCase()}`.slice(0, 60);
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) name = `${plain}_${number}`;
    taken.add(name);
    named.set(key, name);
  };
  for (const tool of tools) {
    take(JSON.stringify([tool.name]), `${tool.name}_arguments`);
    for (const { name } of tool.constraints) take(JSON.stringify([tool.name, name]), `${tool.name}_${name}`);
  }
  return {
    of: (tool, { name }) => named.get(JSON.stringify([tool.name, name])) ?? "",
    names: (tool) => named.get(JSON.stringify([tool.name])) ?? "",
  };
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `\t${line}`)
    .join("\n");
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
