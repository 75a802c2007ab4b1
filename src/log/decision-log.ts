// The decision log: one line for each judged call, or question. Not durable, lines are made and written off the call's path, at most
// `batchMs` later. Durable, a call waits until its line is on disk (many calls share one write). Where the disk fails, calls are
// refused, or go on and are counted; once it works again, a line of the log says how many are missing. The log never throws
// into a call for what a disk does, and never blocks one.

import { messageOf, Problem } from "../problem.ts";
import { type AskedEvent, toAskedLine } from "./asked-line.ts";
import { type ChainedLog, openChainedLog, type Retention, type Rotation, type UncleanEnd } from "./chained-log.ts";
import { type DecisionEvent, toLogLine } from "./log-line.ts";
import { type ResultEvent, toResultLine } from "./result-line.ts";
import type { LineContext } from "./write-line.ts";

const MAX_BATCH_MS = 50;
/** How long a call waits to become a line: what it is made of would else live on with each line that waits, and be much work for the garbage collector. */
const LINE_MS = 4;
const MAX_BATCH_EVENTS = 256;
/** So many are written though they have not waited long: lines that live on for a while are much work for the garbage collector. */
const SOON_EVENTS = 64;
/** Making the lines of a batch holds everything else up. */
const MAX_BATCH_CHARACTERS = 1_048_576;
/** What may wait for a disk that is slower than the calls. */
const MAX_WAITING_EVENTS = 20_000;
const MAX_WAITING_CHARACTERS = 67_108_864;
const TOUCH_MS = 5_000;
/** How often it is tried whether a disk works again, while no call is let through that would try it. */
const PROBE_MS = 500;

export type DecisionLogOptions = {
  /** Absolute. */
  readonly file: string;
  readonly durable: boolean;
  /** What becomes of calls while their lines can't be written. */
  readonly onFailure: "refuse" | "continue";
  /** Chains the lines: 32 bytes or more. */
  readonly key: Buffer;
  readonly wasChained?: boolean;
  readonly rotation: Rotation;
  readonly retention: Retention;
  /** How long a line may wait, in milliseconds, at most 50; a durable log doesn't wait. */
  readonly batchMs?: number;
  readonly labels: LineContext["labels"];
  /** Names of arguments that are masked besides the built-in ones; case does not count. */
  readonly maskedKeys?: readonly string[];
  readonly unixMs: () => number;
  /** Gets the lines once they are written; where the disk fails and calls go out all the same, then too. */
  readonly onLines?: (lines: readonly string[]) => void;
  /** Told, in one sentence, when writing or rotating begins to fail and when it works again. */
  readonly onProblem: (problem: string) => void;
};

export interface DecisionLog {
  /** Set where the log was not closed the last time. */
  readonly unclean: UncleanEnd | undefined;
  /** What was missing from the log at this start, and no gate had reported. */
  readonly missing: string | undefined;
  /**
   * Durable: resolves when the line is on disk. Else undefined, at once. A promise that rejects where the call must be refused,
   * for there is no line of it.
   */
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

export type { UncleanEnd } from "./chained-log.ts";

export type LogEvent = DecisionEvent | AskedEvent | ResultEvent;

type Waiting = {
  /** The line, once there is one. */
  what: LogEvent | string;
  readonly characters: number;
  readonly settle: ((error: Error | undefined) => void) | undefined;
};

/** What is missing since the last line that was written. */
type Missing = { readonly decisions: number; readonly fromUnixMs: number; readonly problem: string };

/** @throws Problem where the file can't be written */
export async function openDecisionLog(options: DecisionLogOptions): Promise<DecisionLog> {
  const batchMs = options.batchMs ?? MAX_BATCH_MS;
  if (!(batchMs >= 0 && batchMs <= MAX_BATCH_MS)) throw new RangeError(`batchMs must be from 0 to ${MAX_BATCH_MS}`);
  try {
    return new ChainedDecisionLog({ ...options, batchMs }, await openChainedLog(options));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new Problem([
      `${options.file}: the decision log can't be written (${error.message}); mend that, or set log.file in the configuration`,
    ]);
  }
}

class ChainedDecisionLog implements DecisionLog {
  readonly unclean: UncleanEnd | undefined;
  readonly missing: string | undefined;
  readonly #context: LineContext;
  readonly #touching: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #waitingCharacters = 0;
  #timer: NodeJS.Timeout | undefined;
  #lineTimer: NodeJS.Timeout | undefined;
  /** How many of those that wait are lines, or could not be made one. */
  #made = 0;
  #writing: Promise<void> | undefined;
  #lost = 0;
  #gap: Missing | undefined;
  /** Why the last line could not be written. */
  #failing: string | undefined;
  #closed = false;

