// Keys that callers present: how they are made, read from a request, and compared. Only hashes are ever kept.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What of a request says who sends it. */
export type Presented = Pick<IncomingMessage, "headers" | "rawHeaders">;

const KEY_BYTES = 32;
/** Keys are short; tokens with many groups are not. */
export const MAX_TOKEN_CHARS = 12_288;
/** b64token of RFC 6750. */
const BEARER = new RegExp(`^Bearer +([A-Za-z0-9._~+/-]{1,${MAX_TOKEN_CHARS}}=*) *$`, "i");
/** What both an API key and a token of an issuer are refused for where they are sent so. */
export const TWO_HEADERS = "Authorization was sent twice: send one";

/** An API key is `rgk_`, the operator key that the gate makes `rgo_`, each before 43 characters of base64url. */
export type KeyPrefix = "rgk" | "rgo";

export function makeKey(prefix: KeyPrefix): string {
  return `${prefix}_${randomBytes(KEY_BYTES).toString("base64url")}`;
}

export function isApiKey(text: string): boolean {
  return /^rgk_[A-Za-z0-9_-]{43}$/.test(text);
}

/** The token of an Authorization header; undefined where it has another scheme or form. */
export function readBearer(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}

/** Node keeps the first of two, and another reader may keep the last. */
export function hasTwoAuthorizations({ rawHeaders }: Pick<Presented, "rawHeaders">): boolean {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === "authorization") seen += 1;
  }
  return seen > 1;
}

/** Lower-case hex. */
export function sha256Hex(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Compares two SHA-256 in hex, in the same time whether and wherever they differ. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")];
  return a.length === b.length && timingSafeEqual(a, b);
}
