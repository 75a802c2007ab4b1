// Requests for approval: what was asked, written once, and what became of it, written at each change. A write returns when
// kill -9 no longer undoes it.
import { z } from "zod";
import type { ApprovalStore } from "../approvals/approval.ts";
import { askedOf, becameOf, keptSchema } from "../approvals/kept-text.ts";
import { type Db, inTransaction } from "./database.ts";

/** As JSON: SQLite's own text ends at a NUL, and has no lone surrogates. */
const json = z.string().transform((text): unknown => JSON.parse(text));
const ROW = z.object({ id: z.string(), asked: json, became: json }).pipe(keptSchema);

export function createApprovalTable(db: Db): ApprovalStore {
  const insert = db.prepare("INSERT INTO approvals (id, asked, became) VALUES (?, ?, ?)");
  const update = db.prepare("UPDATE approvals SET became = ? WHERE id = ?");
  const drop = db.prepare("DELETE FROM approvals WHERE id = ?");
  const all = db.prepare("SELECT id, asked, became FROM approvals ORDER BY number");
  return {
    add: (kept) => void insert.run(kept.request.id, JSON.stringify(askedOf(kept)), JSON.stringify(becameOf(kept))),
    update: (kept) => void update.run(JSON.stringify(becameOf(kept)), kept.request.id),
    drop: (ids) =>
      inTransaction(db, () => {
        for (const id of ids) drop.run(id);
      }),
    load: () => all.all().map((row) => ROW.parse(row)),
  };
}
