// Writes the lines of a log: chains them, puts the file away where it is large or old, removes the oldest ones, and keeps
// FILE.head. One call at a time: its caller waits for each. What the lines say is not known here.
import { rename, rm } from "node:fs/promises";
import { basename } from "node:path";
import { messageOf } from "../problem.ts";
import { type ChainHead, keyIdOf, Linker, readLink } from "./chain.ts";
import { readHead, takeOpenMark, writeHead } from "./head-file.ts";
import { type LogFile, openLogFile, readLastLine } from "./log-file.ts";
import { listRotated, type RotatedFile, rotatedName } from "./log-files.ts";
import { type FoundLog, findLog, readTimestamp } from "./log-start.ts";
import { type OwnEvent, readOwnLine, toOwnLine } from "./own-line.ts";
import type { LineContext } from "./write-line.ts";

export type Rotation = {
  /** A file that would grow longer is put away before. */
  readonly maxBytes: number;
  /** So is one that was begun so long ago; undefined: never. */
  readonly maxAgeMs: number | undefined;
};

/** Which rotated files stay; undefined: all of them. */
export type Retention = { readonly files: number | undefined; readonly maxAgeMs: number | undefined };

export type ChainedLogOptions = {
  /** Absolute. */
  readonly file: string;
  readonly key: Buffer;
  readonly rotation: Rotation;
  readonly retention: Retention;
  /** Whether an earlier run is known to have written this log: then it can't be new. */
  readonly wasChained?: boolean;
  readonly labels: LineContext["labels"];
  readonly unixMs: () => number;
  /** Told where rotating or removing fails, once until it works again. */
  readonly onProblem: (problem: string) => void;
};

/** Between these, Unix time in milliseconds, calls may have been judged of which the log has no line. */
export type UncleanEnd = { readonly fromUnixMs: number; readonly toUnixMs: number; readonly tornBytes: number };

/** After what failed, it is not tried at each batch. */
const RETRY_MS = 60_000;
/** How often it is looked whether a file has become too old. */
const REMOVE_MS = 60_000;

/** @throws Problem where it isn't a log; the system's error where it can't be written */
export async function openChainedLog(options: ChainedLogOptions): Promise<ChainedLog> {
  const { file, key } = options;
  const now = options.unixMs();
  const current = await openLogFile(file);
  try {
    const head = await readHead(file, key);
    const found = await findLog(file, current, head, options.wasChained === true);
    const markUnixMs = await takeOpenMark(file);
    const openUnixMs = head.kind === "found" && head.head.state === "open" ? head.head.unixMs : markUnixMs;
    const unclean = uncleanEnd(found, openUnixMs, current.tornBytes, now);
    await writeHead(file, { ...found.before, state: "open", unixMs: now }, key);
    const log = new ChainedLog(options, current, found, unclean);
    await log.begin(unclean);
    return log;
  } catch (error) {
    await current.close();
    throw error;
  }
}

function uncleanEnd(
  found: FoundLog,
  openUnixMs: number | undefined,
  tornBytes: number,
  now: number,
): UncleanEnd | undefined {
  const { after, lastLineUnixMs } = found;
  const isLeftOpen = openUnixMs !== undefined && after !== "end" && after !== "new";
  if (!isLeftOpen && tornBytes === 0) return undefined;
  const known = Math.max(openUnixMs ?? 0, lastLineUnixMs ?? 0);
  return { fromUnixMs: Math.min(known, now), toUnixMs: now, tornBytes };
}

export class ChainedLog {
  readonly #linker: Linker;
  #head: ChainHead;
  #number: number;
  #bytes: number;
  /** When the file that is written now was begun, Unix time in milliseconds. */
  #begunUnixMs: number;
  /** All that was recorded up to then is written. */
  #writtenUnixMs: number;
  /** Whether it holds more than its first line. */
  #hasLines: boolean;
  #retryUnixMs = 0;
  #removeUnixMs = 0;
  /** The name of the file that was put away, as long as the next one can't be begun. */
  #putAway: string | undefined;
  #isFailing = false;

  constructor(
    private readonly options: ChainedLogOptions,
    private file: LogFile,
    private readonly found: FoundLog,
    /** Set where the log was not closed the last time. */
    readonly unclean: UncleanEnd | undefined,
  ) {
    this.#linker = new Linker(options.key);
    this.#head = found.before;
    this.#number = found.number;
    this.#bytes = file.sizeBytes;
    this.#hasLines = file.sizeBytes > 0;
    this.#writtenUnixMs = options.unixMs();
    this.#begunUnixMs = readTimestamp(file.firstLine ?? "") ?? options.unixMs();
  }

  /** What is missing that no gate reported. */
  get problem(): string | undefined {
    return this.found.problem;
  }

