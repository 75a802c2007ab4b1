// A report as data. Inputs are in it as they were judged: numbers keep their lexemes.
import type { Evaluation } from "../../gate/types.ts";
import type { RuleIndex } from "../../policy/rule-index.ts";
import { countChanges, listIdle, type Report, type ReportRow } from "./report.ts";
import type { Side } from "./sides.ts";

/** One JSON object. */
export function writeJson(report: Report): string {
  const { comparison, replay, acknowledgements, failOn, failing } = report;
  const head = {
    base: describeSide(report.base),
    head: describeSide(report.head),
    changes: countChanges(report),
    inputs: {
      generated: comparison.generated,
      samples: comparison.samples,
      ...(replay !== undefined && { recorded: replay.result.calls }),
    },
    fuel: comparison.fuel,
    unreached: comparison.unreached,
    unshown: comparison.unshown,
    incomplete: comparison.incomplete,
    ...(replay !== undefined && {
      replay: {
        calls: replay.result.calls,
        not_replayable: replay.result.obstacles,
        uncatalogued: replay.result.uncatalogued,
        files: replay.files.map(({ shown, lines, faults }) => ({ file: shown, lines, passed_over: faults })),
      },
    }),
    acknowledgements: {
      understood: acknowledgements.understood,
      misunderstood: acknowledgements.misunderstood,
      idle: listIdle(report),
    },
    ...(failOn !== undefined && { fail_on: failOn, failing: failing.length }),
    unlisted: report.unlisted.map(({ acknowledgement, ...row }) => ({ ...row, acknowledged: acknowledgement ?? null })),
  };
  const rows = report.rows.map((row) => writeRow(row, report)).join(",\n");
  return `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "rows": [${rows === "" ? "" : `\n${rows}\n  `}]\n}\n`;
}

function writeRow(row: ReportRow, { base, head }: Report): string {
  const { server, tool, change, parts, shown, culprits, counts, acknowledgement } = row;
  const fields: readonly (readonly [name: string, json: string])[] = [
    ["server", JSON.stringify(server)],
    ["tool", JSON.stringify(tool)],
    ["change", JSON.stringify(change)],
    ["input", shown.inputs.head],
    // what the base's catalogue says of the tool is another thing
    ...(shown.inputs.base === shown.inputs.head ? [] : [["base_input", shown.inputs.base] as const]),
    ["base", JSON.stringify(describe(shown.base, base.policy.rules))],
    ["head", JSON.stringify(describe(shown.head, head.policy.rules))],
    ["parts", JSON.stringify(parts)],
    ["because", JSON.stringify(culprits.map(({ rule, how, at }) => ({ rule, how, file: at?.file, row: at?.row })))],
    ["shown_by", JSON.stringify(counts)],
    ["origin", JSON.stringify(shown.origin)],
    ...(shown.title === undefined ? [] : [["sample", JSON.stringify(shown.title)] as const]),
    ["acknowledged", JSON.stringify(acknowledgement ?? null)],
  ];
  return `    {${fields.map(([name, json]) => `${JSON.stringify(name)}: ${json}`).join(", ")}}`;
}

/** The decision, each rule with its place. */
function describe(evaluation: Evaluation, rules: RuleIndex): unknown {
  if (evaluation.kind === "failed") return { failed: evaluation.problem };
  const { decision } = evaluation;
  return { ...decision, rules: decision.rules.map((rule) => ({ rule, ...rules.get(rule) })) };
}

function describeSide({ name, kind, commit, policy }: Side): unknown {
  return { name, kind, commit, revision: policy.revision, digest: policy.digest === "" ? undefined : policy.digest };
}
