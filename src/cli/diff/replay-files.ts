// Replays decision logs, each with its rotated files, one after the other, a line at a time; tells how far it is. Lines that are no recorded call are counted
// and named by their number, and change nothing else.
import { resolve } from "node:path";
import { withRotated } from "../../log/log-files.ts";
import { type Line, type LineReader, openLines } from "../../log/read-lines.ts";
import { readRecordedLine } from "../../log/recorded-call.ts";
import type { Replay } from "../../policy/diff/replay.ts";
import { Problem } from "../../problem.ts";
import type { CommandIo } from "../command.ts";
import { createProgress } from "./progress.ts";

/** Lines of one kind that were passed over. */
export type LineFault = { readonly what: string; readonly count: number; readonly lines: readonly number[] };

export type ReplayedFile = { readonly shown: string; readonly lines: number; readonly faults: readonly LineFault[] };

const MAX_LINES_NAMED = 10;

/** @throws Problem where a file can't be read, before any is replayed, and where one that is not empty holds no recorded call */
export async function replayFiles(
  files: readonly string[],
  replay: Replay,
  io: CommandIo,
): Promise<readonly ReplayedFile[]> {
  const readers: { readonly shown: string; readonly reader: LineReader }[] = [];
  try {
    const logs = await withRotated(files.map((shown) => ({ file: resolve(io.cwd, shown), shown })));
    for (const { file, shown } of logs) readers.push({ shown, reader: await openLines(file, shown) });
    const progress = createProgress(
      io,
      readers.reduce((sum, { reader }) => sum + reader.sizeBytes, 0),
    );
    const replayed: ReplayedFile[] = [];
    let doneBytes = 0;
    for (const { shown, reader } of readers) {
      replayed.push(
        await replayFile(shown, reader, replay, (readBytes, lines) => progress.show(doneBytes + readBytes, lines)),
      );
      doneBytes += reader.sizeBytes;
    }
    progress.end();
    return replayed;
  } finally {
    await Promise.all(readers.map(({ reader }) => reader.close()));
  }
}

async function replayFile(
  shown: string,
  reader: LineReader,
  replay: Replay,
  tell: (readBytes: number, lines: number) => void,
): Promise<ReplayedFile> {
  const faults = new Map<string, { count: number; lines: number[] }>();
  let lines = 0;
  let calls = 0;
  await reader.read(
    (line, number) => {
      lines = number;
      const what = replayLine(line, replay);
      if (what === "call") calls += 1;
      if (what === "call" || what === undefined) return;
      const fault = faults.get(what) ?? { count: 0, lines: [] };
      faults.set(what, fault);
      fault.count += 1;
      if (fault.lines.length < MAX_LINES_NAMED) fault.lines.push(number);
    },
    (readBytes) => tell(readBytes, lines),
  );
  if (calls === 0 && faults.size > 0) {
    const what = [...faults].map(([fault, { count }]) => `${count} ${fault}`).join(", ");
    throw new Problem([
      `${shown}: none of its lines is a recorded call (${what}); name a decision log, such as .regate/decisions.jsonl`,
    ]);
  }
  return { shown, lines, faults: [...faults].map(([what, fault]) => ({ what, ...fault })) };
}

/** @returns `call`, what is wrong with the line, or undefined for an empty one */
function replayLine(line: Line, replay: Replay): string | undefined {
  switch (line.kind) {
    case "too_long":
      return "longer than any line of a decision log";
    case "not_utf8":
      return "not UTF-8";
    case "unended":
    case "text": {
      if (line.text.trim() === "") return undefined;
      const read = readRecordedLine(line.text);
      if (read.kind === "call") {
        replay.add(read.call);
        return "call";
      }
      if (read.kind === "own") return undefined;
      if (line.kind === "unended") return "cut short";
      return read.kind === "not_json" ? "not JSON" : "no decision of a gate";
    }
  }
}
