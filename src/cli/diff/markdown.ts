// A report as the comment of a pull request. Every name, reason and argument is somebody else's text: it stands in code, where
// nothing in it is markup, a mention or a link, and can't be hidden. Bounded to what GitHub takes for a comment.
import { showable } from "../../mcp/showable.ts";
import { describeOutcome } from "../../policy/diff/compare-outcomes.ts";
import { writeTrailer } from "./acknowledgements.ts";
import { listTelling } from "./describe-input.ts";
import {
  countChanges,
  describeCounts,
  describeInputs,
  describeSide,
  listNotes,
  type Report,
  type ReportRow,
} from "./report.ts";
import { describeBy, describeCounted, describeFacts, describePlace, listDetails } from "./text.ts";

export const MAX_COMMENT_CHARACTERS = 65_536;
/** By it the comment is found again, to be updated. */
export const COMMENT_MARK = "<!-- regate diff -->";

/** For what stands around the rows. */
const RESERVED_CHARACTERS = 18_000;
/** For each of the lists behind them: what is written as entities takes six times the room. */
const MAX_LIST_CHARACTERS = 4_000;
const MAX_CHARACTERS = 300;
const MAX_INPUT_CHARACTERS = 2_000;
const MAX_NOTES = 20;
const MAX_TRAILERS = 20;
const KINDS = ["looser", "stricter", "other"];

export function writeMarkdown(report: Report): string {
  const { rows, left } = chooseRows(report);
  const text = [
    `**Regate: ${describeCounts(report)}** from ${code(describeSide(report.base))} to ${code(describeSide(report.head))}`,
    "",
    `Compared over ${describeInputs(report)}. One decision takes at most ${fuel(report)} units of fuel.`,
    ...writeServers(rows),
    ...left,
    ...writeAcknowledged(report),
    ...writeFailing(report),
    ...writeNotes(report),
    "",
    COMMENT_MARK,
    "",
  ].join("\n");
  if (text.length > MAX_COMMENT_CHARACTERS) throw new Error(`a comment of ${text.length} characters`);
  return text;
}

function fuel({
  comparison: {
    fuel: { base, head },
  },
}: Report): string {
  return base === head
    ? head.toLocaleString("en-US")
    : `${head.toLocaleString("en-US")} (before: ${base.toLocaleString("en-US")})`;
}

type Block = { readonly row: ReportRow; readonly line: string; readonly details: string };

/** What there is room for, looser first; and what is said of the rest. */
function chooseRows(report: Report): { readonly rows: readonly Block[]; readonly left: readonly string[] } {
  const blocks = report.rows.map((row): Block => ({ row, line: writeLine(row), details: writeDetails(row) }));
  const byKind = blocks.toSorted((a, b) => KINDS.indexOf(a.row.change) - KINDS.indexOf(b.row.change));
  const chosen = new Set<Block>();
  let room = MAX_COMMENT_CHARACTERS - RESERVED_CHARACTERS;
  for (const block of byKind) {
    // with the heads of a server's table
    room -= block.line.length + block.details.length + 200 + code(block.row.server).length;
    if (room < 0) break;
    chosen.add(block);
  }
  const shown = blocks.filter((block) => chosen.has(block));
  const counts = countChanges(report);
  const missing = KINDS.map((kind, index) => {
    const count = (Object.values(counts)[index] ?? 0) - shown.filter(({ row }) => row.change === kind).length;
    return { kind, count };
  }).filter(({ count }) => count > 0);
  if (missing.length === 0) return { rows: shown, left: [] };
  const said = missing.map(({ kind, count }) => `${count.toLocaleString("en-US")} ${kind}`).join(", ");
  return {
    rows: shown,
    left: ["", `**And ${said} more**, for which there is no room here: \`regate diff\` lists them all.`],
  };
}

function writeServers(blocks: readonly Block[]): readonly string[] {
  const servers = [...new Set(blocks.map(({ row }) => row.server))];
  return servers.flatMap((server) => {
    const own = blocks.filter(({ row }) => row.server === server);
    return [
      "",
      `### ${code(server)}`,
      "",
      "| | tool | before | after | because |",
      "|---|---|---|---|---|",
      ...own.map(({ line }) => line),
      "",
      "<details><summary>Inputs that show it</summary>",
      "",
      ...own.map(({ details }) => details),
      "</details>",
    ];
  });
}

