// Opens a log beside a gate that writes it, rotates it and removes its oldest files meanwhile. Reads only.
import type { FileHandle } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { Problem } from "../problem.ts";
import { listRotated, type NamedLog, nameBeside, type RotatedFile } from "./log-files.ts";
import { NAME_A_LOG, openToRead } from "./read-lines.ts";

export type Opened = { readonly shown: string; readonly handle: FileHandle };

/** A file may be put away while the others are listed. */
const MAX_TRIES = 20;
/** Until the next one is begun. */
const RETRY_MS = 10;

/**
 * The files of a log as they are at one moment, the oldest first: none is put away between listing them and opening the last,
 * which may be missing where a run ended between putting one away and beginning the next.
 * @throws Problem where it can't be read
 */
export async function openLog(
  log: NamedLog,
): Promise<{ readonly rotated: readonly NamedLog[]; readonly current: Opened | undefined }> {
  for (let left = MAX_TRIES; ; left -= 1) {
    const before = await listRotated(log.file);
    let problem: unknown;
    const current = await openNamed(log).catch((error: unknown) => {
      problem = error;
      return undefined;
    });
    const after = await listRotated(log.file);
    if (current === undefined && after.length === 0) throw problem;
    const isSettled = current !== undefined && newestOf(before) === newestOf(after);
    if (isSettled || left === 0) return { rotated: after.map((one) => nameBeside(log, one)), current };
    await current?.handle.close();
    if (current === undefined) await setTimeout(RETRY_MS);
  }
}

function newestOf(rotated: readonly RotatedFile[]): number {
  return rotated.at(-1)?.number ?? 0;
}

/** @throws Problem where it can't be read */
export async function openNamed(log: NamedLog): Promise<Opened> {
  const { shown } = log;
  const handle = await openToRead(log);
  if ((await handle.stat()).isFile()) return { shown, handle };
  await handle.close();
  throw new Problem([`${shown}: is no file; ${NAME_A_LOG}`]);
}