  constructor(
    private readonly options: DecisionLogOptions & { readonly batchMs: number },
    private readonly log: ChainedLog,
  ) {
    this.unclean = log.unclean;
    this.missing = log.problem;
    this.#context = {
      labels: options.labels,
      maskedKeys: new Set((options.maskedKeys ?? []).map((name) => name.toLowerCase())),
    };
    this.#touching = setInterval(() => void this.#touch(), TOUCH_MS).unref();
  }

  record(event: LogEvent): Promise<void> | undefined {
    const { durable, onFailure } = this.options;
    const problem = this.#problem();
    if (problem !== undefined) {
      this.#lose(1, problem);
      return onFailure === "refuse" ? Promise.reject(new Error(problem)) : undefined;
    }
    if (!durable) {
      this.#enqueue(event, undefined);
      return undefined;
    }
    return new Promise((resolve, reject) =>
      this.#enqueue(event, (error) => (error === undefined || onFailure === "continue" ? resolve() : reject(error))),
    );
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
    if (this.#gap !== undefined) await this.#write();
    clearTimeout(this.#timer);
    clearTimeout(this.#lineTimer);
    try {
      await this.log.close();
    } catch (error) {
      this.options.onProblem(`the decision log could not be closed cleanly (${messageOf(error)})`);
    }
  }

  lost(): number {
    return this.#lost;
  }

  isFailing(): boolean {
    return this.#failing !== undefined;
  }

  /** Why an event can't be taken. */
  #problem(): string | undefined {
    if (this.#closed) return "the decision log is closed";
    if (this.#isFull()) return "the disk is slower than the calls";
    // a durable call finds out by itself
    return this.options.onFailure === "refuse" && !this.options.durable ? this.#failing : undefined;
  }

  #isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING_EVENTS || this.#waitingCharacters >= MAX_WAITING_CHARACTERS;
  }

  #enqueue(event: LogEvent, settle: Waiting["settle"]): void {
    const characters = charactersOf(event);
    this.#waiting.push({ what: event, characters, settle });
    this.#waitingCharacters += characters;
    if (!this.options.durable) this.#makeSoon();
    // A write that is under way takes what has come meanwhile with it when it is done.
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    if (this.options.durable) void this.#write();
    else this.#writeSoon();
  }

  #makeSoon(): void {
    this.#lineTimer ??= setTimeout(() => this.#makeLines(), LINE_MS).unref();
  }

  #makeLines(): void {
    this.#lineTimer = undefined;
    if (this.#waiting.length >= SOON_EVENTS && this.#writing === undefined) void this.#write();
    for (let characters = 0; characters < MAX_BATCH_CHARACTERS; this.#made += 1) {
      const next = this.#waiting[this.#made];
      if (next === undefined) return;
      try {
        characters += this.#lineOf(next).length;
      } catch {
        // told where it is to be written
      }
    }
    this.#makeSoon();
  }

  #lineOf(waiting: Waiting): string {
    if (typeof waiting.what !== "string") waiting.what = toLine(waiting.what, this.#context);
    return waiting.what;
  }

