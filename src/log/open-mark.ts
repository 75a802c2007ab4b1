// FILE.open beside a log: there while the log is open, touched while its writer lives. Found at the next start, it says
// that the writer did not end by itself, and when it was last known to have written everything.
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";

export type OpenMark = {
  /** When the writer before this one was last known to have nothing unwritten; undefined where it closed its log. */
  readonly leftUnixMs: number | undefined;
  /** All that was recorded up to `unixMs` is written. */
  touch(unixMs: number): Promise<void>;
  /** The log is closed, with all of it written. */
  clear(): Promise<void>;
};

/** Reads the mark that is there, and sets this writer's. */
export async function setOpenMark(file: string, unixMs: number): Promise<OpenMark> {
  const mark = `${file}.open`;
  const leftUnixMs = await readLeftMark(mark);
  await writeFile(mark, `${new Date(unixMs).toISOString()}\n`, { mode: 0o600 });
  const touch = (at: number): Promise<void> => utimes(mark, at / 1000, at / 1000);
  await touch(unixMs);
  return { leftUnixMs, touch, clear: () => rm(mark, { force: true }) };
}

async function readLeftMark(mark: string): Promise<number | undefined> {
  try {
    await readFile(mark);
    return (await stat(mark)).mtimeMs;
  } catch {
    return undefined;
  }
}
