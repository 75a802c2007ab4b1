// Keys that callers present: how they are made, read from a request, and compared. Only hashes are ever kept.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const KEY_BYTES = 32;
/** b64token of RFC 6750. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,4096}=*) *$/i;

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

/** Lower-case hex. */
export function sha256Hex(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** Compares two SHA-256 in hex, in the same time whether and wherever they differ. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")];
  return a.length === b.length && timingSafeEqual(a, b);
}
