// Verifies a log: its rotated files and the one that is written now, as one chain, against FILE.head. Reads only, in bounded
// memory, and beside a gate that writes.
import { basename } from "node:path";
import type { ChainHead } from "./chain.ts";
import { ChainCheck, type Checked, type Finding } from "./chain-check.ts";
import { type FoundHead, headFileOf, readHead } from "./head-file.ts";
import { isRotatedName, type NamedLog } from "./log-files.ts";
import { type Opened, openLog, openNamed } from "./open-log.ts";
import { readRawLines } from "./read-lines.ts";

export type Verified = Omit<Checked, "last" | "torn"> & {
  /** How the log ends: closed by its gate; open, for its gate runs or was killed; or, of rotated files alone, in the next one. */
  readonly ending: "closed" | "open" | "rotated" | "unchained";
};

/**
 * @param log its own file, with which the rotated ones are read; or one rotated file alone
 * @param pause between two pieces, with how many bytes were read
 * @throws Problem where it can't be read
 */
export async function verifyLog(
  log: NamedLog,
  keys: readonly Buffer[],
  pause: (readBytes: number) => Promise<void> | void = () => undefined,
): Promise<Verified> {
  if (isRotatedName(log.file))
    return describe(await check([await openNamed(log)], keys, undefined, pause), log, undefined);
  const heads = await Promise.all(keys.map((key) => readHead(log.file, key)));
  const head = heads.find(({ kind }) => kind === "found") ?? heads[0] ?? { kind: "none" };
  const { rotated, current } = await openLog(log);
  const known = head.kind === "found" ? head.head : undefined;
  return describe(
    await check([...rotated, ...(current === undefined ? [] : [current])], keys, known, pause),
    log,
    head,
  );
}

async function check(
  files: readonly (Opened | NamedLog)[],
  keys: readonly Buffer[],
  known: ChainHead | undefined,
  pause: (readBytes: number) => Promise<void> | void,
): Promise<ChainCheck> {
  const chain = new ChainCheck(keys, known);
  let doneBytes = 0;
  for (const file of files) {
    const opened = "handle" in file ? file : await openNamed(file).catch(() => undefined);
    // removed meanwhile: what is said about that in the log is still to come
    if (opened === undefined) continue;
    try {
      chain.beginFile(opened.shown);
      let readBytes = 0;
      await readRawLines(opened.handle, 0, {
        see: (bytes, isEnded) => chain.see(bytes, isEnded),
        pause(bytes) {
          readBytes = bytes;
          return pause(doneBytes + bytes);
        },
      });
      doneBytes += readBytes;
    } finally {
      await opened.handle.close();
    }
  }
  return chain;
}

function describe(chain: ChainCheck, { shown }: NamedLog, head: FoundHead | undefined): Verified {
  const { last, torn, ...checked } = chain.result(head !== undefined);
  const where = checked.end ?? { file: shown, line: 0 };
  const findings = [...checked.findings];
  const isWritten = head?.kind === "found" && head.head.state === "open";
  // half a line stands there while it is written, or until the start after a kill sets it apart
  const notes = torn !== undefined && isWritten ? [...checked.notes, torn] : checked.notes;
  if (torn !== undefined && !isWritten) findings.push({ kind: "inserted", ...torn });
  const find = (kind: Finding["kind"], what: string): void => void findings.push({ kind, where, what });
  const ending = checked.head === undefined ? "unchained" : head === undefined ? "rotated" : "open";
  if (head === undefined || (checked.head === undefined && head.kind === "none"))
    return { ...checked, notes, findings, ending };
  const headFile = basename(headFileOf(shown));
  if (head.kind === "none") {
    find("head", `whether this is the end can't be said: ${headFile} is not there`);
  } else if (head.kind === "foreign") {
    find("head", `whether this is the end can't be said: ${headFile} was changed, or written with another key`);
  } else {
    const { n, state } = head.head;
    const reached = checked.head?.n ?? 0;
    const isClosed = last?.event.event === "end";
    if (reached < n)
      find("truncated", `ends with line ${reached} of the chain, and had come to line ${n}: its end was cut off`);
    else if (state === "closed" && (!isClosed || reached > n)) find("head", `${headFile} is older than the log`);
    else if (isClosed) return { ...checked, notes, findings, ending: "closed" };
  }
  return { ...checked, notes, findings, ending };
}
