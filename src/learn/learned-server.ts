// One server as its rules will have it: the tools that can have rules, each with what its arguments are held to. Pure.
import type { Category } from "../gate/types.ts";
import { isPlainToolName } from "../scan/rego-text.ts";
import { type Constraint, constrain } from "./constraints.ts";
import type { SeenServer, SeenTool } from "./seen.ts";

export type LearnedTool = {
  readonly name: string;
  readonly calls: number;
  readonly sessions: number;
  /** Tokens of its bucket, which is full again in a minute. */
  readonly max: number;
  readonly category: Category | undefined;
  /** What stays out of the log, as before: JSON pointers into args, sorted. */
  readonly redact: readonly string[];
  /** Sorted by name. */
  readonly constraints: readonly Constraint[];
  /** Where the log did not hold all arguments: then any other argument may come as well. */
  readonly isOpen: boolean;
};

export type LearnedServer = {
  readonly server: string;
  /** Sorted by name. */
  readonly tools: readonly LearnedTool[];
  /** Tools that no rule can be written for, because of their names. */
  readonly leftOut: readonly string[];
};

/** @param enough from how many calls on values are held to what they were */
export function learnServer(server: string, seen: SeenServer, enough: number): LearnedServer {
  const names = [...seen.tools.keys()].sort();
  return {
    server,
    tools: names.filter(isPlainToolName).flatMap((name) => {
      const tool = seen.tools.get(name);
      return tool === undefined ? [] : [learnTool(name, tool, enough)];
    }),
    leftOut: names.filter((name) => !isPlainToolName(name)),
  };
}

function learnTool(name: string, seen: SeenTool, enough: number): LearnedTool {
  const readable = seen.calls - seen.unreadable;
  const constraints = [...seen.arguments]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([argument, seenArgument]) => constrain(argument, seenArgument, readable, enough));
  return {
    name,
    calls: seen.calls,
    sessions: seen.sessions.size,
    max: Math.max(1, seen.peak),
    category: seen.category,
    redact: [...seen.redact].sort(),
    // what was not seen whole can't be asked for
    constraints: seen.unreadable > 0 ? constraints.map((one) => ({ ...one, isRequired: false })) : constraints,
    isOpen: seen.unreadable > 0,
  };
}
