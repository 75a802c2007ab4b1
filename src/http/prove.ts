// How the gate proves to a command that it is the run of it that wrote `gate.json`: both hold the secret in that file, which
// never goes over the wire. What is proven is a nonce of the command's and the gate's own base URL, so that a proof can't be
// had from one gate and shown by another.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const BYTES = 32;
const BASE64URL_OF_32_BYTES = /^[A-Za-z0-9_-]{43}$/;

/** What a proof is about. */
export type Challenge = {
  /** 43 characters of base64url, new for each proof. */
  readonly nonce: string;
  /** Base URL of the gate as `gate.json` has it. */
  readonly url: string;
};

/** The secret of one run of the gate: 32 random bytes in base64url. */
export function makeProofSecret(): string {
  return randomBytes(BYTES).toString("base64url");
}

export function makeNonce(): string {
  return randomBytes(BYTES).toString("base64url");
}

export function isNonce(text: string): boolean {
  return BASE64URL_OF_32_BYTES.test(text);
}

/** HMAC-SHA256 in base64url, 43 characters. */
export function prove(secret: string, challenge: Challenge): string {
  return digest(secret, challenge).toString("base64url");
}

/** Takes the same time wherever the proof is wrong. */
export function isProof(proof: string, secret: string, challenge: Challenge): boolean {
  return (
    BASE64URL_OF_32_BYTES.test(proof) && timingSafeEqual(Buffer.from(proof, "base64url"), digest(secret, challenge))
  );
}

function digest(secret: string, { nonce, url }: Challenge): Buffer {
  return createHmac("sha256", Buffer.from(secret, "base64url")).update(`regate gate\n${nonce}\n${url}`).digest();
}
