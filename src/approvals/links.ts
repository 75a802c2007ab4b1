// One-time links: made at random, kept as a hash only.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const LINK_BYTES = 32;

/** 43 characters of base64url. */
export function makeLink(): string {
  return randomBytes(LINK_BYTES).toString("base64url");
}

/** SHA-256 in hex. */
export function hashOfLink(link: string): string {
  return createHash("sha256").update(link).digest("hex");
}

/** Compares in the same time whether and wherever the two differ. */
export function isLinkOf(hash: string, link: string): boolean {
  return timingSafeEqual(Buffer.from(hash, "hex"), Buffer.from(hashOfLink(link), "hex"));
}
