// The decision log: one line for each judged call, or question. Not durable, lines are made and written off the call's path, at most
// `batchMs` later, and a failing disk costs lines that are counted and reported. Durable, a call waits until its line is on
// disk (many calls share one write), and a failing disk refuses it. The log never throws into a call for what a disk does.

import { Problem } from "../problem.ts";
import { type AskedEvent, toAskedLine } from "./asked-line.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { type DecisionEvent, toLogLine } from "./log-line.ts";
import { type OpenMark, setOpenMark } from "./open-mark.ts";
import type { LineContext } from "./write-line.ts";

const MAX_BATCH_MS = 50;
const MAX_BATCH_EVENTS = 256;
/** Making the lines of a batch holds everything else up. */
const MAX_BATCH_CHARACTERS = 1_048_576;
/** What may wait for a disk that is slower than the calls. */
const MAX_WAITING_EVENTS = 20_000;
const MAX_WAITING_CHARACTERS = 67_108_864;
const TOUCH_MS = 5_000;

export type DecisionLogOptions = {
  /** Absolute. */
  readonly file: string;
  readonly durable: boolean;
  /** How long a line may wait, in milliseconds, at most 50; a durable log doesn't wait. */
  readonly batchMs?: number;
  readonly labels: LineContext["labels"];
  /** Names of arguments that are masked besides the built-in ones; case does not count. */
  readonly maskedKeys?: readonly string[];
  readonly unixMs: () => number;
  /** Gets each line once it is written; where the disk fails and calls go out all the same, then too. */
  readonly onLine?: (line: string) => void;
  /** Told, in one sentence, when writing begins to fail and when it works again. */
  readonly onProblem: (problem: string) => void;
};

/** Between these, Unix time in milliseconds, calls may have been judged of which the log has no line. */
export type UncleanEnd = { readonly fromUnixMs: number; readonly toUnixMs: number; readonly tornBytes: number };

export interface DecisionLog {
  /** Set where the log was not closed the last time. */
  readonly unclean: UncleanEnd | undefined;
  /** Durable: resolves when the line is on disk, rejects where it can't be. Else undefined, at once. */
  record(event: LogEvent): Promise<void> | undefined;
  /** All that was recorded before is written, or counted as lost. */
  flush(): Promise<void>;
  /** Flushes and marks the end as clean. Nothing may be recorded afterwards. */
  close(): Promise<void>;
  /** How many decisions of this run are not in the log. */
  lost(): number;
  /** Whether the last line could not be written. */
  isFailing(): boolean;
}

export type LogEvent = DecisionEvent | AskedEvent;

type Waiting = {
  readonly event: LogEvent;
  line?: string;
  readonly characters: number;
  readonly settle: ((error: Error | undefined) => void) | undefined;
};

/** @throws Problem where the file can't be written */
export async function openDecisionLog(options: DecisionLogOptions): Promise<DecisionLog> {
  const batchMs = options.batchMs ?? MAX_BATCH_MS;
  if (!(batchMs >= 0 && batchMs <= MAX_BATCH_MS)) throw new RangeError(`batchMs must be from 0 to ${MAX_BATCH_MS}`);
  try {
    const file = await openLogFile(options.file);
    const now = options.unixMs();
    const mark = await setOpenMark(options.file, now);
    return new FileDecisionLog({ ...options, batchMs }, file, mark, uncleanEnd(file, mark, now));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new Problem([
      `${options.file}: the decision log can't be written (${error.message}); mend that, or set log.file in the configuration`,
    ]);
  }
}

function uncleanEnd(file: LogFile, mark: OpenMark, now: number): UncleanEnd | undefined {
  if (mark.leftUnixMs === undefined && file.tornBytes === 0) return undefined;
  const known = Math.max(mark.leftUnixMs ?? 0, file.lastLineUnixMs ?? 0);
  return { fromUnixMs: Math.min(known, now), toUnixMs: now, tornBytes: file.tornBytes };
}

class FileDecisionLog implements DecisionLog {
  readonly #context: LineContext;
  readonly #touching: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #waitingCharacters = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #lost = 0;
  #failing = false;
  #closed = false;

