// `regate log verify [FILE...]`: whether logs are whole and as they were written, and the first line that is not. It needs the key
// that they were written with, reads files, and changes nothing.
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { countOf } from "../../check/finding.ts";
import { isRotatedName, type NamedLog } from "../../log/log-files.ts";
import { type Verified, verifyLog } from "../../log/verify-log.ts";
import { showable } from "../../mcp/showable.ts";
import { Problem } from "../../problem.ts";
import { readSecret } from "../../state/private-files.ts";
import { SECRET_KEY_BYTES } from "../../state/state.ts";
import type { CommandIo } from "../command.ts";
import { locateKey, locateLog } from "./locate.ts";

/** @returns 0 where every line is the one that was written, 1 where one is not, or can't be said to be */
export async function runVerify(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c" },
      key: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
    },
  });
  const logs = listLogs(positionals, values.config, io);
  const keys = readKeys(values.key, values.config, io);
  const verified: { readonly log: string; readonly result: Verified }[] = [];
  for (const log of logs) {
    io.doing?.(`verifying ${showable(log.shown)}`);
    verified.push({ log: log.shown, result: await verifyLog(log, keys) });
  }
  const isWhole = verified.every(({ result }) => isAsWritten(result));
  if (values.json) io.stdout(`${JSON.stringify(verified.map(toJson), undefined, 2)}\n`);
  else for (const one of verified) io.stdout(format(one));
  return isWhole ? 0 : 1;
}

/** The rotated files that a shell's `*` names besides their log are read with it. */
function listLogs(names: readonly string[], config: string | undefined, io: CommandIo): readonly NamedLog[] {
  if (names.length === 0) return [locateLog({ config, file: undefined }, io)];
  const logs = names.map((shown) => ({ file: resolve(io.cwd, shown), shown }));
  const own = logs.filter(({ file }) => !isRotatedName(file));
  return logs.filter(({ file }) => !isRotatedName(file) || !own.some((log) => isRotatedOf(log.file, file)));
}

function isRotatedOf(log: string, file: string): boolean {
  return resolve(file, "..", basename(file).replace(/\.\d{6,12}(\.[^.]*)$/, "$1")) === log;
}

function readKeys(named: readonly string[], config: string | undefined, io: CommandIo): readonly Buffer[] {
  if (named.length > 0) return named.map((file) => readSecret(resolve(io.cwd, file), SECRET_KEY_BYTES));
  const file = locateKey(config, io);
  try {
    return [readSecret(file, SECRET_KEY_BYTES)];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [line] = error.lines;
    throw new Problem([
      `${line}; a log can only be verified with the key that it was written with: name it with --key FILE`,
    ]);
  }
}

function isAsWritten({ findings, head }: Verified): boolean {
  return findings.length === 0 && head !== undefined;
}

type Named = { readonly log: string; readonly result: Verified };

const ENDINGS = {
  closed: "it ends cleanly",
  open: "its gate runs, or did not end cleanly",
  rotated: "it goes on in the next file",
  unchained: "",
} as const;

function format({ log, result }: Named): string {
  const { files, findings, notes, moreNotes, further, unchained, head, ending } = result;
  const lines = files.map(({ file, lines: count, from, to }) => {
    const span = from === undefined ? "in no chain" : `${from} to ${to} of the chain`;
    return `${showable(file)}: ${countOf(count, "line")}, ${span}`;
  });
  if (unchained > 0) {
    lines.push(
      `  ${countOf(unchained, "line")} at the beginning ${unchained === 1 ? "is" : "are"} in no chain: nothing can be said of ${unchained === 1 ? "it" : "them"}`,
    );
  }
  for (const { where, what } of notes) lines.push(`  ${place(where)}: ${showable(what, 500)}`);
  if (moreNotes > 0) lines.push(`  and ${moreNotes} more of these`);
  for (const { kind, where, what } of findings)
    lines.push(`${place(where)}: ${kind.toUpperCase()}: ${showable(what, 500)}`);
  if (further > 0) lines.push(`${countOf(further, "line")} behind ${further === 1 ? "does" : "do"} not fit either`);
  if (head === undefined)
    lines.push(`${showable(log)}: NOT CHAINED: an earlier Regate wrote it, and nothing can be said of it`);
  else if (findings.length === 0) {
    lines.push(
      `${showable(log)}: every line is as it was written; ${ENDINGS[ending]}, with line ${head.n}, ${head.mac}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function toJson({ log, result }: Named): unknown {
  const { files, findings, notes, moreNotes, further, unchained, head, ending } = result;
  const toRow = ({ where, ...rest }: { readonly where: { readonly file: string; readonly line: number } }) => ({
    ...where,
    ...rest,
  });
  return {
    log,
    as_written: isAsWritten(result),
    ending,
    head,
    files,
    unchained_lines: unchained,
    findings: findings.map(toRow),
    further,
    notes: notes.map(toRow),
    more_notes: moreNotes,
  };
}

function place({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${showable(file)}:${line}`;
}
