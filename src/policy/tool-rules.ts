// Writes the Rego that allows, denies, limits or asks approval for exactly one tool, whatever it is named. Text only: it
// judges nothing, and what the text does to the rules that are there already is for the reader.
import { createHash } from "node:crypto";
import { canBeInPath } from "./build/packages.ts";

/** What a person may want to say of a tool. */
export const TOOL_RULE_KINDS = ["allow", "rate_limit", "require_approval", "deny"] as const;
export type ToolRuleKind = (typeof TOOL_RULE_KINDS)[number];

/** What a rule with a limit says besides it: `limit` and `inherit` loosen nothing that speaks already. */
export type LimitAction = "allow" | "limit" | "inherit";

export type ToolRuleOptions = {
  readonly server: string;
  readonly tool: string;
  /** The tools of the server, this one too: no two get rules of one id. */
  readonly tools: Iterable<string>;
  /** Whether a rule of the server's package has this id. */
  readonly isTaken: (id: string) => boolean;
  /** Whether the text begins with the package, for a file of its own. */
  readonly withPackage: boolean;
  readonly limitAction: LimitAction;
};

/** By what it says, a rule with its METADATA, ending in a line feed. */
export type ToolRules = Readonly<Record<ToolRuleKind, string>>;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_ID = 60;
const HASH_DIGITS = 8;

/** What each kind adds to the tool's name in its id and title, and the fields behind id and action. */
const KINDS: Readonly<Record<ToolRuleKind, { suffix: string; title: string; fields: readonly string[] }>> = {
  allow: { suffix: "allowed", title: "is allowed", fields: [] },
  rate_limit: { suffix: "limited", title: "is limited", fields: ['"rate_limit": {"max": 10, "window": 60}'] },
  require_approval: {
    suffix: "approved",
    title: "is a person's decision",
    fields: ['"reason": "A person approves each call"'],
  },
  deny: {
    suffix: "denied",
    title: "is denied",
    fields: ['"reason": "This tool is not for agents"', '"hide": true'],
  },
};

export function writeToolRules(options: ToolRuleOptions): ToolRules {
  const stem = writeStem(options.tool, options.tools);
  const write = (kind: ToolRuleKind): string => {
    const rule = writeRule(kind, `${stem}-${KINDS[kind].suffix}`, options);
    return options.withPackage ? `package policy.servers${writeKey(options.server)}\n\n${rule}` : rule;
  };
  return {
    allow: write("allow"),
    rate_limit: write("rate_limit"),
    require_approval: write("require_approval"),
    deny: write("deny"),
  };
}

function writeRule(kind: ToolRuleKind, wantedId: string, { tool, isTaken, limitAction }: ToolRuleOptions): string {
  const { title, fields } = KINDS[kind];
  const id = firstFree(wantedId, isTaken);
  const action = kind === "rate_limit" ? limitAction : kind;
  // neither can stand in a head (policy/build/speaking-rules)
  const [head, condition] =
    tool.includes("*") || !canBeInPath(tool)
      ? ['rules["*"]', ` if input.tool == ${writeString(tool)}`]
      : [`rules${writeKey(tool)}`, ""];
  return [
    "# METADATA",
    `# title: ${writeTitle(tool, title)}`,
    `${head} contains {`,
    ...[`"id": ${writeString(id)}`, `"action": "${action}"`, ...fields].map((field) => `\t${field},`),
    `}${condition}`,
    "",
  ].join("\n");
}

/** As it stands behind a ref: `.name`, or `["na-me"]`. */
function writeKey(name: string): string {
  return IDENTIFIER.test(name) ? `.${name}` : `[${writeString(name)}]`;
}

/** A string of Rego in plain ASCII: nothing in a rule hides, or looks like something else. */
function writeString(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** One line of YAML, which has no surrogates: what is beyond 16 bits is one escape there. */
function writeTitle(tool: string, title: string): string {
  if (IDENTIFIER.test(tool)) return `${tool} ${title}`;
  return JSON.stringify(`${tool} ${title}`).replace(/[^\x20-\x7e]/gu, (char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16);
    return char.length === 1 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
}

/** The tool's name in kebab-case, with a hash where another tool of the server would have the same, or it was cut. */
function writeStem(tool: string, tools: Iterable<string>): string {
  const stem = toKebab(tool);
  const isAmbiguous = [...tools].some((other) => other !== tool && toKebab(other) === stem);
  if (stem.length <= LONGEST_ID && !isAmbiguous) return stem;
  const hash = createHash("sha256").update(tool).digest("hex").slice(0, HASH_DIGITS);
  return `${stem.slice(0, LONGEST_ID).replace(/-$/, "")}-${hash}`;
}

function toKebab(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/[^A-Za-z0-9]+/g, "-");
  return words.replace(/^-|-$/g, "").toLowerCase() || "tool";
}

function firstFree(id: string, isTaken: (id: string) => boolean): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? id : `${id}-${n}`;
    if (!isTaken(candidate)) return candidate;
  }
}
