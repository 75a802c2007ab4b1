// Reads all of a log, rotated files first, line by line in bounded memory; and, where it is asked to, goes on with what is
// written, over rotations, until it is told to end. Reads only.
import { type FileHandle, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { NamedLog } from "./log-files.ts";
import { type Opened, openLog, openNamed } from "./open-log.ts";
import { readRawLines } from "./read-lines.ts";

const POLL_MS = 200;

export type LogReading = {
  /** A line that was ended, without its line feed; undefined where it is longer than any that is written. */
  readonly see: (bytes: Buffer | undefined) => void;
  /** Between two pieces: who is slow is waited for. */
  readonly pause: () => Promise<void> | void;
  /** Told when all that was there has been seen. */
  readonly onEnd?: () => Promise<void> | void;
  /** Goes on with what is written until it is aborted; undefined: ends with what is there. */
  readonly follow?: AbortSignal;
};

/** @throws Problem where it can't be read */
export async function readLog(log: NamedLog, reading: LogReading): Promise<void> {
  const { follow, onEnd } = reading;
  const opened = await openLog(log);
  let last = opened.current;
  let isCaughtUp = false;
  await readAll(opened.rotated, reading);
  for (;;) {
    if (last === undefined) {
      // the next one is not begun yet
      if (!isCaughtUp) await onEnd?.();
      isCaughtUp = true;
      if (follow === undefined || follow.aborted) return;
      await pauseFor(follow);
      last = await openNamed(log).catch(() => undefined);
      continue;
    }
    const { ino } = await last.handle.stat();
    const isPutAway = await readUntilPutAway(log.file, ino, last, isCaughtUp, reading);
    await last.handle.close();
    if (!isPutAway) return;
    isCaughtUp = true;
    const next = await openLog(log);
    await readAll(await listBehind(next.rotated, ino), reading);
    last = next.current;
  }
}

async function readAll(files: readonly NamedLog[], reading: LogReading): Promise<void> {
  for (const file of files) {
    // removed meanwhile
    const opened = await openNamed(file).catch(() => undefined);
    if (opened !== undefined) await readWhole(opened, reading);
  }
}

async function readWhole({ handle }: Opened, reading: LogReading): Promise<void> {
  try {
    await readEnded(handle, 0, reading);
  } finally {
    await handle.close();
  }
}

/** @returns whether it is not the file that is written any more */
async function readUntilPutAway(
  file: string,
  ino: number,
  { handle }: Opened,
  isCaughtUp: boolean,
  reading: LogReading,
): Promise<boolean> {
  let from = await readEnded(handle, 0, reading);
  if (!isCaughtUp) await reading.onEnd?.();
  const { follow } = reading;
  while (follow !== undefined && !follow.aborted) {
    const now = await stat(file).catch(() => undefined);
    const isPutAway = now !== undefined && now.ino !== ino;
    // what a failed write had left is cut off again
    if ((await handle.stat()).size < from) from = 0;
    from += await readEnded(handle, from, reading);
    if (isPutAway) return true;
    await pauseFor(follow);
  }
  return false;
}

/** @returns the bytes of the lines that were ended: what stands behind is read again when there is more of it */
function readEnded(handle: FileHandle, from: number, { see, pause }: LogReading): Promise<number> {
  return readRawLines(handle, from, { see: (bytes, isEnded) => void (isEnded && see(bytes)), pause });
}

/** Those that were put away after the one with this inode. */
async function listBehind(rotated: readonly NamedLog[], ino: number): Promise<readonly NamedLog[]> {
  const inodes = await Promise.all(
    rotated.map(({ file }) =>
      stat(file).then(
        (found) => found.ino,
        () => undefined,
      ),
    ),
  );
  const own = inodes.indexOf(ino);
  return own === -1 ? [] : rotated.slice(own + 1);
}

async function pauseFor(signal: AbortSignal): Promise<void> {
  await setTimeout(POLL_MS, undefined, { signal }).catch(() => undefined);
}
