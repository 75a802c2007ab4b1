// A report for a terminal: by server and tool, what changes, by which input, through which rule. Names, reasons and arguments come
// from policies, logs and commits: none of them can break a line or write over another.
import { showable } from "../../mcp/showable.ts";
import type { Origin } from "../../policy/diff/change-table.ts";
import { type ChangePart, describeOutcome } from "../../policy/diff/compare-outcomes.ts";
import type { Culprit } from "../../policy/diff/find-culprits.ts";
import { writeTrailer } from "./acknowledgements.ts";
import { describeInput } from "./describe-input.ts";
import { describeCounts, describeInputs, describeSide, listNotes, type Report, type ReportRow } from "./report.ts";

const MAX_CHARACTERS = 400;
const INDENT = "             ";

export function writeText(report: Report): string {
  const lines = [
    `${show(describeSide(report.base))} -> ${show(describeSide(report.head))}: ${describeCounts(report)}`,
    `  over ${describeInputs(report)}`,
    ...writeRows(report.rows),
    ...report.unlisted.map(({ server, tool, change, inputs }) => {
      return `\n${show(server)}\n  ${show(tool)}\n    ${change.padEnd(9)}and ${inputs.toLocaleString("en-US")} inputs that change in other ways`;
    }),
    ...writeNotes(report),
    ...writeFailing(report),
  ];
  return `${lines.join("\n")}\n`;
}

/** What a decision's change is made of, but for what the outcomes say by themselves. */
export function listDetails(parts: readonly ChangePart[]): readonly ChangePart[] {
  const [first] = parts;
  return parts.filter(({ what }) => {
    if (what === "action" || what === "limits" || what === "rules") return false;
    return what !== "reasons" || first?.what !== "action";
  });
}

export function describeCounted(counts: Readonly<Record<Origin, number>>): string {
  const parts = [
    [counts.generated, "input", "inputs"],
    [counts.sample, "sample", "samples"],
    [counts.recorded, "recorded call", "recorded calls"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`)
    .join(", ");
}

/** `gone`, `new`, ... : where the rule stands in the side that has it. */
export function describePlace({ rule, how, at }: Culprit): string {
  const id = rule.slice(rule.lastIndexOf("/") + 1);
  return `${id} ${how === "gone" ? "is gone" : how === "new" ? "is new" : how === "changed" ? "changed" : how}, ${at === undefined ? rule : `${at.file}:${at.row}`}`;
}

function writeRows(rows: readonly ReportRow[]): readonly string[] {
  let server: string | undefined;
  let tool: string | undefined;
  return rows.flatMap((row) => {
    const heads: string[] = [];
    if (row.server !== server) {
      heads.push(`\n${show(row.server)}`);
      tool = undefined;
    }
    if (row.tool !== tool) heads.push(`  ${show(row.tool)}`);
    server = row.server;
    tool = row.tool;
    return [...heads, ...writeRow(row)];
  });
}

function writeRow({ change, parts, shown, culprits, counts, acknowledgement }: ReportRow): readonly string[] {
  const title = shown.title === undefined ? "" : `sample "${shown.title}": `;
  return [
    `    ${change.padEnd(9)}${show(describeOutcome(shown.base))} -> ${show(describeOutcome(shown.head))}`,
    ...listDetails(parts).map(({ what, base, head }) => `${INDENT}${what}: ${show(base)} -> ${show(head)}`),
    ...describeFacts(shown.inputs).map((line) => `${INDENT}${show(line)}`),
    ...culprits.map((culprit) => `${INDENT}${show(describePlace(culprit))}`),
    `${INDENT}${show(`${title}${describeInput(shown)}`)}  (${describeCounted(counts)})`,
    ...(acknowledgement === undefined ? [] : [`${INDENT}${show(`acknowledged by ${describeBy(acknowledgement)}`)}`]),
  ];
}

export function describeBy({ by, reason }: { readonly by: string; readonly reason?: string }): string {
  return reason === undefined ? by : `${by}: ${reason}`;
}

/** What the catalogues of the two say of a tool, where they differ. */
export function describeFacts({ base, head }: { readonly base: string; readonly head: string }): readonly string[] {
  if (base === head) return [];
  const [before, after] = [base, head].map(readFacts);
  return before === after ? [] : [`catalogue: ${before} -> ${after}`];
}

function readFacts(inputText: string): string {
  const input: unknown = JSON.parse(inputText);
  const fields = new Map(typeof input === "object" && input !== null ? Object.entries(input) : []);
  const definition = JSON.stringify(fields.get("definition") ?? {});
  const reviewed = definition.includes('"catalogued":false') ? ", not in it" : "";
  return `${fields.get("category")}, ${fields.get("severity")}${reviewed}${definition.includes('"changed":true') ? ", changed" : ""}`;
}

function writeNotes(report: Report): readonly string[] {
  const notes = listNotes(report);
  return notes.length === 0 ? [] : ["", ...notes.map((note) => `note: ${show(note)}`)];
}

function writeFailing({ failing, failOn }: Report): readonly string[] {
  if (failing.length === 0) return [];
  const trailers = new Set(failing.map(({ change, server, tool }) => writeTrailer(change, server, tool)));
  const what = failOn === "any" ? "change" : `${failOn} change`;
  return [
    "",
    `${failing.length} ${what}${failing.length === 1 ? " is" : "s are"} not acknowledged; to acknowledge, end a commit message of the head with`,
    ...[...trailers].map((trailer) => `  ${show(trailer)}`),
  ];
}

function show(text: string): string {
  return showable(text, MAX_CHARACTERS);
}
