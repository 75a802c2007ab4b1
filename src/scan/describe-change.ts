// What one live definition says otherwise than the reviewed one, on one line for a log: the differences that a check shows.
import type { ListedTool } from "../mcp/list-filter.ts";
import type { CatalogueTool } from "../policy/catalogue.ts";
import { describeDefinition } from "./describe-definition.ts";
import { findDifferences } from "./merge-catalogue.ts";
import { describeDifference } from "./report.ts";

/** A gate has other calls waiting: texts that differ in more words are shown one after the other. */
const MAX_EDITS = 200;
const MAX_DIFFERENCES = 12;
const MAX_CHARACTERS = 2_000;

/** The same for the same two definitions; nothing in it can hide, or break the line. */
export function describeChange(reviewed: CatalogueTool, tool: ListedTool): string {
  const differences = findDifferences(reviewed, { ...describeDefinition(tool), ...tool }, undefined).filter(
    ({ kind }) => kind !== "no_schema",
  );
  const told = differences.slice(0, MAX_DIFFERENCES).map((difference) => describeDifference(difference, MAX_EDITS));
  const more = differences.length - told.length;
  const line = [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}...` : line;
}