  /** One writer at a time; resolves when nothing waits. */
  async #write(): Promise<void> {
    if (this.#writing === undefined && (this.#waiting.length > 0 || this.#gap !== undefined)) {
      this.#writing = this.#writeAll();
    }
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    do await this.#writeBatch();
    while (this.options.durable ? this.#waiting.length > 0 : this.#waiting.length >= MAX_BATCH_EVENTS);
    // In the same turn as the last look: what is recorded from now on starts a writer of its own.
    this.#writing = undefined;
    if (this.#failing !== undefined && this.options.onFailure === "refuse" && !this.options.durable && !this.#closed)
      this.#timer = setTimeout(() => void this.#write(), PROBE_MS).unref();
    else if (this.#waiting.length > 0) this.#writeSoon();
  }

  /** Few and large writes: each takes as long as it takes to judge several calls. */
  #writeSoon(): void {
    this.#timer ??= setTimeout(() => void this.#write(), this.options.batchMs);
  }

  /** What waits, behind a line that says what is missing before it. */
  async #writeBatch(): Promise<void> {
    const batch: Waiting[] = [];
    const lines: string[] = [];
    let characters = 0;
    while (batch.length < MAX_BATCH_EVENTS && characters < MAX_BATCH_CHARACTERS) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingCharacters -= next.characters;
      this.#made = Math.max(0, this.#made - 1);
      try {
        const line = this.#lineOf(next);
        lines.push(line);
        characters += line.length;
        batch.push(next);
      } catch (error) {
        this.#fail([next], error);
      }
    }
    const gap = this.#gap;
    if (lines.length === 0 && gap === undefined) return;
    try {
      await this.log.append(gap === undefined ? lines : [this.#describeGap(gap), ...lines]);
      if (gap !== undefined) this.#forget(gap);
      if (this.options.durable) await this.log.sync();
      this.#succeed(batch);
    } catch (error) {
      this.#fail(batch, error);
    }
  }

  #describeGap({ decisions, fromUnixMs, problem }: Missing): string {
    const [from, to] = [fromUnixMs, this.options.unixMs()].map((unixMs) => new Date(unixMs).toISOString());
    return this.log.own({ event: "lost", decisions, from: from ?? "", to: to ?? "", problem });
  }

  /** It stands in the log now; more may have come meanwhile. */
  #forget(gap: Missing): void {
    const decisions = (this.#gap?.decisions ?? 0) - gap.decisions;
    this.#gap = decisions <= 0 || this.#gap === undefined ? undefined : { ...this.#gap, decisions };
  }

  #succeed(batch: readonly Waiting[]): void {
    for (const { settle } of batch) settle?.(undefined);
    this.#tell(batch);
    if (this.#failing === undefined) return;
    this.#failing = undefined;
    this.options.onProblem(`the decision log is written again; so far ${this.#lost} decisions are missing from it`);
  }

  #fail(batch: readonly Waiting[], cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    for (const { settle } of batch) settle?.(error);
    if (!this.options.durable || this.options.onFailure === "continue") this.#tell(batch);
    this.#lose(batch.length, error.message);
  }

  #tell(batch: readonly Waiting[]): void {
    this.options.onLines?.(batch.flatMap(({ what }) => (typeof what === "string" ? [what] : [])));
  }

  #lose(count: number, problem: string): void {
    this.#lost += count;
    const fromUnixMs = this.#gap?.fromUnixMs ?? this.options.unixMs();
    const decisions = (this.#gap?.decisions ?? 0) + count;
    if (decisions > 0) this.#gap = { problem, ...this.#gap, fromUnixMs, decisions };
    if (this.#failing !== undefined) return;
    this.#failing = problem;
    const effect = this.options.onFailure === "refuse" ? "calls are refused" : "decisions are being lost";
    this.options.onProblem(`the decision log can't be written, ${effect}: ${problem}`);
  }

  async #touch(): Promise<void> {
    await this.flush();
    if (this.#gap !== undefined) await this.#write();
    if (this.#failing !== undefined || this.#closed) return;
    // by the time that this is written, more may have been recorded
    if (this.#waiting.length === 0) this.#writing ??= this.#keep(this.options.unixMs());
    await this.#writing;
  }

  /** What is to be done from time to time, with nothing to write. @param unixMs of the moment at which nothing waited */
  async #keep(unixMs: number): Promise<void> {
    await this.log.rotateIfDue();
    await this.log.touch(unixMs).catch(() => undefined);
    this.#writing = undefined;
    if (this.#waiting.length > 0) void this.#write();
  }
}

function toLine(event: LogEvent, context: LineContext): string {
  if ("call" in event) return toLogLine(event, context);
  return "about" in event ? toResultLine(event, context) : toAskedLine(event, context);
}

/** About so many that are held for it. */
function charactersOf(event: LogEvent): number {
  if ("call" in event) return (event.call.args ?? event.call.params)?.text.length ?? 0;
  return "about" in event ? (event.redacted?.join().length ?? 0) : event.characters;
}
