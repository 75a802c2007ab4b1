// Sessions that ended before their ids expire: such an id must not work again, over restarts neither. Looked up at each
// request, so all of them are in memory too.
import { z } from "zod";
import type { Db } from "./database.ts";

export interface EndedSessions {
  /** From now on `has` says true, also where the write fails and this throws: it is tried again with the next one. @param expiresUnixMs when the id expires by itself */
  add(nonce: string, expiresUnixMs: number): void;
  has(nonce: string): boolean;
  /**
   * Forgets the sessions whose ids have expired by `nowUnixMs`. Never throws: rows that a full disk does not let go are
   * dropped at a later call, and are no reason to end a gate.
   */
  prune(nowUnixMs: number): void;
  /** Tries once more to write what could not be written. Never throws. */
  retry(): void;
}

const ROW = z.object({ nonce: z.string(), expires_unix_ms: z.number() });

export function createEndedSessions(db: Db): EndedSessions {
  const put = db.prepare("INSERT OR REPLACE INTO ended_sessions VALUES (?, ?)");
  const dropExpired = db.prepare("DELETE FROM ended_sessions WHERE expires_unix_ms <= ?");
  const rows = db
    .prepare("SELECT nonce, expires_unix_ms FROM ended_sessions")
    .all()
    .map((row) => ROW.parse(row));
  const expiries = new Map(rows.map((row) => [row.nonce, row.expires_unix_ms]));
  const unwritten = new Map<string, number>();

  function write(): void {
    for (const [nonce, expiresUnixMs] of unwritten) {
      put.run(nonce, expiresUnixMs);
      unwritten.delete(nonce);
    }
  }

  return {
    add(nonce, expiresUnixMs) {
      expiries.set(nonce, expiresUnixMs);
      unwritten.set(nonce, expiresUnixMs);
      write();
    },
    has: (nonce) => expiries.has(nonce),
    prune(nowUnixMs) {
      for (const [nonce, expiresUnixMs] of expiries) if (expiresUnixMs <= nowUnixMs) expiries.delete(nonce);
      try {
        write();
        dropExpired.run(nowUnixMs);
      } catch {
        // as said above
      }
    },
    retry() {
      try {
        write();
      } catch {
        // as said above
      }
    },
  };
}
