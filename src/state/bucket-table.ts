// The levels of part-used buckets, as the last fold of the journal left them.
import { z } from "zod";
import type { BucketStore } from "../limits/journal.ts";
import { type Db, inTransaction, toDisk } from "./database.ts";

/** Text is stored as JSON: SQLite's own ends at a NUL, and has no lone surrogates, so that two names could become one. */
export const TEXT = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.string());

const ROW = z
  .object({
    key: TEXT,
    principal: TEXT,
    used: z.number().min(0),
    window_ms: z.number().positive(),
    max: z.number().positive(),
    at_unix_ms: z.number(),
  })
  .transform(({ key, principal, used, window_ms, max, at_unix_ms }) => ({
    key,
    principal,
    used,
    windowMs: window_ms,
    max,
    atUnixMs: at_unix_ms,
  }));

export function createBucketTable(db: Db): BucketStore {
  const put = db.prepare("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?, ?, ?)");
  const dropFull = db.prepare("DELETE FROM buckets WHERE full_at_unix_ms <= ?");
  const all = db.prepare("SELECT key, principal, used, window_ms, max, at_unix_ms FROM buckets");

  return {
    save(levels, nowUnixMs) {
      inTransaction(db, () => {
        for (const { key, principal, used, windowMs, max, atUnixMs } of levels) {
          const names = [JSON.stringify(key), JSON.stringify(principal)];
          put.run(...names, used, windowMs, max, atUnixMs, atUnixMs + used * windowMs);
        }
        dropFull.run(nowUnixMs);
      });
      toDisk(db);
    },
    load: () => all.all().map((row) => ROW.parse(row)),
  };
}
