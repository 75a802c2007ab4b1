// The journal of takes: what each leaves is on disk before the call goes out, and from time to time folded into the store, so
// that neither restart nor kill -9 refills a bucket. A large bucket is written down as somewhat emptier than it is: takes that the file
// says enough of already need no line of their own. A fold saves first and empties the file then; a process that dies in
// between leaves lines that say what the store holds already, and reading them again changes nothing. What the file holds is
// known in memory too: it is read at the start only.
import { messageOf, Problem } from "../problem.ts";
import type { BucketLevel } from "./bucket.ts";
import { JournalFile } from "./journal-file.ts";
import { decodeLine, encodeLine, type LineEntry, type StoredLevel } from "./journal-line.ts";
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
  /** Length of the file at which it is folded; 1 MiB (some 20,000 takes) where absent. */
  readonly foldBytes?: number;
};

export interface Journal extends TakeJournal {
  /** The levels that the store has, as old as they are now: for the limiter at the start. Read when asked for, and not kept. */
  restored(): readonly RestoredLevel[];
  /** Folds what is left and closes the file. Throws where the fold fails; the file then still holds the takes. */
  close(): void;
}

const FOLD_BYTES = 1024 * 1024;
/** To fold so many buckets holds calls up for some hundredths of a second. */
const FOLD_BUCKETS = 2_000;

/** Of a bucket's tokens, what a line may run ahead of the takes, and a crash may cost: a thousandth, and no more than so many. */
const LEAD_SHARE = 1_000;
const MAX_LEAD_TOKENS = 64;

/** One bucket that the file has: where it was written out in it, how it stands, and what the last line on it says. */
type Written = { place: number; level: StoredLevel; said: { readonly used: number; readonly atUnixMs: number } };

/** Reads what an earlier process left and begins anew. Throws a Problem where that cannot be read: to go on would refill buckets. */
export function openJournal(options: JournalOptions): Journal {
  const { path, store, unixMs, onFoldFailed, foldBytes = FOLD_BYTES } = options;
  const file = openFile(path);
  /** By key. */
  const written = new Map<string, Written>();
  let places = 0;
  let foldAtBytes = foldBytes;
  let foldAtBuckets = FOLD_BUCKETS;
  foldAtStart();

  return {
    restored() {
      const nowUnixMs = unixMs();
      return store.load().map((level) => ({ ...level, ageMs: Math.max(0, nowUnixMs - level.atUnixMs) }));
    },

    append(levels) {
      const atUnixMs = unixMs();
      const unsaid = levels.every((level) => isSaid(level, atUnixMs)) ? [] : levels;
      try {
        if (unsaid.length > 0) file.append(encodeLine(atUnixMs, unsaid.map(entryOf)));
      } catch (error) {
        throw new JournalError(`${path}: the take could not be written: ${messageOf(error)}`, { cause: error });
      }
      for (const level of levels) note(level, atUnixMs, unsaid.length > 0);
      if (file.bytes >= foldAtBytes || written.size >= foldAtBuckets) tryFold();
    },

    close() {
      fold();
      file.close();
    },
  };

  /** Whether the file says as much of the bucket as is used of it, and no more than a lead above that. */
  function isSaid(level: BucketLevel, atUnixMs: number): boolean {
    const known = written.get(level.key);
    if (known === undefined || !isSameBucket(known.level, level)) return false;
    const { said } = known;
    const sinceMs = atUnixMs - said.atUnixMs;
    // what a start would find in the file now, less what there is
    const ahead = said.used - sinceMs / level.windowMs - level.used;
    return sinceMs >= 0 && ahead >= 0 && ahead <= leadOf(level);
  }

  function entryOf(level: BucketLevel): LineEntry {
    const known = written.get(level.key);
    const { key, principal, windowMs, max } = level;
    const used = usedAhead(level);
    return known !== undefined && isSameBucket(known.level, level)
      ? [known.place, used]
      : { key, principal, used, windowMs, max };
  }

  /** @param isWritten a line with it is in the file; else what the file says of it is enough */
  function note(given: BucketLevel, atUnixMs: number, isWritten: boolean): void {
    const { key, principal, used, windowMs, max } = given;
    const level = { key, principal, used, windowMs, max, atUnixMs };
    const known = written.get(key);
    if (known === undefined) {
      written.set(key, { place: places++, level, said: { used: usedAhead(given), atUnixMs } });
      return;
    }
    if (!isSameBucket(known.level, level)) known.place = places++;
    known.level = level;
    if (isWritten) known.said = { used: usedAhead(given), atUnixMs };
  }

  function fold(): void {
    store.save(levelsOf(written.values()), unixMs());
    file.empty();
    written.clear();
    places = 0;
    foldAtBytes = foldBytes;
    foldAtBuckets = FOLD_BUCKETS;
  }

  function foldAtStart(): void {
    try {
      for (const level of readLevels(file)) written.set(level.key, { place: 0, level, said: level });
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
      foldAtBuckets = written.size + FOLD_BUCKETS;
      onFoldFailed(`${path}: takes could not be folded into the store: ${messageOf(error)}`);
    }
  }
}

function* levelsOf(written: Iterable<Written>): Iterable<StoredLevel> {
  for (const { level } of written) yield level;
}

/** As a share of the bucket. */
function leadOf({ max }: BucketLevel): number {
  return Math.min(MAX_LEAD_TOKENS, Math.floor(max / LEAD_SHARE)) / max;
}

/** What a line says: no bucket is emptier than empty. */
function usedAhead(level: BucketLevel): number {
  return Math.max(level.used, Math.min(1, level.used + leadOf(level)));
}

/** Whether but for what is used they are the same. */
function isSameBucket(a: BucketLevel, b: BucketLevel): boolean {
  return a.windowMs === b.windowMs && a.max === b.max && a.principal === b.principal;
}

/** All levels that the file has, in their order. */
function* readLevels(file: JournalFile): Iterable<StoredLevel> {
  const written: BucketLevel[] = [];
  for (const [index, line] of file.lines().entries()) {
    const levels = decodeLine(line, written);
    if (levels === undefined) {
      throw new Problem([
        `${file.path}:${index + 1}: the journal of takes is damaged: restore it, or move it away and accept that calls made since the last fold are forgotten and their buckets are fuller`,
      ]);
    }
    yield* levels;
  }
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
