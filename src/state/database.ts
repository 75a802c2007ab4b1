// Opens the SQLite file of the state folder for this process alone. The lock is held until the process ends, however it
// ends. Write-ahead log without fsync: each commit outlives kill -9; `toDisk` makes all of them outlive a power cut.
import Database from "libsql";
import { z } from "zod";
import { messageOf, Problem } from "../problem.ts";
import { makePrivateFile } from "./private-files.ts";

export type Db = Database.Database;

/** Each step brings a file from the version of its index to the next; steps are added, never changed. */
const SCHEMA_STEPS = [
  `CREATE TABLE buckets (
     key TEXT PRIMARY KEY, principal TEXT NOT NULL, used REAL NOT NULL, window_ms REAL NOT NULL, max REAL NOT NULL,
     at_unix_ms REAL NOT NULL, full_at_unix_ms REAL NOT NULL
   ) STRICT;
   CREATE INDEX buckets_by_full_at ON buckets (full_at_unix_ms);
   CREATE TABLE ended_sessions (nonce TEXT PRIMARY KEY, expires_unix_ms REAL NOT NULL) STRICT;
   CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`,
  `CREATE TABLE approvals (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, asked TEXT NOT NULL, became TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE history (
     principal TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (principal, kind, name, hour)
   ) STRICT;
   CREATE INDEX history_by_hour ON history (hour);`,
  `CREATE TABLE connections (
     principal TEXT NOT NULL, place TEXT NOT NULL, sealed TEXT NOT NULL, PRIMARY KEY (principal, place)
   ) STRICT;`,
];

/** Throws a Problem where another gate holds the file, where a newer regate wrote it, or where it is no state file. */
export function openDatabase(path: string, dir: string): Db {
  makePrivateFile(path);
  try {
    const db = new Database(path);
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = NORMAL");
    inTransaction(db, () => migrate(db, path));
    return db;
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (isBusy(error)) {
      throw new Problem([
        `${dir}: another gate runs on this state folder: stop it, or name another folder with "state:"`,
      ]);
    }
    const why = messageOf(error);
    throw new Problem([
      `${path}: it cannot be opened as the gate's state (${why}): restore it, or move it away and accept that buckets are full again and ended sessions are forgotten`,
    ]);
  }
}

/** All that `change` writes, or nothing of it. */
export function inTransaction(db: Db, change: () => void): void {
  db.exec("BEGIN EXCLUSIVE");
  try {
    change();
    db.exec("COMMIT");
  } catch (error) {
    // A full disk has ended the transaction already; libsql's own helper then reports that in place of the disk.
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Brings all commits to the disk itself. */
export function toDisk(db: Db): void {
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Lets the lock go and leaves one file. `close` alone keeps the lock while any statement lives. */
export function closeDatabase(db: Db): void {
  db.exec("PRAGMA journal_mode = DELETE");
  db.exec("PRAGMA locking_mode = NORMAL");
  db.exec("SELECT 1 FROM sqlite_master LIMIT 1");
  db.close();
}

function migrate(db: Db, path: string): void {
  const { user_version: version } = z
    .object({ user_version: z.number() })
    .parse(db.prepare("PRAGMA user_version").get());
  if (version > SCHEMA_STEPS.length) {
    throw new Problem([
      `${path}: a newer regate wrote it (format ${version}, this one knows ${SCHEMA_STEPS.length}): run that one, or name another folder with "state:"`,
    ]);
  }
  for (const step of SCHEMA_STEPS.slice(version)) db.exec(step);
  db.exec(`PRAGMA user_version = ${SCHEMA_STEPS.length}`);
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
}
