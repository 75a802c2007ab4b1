// How a start finds the log that an earlier run left: where the chain goes on, and whether anything is missing. Reads only.
import { basename } from "node:path";
import { z } from "zod";
import { CHAIN_START, type ChainHead, readLink } from "./chain.ts";
import type { FoundHead } from "./head-file.ts";
import { type LogFile, readLastLine } from "./log-file.ts";
import { listRotated } from "./log-files.ts";
import { type Place, readOwnLine, type STARTS } from "./own-line.ts";

export type FoundLog = {
  readonly after: (typeof STARTS)[number];
  /** The line that the chain goes on from. */
  readonly before: ChainHead;
  readonly previous: Place | undefined;
  /** Of the file that is written now. */
  readonly number: number;
  /** When the last whole line was written, Unix time in milliseconds. */
  readonly lastLineUnixMs: number | undefined;
  /** What is missing. */
  readonly problem: string | undefined;
};

type Last = { readonly file: string; readonly line: Buffer; readonly link: ChainHead | undefined };

const timestampSchema = z.object({ timestamp: z.iso.datetime() });

/**
 * @param file absolute; it is `current` that is open
 * @param wasChained whether it is known from elsewhere that there was a chain in it
 */
export async function findLog(file: string, current: LogFile, head: FoundHead, wasChained: boolean): Promise<FoundLog> {
  const rotated = await listRotated(file);
  const newest = rotated.at(-1);
  const last = await findLast(file, current, newest?.file);
  const text = last?.line.toString() ?? "";
  const isClosed = readOwnLine(text)?.event.event === "end";
  const { after, problem } = judge(last, isClosed, head, wasChained);
  const { link } = last ?? {};
  return {
    after,
    before: link ?? CHAIN_START,
    previous: last === undefined || link === undefined ? undefined : { file: basename(last.file), ...link },
    number: (newest?.number ?? 0) + 1,
    lastLineUnixMs: readTimestamp(text),
    problem,
  };
}

async function findLast(file: string, current: LogFile, newest: string | undefined): Promise<Last | undefined> {
  if (current.sizeBytes > 0) return { file, line: current.lastLine, link: readLink(current.lastLine) };
  // a run ended between putting a file away and beginning the next one
  const line = newest === undefined ? undefined : await readLastLine(newest);
  return newest === undefined || line === undefined ? undefined : { file: newest, line, link: readLink(line) };
}

function judge(
  last: Last | undefined,
  isClosed: boolean,
  found: FoundHead,
  wasChained: boolean,
): { readonly after: FoundLog["after"]; readonly problem?: string | undefined } {
  const missing = (problem: string) => ({ after: "loss", problem }) as const;
  if (found.kind === "foreign") return missing("FILE.head was changed, or written with another key");
  const head = found.kind === "found" ? found.head : undefined;
  const reached = `it had come to line ${head?.n} of the chain`;
  if (wasChained && head === undefined && last?.link === undefined) {
    const rest = last === undefined ? "the log is gone" : "its last line is in no chain";
    return missing(`${rest}, and FILE.head is gone, though a gate has written both`);
  }
  if (last === undefined) return (head?.n ?? 0) === 0 ? { after: "new" } : missing(`the log is gone; ${reached}`);
  const { link } = last;
  if (link === undefined) {
    return (head?.n ?? 0) === 0 ? { after: "unchained" } : missing(`its last line is in no chain; ${reached}`);
  }
  if (head === undefined) return missing("FILE.head is gone, which says how far the log had come");
  if (link.n < head.n) return missing(`it ends at line ${link.n} of the chain; ${reached}`);
  if (link.n === head.n && link.mac !== head.mac) return missing("its last line is not the one that was written last");
  if (head.state === "closed" && (link.n > head.n || !isClosed)) return missing("FILE.head is older than the log");
  return { after: isClosed ? "end" : "kill" };
}

/** Of a line, Unix time in milliseconds. */
export function readTimestamp(line: string): number | undefined {
  try {
    return Date.parse(timestampSchema.parse(JSON.parse(line)).timestamp);
  } catch {
    return undefined;
  }
}
