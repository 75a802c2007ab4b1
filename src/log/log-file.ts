// One file of a log: whole lines only. It mends what an unclean end left, and never leaves half a line behind a failed write. One
// process writes it at a time; it knows nothing of what the lines say.
import { appendFile, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Problem } from "../problem.ts";

/** Longer than any line that is written: within so much of the end, a whole log has a line feed. */
const TAIL_BYTES = 4_194_304;
/** Longer than any line that the log writes about itself. */
const FIRST_BYTES = 16_384;
const LINE_FEED = 0x0a;

export type LogFile = {
  /** Of the whole lines when it was opened. */
  readonly sizeBytes: number;
  /** Undefined where it has none, or a very long one. */
  readonly firstLine: string | undefined;
  /** The last whole line, or the end of a very long one; empty where there is none. */
  readonly lastLine: Buffer;
  /** Bytes of a torn last line that were moved to FILE.torn. */
  readonly tornBytes: number;
  /** Appends whole lines; rejects where they were not all written, and then none of them stay. */
  append(lines: Uint8Array): Promise<void>;
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

/** As `LogFile.lastLine`. @throws the system's error where it can't be read */
export async function readLastLine(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    return (await readTail(handle, size, file)).lastLine;
  } finally {
    await handle.close();
  }
}

async function prepare(handle: FileHandle, file: string): Promise<LogFile> {
  const stat = await handle.stat();
  if (!stat.isFile())
    throw new Problem([`${file}: the decision log must be a regular file; set log.file in the configuration`]);
  await handle.chmod(0o600);
  const { lastLine, torn } = await readTail(handle, stat.size, file);
  const sizeBytes = stat.size - torn.length;
  if (torn.length > 0) {
    await appendFile(`${file}.torn`, Buffer.concat([torn, Buffer.of(LINE_FEED)]), { mode: 0o600 });
    await handle.truncate(sizeBytes);
  }
  const first = (await handle.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0)).buffer;
  const firstEnd = first.indexOf(LINE_FEED);
  return {
    sizeBytes,
    firstLine: firstEnd === -1 ? undefined : first.subarray(0, firstEnd).toString(),
    lastLine,
    tornBytes: torn.length,
    append: createAppend(handle),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

function createAppend(handle: FileHandle): LogFile["append"] {
  /** Where half a line begins that a failed write left, and that could not be cut off yet. */
  let tornAt: number | undefined;
  const cut = async (): Promise<void> => {
    if (tornAt === undefined) return;
    await handle.truncate(tornAt);
    tornAt = undefined;
  };
  return async (lines) => {
    // half a line would make the next one unreadable
    await cut();
    const { size } = await handle.stat();
    try {
      await handle.appendFile(lines);
    } catch (error) {
      tornAt = size;
      // where this fails too, the next write or the next start mends it
      await cut().catch(() => undefined);
      throw error;
    }
  };
}

/** The last whole line, and what stands behind it. */
async function readTail(handle: FileHandle, size: number, file: string): Promise<{ lastLine: Buffer; torn: Buffer }> {
  const length = Math.min(size, TAIL_BYTES);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  const tail = buffer.subarray(0, bytesRead);
  const end = tail.lastIndexOf(LINE_FEED);
  if (end === -1 && size > length) {
    throw new Problem([
      `${file}: is no decision log: its last ${TAIL_BYTES} bytes end no line; move it away, or set log.file in the configuration`,
    ]);
  }
  const begin = end <= 0 ? 0 : tail.lastIndexOf(LINE_FEED, end - 1) + 1;
  return { lastLine: Buffer.from(tail.subarray(begin, Math.max(end, 0))), torn: Buffer.from(tail.subarray(end + 1)) };
}