function writeLine({ change, tool, shown, parts, culprits, acknowledgement }: ReportRow): string {
  const details = listDetails(parts).map(({ what, base, head }) => `${what}: ${code(base)} → ${code(head)}`);
  const because = [
    ...culprits.slice(0, 4).map((culprit) => code(describePlace(culprit))),
    ...describeFacts(shown.inputs).map(code),
    ...details,
  ];
  const kind = change === "looser" ? "**looser**" : change;
  const acknowledged = acknowledgement === undefined ? "" : ", acknowledged";
  const cells = [
    `${kind}${acknowledged}`,
    code(tool),
    code(describeOutcome(shown.base)),
    code(describeOutcome(shown.head)),
  ];
  return `| ${[...cells, because.join("<br>")].join(" | ")} |`;
}

function writeDetails({ change, tool, shown, counts }: ReportRow): string {
  const title = shown.title === undefined ? "" : `, sample ${code(shown.title)}`;
  const members = listTelling(shown).map(([field, json]) => `${JSON.stringify(field)}: ${json}`);
  const json = shorten(escapeJson(`{${members.join(", ")}}`));
  // nothing in JSON closes a fence but a run of backticks
  const fence = "`".repeat(Math.max(3, ...[...json.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${code(tool)} ${change}, shown by ${describeCounted(counts)}${title}\n\n${fence}json\n${json}\n${fence}\n`;
}

function writeAcknowledged({ rows, unlisted }: Report): readonly string[] {
  const used = new Map(
    [...rows, ...unlisted].flatMap(({ acknowledgement }) =>
      acknowledgement === undefined ? [] : [[acknowledgement, acknowledgement]],
    ),
  );
  if (used.size === 0) return [];
  const lines = [...used.values()].map((one) => `- ${code(`${one.change} ${one.target}`)} by ${code(describeBy(one))}`);
  return ["", "**Acknowledged**", "", ...bounded(lines, MAX_TRAILERS)];
}

function writeFailing({ failing, failOn }: Report): readonly string[] {
  if (failing.length === 0) return [];
  const trailers = new Set(failing.map(({ change, server, tool }) => writeTrailer(change, server, tool)));
  const what = failOn === "any" ? "change" : `${failOn} change`;
  return [
    "",
    `**${failing.length} ${what}${failing.length === 1 ? " is" : "s are"} not acknowledged.** To acknowledge, end a commit message of this branch with:`,
    "",
    ...bounded(
      [...trailers].map((trailer) => `- ${code(trailer)}`),
      MAX_TRAILERS,
    ),
  ];
}

function writeNotes(report: Report): readonly string[] {
  const notes = listNotes(report);
  return notes.length === 0
    ? []
    : [
        "",
        ...bounded(
          notes.map((note) => `- ${code(note)}`),
          MAX_NOTES,
        ),
      ];
}

function bounded(lines: readonly string[], most: number): readonly string[] {
  let room = MAX_LIST_CHARACTERS;
  const shown = lines.slice(0, most).filter((line) => {
    room -= line.length;
    return room >= 0;
  });
  return shown.length < lines.length ? [...shown, `- and ${lines.length - shown.length} more`] : lines;
}

/** What could be markup, a mention, a reference, an emoji, mathematics or a link; a row behind a file's name is none of these. */
const MARKUP = /[&<>`|*_[\]~\\#@$]|:(?!\d+(?![\w:]))/g;

/** Text of someone else's as inline code: what could be markup is written as an entity, also for readers that ignore the tag. */
export function code(text: string): string {
  const shown = showable(text, MAX_CHARACTERS);
  const escaped = shown.replace(MARKUP, (character) => `&#${character.codePointAt(0)};`);
  return `<code>${escaped.replaceAll("www.", "www&#46;")}</code>`;
}

/** The same JSON without a character that could hide something. */
function escapeJson(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    [...character]
      .map((unit) =>
        unit
          .split("")
          .map((half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, "0")}`)
          .join(""),
      )
      .join(""),
  );
}

function shorten(json: string): string {
  return json.length > MAX_INPUT_CHARACTERS
    ? `${json.slice(0, MAX_INPUT_CHARACTERS)} ... (${json.length} characters)`
    : json;
}
