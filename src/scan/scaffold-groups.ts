// Which rule of a scaffold each tool gets: the shipped default of its category (rego/policy/defaults), or in a repository
// with defaults of its own one that leaves it to them. test/scan/scaffold.test.ts holds them against the defaults.
import type { CatalogueTool } from "../policy/catalogue.ts";

export type Outcome = {
  /** `listed`: one rule for all tools of the group; `own`: one for each, with the tool's name as its id. */
  readonly kind: "listed" | "own";
  /** Of the rule that is shared. */
  readonly id?: string;
  readonly action: "allow" | "inherit" | "require_approval" | "deny";
  readonly reason?: string;
  readonly isLimited?: boolean;
  readonly isHidden?: boolean;
};

export type ToolGroup = {
  /** A word for the group, as in `_limited`. */
  readonly name: string;
  readonly outcome: Outcome;
  /** Sorted; never empty. */
  readonly tools: readonly string[];
};

const GROUPS: readonly (readonly [name: string, outcome: Outcome])[] = [
  ["reading", { kind: "listed", action: "allow" }],
  ["allowed", { kind: "own", action: "allow" }],
  ["limited", { kind: "own", action: "allow", isLimited: true }],
  [
    "severe",
    {
      kind: "own",
      action: "require_approval",
      reason: "What this tool can run is for a person to approve",
      isLimited: true,
    },
  ],
  [
    "money",
    {
      kind: "own",
      action: "require_approval",
      reason: "Moving money, or changing what is owed, is for a person to approve",
    },
  ],
  [
    "destructive",
    { kind: "own", action: "deny", reason: "What can't be undone is done by people, not by agents", isHidden: true },
  ],
  ["unknown", { kind: "own", action: "deny", reason: "Nobody has reviewed or classified this tool yet" }],
];

export function groupTools(
  tools: Readonly<Record<string, CatalogueTool>>,
  hasOwnDefaults: boolean,
): readonly ToolGroup[] {
  const id = findSharedId(tools);
  return GROUPS.flatMap(([name, outcome]): ToolGroup[] => {
    const found = Object.keys(tools).filter((tool) => tools[tool] !== undefined && groupOf(tools[tool]) === name);
    if (found.length === 0) return [];
    const named = outcome.kind === "listed" ? { ...outcome, id } : outcome;
    return [{ name, outcome: hasOwnDefaults ? leaveToDefaults(named) : named, tools: found.sort() }];
  });
}

/** An id that no tool's own rule has. */
function findSharedId(tools: Readonly<Record<string, CatalogueTool>>): string {
  let id = "reading";
  while (Object.hasOwn(tools, id)) id += "-tools";
  return id;
}

/** A tool that reads what is severe stands by itself, for whoever reviews the file. */
function groupOf({ category, severity }: CatalogueTool): string {
  const isSevere = severity === "high" || severity === "critical";
  switch (category) {
    case "Read":
      return isSevere ? "allowed" : "reading";
    case "Write":
      return "limited";
    case "Execute":
      return isSevere ? "severe" : "limited";
    case "Financial":
      return "money";
    case "Destructive":
      return "destructive";
    case "Unknown":
      return "unknown";
  }
}

function leaveToDefaults({ kind, id }: Outcome): Outcome {
  return { kind, action: "inherit", ...(id !== undefined && { id }) };
}
