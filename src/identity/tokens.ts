// Tokens that issuers gave to callers (JWT): verified by their issuers' keys, remembered by their hashes until they expire or
// those keys change. A token is asked nothing about how to verify it: algorithms, keys and issuers are configured.
import { createHash } from "node:crypto";
import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import type { Issuer } from "../config/auth-schema.ts";
import { describeIdentity, type Identity } from "./identity.ts";
import type { KeySet, KeySource } from "./key-source.ts";

export type TokenOutcome =
  | { readonly kind: "known"; readonly identity: Identity }
  /** It proves nothing here. Problems never quote a token. */
  | { readonly kind: "invalid"; readonly problem: string }
  /** It is genuine, and not enough. */
  | { readonly kind: "insufficient_scope"; readonly problem: string }
  /** It is genuine, and holds what can't be taken. */
  | { readonly kind: "unfit"; readonly problem: string }
  /** Whether it is genuine can't be told now. */
  | { readonly kind: "unavailable"; readonly problem: string };

export interface Tokens {
  /**
   * What the token proves; at once where it was seen before.
   * @param audience for whom it may be, where its issuer's configuration does not say
   */
  check(token: string, audience: readonly string[]): TokenOutcome | Promise<TokenOutcome>;
  close(): void;
}

export type TokensOptions = {
  readonly issuers: readonly { readonly issuer: Issuer; readonly keys: KeySource }[];
  /** Every token must have each of these. */
  readonly scopes: readonly string[];
  readonly unixMs: () => number;
};

/** Clocks of issuers differ from ours. */
export const TOLERANCE_SECONDS = 30;
const MAX_REMEMBERED = 10_000;

type Configured = TokensOptions["issuers"][number];
type Remembered = { readonly from: Configured; readonly keys: KeySet; readonly identity: Identity };

export function createTokens({ issuers, scopes, unixMs }: TokensOptions): Tokens {
  const byUrl = new Map(issuers.map((configured) => [configured.issuer.issuer, configured]));
  const remembered = new Map<string, Remembered>();

  function recall(hash: string): Remembered | undefined {
    const known = remembered.get(hash);
    if (known === undefined) return undefined;
    const isExpired = known.identity.expiresUnixMs + TOLERANCE_SECONDS * 1_000 <= unixMs();
    if (!isExpired && known.keys === known.from.keys.current()) return known;
    remembered.delete(hash);
    return undefined;
  }

  /** What is configured of a genuine token; this is asked at each use. */
  function admit({ issuer }: Configured, identity: Identity, own: readonly string[]): TokenOutcome {
    const wanted = issuer.audience ?? own;
    if (!identity.audience.some((one) => wanted.includes(one)))
      return invalid("the token is for another audience than this");
    const missing = scopes.filter((scope) => !identity.scopes.includes(scope));
    if (missing.length > 0)
      return { kind: "insufficient_scope", problem: `the token lacks the scope ${missing.join(" ")}` };
    return { kind: "known", identity };
  }

  async function verify(token: string, hash: string, own: readonly string[]): Promise<TokenOutcome> {
    const from = byUrl.get(issuerOf(token) ?? "");
    if (from === undefined) return invalid("the token is none of an issuer that this gate knows");
    const verified = await verifySigned(token, from, unixMs());
    if (verified.kind !== "verified") return verified;
    const described = describeIdentity(from.issuer, verified.claims);
    if (described.kind === "unfit") return { kind: "unfit", problem: `the token can't be taken: ${described.problem}` };
    const { identity } = described;
    const [oldest] = remembered.size >= MAX_REMEMBERED ? remembered.keys() : [];
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(hash, { from, keys: verified.keys, identity });
    return admit(from, identity, own);
  }

  return {
    check(token, audience) {
      const hash = createHash("sha256").update(token).digest("base64");
      const known = recall(hash);
      return known === undefined ? verify(token, hash, audience) : admit(known.from, known.identity, audience);
    },
    close() {
      for (const { keys } of issuers) keys.close();
    },
  };
}

/** Says only whose keys to try: nothing is believed of it. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

type Verified =
  | { readonly kind: "verified"; readonly claims: JWTPayload; readonly keys: KeySet }
  | Exclude<TokenOutcome, { readonly kind: "known" }>;

async function verifySigned(token: string, { issuer, keys }: Configured, nowUnixMs: number): Promise<Verified> {
  if (keys.current() === undefined) await keys.refresh();
  for (let isSecond = false; ; isSecond = true) {
    const set = keys.current();
    if (set === undefined) return { kind: "unavailable", problem: `the keys of ${issuer.name} can't be had now` };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, set.find, {
        issuer: issuer.issuer,
        algorithms: [...issuer.algorithms],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(nowUnixMs),
        requiredClaims: ["exp"],
      });
      if (!isTypeTaken(issuer, protectedHeader.typ)) return invalid("the token's typ is not that of an access token");
      if (payload.cnf !== undefined)
        return invalid("the token is bound to a key (cnf), and this gate takes bearer tokens only");
      return { kind: "verified", claims: payload, keys: set };
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || isSecond) return invalid(describe(error));
      await keys.refresh();
      if (keys.current() === set) return invalid(describe(error));
    }
  }
}

function isTypeTaken({ tokenType }: Issuer, typ: string | undefined): boolean {
  const plain = typ?.toLowerCase().replace(/^application\//, "");
  if (tokenType === undefined) return plain === undefined || plain === "jwt" || plain === "at+jwt";
  return plain === tokenType.toLowerCase().replace(/^application\//, "");
}

function describe(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.reason === "missing" ? `the token has no ${error.claim}` : `the token's ${error.claim} is not right`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token is signed by an algorithm that is not allowed";
  if (error instanceof errors.JWKSNoMatchingKey) return "the token is signed by a key that its issuer does not have";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return "the token does not name its key, and several fit";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is not right";
  return "the token is malformed";
}

function invalid(problem: string): Extract<TokenOutcome, { readonly kind: "invalid" }> {
  return { kind: "invalid", problem };
}
