// The file under the decision log: whole lines only. It mends what an unclean end left, and never leaves half a line behind
// a failed write. One process writes it at a time; it knows nothing of what the lines say, but for their timestamp.
import { appendFile, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";

/** Longer than any line that is written: within so much of the end, a whole log has a line feed. */
const TAIL_BYTES = 4_194_304;
const LINE_FEED = 0x0a;
const timestampSchema = z.object({ timestamp: z.iso.datetime() });

export type LogFile = {
  /** When the last whole line was written before this run, Unix time in milliseconds. */
  readonly lastLineUnixMs: number | undefined;
  /** Bytes of a torn last line that were moved to FILE.torn. */
  readonly tornBytes: number;
  /** Appends whole lines; rejects where they were not all written, and then none of them stay. */
  append(lines: string): Promise<void>;
  /** What was appended is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/**
 * @param file absolute; made with mode 0600, its folder with 0700
 * @throws Problem where it isn't a log; the system's error where it can't be written
 */
export async function openLogFile(file: string): Promise<LogFile> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "a+", 0o600);
  try {
    return await prepare(handle, file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function prepare(handle: FileHandle, file: string): Promise<LogFile> {
  const stat = await handle.stat();
  if (!stat.isFile())
    throw new Problem([`${file}: the decision log must be a regular file; set log.file in the configuration`]);
  await handle.chmod(0o600);
  const { lastLine, torn } = await readTail(handle, stat.size, file);
  if (torn.length > 0) {
    await appendFile(`${file}.torn`, Buffer.concat([torn, Buffer.of(LINE_FEED)]), { mode: 0o600 });
    await handle.truncate(stat.size - torn.length);
  }
  return {
    lastLineUnixMs: readTimestamp(lastLine),
    tornBytes: torn.length,
    append: (lines) => append(handle, lines),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

async function append(handle: FileHandle, lines: string): Promise<void> {
  const { size } = await handle.stat();
  try {
    await handle.appendFile(lines);
  } catch (error) {
    // Half a line would make the next one unreadable. Where this fails too, the next start mends it.
    await handle.truncate(size).catch(() => undefined);
    throw error;
  }
}

/** The last whole line, and what stands behind it. */
async function readTail(handle: FileHandle, size: number, file: string): Promise<{ lastLine: string; torn: Buffer }> {
  const length = Math.min(size, TAIL_BYTES);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  const tail = buffer.subarray(0, bytesRead);
  const end = tail.lastIndexOf(LINE_FEED);
  if (end === -1 && size > length)
    throw new Problem([`${file}: is no decision log: it has no lines; set log.file in the configuration`]);
  const begin = end <= 0 ? 0 : tail.lastIndexOf(LINE_FEED, end - 1) + 1;
  return { lastLine: tail.subarray(begin, Math.max(end, 0)).toString(), torn: Buffer.from(tail.subarray(end + 1)) };
}

function readTimestamp(line: string): number | undefined {
  try {
    return Date.parse(timestampSchema.parse(JSON.parse(line)).timestamp);
  } catch {
    return undefined;
  }
}
