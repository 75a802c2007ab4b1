// How many new sessions a principal may open on a server: without it, opening sessions would be a way around every limit
// that counts per session. It is a bucket like any other, so it is in the journal and outlives a restart.
import type { Charge, Taken } from "../gate/types.ts";
import { bucketKey } from "./bucket-key.ts";
import type { Limiter, Takes } from "./limiter.ts";

export type SessionCapOptions<L extends Takes = Limiter> = {
  readonly limiter: L;
  /** Most new sessions of one principal on one server in any `windowSeconds`; at least 1. */
  readonly max: number;
  readonly windowSeconds: number;
};

export type SessionAdmission =
  | { readonly kind: "admitted" }
  /** `retryAfterSeconds` is absent where the principal holds as many part-used buckets as it may. */
  | { readonly kind: "refused"; readonly retryAfterSeconds?: number };

export interface SessionCap<Admission = SessionAdmission> {
  /** Counts one new session. Throws, or rejects, as the limiter's `take` does: the session must be refused then. */
  admit(principal: string, server: string): Admission;
}

export function createSessionCap(options: SessionCapOptions): SessionCap;
export function createSessionCap(
  options: SessionCapOptions<Takes>,
): SessionCap<SessionAdmission | Promise<SessionAdmission>>;
/**
 * A bucket that starts full and refills all the while gives twice its size in its first window. So this one holds
 * (max + 1) / 2: in any span shorter than the window fewer than max + 1 sessions pass, half of them at once at most.
 * With 200 in 600 s: 100 at once, then one each 6 s.
 */
export function createSessionCap({
  limiter,
  max,
  windowSeconds,
}: SessionCapOptions<Takes>): SessionCap<SessionAdmission | Promise<SessionAdmission>> {
  if (!Number.isInteger(max) || max < 1 || !(windowSeconds > 0)) {
    throw new RangeError(
      `at most ${max} new sessions in ${windowSeconds} s is no cap: give a whole number and seconds above 0`,
    );
  }
  // No rule of a policy has this name: bundles have the roots `policy` and `regate`.
  const limit = {
    rule: "gate/new-sessions",
    max: (max + 1) / 2,
    window: windowSeconds,
    cost: 1,
    per: "principal",
    over: "server",
  } as const;

  return {
    admit(principal, server) {
      const key = bucketKey(limit, { server, principal, session: "", method: "initialize", category: "Unknown" });
      const charge: Charge = { key, limit };
      const taken = limiter.take([charge], principal);
      return taken instanceof Promise ? taken.then(admissionOf) : admissionOf(taken);
    },
  };
}

function admissionOf(taken: Taken): SessionAdmission {
  switch (taken.kind) {
    case "taken":
      return { kind: "admitted" };
    case "too_many_buckets":
      return { kind: "refused" };
    case "exhausted": {
      const { retryAfterSeconds } = taken;
      return retryAfterSeconds === undefined ? { kind: "refused" } : { kind: "refused", retryAfterSeconds };
    }
  }
}
