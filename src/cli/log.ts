// `regate log`: the decisions of a log that match, as a table or as JSON lines, and with `--follow` what is still to come. `regate
// log verify` is a command of its own below it. It reads files, and asks no gate.

import { type LogQuery, type LogRow, matches, readLogRow } from "../log/log-row.ts";
import { readOwnLine } from "../log/own-line.ts";
import { readLog } from "../log/read-log.ts";
import { escapeJson, showable } from "../mcp/showable.ts";
import type { CommandIo } from "./command.ts";
import { locateLog } from "./log/locate.ts";
import { argumentsOfVerify, readQuery } from "./log/query.ts";
import { runVerify } from "./log/verify.ts";
import { paint } from "./paint.ts";

/** @returns 0; of `verify`, 1 where something was found */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const verifying = argumentsOfVerify(args);
  if (verifying !== undefined) return await runVerify(verifying, io);
  const { query, file, config, isJson, isFollowing, last } = readQuery(args, Date.now());
  const log = locateLog({ config, file }, io);
  const show = (row: LogRow, line: string): string =>
    isJson ? `${escapeJson(line)}\n` : paint(io, formatRow(row), VERDICT);
  const found = createFound(last, io);
  const passed = { lost: 0, others: 0 };

  if (!isJson) io.stdout(TITLE);
  await readLog(log, {
    see(bytes) {
      const line = bytes?.toString();
      const row = line === undefined || !mayMatch(line, query) ? undefined : readLogRow(line);
      if (row !== undefined && line !== undefined) {
        if (matches(row, query)) found.add(show(row, line));
      } else countPassed(line, query, passed);
    },
    pause: () => io.drained?.(),
    onEnd: () => found.end(),
    ...(isFollowing && { follow: new AbortController().signal }),
  });
  if (found.isEmpty()) io.stderr(`no decision fits${query.servers.length > 0 ? NAME_HINT : ""}\n`);
  if (passed.lost > 0) io.stderr(`${passed.lost} decisions are missing from the log; regate log verify says when\n`);
  if (passed.others > 0) io.stderr(`${passed.others} lines that are no decision of a gate were passed over\n`);
  return 0;
}

type Found = {
  add(text: string): void;
  isEmpty(): boolean;
  /** What comes now is shown at once. */
  end(): void;
};

/** Shows what is found, or only the last so many of what is there already. */
function createFound(last: number | undefined, io: CommandIo): Found {
  let kept: string[] | undefined = last === undefined ? undefined : [];
  let isEmpty = true;
  return {
    isEmpty: () => isEmpty,
    add(text) {
      isEmpty = false;
      if (kept === undefined || last === undefined) return io.stdout(text);
      kept.push(text);
      if (kept.length >= 2 * last) kept = kept.slice(-last);
    },
    end() {
      if (kept !== undefined && last !== undefined) for (const text of kept.slice(-last)) io.stdout(text);
      kept = undefined;
    },
  };
}

/** Most lines need not be parsed: a name is in them as JSON writes it, or not at all. */
function mayMatch(line: string, { servers, tools, sessions, principals }: LogQuery): boolean {
  return [servers, tools, sessions, principals].every(
    (names) => names.length === 0 || names.some((name) => line.includes(JSON.stringify(name))),
  );
}

function countPassed(line: string | undefined, query: LogQuery, passed: { lost: number; others: number }): void {
  const own = line === undefined ? undefined : readOwnLine(line);
  if (own?.event.event === "lost") passed.lost += own.event.decisions;
  else if (own === undefined && (line === undefined || (line.trim() !== "" && mayMatch(line, query))))
    passed.others += 1;
}

const NAME_HINT =
  "; a server goes by its name in policy here (catalogue: in the configuration), where that is not its key";
const COLUMNS = { time: 20, verdict: 17, what: 44, principal: 16 } as const;
const TITLE = `${"TIME".padEnd(COLUMNS.time)}  ${"VERDICT".padEnd(COLUMNS.verdict)}  ${"TOOL".padEnd(COLUMNS.what)}  ${"PRINCIPAL".padEnd(COLUMNS.principal)}  DECISION  RULES\n`;
/** Behind the time. */
const VERDICT = /^(\S+ +)([a-z_]+)(?= )/;
/** As many characters of an id as regate why needs, and no other decision has. */
const ID_CHARACTERS = 8;
const MAX_NAME_CHARACTERS = 80;

function formatRow(row: LogRow): string {
  const name = (text: string | undefined): string => showable(text ?? "-", MAX_NAME_CHARACTERS);
  const rules = row.rules.map((rule) => name(rule.slice(rule.lastIndexOf("/") + 1))).join(", ");
  const time = row.timestamp.replace(/\.\d+Z$/, "Z");
  return `${[
    name(time).padEnd(COLUMNS.time),
    name(`${row.verdict}${row.observed && row.verdict !== "forward" ? " (observed)" : ""}`).padEnd(COLUMNS.verdict),
    `${name(row.server)}/${name(row.tool ?? row.method)}`.padEnd(COLUMNS.what),
    name(row.principal).padEnd(COLUMNS.principal),
    name(row.id.slice(0, ID_CHARACTERS)),
    row.why.length > 0 && row.verdict !== "forward"
      ? [...(rules === "" ? [] : [rules]), showable(row.why.join("; "))].join(": ")
      : rules,
  ].join("  ")}\n`;
}
