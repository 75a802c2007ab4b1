// The journal of takes: one append for each, before the call goes out, and from time to time a fold into the store, so
// that neither restart nor kill -9 refills a bucket. A fold saves first and empties the file then; a process that dies in
// between leaves lines that say what the store holds already, and reading them again changes nothing.
import { Problem } from "../problem.ts";
import { JournalFile } from "./journal-file.ts";
import { decodeLine, encodeLine, type StoredLevel } from "./journal-line.ts";
import { JournalError, type RestoredLevel, type TakeJournal } from "./limiter.ts";

/** Where levels lie after a fold. */
export interface BucketStore {
  /** Replaces the levels of these buckets and drops all that are full by `nowUnixMs`; on disk when it returns. */
  save(levels: Iterable<StoredLevel>, nowUnixMs: number): void;
  load(): readonly StoredLevel[];
}

export type JournalOptions = {
  /** The journal's file, which only this process writes. */
  readonly path: string;
  readonly store: BucketStore;
  readonly unixMs: () => number;
  /** Told why a fold failed, for the log: nothing is lost, the file grows until a later fold succeeds. */
  readonly onFoldFailed: (problem: string) => void;
  /** Length of the file at which it is folded; 256 KiB (some 1,500 takes) where absent. */
  readonly foldBytes?: number;
};

export interface Journal extends TakeJournal {
  /** The levels read back at the start: for the limiter. */
  readonly restored: readonly RestoredLevel[];
  /** Folds what is left and closes the file. Throws where the fold fails; the file then still holds the takes. */
  close(): void;
}

const FOLD_BYTES = 256 * 1024;

/** Reads what an earlier process left and begins anew. Throws a Problem where that cannot be read: to go on would refill buckets. */
export function openJournal(options: JournalOptions): Journal {
  const { path, store, unixMs, onFoldFailed, foldBytes = FOLD_BYTES } = options;
  const file = openFile(path);
  let foldAtBytes = foldBytes;
  foldAtStart();
  const nowUnixMs = unixMs();
  const restored = store.load().map((level) => ({ ...level, ageMs: Math.max(0, nowUnixMs - level.atUnixMs) }));

  return {
    restored,

    append(levels) {
      try {
        file.append(encodeLine(unixMs(), levels));
      } catch (error) {
        throw new JournalError(`${path}: the take could not be written: ${messageOf(error)}`, { cause: error });
      }
      if (file.bytes >= foldAtBytes) tryFold();
    },

    close() {
      fold();
      file.close();
    },
  };

  function fold(): void {
    store.save(lastLevels(file), unixMs());
    file.empty();
    foldAtBytes = foldBytes;
  }

  function foldAtStart(): void {
    try {
      fold();
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem([`${path}: takes could not be folded into the store (${messageOf(error)}): is the disk full?`]);
    }
  }

  function tryFold(): void {
    try {
      fold();
    } catch (error) {
      foldAtBytes = file.bytes + foldBytes;
      onFoldFailed(`${path}: takes could not be folded into the store: ${messageOf(error)}`);
    }
  }
}

/** The last level that the file has of each bucket. */
function lastLevels(file: JournalFile): Iterable<StoredLevel> {
  const last = new Map<string, StoredLevel>();
  for (const [index, line] of file.lines().entries()) {
    const levels = decodeLine(line);
    if (levels === undefined) {
      throw new Problem([
        `${file.path}:${index + 1}: the journal of takes is damaged: restore it, or move it away and accept that calls made since the last fold are forgotten and their buckets are fuller`,
      ]);
    }
    for (const level of levels) last.set(level.key, level);
  }
  return last.values();
}

function openFile(path: string): JournalFile {
  try {
    return new JournalFile(path);
  } catch (error) {
    throw new Problem([
      `${path}: the journal of takes cannot be opened (${messageOf(error)}): make its folder writable`,
    ]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
