// What a gate must know again after a restart, in one folder that one process owns at a time: bucket levels,
// histories, ended sessions, requests for approval, sign-ins to servers, a few named values, secret keys.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { ApprovalStore } from "../approvals/approval.ts";
import type { ConnectionStore } from "../credentials/connection.ts";
import type { HistoryStore } from "../history/history-journal.ts";
import type { BucketStore } from "../limits/journal.ts";
import { createApprovalTable } from "./approval-table.ts";
import { createBucketTable } from "./bucket-table.ts";
import { createConnectionTable } from "./connection-table.ts";
import { closeDatabase, type Db, openDatabase } from "./database.ts";
import { createEndedSessions, type EndedSessions } from "./ended-sessions.ts";
import { createHistoryTable } from "./history-table.ts";
import { makePrivateFolder, readOrMakeSecret } from "./private-files.ts";

export const SECRET_KEY_BYTES = 32;

/** Single values by name, such as the operator key's hash, or a mark that says the gate is running. */
export interface Meta {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
}

export interface State {
  /** The state folder. */
  readonly dir: string;
  readonly buckets: BucketStore;
  readonly endedSessions: EndedSessions;
  readonly approvals: ApprovalStore;
  readonly history: HistoryStore;
  readonly connections: ConnectionStore;
  readonly meta: Meta;
  /** The SECRET_KEY_BYTES random bytes of `<name>.key`, made at the first call. Throws a Problem where the file is open to others or of another length. */
  secretKey(name: string): Buffer;
  /** Lets the folder go, for another process or another `openState`. */
  close(): void;
}

/** Where `secretKey(name)` lies. */
export function secretKeyFile(dir: string, name: string): string {
  return join(dir, `${name}.key`);
}

/** Opens the folder, or makes it. Throws a Problem where another gate has it, where others may write to it, or where its contents cannot be used. */
export function openState(dir: string): State {
  makePrivateFolder(dir);
  const db = openDatabase(join(dir, "state.db"), dir);
  const endedSessions = createEndedSessions(db);
  return {
    dir,
    buckets: createBucketTable(db),
    endedSessions,
    approvals: createApprovalTable(db),
    history: createHistoryTable(db),
    connections: createConnectionTable(db),
    meta: createMeta(db),
    secretKey(name) {
      if (!/^[a-z-]+$/.test(name)) throw new RangeError(`${name} is no name of a key`);
      return readOrMakeSecret(secretKeyFile(dir, name), SECRET_KEY_BYTES, () => randomBytes(SECRET_KEY_BYTES));
    },
    close() {
      endedSessions.retry();
      closeDatabase(db);
    },
  };
}

const META_ROW = z.object({ value: z.string() });

function createMeta(db: Db): Meta {
  const select = db.prepare("SELECT value FROM meta WHERE key = ?");
  const put = db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  const drop = db.prepare("DELETE FROM meta WHERE key = ?");
  return {
    get(name) {
      const row = select.get(name);
      return row === undefined ? undefined : META_ROW.parse(row).value;
    },
    set: (name, value) => void put.run(name, value),
    delete: (name) => void drop.run(name),
  };
}
