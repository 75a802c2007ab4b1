// Keeps histories over restarts: one append for each call that counts, before it goes out where a policy reads that and a moment
// later where none does, and from time to time a fold into the store. A line says what is, not what changed, so that reading it twice does no harm. What can't be written stays counted in
// memory, and is written with the next call that can be.
import { z } from "zod";
import type { Call, History } from "../gate/types.ts";
import { JournalFile } from "../limits/journal-file.ts";
import { decodeChecked, encodeChecked } from "../limits/journal-line.ts";
import { messageOf, Problem } from "../problem.ts";
import { type Allowed, Histories, type HistoryOptions, type HourCount, KEPT_KINDS, oldestHour } from "./history.ts";

/** Where counts lie after a fold. */
export interface HistoryStore {
  /** Replaces these counts and drops all of hours before `oldestHour`. */
  save(counts: Iterable<HourCount>, oldestHour: number): void;
  load(): readonly HourCount[];
}

export type HistoryJournalOptions = HistoryOptions & {
  /** The journal's file, which only this process writes. */
  readonly path: string;
  readonly store: HistoryStore;
  readonly unixMs: () => number;
  /** Told, in one sentence, when writing begins to fail and when it works again. */
  readonly onProblem: (problem: string) => void;
  /** Length of the file at which it is folded; 256 KiB where absent. */
  readonly foldBytes?: number;
};

export interface HistoryJournal {
  /** @throws Error where more was done than is counted */
  read(call: Call): History;
  /**
   * Counts a call that goes out. Never throws.
   * @param isRead whether the policy in force reads it; where it does not, many calls share one write
   */
  add(allowed: Allowed, isRead?: boolean): void;
  /** Folds what is left and closes the file. */
  close(): void;
}

const FOLD_BYTES = 256 * 1024;
/** All that a full disk kept out is tried at once, and that is much for one call. */
const RETRY_MS = 1_000;
/** How long counts that nobody reads may wait to be written, and how many. */
const WAIT_MS = 50;
const MAX_WAITING = 1_000;

const lineSchema = z.array(z.tuple([z.string(), z.enum(KEPT_KINDS), z.string(), z.int().min(0), z.int().positive()]));

/** @throws Problem where what an earlier process left can't be read: to go on would forget calls */
export function openHistory(options: HistoryJournalOptions): HistoryJournal {
  const { path, store, unixMs, onProblem, foldBytes = FOLD_BYTES } = options;
  const histories = new Histories(options);
  const file = openFile(path);
  let foldAtBytes = foldBytes;
  /** What was counted since the last fold. */
  let counted = new Set<HourCount>();
  let isFailing = false;
  let retryUnixMs = 0;
  const waiting = new Set<HourCount>();
  let timer: NodeJS.Timeout | undefined;
  foldAtStart();
  histories.restore(store.load(), unixMs());

  function fold(counts: Iterable<HourCount>): void {
    store.save(counts, oldestHour(unixMs()));
    file.empty();
    counted = new Set();
    foldAtBytes = foldBytes;
  }

  function foldAtStart(): void {
    try {
      fold(readCounts(file));
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem([
        `${path}: the history could not be folded into the store (${messageOf(error)}): is the disk full?`,
      ]);
    }
  }

  function write(counts: readonly HourCount[]): void {
    for (const count of counts) counted.add(count);
    if (isFailing && unixMs() < retryUnixMs) return;
    try {
      // what a full disk kept out goes with it
      const all = isFailing ? [...counted] : counts;
      if (all.length > 0) file.append(encodeChecked(JSON.stringify(all.map(toTuple))));
      if (file.bytes >= foldAtBytes) fold(counted);
      if (isFailing) onProblem(`${path}: the history is written again`);
      isFailing = false;
    } catch (error) {
      foldAtBytes = file.bytes + foldBytes;
      retryUnixMs = unixMs() + RETRY_MS;
      if (!isFailing) {
        onProblem(`${path}: the history can't be written, and would be lost with this process: ${messageOf(error)}`);
      }
      isFailing = true;
    }
  }

  function writeWaiting(): void {
    clearTimeout(timer);
    timer = undefined;
    const counts = [...waiting];
    waiting.clear();
    if (counts.length > 0) write(counts);
  }

  return {
    read: (call) => histories.read(call.principal.id, unixMs()),
    add(allowed, isRead = true) {
      const counts = histories.add(allowed);
      for (const count of counts) waiting.add(count);
      if (isRead || waiting.size >= MAX_WAITING) writeWaiting();
      else timer ??= setTimeout(writeWaiting, WAIT_MS).unref();
    },
    close() {
      writeWaiting();
      fold(counted);
      file.close();
    },
  };
}

function nameOf({ principal, kind, name, hour }: HourCount): string {
  return `${hour} ${kind} ${name.length} ${name}${principal}`;
}

function toTuple({ principal, kind, name, hour, count }: HourCount): z.infer<typeof lineSchema>[number] {
  return [principal, kind, name, hour, count];
}

/** The last count that the file has of each. */
function readCounts(file: JournalFile): Iterable<HourCount> {
  const last = new Map<string, HourCount>();
  for (const [index, line] of file.lines().entries()) {
    const parsed = lineSchema.safeParse(decodeChecked(line));
    if (!parsed.success) {
      throw new Problem([
        `${file.path}:${index + 1}: the history's journal is damaged: restore it, or move it away and accept that calls made since the last fold are forgotten`,
      ]);
    }
    for (const [principal, kind, name, hour, count] of parsed.data) {
      const read = { principal, kind, name, hour, count };
      last.set(nameOf(read), read);
    }
  }
  return last.values();
}

function openFile(path: string): JournalFile {
  try {
    return new JournalFile(path);
  } catch (error) {
    throw new Problem([
      `${path}: the history's journal cannot be opened (${messageOf(error)}): make its folder writable`,
    ]);
  }
}
