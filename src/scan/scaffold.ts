// The first rule file of a server and its test: a start for a person to edit, in which each tool has the default of its
// category as a rule. It changes no decision: where the repository has defaults of its own, the rules leave it to them.
import type { CatalogueTool } from "../policy/catalogue.ts";
import { isPlainToolName, LINE_WIDTH, packageLine, setOf, step, yamlText } from "./rego-text.ts";
import { groupTools, type Outcome, type ToolGroup } from "./scaffold-groups.ts";
import { writeScaffoldTest } from "./scaffold-test.ts";

export type ScaffoldOptions = {
  readonly server: string;
  readonly title: string;
  readonly tools: Readonly<Record<string, CatalogueTool>>;
  /** The name of a tool's schema in `schema.tools[SERVER]`. */
  readonly schemaNames: ReadonlyMap<string, string>;
  /** The defaults that judge are not the shipped ones. */
  readonly hasOwnDefaults: boolean;
};

export type Scaffold = {
  readonly rules: string;
  readonly test: string;
  /** Tools that no rule was written for, because of their names. */
  readonly leftOut: readonly string[];
};

/** A file with more rules is for nobody to read. */
const MAX_TOOLS = 500;
const MAX_TITLE_CHARACTERS = 80;

/** @returns undefined where there is no tool to write a rule for, or there are too many */
export function writeScaffold(options: ScaffoldOptions): Scaffold | undefined {
  const names = Object.keys(options.tools);
  const plain = Object.fromEntries(Object.entries(options.tools).filter(([name]) => isPlainToolName(name)));
  const count = Object.keys(plain).length;
  if (count === 0 || count > MAX_TOOLS) return undefined;
  const groups = groupTools(plain, options.hasOwnDefaults);
  const title = options.title.trim() === "" ? options.server : options.title.slice(0, MAX_TITLE_CHARACTERS);
  return {
    rules: writeRules(options, title, groups),
    test: writeScaffoldTest({ server: options.server, title, groups, hasOwnDefaults: options.hasOwnDefaults }),
    leftOut: names.filter((name) => !isPlainToolName(name)),
  };
}

function writeRules(options: ScaffoldOptions, title: string, groups: readonly ToolGroup[]): string {
  const rules = groups.flatMap((group) =>
    group.outcome.kind === "listed"
      ? [writeListed(group)]
      : group.tools.map((tool) => writeRule(tool, group.outcome, options)),
  );
  const head = `# METADATA
# title: ${yamlText(title)}
# description: |
#   Written by \`regate scan\` from what the server listed, for people to edit: it is not written again. ${describeRules(options)}
#   A tool that is not named here follows the defaults of its category.
# scope: package
# schemas:
#   - input: schema.input
`;
  const body = rules.join("\n\n");
  const lines = `${head}\n\n${body}`.split("\n").length;
  return `${head}${packageLine(`policy.servers${step(options.server)}`, lines)}\n\n${body}\n`;
}

function describeRules({ hasOwnDefaults }: ScaffoldOptions): string {
  return hasOwnDefaults
    ? "Each rule leaves\n#   its tool to the defaults of the category: put in its place what shall hold."
    : "Each tool has the\n#   default of its category as a rule; those that only read share one.";
}

function writeListed({ tools, outcome }: ToolGroup): string {
  return `# METADATA
# title: Reading
# description: Where one of these needs a condition, give it a rule of its own that denies; the strictest wins.
rules["*"] contains {
	"id": "${outcome.id ?? ""}",
	"action": "${outcome.action}",
} if input.tool in _reading

${setOf("_reading", tools)}`;
}

function writeRule(tool: string, outcome: Outcome, { server, tools, schemaNames }: ScaffoldOptions): string {
  const fields = [
    `"id": "${tool}",`,
    `"action": "${outcome.action}",`,
    ...(outcome.reason === undefined ? [] : [`"reason": "${outcome.reason}",`]),
    ...(outcome.isLimited ? ['"rate_limit": {"max": 10, "window": 60},'] : []),
    ...(outcome.isHidden ? ['"hide": true,'] : []),
  ];
  return [
    "# METADATA",
    `# title: ${yamlText(tool)}`,
    `# description: ${describeEntry(tools[tool])}`,
    ...bindSchema(server, schemaNames.get(tool)),
    `rules${step(tool)} contains {`,
    ...fields.map((field) => `\t${field}`),
    "}",
  ].join("\n");
}

/** `Write, severity high (credentials)`. */
function describeEntry(entry: CatalogueTool | undefined): string {
  const signals = (entry?.signals ?? []).filter((signal) => /^[a-z_]{1,30}$/.test(signal)).slice(0, 3);
  const suffix = signals.length > 0 ? ` (${signals.join(", ")})` : "";
  return `${entry?.category}, severity ${entry?.severity}${suffix}`;
}

/** With it \`opa check --schema schemas\` knows the tool's arguments. */
export function bindSchema(server: string, name: string | undefined): readonly string[] {
  if (name === undefined) return [];
  const path = `schema.tools${step(server)}${step(name)}`;
  const lines = ["# scope: rule", "# schemas:"];
  const line = `#   - input.args: ${path}`;
  if (line.length <= LINE_WIDTH) return [...lines, line];
  const folded = `#       ${path}`;
  return folded.length <= LINE_WIDTH ? [...lines, "#   - input.args:", folded] : [];
}
