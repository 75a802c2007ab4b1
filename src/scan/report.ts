// What a scan found, for a person: a table of the tools that changed, or with `--check` each difference in full. All of it
// comes from a server, so all of it is made showable.
import type { Classification } from "../gate/types.ts";
import { showable } from "../mcp/showable.ts";
import type { CatalogueTool } from "../policy/catalogue.ts";
import type { Difference, ToolChange } from "./merge-catalogue.ts";
import type { Scanned } from "./scan-server.ts";
import { showName } from "./show.ts";
import { showWordDiff } from "./word-diff.ts";

const MAX_ROWS = 200;
const MAX_VALUE_CHARACTERS = 200;
const MAX_SHOWN_PATHS = 4;
/** Signals (rego/regate/classifier/signals) of a text that speaks to the model, or hides from the person. */
const ALARMING: readonly string[] = ["hidden_text", "instructs_model"];

/** Whether the server's tools are not those that were reviewed. A judgement that was only completed is none of it. */
export function isDrift(change: ToolChange): boolean {
  return change.kind !== "changed" || change.differences.length > 0;
}

/** What a scan did: one line for each tool that changed. */
export function describeScan(scanned: Scanned): string {
  const { changes } = scanned;
  const rows = changes
    .slice(0, MAX_ROWS)
    .map((change) => [showName(change.tool), change.kind, summarize(change)] as const);
  const more = changes.length > MAX_ROWS ? [`  and ${changes.length - MAX_ROWS} more`] : [];
  const files = describeFiles(scanned);
  return join([
    `${describeHead(scanned)}${changes.length === 0 ? ", nothing changed" : ""}`,
    ...table(rows),
    ...more,
    ...describeRemarks(scanned),
    ...(files === "" ? [] : [`  ${files}`]),
  ]);
}

/** What a check found: each difference in full. */
export function describeCheck(scanned: Scanned): string {
  const changes = scanned.changes.filter(isDrift);
  return join([
    `${describeHead(scanned)}, ${describeVerdict(changes.length, scanned.faults.length)}`,
    ...changes.slice(0, MAX_ROWS).flatMap(describeChange),
    ...(changes.length > MAX_ROWS ? [`  and ${changes.length - MAX_ROWS} more`] : []),
    ...describeRemarks(scanned),
  ]);
}

function describeVerdict(changes: number, faults: number): string {
  if (changes > 0) return changes === 1 ? "1 is not as reviewed" : `${changes} are not as reviewed`;
  return faults > 0 ? "as reviewed, in a list that is not in order" : "as reviewed";
}

function describeHead({ server, package: name, version, count }: Scanned): string {
  const from = [name, version].filter((part) => part !== undefined).map((part) => showable(part));
  return `${server}${from.length === 0 ? "" : ` (${from.join(" ")})`}: ${count === 1 ? "1 tool" : `${count} tools`}`;
}

function describeRemarks({ faults, notes }: Scanned): string[] {
  const shown = [...faults.map((fault) => `  not in order: ${fault}`), ...notes.map((note) => `  note: ${note}`)];
  return shown.length <= MAX_ROWS ? shown : [...shown.slice(0, MAX_ROWS), `  and ${shown.length - MAX_ROWS} more`];
}

function describeFiles({ files }: Scanned): string {
  const written = files.filter(({ content }) => content !== undefined).map(({ shown }) => shown);
  const schemas = written.filter((shown) => /schemas[\\/]tools[\\/]/.test(shown));
  const others = written.filter((shown) => !schemas.includes(shown));
  const removed = files.length - written.length;
  return [
    ...(written.length === 0
      ? []
      : [`wrote ${[...others, ...(schemas.length === 0 ? [] : [counted(schemas.length)])].join(", ")}`]),
    ...(removed === 0 ? [] : [`removed ${counted(removed)}`]),
  ].join("; ");
}

function counted(schemas: number): string {
  return schemas === 1 ? "1 schema of a tool" : `${schemas} schemas of tools`;
}

/** The row of one tool. */
function summarize(change: ToolChange): string {
  switch (change.kind) {
    case "added":
      return describeAdded(change.entry);
    case "removed":
      return "the server lists it no more; rules may still name it";
    case "changed": {
      const { differences, live, entry } = change;
      return (
        [...nameDifferences(differences), ...remarksOn(live, entry, differences)].join("; ") ||
        "risk, signals or rationale now follow its judgement"
      );
    }
  }
}

