// `regate unwrap CLIENT`: gives the client its servers back. Only entries that `regate wrap` wrote are replaced, by the text
// that the backup has for them; where nothing else was changed since, that is the file as it was, byte for byte.
import { parseArgs } from "node:util";
import { showable } from "../mcp/showable.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import {
  backupOf,
  type ReadFile,
  readClientFile,
  refuseChanged,
  removeBackup,
  writeClientFile,
} from "./wrap/client-file.ts";
import { filesOf } from "./wrap/clients.ts";
import { confirm, readPlace } from "./wrap/confirm.ts";
import { JsonText } from "./wrap/json-text.ts";
import { type Restored, restore } from "./wrap/restore.ts";
import { showPath } from "./wrap/show.ts";

type Unwrapped = Restored & {
  readonly read: ReadFile;
  /** The file is then as the backup is, to the byte. */
  readonly isWhole: boolean;
};

/** @returns 0 where no entry leads to a gate any more that `wrap` wrote, 1 where some stay */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      force: { type: "boolean" },
      yes: { type: "boolean", short: "y" },
      "dry-run": { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const [client, ...more] = positionals;
  if (client === undefined || more.length > 0)
    throw new Problem([
      "use: regate unwrap CLIENT, where CLIENT is claude-code, claude-desktop, cursor, vscode or a file",
    ]);
  const named = filesOf(client, readPlace(io));
  const files = named.flatMap(({ file }) => {
    const read = readClientFile(file);
    return read === undefined ? [] : [unwrapFile(read, values.force === true)];
  });
  if (files.length === 0)
    throw new Problem([
      `${client}: there is no ${named.map(({ file }) => showPath(file, io.cwd)).join(", ")}; name the client's file by its path`,
    ]);
  const print = (isWritten: boolean): void => {
    if (values.json === true) io.stdout(asJson(files, isWritten));
  };
  if (values.json !== true) io.stdout(describe(files, io.cwd));
  const outcomes = files.flatMap(({ entries }) => entries.map(({ outcome }) => outcome));
  const code = outcomes.some((outcome) => outcome !== "restored") ? 1 : 0;
  // who changed an entry meant something by it: one that is half the gate's and half theirs is for them to settle
  const isRefused = outcomes.includes("changed");
  if (isRefused || !outcomes.includes("restored") || values["dry-run"] === true) {
    print(false);
    io.stderr("Nothing was changed.\n");
    return code;
  }
  if (!(await confirm(values.yes === true, io))) {
    print(false);
    return 1;
  }
  write(files);
  print(true);
  io.stderr(
    "Start the client anew. The gate's configuration keeps the servers: regate servers remove NAME takes one out.\n",
  );
  return code;
}

function unwrapFile(read: ReadFile, force: boolean): Unwrapped {
  const backup = readClientFile(backupOf(read.path));
  const json = new JsonText(read.text, read.path);
  const restored = restore(json, backup && new JsonText(backup.text, backup.path), force);
  return { read, ...restored, isWhole: restored.text === backup?.text };
}

function write(files: readonly Unwrapped[]): void {
  const changed = files.filter(({ read, text }) => text !== read.text);
  for (const { read } of changed) refuseChanged(read);
  for (const { read, text, isWhole } of changed) {
    writeClientFile(read, text);
    if (isWhole) removeBackup(read);
  }
}

const OUTCOMES = {
  restored: "as it was before",
  changed: "was changed since it was wrapped: look at it, then mend it, or --force puts back what was there before",
  unknown: "leads to a gate, and no backup says what stood there before; the gate's configuration has its server",
} as const;

function describe(files: readonly Unwrapped[], cwd: string): string {
  const lines = files.flatMap(({ read, entries, isWhole }) => [
    `${showPath(read.path, cwd)}${describeWhole(entries, isWhole)}`,
    ...entries.map(({ path, outcome }) => `  ${path.join(".")}  ${OUTCOMES[outcome]}`),
  ]);
  return lines.map((line) => `${showable(line, 2_000)}\n`).join("");
}

function describeWhole(entries: Unwrapped["entries"], isWhole: boolean): string {
  if (entries.length === 0) return "  has no entry that regate wrap wrote";
  return isWhole
    ? "  will be as it was before, byte for byte"
    : "  was changed since: only the entries of regate wrap are put back, and its backup stays";
}

function asJson(files: readonly Unwrapped[], isWritten: boolean): string {
  const report = {
    written: isWritten,
    files: files.map(({ read, entries, isWhole }) => ({ file: read.path, whole: isWhole, servers: entries })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
