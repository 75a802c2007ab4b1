// Sessions with the buckets that are theirs, and the buckets that several sessions share. Pure.
import type { SessionActivity } from "../status/activity.ts";
import type { BucketNow } from "./ports.ts";

export type SessionRow = SessionActivity & { readonly buckets: readonly BucketNow[] };

export type SessionList = {
  readonly sessions: readonly SessionRow[];
  /** Of a principal over its sessions, and of everyone; the emptiest first. */
  readonly shared: readonly BucketNow[];
};

export function listSessions(sessions: readonly SessionActivity[], buckets: readonly BucketNow[]): SessionList {
  const own = new Map<string, BucketNow[]>();
  const shared: BucketNow[] = [];
  for (const bucket of buckets) {
    if (bucket.per !== "session") {
      shared.push(bucket);
      continue;
    }
    const key = keyOf(bucket.principal, bucket.session);
    own.set(key, [...(own.get(key) ?? []), bucket]);
  }
  return {
    sessions: sessions.map((session) => ({
      ...session,
      buckets: (own.get(keyOf(session.principal, session.session)) ?? [])
        .filter(({ server }) => server === session.server || server === undefined)
        .sort(byLeft),
    })),
    shared: shared.sort(byLeft),
  };
}

function keyOf(principal: string | undefined, session: string | undefined): string {
  return JSON.stringify([principal, session]);
}

function byLeft(a: BucketNow, b: BucketNow): number {
  return a.left / a.max - b.left / b.max;
}