/** What it was taken for, and why with that severity: nobody has looked at it yet. */
function describeAdded(entry: CatalogueTool): string {
  const { signals = [] } = entry;
  return `${describeJudgement(entry)}${signals.length === 0 ? "" : ` (${signals.join(", ")})`}`;
}

function nameDifferences(differences: readonly Difference[]): string[] {
  const paths = differences.flatMap((one) => (one.kind === "json" ? [showable(one.path)] : []));
  const named = [...new Set(differences.filter(({ kind }) => kind !== "json").map(({ kind }) => NAMES[kind]))];
  const shown = paths.slice(0, MAX_SHOWN_PATHS).join(", ");
  const more = paths.length > MAX_SHOWN_PATHS ? ` and ${paths.length - MAX_SHOWN_PATHS} more` : "";
  return paths.length === 0 ? named : [...named, `${shown}${more}`];
}

const NAMES: Readonly<Record<Difference["kind"], string>> = {
  description: "description",
  json: "",
  elsewhere: "its definition, in what the catalogue does not keep",
  listed: "the server lists it now",
  no_schema: "its schema was missing",
};

function describeChange(change: ToolChange): string[] {
  const title = `  ${showName(change.tool)}: ${change.kind}`;
  if (change.kind === "added") return [`${title}: ${describeJudgement(change.entry)}`, ...describeNew(change.entry)];
  if (change.kind === "removed") return [`${title}: the server lists it no more; rules may still name it`];
  const { differences, live, entry } = change;
  const remarks = remarksOn(live, entry, differences).map((remark) => `    ${remark}`);
  return [title, ...differences.map((difference) => `    ${describeDifference(difference)}`), ...remarks];
}

function describeNew({ description, signals = [] }: CatalogueTool): string[] {
  const text = `    description: ${showWordDiff("", description ?? "")}`;
  const alarms = signals.filter((signal) => ALARMING.includes(signal));
  return alarms.length === 0 ? [text] : [text, `    ${describeAlarm(alarms)}`];
}

/** @param maxEdits of words, beyond which two texts are shown one after the other */
export function describeDifference(difference: Difference, maxEdits?: number): string {
  switch (difference.kind) {
    case "description":
      return `description: ${showWordDiff(difference.before, difference.after, maxEdits)}`;
    case "json":
      return `${showable(difference.path)}: ${describeValues(difference.before, difference.after, maxEdits)}`;
    default:
      return NAMES[difference.kind];
  }
}

function describeValues(before: unknown, after: unknown, maxEdits: number | undefined): string {
  if (typeof before === "string" && typeof after === "string") return showWordDiff(before, after, maxEdits);
  return `${showValue(before)} -> ${showValue(after)}`;
}

function showValue(value: unknown): string {
  return value === undefined ? "(nothing)" : showable(JSON.stringify(value), MAX_VALUE_CHARACTERS);
}

/** What the classifier makes of a definition that is not the reviewed one. */
function remarksOn(
  live: Classification | undefined,
  entry: CatalogueTool,
  differences: readonly Difference[],
): string[] {
  if (live === undefined) return [];
  const alarms = differences.length === 0 ? [] : live.signals.filter((signal) => ALARMING.includes(signal));
  const isOther = live.category !== entry.category || live.severity !== entry.severity;
  return [
    ...(alarms.length === 0 ? [] : [describeAlarm(alarms)]),
    ...(isOther ? [`the classifier says ${describeJudgement(live)} now, reviewed is ${describeJudgement(entry)}`] : []),
  ];
}

function describeAlarm(signals: readonly string[]): string {
  return `WARNING: its description now speaks to the model or hides text (${signals.join(", ")})`;
}

function describeJudgement({ category, severity }: Pick<Classification, "category" | "severity">): string {
  return `${category}, severity ${severity}`;
}

function table(rows: readonly (readonly [string, string, string])[]): string[] {
  const [first, second] = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([a, b, c]) => `  ${a.padEnd(first ?? 0)}  ${b.padEnd(second ?? 0)}  ${c}`);
}

function join(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
