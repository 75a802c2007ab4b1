// Reads a file line by line, in bounded memory whatever is in it: a line that is too long is passed over, and said to be.
import { isUtf8 } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { Problem } from "../problem.ts";
import type { NamedLog } from "./log-files.ts";

/** Far longer than any line of a decision log: its arguments are cut at 65,536 characters, and so is what stands around them. */
export const MAX_LINE_BYTES = 4_194_304;

const CHUNK_BYTES = 262_144;
/** What to do where a file is none. */
export const NAME_A_LOG = "name a decision log, such as .regate/decisions.jsonl";
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export type Line =
  | { readonly kind: "text"; readonly text: string }
  /** It has no line feed: whoever wrote it did not end it, or is about to. */
  | { readonly kind: "unended"; readonly text: string }
  | { readonly kind: "too_long" }
  | { readonly kind: "not_utf8" };

export type LineReader = {
  readonly sizeBytes: number;
  /**
   * @param see told each line, with its number, from 1
   * @param pause between two pieces of the file, with how much was read so far
   */
  read(see: (line: Line, number: number) => void, pause: (readBytes: number) => Promise<void> | void): Promise<void>;
  close(): Promise<void>;
};

/**
 * @param file absolute
 * @param shown the file as the person named it
 * @throws Problem where it can't be read
 */
export async function openLines(file: string, shown: string): Promise<LineReader> {
  const handle = await openToRead({ file, shown });
  const stat = await handle.stat();
  if (stat.isDirectory()) {
    await handle.close();
    throw new Problem([`${shown}: a folder; ${NAME_A_LOG}`]);
  }
  return {
    sizeBytes: stat.size,
    read: (see, pause) => readAll(handle, see, pause),
    close: () => handle.close(),
  };
}

/** @throws Problem where it can't be opened */
export async function openToRead({ file, shown }: NamedLog): Promise<FileHandle> {
  return await open(file).catch((error: NodeJS.ErrnoException) => {
    const what = error.code === "ENOENT" ? "no such file" : `cannot be opened (${error.code ?? error.message})`;
    throw new Problem([`${shown}: ${what}; ${NAME_A_LOG}`]);
  });
}

async function readAll(handle: FileHandle, ...[see, pause]: Parameters<LineReader["read"]>): Promise<void> {
  let number = 0;
  await readRawLines(handle, undefined, {
    see(bytes, isEnded) {
      number += 1;
      see(bytes === undefined ? { kind: "too_long" } : toLine(bytes, isEnded), number);
    },
    pause,
  });
}

export type RawReading = {
  /** A line without its line feed, its bytes valid for this call; undefined where it is longer than MAX_LINE_BYTES. */
  readonly see: (bytes: Buffer | undefined, isEnded: boolean) => void;
  readonly pause: (readBytes: number) => Promise<void> | void;
};

/**
 * Reads to the end as it is then.
 * @param from where in the file; undefined: where the handle stands, as what is no regular file must be read
 * @returns how many bytes the lines have that were ended
 */
export async function readRawLines(
  handle: FileHandle,
  from: number | undefined,
  { see, pause }: RawReading,
): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  /** What was read of a line that goes on; dropped where it is too long. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let readBytes = 0;

  const end = (rest: Buffer, isEnded: boolean): void => {
    const isTooLong = begunBytes + rest.length > MAX_LINE_BYTES;
    const bytes = isTooLong || begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
    begun = [];
    begunBytes = 0;
    see(isTooLong ? undefined : bytes, isEnded);
  };

  for (;;) {
    const position = from === undefined ? null : from + readBytes;
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    readBytes += bytesRead;
    let start = 0;
    for (let to = chunk.indexOf(LINE_FEED); to !== -1 && to < bytesRead; to = chunk.indexOf(LINE_FEED, start)) {
      end(chunk.subarray(start, to), true);
      start = to + 1;
    }
    begunBytes += bytesRead - start;
    if (begunBytes > MAX_LINE_BYTES) begun = [];
    else if (start < bytesRead) begun.push(Buffer.from(chunk.subarray(start, bytesRead)));
    await pause(readBytes);
  }
  const endedBytes = readBytes - begunBytes;
  if (begunBytes > 0) end(Buffer.alloc(0), false);
  return endedBytes;
}

function toLine(bytes: Buffer, isEnded: boolean): Line {
  const length = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const content = bytes.subarray(0, length);
  if (!isUtf8(content)) return { kind: "not_utf8" };
  return { kind: isEnded ? "text" : "unended", text: content.toString() };
}
