// Puts files into a repository all at once: each is written beside its place first, and takes it only when all are there.
// Whoever reads or watches a file sees the old one or the new one; what fails leaves everything as it was.
import { renameSync, rmSync } from "node:fs";
import { lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, Problem } from "../problem.ts";
import { forgetTemporary, rememberTemporary } from "../scratch.ts";

/** One file to write, or to remove where `content` is undefined. `shown` is how the person knows it. */
export type FileChange = {
  readonly file: string;
  readonly shown: string;
  readonly content: string | Uint8Array | undefined;
};

/** In this order. @throws Problem where one can't be written */
export async function writeFiles(changes: readonly FileChange[]): Promise<void> {
  const written: { readonly temporary: string; readonly change: FileChange }[] = [];
  const made: string[] = [];
  try {
    for (const change of changes) {
      await refuseFolder(change);
      if (change.content === undefined) continue;
      const dir = await mkdir(dirname(change.file), { recursive: true }).catch((error) => refuse(change, error));
      if (dir !== undefined) made.push(dir);
      const temporary = join(dirname(change.file), `.${basename(change.file)}.${process.pid}.tmp`);
      written.push({ temporary, change });
      rememberTemporary(temporary);
      await writeFile(temporary, change.content).catch((error) => refuse(change, error));
    }
  } catch (error) {
    for (const { temporary } of written) {
      await rm(temporary, { force: true }).catch(() => undefined);
      forgetTemporary(temporary);
    }
    for (const dir of made) await rm(dir, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  // in one turn: an end by a signal comes before all of it, or after
  for (const { temporary, change } of written) {
    attempt(change, () => renameSync(temporary, change.file));
    forgetTemporary(temporary);
  }
  for (const change of changes) {
    if (change.content === undefined) attempt(change, () => rmSync(change.file, { force: true }));
  }
}

async function refuseFolder(change: FileChange): Promise<void> {
  const found = await lstat(change.file).catch(() => undefined);
  if (found?.isDirectory()) refuse(change, new Error("a folder has its name"));
}

function attempt(change: FileChange, act: () => void): void {
  try {
    act();
  } catch (error) {
    refuse(change, error);
  }
}

function refuse({ shown, content }: FileChange, error: unknown): never {
  const what = content === undefined ? "removed" : "written";
  throw new Problem([`${shown}: cannot be ${what} (${messageOf(error)})`]);
}
