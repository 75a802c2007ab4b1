// Who is signed in: a random token in the browser's cookie, its hash here, in memory only. Every sign-in ends by itself, and
// there are never more than a few.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export type SignIn = {
  /** What every form that changes something must carry. */
  readonly csrf: string;
};

export interface SignIns {
  /** @returns the token for the cookie */
  open(): string;
  find(token: string | undefined): SignIn | undefined;
  close(token: string | undefined): void;
}

export type SignInOptions = {
  readonly monotonicMs: () => number;
  readonly lifetimeSeconds: number;
  /** The oldest ends where one more begins. */
  readonly max: number;
};

const TOKEN_BYTES = 32;

export function createSignIns({ monotonicMs, lifetimeSeconds, max }: SignInOptions): SignIns {
  /** By the token's hash, the oldest first: how long a look-up takes says nothing of a token. */
  const open = new Map<string, SignIn & { readonly untilMs: number }>();

  function forgetOld(): void {
    const nowMs = monotonicMs();
    for (const [hash, { untilMs }] of open) {
      if (untilMs > nowMs && open.size < max) return;
      open.delete(hash);
    }
  }

  return {
    open() {
      forgetOld();
      const token = makeToken();
      open.set(hashOf(token), { csrf: makeToken(), untilMs: monotonicMs() + lifetimeSeconds * 1000 });
      return token;
    },
    find(token) {
      const found = token === undefined ? undefined : open.get(hashOf(token));
      return found === undefined || found.untilMs <= monotonicMs() ? undefined : found;
    },
    close(token) {
      if (token !== undefined) open.delete(hashOf(token));
    },
  };
}

/** Whether a form came from a page of this sign-in. */
export function isCsrfOf(signIn: SignIn, given: string | null): boolean {
  const [own, other] = [Buffer.from(signIn.csrf), Buffer.from(given ?? "")];
  return own.length === other.length && timingSafeEqual(own, other);
}

function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
