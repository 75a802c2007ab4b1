// The sign-ins of principals to servers, sealed before they come here. A write returns when kill -9 no longer undoes it.
import { z } from "zod";
import type { ConnectionStore } from "../credentials/connection.ts";
import type { Db } from "./database.ts";

const ROW = z.object({ sealed: z.string() });

export function createConnectionTable(db: Db): ConnectionStore {
  const select = db.prepare("SELECT sealed FROM connections WHERE principal = ? AND place = ?");
  const put = db.prepare("INSERT OR REPLACE INTO connections VALUES (?, ?, ?)");
  const drop = db.prepare("DELETE FROM connections WHERE principal = ? AND place = ?");
  // as JSON: SQLite's own text ends at a NUL, and has no lone surrogates, so that two names could become one
  return {
    get(principal, place) {
      const row = select.get(JSON.stringify(principal), place);
      return row === undefined ? undefined : ROW.parse(row).sealed;
    },
    put: (principal, place, sealed) => void put.run(JSON.stringify(principal), place, sealed),
    drop: (principal, place) => void drop.run(JSON.stringify(principal), place),
  };
}
