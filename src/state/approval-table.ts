// Requests for approval: what was asked, written once, and what became of it, written at each change. A write returns when
// kill -9 no longer undoes it.
import { z } from "zod";
import { APPROVAL_STATES, type ApprovalStore, type Kept } from "../approvals/approval.ts";
import { type Db, inTransaction } from "./database.ts";

/** As JSON: SQLite's own text ends at a NUL, and has no lone surrogates. */
const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);

const texts = z.array(z.string());
const optionalText = z.string().optional();
const askedSchema = z.object({
  server: z.string(),
  tool: z.string(),
  argsText: z.string(),
  besidesText: optionalText,
  principal: z.string(),
  session: z.string(),
  reasons: texts,
  rules: texts,
  decisionId: z.string(),
  revision: z.string(),
  definitionSha256: optionalText,
  askedUnixMs: z.number(),
  lapsesUnixMs: z.number(),
  fingerprint: z.string(),
  scope: z.string(),
  linkSha256: optionalText,
});
const becameSchema = z.object({
  state: z.enum(APPROVAL_STATES),
  decided: z
    .object({ by: z.string(), unixMs: z.number(), reason: optionalText, grantMinutes: z.int().optional() })
    .optional(),
  grantUntilUnixMs: z.number().optional(),
  linkUsed: z.boolean(),
});
const ROW = z
  .object({ id: z.string(), asked: json(askedSchema), became: json(becameSchema) })
  .transform(({ id, asked, became }): Kept => {
    const { fingerprint, scope, linkSha256, definitionSha256, besidesText, ...rest } = asked;
    const { state, decided, grantUntilUnixMs, linkUsed } = became;
    return {
      request: {
        ...rest,
        id,
        state,
        definitionSha256,
        besidesText,
        decided: decided && { reason: undefined, grantMinutes: undefined, ...decided },
      },
      fingerprint,
      scope,
      linkSha256,
      grantUntilUnixMs,
      linkUsed,
    };
  });

export function createApprovalTable(db: Db): ApprovalStore {
  const insert = db.prepare("INSERT INTO approvals (id, asked, became) VALUES (?, ?, ?)");
  const update = db.prepare("UPDATE approvals SET became = ? WHERE id = ?");
  const drop = db.prepare("DELETE FROM approvals WHERE id = ?");
  const all = db.prepare("SELECT id, asked, became FROM approvals ORDER BY number");
  return {
    add: (kept) => void insert.run(kept.request.id, askedOf(kept), becameOf(kept)),
    update: (kept) => void update.run(becameOf(kept), kept.request.id),
    drop: (ids) =>
      inTransaction(db, () => {
        for (const id of ids) drop.run(id);
      }),
    load: () => all.all().map((row) => ROW.parse(row)),
  };
}

function askedOf({ request, fingerprint, scope, linkSha256 }: Kept): string {
  const { id: _, state: __, decided: ___, ...asked } = request;
  return JSON.stringify({ ...asked, fingerprint, scope, linkSha256 });
}

function becameOf({ request: { state, decided }, grantUntilUnixMs, linkUsed }: Kept): string {
  return JSON.stringify({ state, decided, grantUntilUnixMs, linkUsed });
}
