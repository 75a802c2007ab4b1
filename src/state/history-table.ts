// How many calls each principal was allowed, by the hour, as the last fold of the journal left it.
import { z } from "zod";
import { KEPT_KINDS } from "../history/history.ts";
import type { HistoryStore } from "../history/history-journal.ts";
import { TEXT } from "./bucket-table.ts";
import { type Db, inTransaction, toDisk } from "./database.ts";

const ROW = z.object({
  principal: TEXT,
  kind: z.enum(KEPT_KINDS),
  name: TEXT,
  hour: z.int(),
  count: z.int().positive(),
});

export function createHistoryTable(db: Db): HistoryStore {
  const put = db.prepare("INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?)");
  const dropOld = db.prepare("DELETE FROM history WHERE hour < ?");
  const all = db.prepare("SELECT principal, kind, name, hour, count FROM history");
  return {
    save(counts, oldestHour) {
      inTransaction(db, () => {
        for (const { principal, kind, name, hour, count } of counts) {
          put.run(JSON.stringify(principal), kind, JSON.stringify(name), hour, count);
        }
        dropOld.run(oldestHour);
      });
      toDisk(db);
    },
    load: () => all.all().map((row) => ROW.parse(row)),
  };
}