  async begin(unclean: UncleanEnd | undefined): Promise<void> {
    const { after, previous, problem } = this.found;
    const toText = (unixMs: number): string => new Date(unixMs).toISOString();
    await this.#write([
      this.own({
        event: "start",
        file: this.#number,
        key: keyIdOf(this.options.key),
        after,
        previous,
        unclean: unclean && {
          from: toText(unclean.fromUnixMs),
          to: toText(unclean.toUnixMs),
          torn_bytes: unclean.tornBytes,
        },
        unchained_bytes: after === "unchained" ? this.#bytes : undefined,
        problem,
      }),
    ]);
    await this.touch(this.#writtenUnixMs);
  }

  /** The lines, each without a line feed; rejects where they were not all written, and then none of them stay. */
  async append(lines: readonly string[]): Promise<void> {
    await this.rotateIfDue(lines.reduce((sum, line) => sum + line.length, 0));
    await this.#write(lines);
    this.#hasLines = true;
  }

  /** A line that the log writes about itself, to be appended. */
  own(event: OwnEvent): string {
    return toOwnLine(event, this.options.unixMs(), this.options.labels);
  }

  sync(): Promise<void> {
    return this.file.sync();
  }

  /** All that was recorded up to then is written. */
  touch(unixMs: number): Promise<void> {
    this.#writtenUnixMs = unixMs;
    return this.#writeHead("open");
  }

  async rotateIfDue(moreBytes = 0): Promise<void> {
    const now = this.options.unixMs();
    if (now < this.#retryUnixMs) return;
    const { maxBytes, maxAgeMs = Number.POSITIVE_INFINITY } = this.options.rotation;
    const isLarge = this.#bytes + moreBytes > maxBytes;
    const isOld = now - this.#begunUnixMs >= maxAgeMs;
    try {
      if (this.#putAway !== undefined || (this.#hasLines && (isLarge || isOld))) await this.#rotate(now);
      else if (now < this.#removeUnixMs) return;
      await this.#removeOld(now);
      this.#removeUnixMs = now + REMOVE_MS;
      if (this.#isFailing) this.options.onProblem("the decision log is rotated again");
      this.#isFailing = false;
    } catch (error) {
      this.#retryUnixMs = now + RETRY_MS;
      if (!this.#isFailing) this.options.onProblem(`the decision log can't be rotated, and grows: ${messageOf(error)}`);
      this.#isFailing = true;
    }
  }

  /** Marks the end as clean. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    try {
      await this.#write([this.own({ event: "end" })]);
      await this.file.sync();
      this.#writtenUnixMs = this.options.unixMs();
      await this.#writeHead("closed");
    } finally {
      await this.file.close();
    }
  }

  async #write(lines: readonly string[]): Promise<void> {
    const { bytes, head } = this.#linker.link(lines, this.#head);
    await this.file.append(bytes);
    this.#head = head;
    this.#bytes += bytes.length;
  }

  #writeHead(state: "open" | "closed"): Promise<void> {
    const { file, key } = this.options;
    return writeHead(file, { ...this.#head, state, unixMs: this.#writtenUnixMs }, key);
  }

  async #rotate(now: number): Promise<void> {
    const { file } = this.options;
    if (this.#putAway === undefined) {
      const name = rotatedName(file, this.#number);
      await this.#write([this.own({ event: "rotated", as: basename(name) })]);
      await this.file.sync();
      await rename(file, name);
      this.#putAway = name;
    }
    const next = await openLogFile(file);
    const [last, lastBytes] = [this.file, this.#bytes];
    const previous = { file: basename(this.#putAway), ...this.#head };
    const first = this.own({ event: "continued", file: this.#number + 1, key: keyIdOf(this.options.key), previous });
    this.file = next;
    this.#bytes = 0;
    try {
      await this.#write([first]);
    } catch (error) {
      this.file = last;
      this.#bytes = lastBytes;
      await next.close();
      throw error;
    }
    this.#putAway = undefined;
    this.#number += 1;
    this.#hasLines = false;
    this.#begunUnixMs = now;
    await last.close();
    // the lines for which it was put away are still to be written
    await this.#writeHead("open");
  }

  async #removeOld(now: number): Promise<void> {
    const { files, maxAgeMs } = this.options.retention;
    if (files === undefined && maxAgeMs === undefined) return;
    const rotated = await listRotated(this.options.file);
    const tooMany = files === undefined ? 0 : Math.max(0, rotated.length - files);
    const tooOld = maxAgeMs === undefined ? 0 : await countOlder(rotated, now - maxAgeMs);
    const last = rotated[Math.max(tooMany, tooOld) - 1];
    if (last === undefined) return;
    const head = readLink(await readLastLine(last.file));
    if (head !== undefined) {
      // before they go: who verifies must not take it for a loss
      const because = tooMany >= tooOld ? "files" : "days";
      await this.#write([this.own({ event: "removed", up_to: { file: basename(last.file), ...head }, because })]);
    }
    for (const { file } of rotated.slice(0, Math.max(tooMany, tooOld))) await rm(file, { force: true });
  }
}

/** How many of the oldest files were put away before `unixMs`. */
async function countOlder(rotated: readonly RotatedFile[], unixMs: number): Promise<number> {
  for (const [index, { file }] of rotated.entries()) {
    const putAway = readOwnLine((await readLastLine(file)).toString());
    if (putAway === undefined || Date.parse(putAway.timestamp) >= unixMs) return index;
  }
  return rotated.length;
}
