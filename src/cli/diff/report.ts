// What `regate diff` found, ready to be written in any format: rows with who acknowledged them, numbers, and whether the check
// that was asked for fails. It formats nothing.
import type { ChangeRow, Unlisted } from "../../policy/diff/change-table.ts";
import { CHANGES, type ChangeKind } from "../../policy/diff/compare-outcomes.ts";
import type { Comparison } from "../../policy/diff/compare-policies.ts";
import type { Replayed } from "../../policy/diff/replay.ts";
import { type Acknowledgement, type Acknowledgements, findAcknowledgement } from "./acknowledgements.ts";
import type { ReplayedFile } from "./replay-files.ts";
import type { Side, Sides } from "./sides.ts";

export type FailOn = ChangeKind | "any";
export const FAIL_ON: readonly FailOn[] = [...CHANGES, "any"];

export type ReportRow = ChangeRow & { readonly acknowledgement: Acknowledgement | undefined };
export type ReportUnlisted = Unlisted & { readonly acknowledgement: Acknowledgement | undefined };

export type Report = {
  readonly base: Side;
  readonly head: Side;
  readonly comparison: Comparison;
  readonly rows: readonly ReportRow[];
  readonly unlisted: readonly ReportUnlisted[];
  readonly replay: { readonly result: Replayed; readonly files: readonly ReplayedFile[] } | undefined;
  readonly acknowledgements: Acknowledgements;
  readonly failOn: FailOn | undefined;
  /** What the check does not let pass. */
  readonly failing: readonly (ReportRow | ReportUnlisted)[];
};

export function composeReport(
  { base, head }: Sides,
  comparison: Comparison,
  replay: Report["replay"],
  acknowledgements: Acknowledgements,
  failOn: FailOn | undefined,
): Report {
  const acknowledge = <Row extends ChangeRow | Unlisted>(row: Row): Row & Pick<ReportRow, "acknowledgement"> => {
    return { ...row, acknowledgement: findAcknowledgement(acknowledgements.understood, row) };
  };
  const rows = comparison.table.rows().map(acknowledge);
  const unlisted = comparison.table.unlisted().map(acknowledge);
  const failing = [...rows, ...unlisted].filter(({ change, acknowledgement }) => {
    return (failOn === "any" || change === failOn) && acknowledgement === undefined;
  });
  return { base, head, comparison, rows, unlisted, replay, acknowledgements, failOn, failing };
}

/** Rows of each kind; what has no row of its own counts as one for each tool. */
export function countChanges({ rows, unlisted }: Report): Readonly<Record<ChangeKind, number>> {
  const count = (kind: ChangeKind): number => [...rows, ...unlisted].filter(({ change }) => change === kind).length;
  return { looser: count("looser"), stricter: count("stricter"), other: count("other") };
}

/** `2 looser, 1 stricter, 0 other` */
export function describeCounts(report: Report): string {
  const counts = countChanges(report);
  return CHANGES.map((kind) => `${counts[kind]} ${kind}`).join(", ");
}

/** Acknowledgements that no change needs. */
export function listIdle({ acknowledgements, rows, unlisted }: Report): readonly Acknowledgement[] {
  const used = new Set([...rows, ...unlisted].map(({ acknowledgement }) => acknowledgement));
  return acknowledgements.understood.filter((one) => !used.has(one));
}

/** What was compared: `4,210 generated inputs, 88 samples and 10,000 recorded calls`. */
export function describeInputs({ comparison, replay }: Report): string {
  const number = (count: number, one: string, many: string): string => {
    return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
  };
  const parts = [
    number(comparison.generated, "generated input", "generated inputs"),
    number(comparison.samples, "sample", "samples"),
    ...(replay === undefined ? [] : [number(replay.result.calls, "recorded call", "recorded calls")]),
  ];
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export function describeSide({ name, kind, commit }: Side): string {
  switch (kind) {
    case "revision":
      return `${name} (${commit?.slice(0, 9)})`;
    case "none":
      return `${name} (${commit?.slice(0, 9)}, no policy)`;
    default:
      return name;
  }
}

/** What a reader has to know to trust the rows, one sentence each. */
export function listNotes(report: Report): readonly string[] {
  const { base, comparison, replay, acknowledgements } = report;
  const { unreached, unshown, incomplete } = comparison;
  return [
    ...(base.kind === "none"
      ? [`${describeSide(base)}: without a policy nothing is permitted; this is what the first one permits`]
      : []),
    ...(unreached.length > 0
      ? [
          `${plural(unreached.length, "changed rule is", "changed rules are")} reached by no input, so that what changes there may not show: ${listSome(unreached)}`,
        ]
      : []),
    ...(unshown.length > 0
      ? [
          `${plural(unshown.length, "changed rule decides", "changed rules decide")} every input that was tried as before, so that what changes there is its form or does not show: ${listSome(unshown)}`,
        ]
      : []),
    ...(incomplete.length > 0 ? [`not all combinations of arguments were tried for ${listSome(incomplete)}`] : []),
    ...(replay === undefined ? [] : describeReplay(replay)),
    ...acknowledgements.misunderstood.map((line) => `not understood as an acknowledgement: ${line}`),
    ...listIdle(report).map(
      ({ change, target, by }) => `acknowledges nothing that changes: ${change} ${target}, by ${by}`,
    ),
  ];
}

function describeReplay({ result, files }: NonNullable<Report["replay"]>): readonly string[] {
  const { masked, rounded, differs } = result.obstacles;
  const { calls, tools } = result.uncatalogued;
  return [
    ...(masked > 0
      ? [
          `${plural(masked, "recorded call is", "recorded calls are")} not replayable: the decision may read what the log masked, cut or does not have`,
        ]
      : []),
    ...(rounded > 0
      ? [
          `${plural(rounded, "recorded call is", "recorded calls are")} not replayable: the decision may read a number that the log rounded`,
        ]
      : []),
    ...(differs > 0
      ? [
          `${plural(differs, "recorded call is", "recorded calls are")} not replayable: the bundle that judged them judges what the log holds otherwise`,
        ]
      : []),
    ...(calls > 0
      ? [
          `${plural(calls, "recorded call is", "recorded calls are")} of tools that no catalogue has, and judged as the log describes them: ${listSome(tools)}`,
        ]
      : []),
    ...files.flatMap(({ shown, faults }) => {
      return faults.map(({ what, count, lines }) => {
        const more = count > lines.length ? ", ..." : "";
        return `${shown}: ${plural(count, "line was", "lines were")} passed over, ${what}: ${count === 1 ? "line" : "lines"} ${lines.join(", ")}${more}`;
      });
    }),
  ];
}

const MAX_LISTED = 10;

function listSome(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return `${names.slice(0, MAX_LISTED).join(", ")}${more}`;
}

function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