  constructor(
    private readonly options: DecisionLogOptions & { readonly batchMs: number },
    private readonly file: LogFile,
    private readonly mark: OpenMark,
    readonly unclean: UncleanEnd | undefined,
  ) {
    this.#context = {
      labels: options.labels,
      maskedKeys: new Set((options.maskedKeys ?? []).map((name) => name.toLowerCase())),
    };
    this.#touching = setInterval(() => void this.#touch(), TOUCH_MS).unref();
  }

  record(event: LogEvent): Promise<void> | undefined {
    const problem = this.#closed
      ? "the decision log is closed"
      : this.#isFull()
        ? "the disk is slower than the calls"
        : undefined;
    if (this.options.durable) {
      if (problem !== undefined) return Promise.reject(new Error(problem));
      return new Promise((resolve, reject) =>
        this.#enqueue(event, (error) => (error === undefined ? resolve() : reject(error))),
      );
    }
    if (problem === undefined) this.#enqueue(event, undefined);
    else this.#lose(1, problem);
    return undefined;
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0 || this.#writing !== undefined) await this.#write();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#touching);
    await this.flush();
    try {
      await this.file.sync();
      await this.mark.clear();
    } catch (error) {
      this.options.onProblem(`the decision log could not be closed cleanly (${messageOf(error)})`);
    } finally {
      await this.file.close();
    }
  }

  lost(): number {
    return this.#lost;
  }

  isFailing(): boolean {
    return this.#failing;
  }

  #isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING_EVENTS || this.#waitingCharacters >= MAX_WAITING_CHARACTERS;
  }

  #enqueue(event: LogEvent, settle: Waiting["settle"]): void {
    const characters = "call" in event ? ((event.call.args ?? event.call.params)?.text.length ?? 0) : event.characters;
    this.#waiting.push({ event, characters, settle });
    this.#waitingCharacters += characters;
    // A write that is under way takes what has come meanwhile with it when it is done.
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    if (this.options.durable) void this.#write();
    else this.#timer = setTimeout(() => void this.#write(), this.options.batchMs);
  }

  /** One writer at a time; resolves when nothing waits. */
  async #write(): Promise<void> {
    if (this.#writing === undefined && this.#waiting.length > 0) this.#writing = this.#writeAll();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0) await this.#writeBatch();
    // In the same turn as the last look: what is recorded from now on starts a writer of its own.
    this.#writing = undefined;
  }

  async #writeBatch(): Promise<void> {
    const batch: Waiting[] = [];
    let lines = "";
    while (batch.length < MAX_BATCH_EVENTS && lines.length < MAX_BATCH_CHARACTERS) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingCharacters -= next.characters;
      try {
        next.line = toLine(next.event, this.#context);
        lines += `${next.line}\n`;
        batch.push(next);
      } catch (error) {
        this.#fail([next], error);
      }
    }
    if (batch.length === 0) return;
    try {
      await this.file.append(lines);
      if (this.options.durable) await this.file.sync();
      this.#succeed(batch);
    } catch (error) {
      this.#fail(batch, error);
    }
  }

  #succeed(batch: readonly Waiting[]): void {
    for (const { settle } of batch) settle?.(undefined);
    this.#tell(batch);
    if (!this.#failing) return;
    this.#failing = false;
    this.options.onProblem(`the decision log is written again; so far ${this.#lost} decisions are missing from it`);
  }

  #fail(batch: readonly Waiting[], cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    for (const { settle } of batch) settle?.(error);
    if (!this.options.durable) this.#tell(batch);
    this.#lose(batch.length, error.message);
  }

  #tell(batch: readonly Waiting[]): void {
    for (const { line } of batch) if (line !== undefined) this.options.onLine?.(line);
  }

  #lose(count: number, problem: string): void {
    this.#lost += count;
    if (this.#failing) return;
    this.#failing = true;
    const effect = this.options.durable ? "calls are refused" : "decisions are being lost";
    this.options.onProblem(`the decision log can't be written, ${effect}: ${problem}`);
  }

  async #touch(): Promise<void> {
    const now = this.options.unixMs();
    await this.flush();
    if (!this.#failing && !this.#closed) await this.mark.touch(now).catch(() => undefined);
  }
}

function toLine(event: LogEvent, context: LineContext): string {
  return "call" in event ? toLogLine(event, context) : toAskedLine(event, context);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
