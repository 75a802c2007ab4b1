// Opens a log beside a gate that writes it, rotates it and removes its oldest files meanwhile. Reads only.
import { type FileHandle, open } from "node:fs/promises";
import { basename, join } from "node:path";
import { Problem } from "../problem.ts";
import { listRotated, type NamedLog, type RotatedFile } from "./log-files.ts";

export type Opened = { readonly shown: string; readonly handle: FileHandle };

/** A file may be put away while the others are listed. */
const MAX_TRIES = 20;

/**
 * The files of a log as they are at one moment, the oldest first: none is put away between listing them and opening the last.
 * @throws Problem where it can't be read
 */
export async function openLog(log: NamedLog): Promise<{ rotated: readonly NamedLog[]; current: Opened | NamedLog }> {
  for (let left = MAX_TRIES; ; left -= 1) {
    const before = await listRotated(log.file);
    const current = await openNamed(log).catch((error: unknown) => {
      // a run may have ended between putting a file away and beginning the next one
      if (before.length > 0) return log;
      throw error;
    });
    const after = await listRotated(log.file);
    if (newestOf(before) === newestOf(after) || left === 0)
      return { rotated: after.map((one) => nameBeside(log, one)), current };
    if ("handle" in current) await current.handle.close();
  }
}

function newestOf(rotated: readonly RotatedFile[]): number {
  return rotated.at(-1)?.number ?? 0;
}

function nameBeside(log: NamedLog, { file }: RotatedFile): NamedLog {
  return { file, shown: join(log.shown, "..", basename(file)) };
}

/** @throws Problem where it can't be read */
export async function openNamed({ file, shown }: NamedLog): Promise<Opened> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    const what = error.code === "ENOENT" ? "no such file" : `cannot be opened (${error.code ?? error.message})`;
    throw new Problem([`${shown}: ${what}; name a decision log, such as .regate/decisions.jsonl`]);
  });
  if ((await handle.stat()).isFile()) return { shown, handle };
  await handle.close();
  throw new Problem([`${shown}: is no file; name a decision log, such as .regate/decisions.jsonl`]);
}
