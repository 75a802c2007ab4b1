// A client's file and its backup beside it: read byte for byte, replaced whole or not at all, and only while it is as it was
// read. Follows links, so that what they point to is changed. Knows nothing of servers.
import { readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { replaceFile } from "../../config/edit.ts";
import { messageOf, Problem } from "../../problem.ts";

const MAX_BYTES = 67_108_864;
const BACKUP = ".regate-backup";

export type ReadFile = {
  /** Absolute, no link. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly text: string;
};

export function backupOf(path: string): string {
  return `${path}${BACKUP}`;
}

/** Undefined where there is no such file. @throws Problem where it can't be read as text */
export function readClientFile(file: string): ReadFile | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  try {
    const path = realpathSync(file);
    const bytes = readFileSync(path);
    if (bytes.length > MAX_BYTES) throw new Error(`longer than ${MAX_BYTES} bytes`);
    // a mark at the beginning is a character like others: it must come out again
    return { path, bytes, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    throw new Problem([`${file}: can't be read as UTF-8 text (${messageOf(error)}); nothing was changed`]);
  }
}

/** @throws Problem where the file is not as it was read any more */
export function refuseChanged({ path, bytes }: ReadFile): void {
  const now = readClientFile(path);
  if (now === undefined || !now.bytes.equals(bytes))
    throw new Problem([`${path}: was changed meanwhile, and was left so; run it again`]);
}

/** Keeps `text` as the backup, for its owner alone. */
export function writeBackup({ path }: ReadFile, text: string): void {
  replaceFile(backupOf(path), text, 0o600);
}

/** @throws Problem as refuseChanged */
export function writeClientFile(read: ReadFile, text: string): void {
  refuseChanged(read);
  replaceFile(read.path, text);
}

export function removeBackup({ path }: ReadFile): void {
  rmSync(backupOf(path), { force: true });
}
