// What `regate learn` says of what it saw: a line for each tool, and what it saw too little of to go by. Pure.
import { showable } from "../mcp/showable.ts";
import type { Constraint, Shape } from "./constraints.ts";
import type { LearnedServer, LearnedTool } from "./learned-server.ts";
import type { Seen, SeenServer } from "./seen.ts";

const DAY_MS = 86_400_000;
const MAX_NAMED = 10;
/** Allowed because agents were seen to use them; whether they should is for a person. */
const GRAVE = ["Execute", "Financial", "Destructive", "Unknown"];

/** One line for each tool. */
export function describeTools({ tools }: LearnedServer): readonly string[] {
  const width = Math.max(0, ...tools.map(({ name }) => name.length));
  return tools.map((tool) => {
    const { name, calls, sessions, max, category = "of no known category" } = tool;
    const seen = `${plural(calls, "call")} in ${plural(sessions, "session")}, at most ${max} in a minute`;
    return `${name.padEnd(width)}  ${category}, ${seen}; ${describeArguments(tool)}`;
  });
}

/** One sentence for each thing that the rules may be too narrow or too wide for. */
export function listDoubts(learned: LearnedServer, server: SeenServer, enough: number): readonly string[] {
  const { tools, leftOut } = learned;
  const few = tools.filter(({ calls }) => calls < enough);
  const seldom = tools
    .filter(({ calls }) => calls >= enough)
    .flatMap((tool) =>
      tool.constraints
        .filter(({ calls, shapes }) => calls < enough && shapes.length > 0)
        .map((one) => `${tool.name}.${showable(one.name)} (${one.calls} of ${tool.calls} calls)`),
    );
  const grave = tools.filter(({ category }) => GRAVE.includes(category ?? "Unknown"));
  const open = tools.filter(({ isOpen }) => isOpen);
  const free = tools.flatMap((tool) =>
    tool.constraints
      .filter(({ shapes }) => shapes.length === 0)
      .map(({ name: own }) => `${tool.name}.${showable(own)}`),
  );
  const objects = tools.flatMap((tool) =>
    tool.constraints
      .filter(({ shapes }) => shapes.some(isUnlooked))
      .map(({ name: own }) => `${tool.name}.${showable(own)}`),
  );
  const letThrough = [...server.tools].filter(([, { letThrough: kinds }]) => kinds.size > 0);
  return [
    ...(few.length === 0
      ? []
      : [`fewer than ${enough} calls of ${namesOf(few)}: their arguments are held to types, not to what they were`]),
    ...(seldom.length === 0 ? [] : [`seldom there, and held to a type only: ${list(seldom)}`]),
    ...(server.sessions.size === 1 ? ["all calls are of one session: limits and arguments are one agent's"] : []),
    ...(free.length === 0 ? [] : [`the log masked or cut ${list(free)}: any value is allowed there`]),
    ...(open.length === 0
      ? []
      : [`the log did not hold all arguments of ${namesOf(open)}: any others are allowed there`]),
    ...(objects.length === 0 ? [] : [`nothing holds what is inside ${list(objects)}`]),
    ...(grave.length === 0
      ? []
      : [
          `allowed because agents used them, see whether they should be: ${grave.map((tool) => `${tool.name} (${tool.category ?? "no known category"})`).join(", ")}`,
        ]),
    ...(letThrough.length === 0
      ? []
      : [
          `the policy in force would have refused ${letThrough.map(([tool, { letThrough: kinds }]) => `${showable(tool)} (${describeCounts(kinds)})`).join(", ")}; these rules allow it`,
        ]),
    ...(server.refused.size === 0
      ? []
      : [`calls that were refused are not among what was seen: ${describeCounts(server.refused)}`]),
    ...(leftOut.length === 0
      ? []
      : [`no rule could be written for ${list(leftOut.map((tool) => showable(tool)))}: it is denied`]),
    ...(server.otherCalls === 0
      ? []
      : [`${plural(server.otherCalls, "call")} of more tools than are looked at: those are denied`]),
  ];
}

/** One sentence where all of it is of a short time; undefined where it is not. */
export function describeShortTime({ firstUnixMs, lastUnixMs }: Seen): string | undefined {
  if (firstUnixMs === undefined || lastUnixMs === undefined || lastUnixMs - firstUnixMs >= DAY_MS) return undefined;
  const minutes = Math.ceil((lastUnixMs - firstUnixMs) / 60_000);
  return `all calls are of ${minutes < 120 ? plural(Math.max(1, minutes), "minute") : plural(Math.ceil(minutes / 60), "hour")}: what agents do on other days was not seen`;
}

/** `123 calls, 2026-11-01 to 2026-11-04`. */
export function describeSource({ calls, firstUnixMs = 0, lastUnixMs = 0 }: Seen): string {
  const [from, to] = [firstUnixMs, lastUnixMs].map((unixMs) => new Date(unixMs).toISOString().slice(0, 10));
  return `${plural(calls, "call")}, ${from === to ? `of ${from}` : `${from} to ${to}`}`;
}

function describeArguments({ constraints, isOpen }: LearnedTool): string {
  if (constraints.length === 0) return isOpen ? "any arguments" : "no arguments";
  return constraints.map((constraint) => `${showable(constraint.name)} ${describeConstraint(constraint)}`).join(", ");
}

function describeConstraint({ isRequired, shapes }: Constraint): string {
  const what = shapes.length === 0 ? "anything" : shapes.map(describeShape).join(" or ");
  return isRequired ? what : `${what} or nothing`;
}

function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case "one_of":
      return shape.values.map((value) => showable(JSON.stringify(value))).join(" or ");
    case "below":
      return `below ${showable(shape.folder)}`;
    case "range":
      return `from ${shape.min} to ${shape.max}`;
    case "list_of":
      return `a list, each ${describeShape(shape.item)}`;
    case "type":
      return shape.type === "null" ? "null" : `${/^[aeiou]/.test(shape.type) ? "an" : "a"} ${shape.type}`;
  }
}

function isUnlooked(shape: Shape): boolean {
  return shape.kind === "type" && (shape.type === "object" || shape.type === "array");
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

function namesOf(tools: readonly LearnedTool[]): string {
  return list(tools.map((tool) => tool.name));
}

function list(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return `${names.slice(0, MAX_NAMED).join(", ")}${more}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
