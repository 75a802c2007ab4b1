import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isNonce, isProof, makeNonce, makeProofSecret, prove } from "../../src/http/prove.ts";

const secret = makeProofSecret();
const challenge = { nonce: makeNonce(), url: "http://127.0.0.1:8787" };

test("secrets and nonces are 32 bytes in base64url, never the same", () => {
  for (const make of [makeProofSecret, makeNonce]) {
    expect(Buffer.from(make(), "base64url")).toHaveLength(32);
    expect(isNonce(make())).toBe(true);
    expect(make()).not.toBe(make());
  }
});

test("a proof is the HMAC-SHA256 over nonce and address", () => {
  const hmac = createHmac("sha256", Buffer.from(secret, "base64url"));
  const text = `regate gate\n${challenge.nonce}\n${challenge.url}`;
  expect(prove(secret, challenge)).toBe(hmac.update(text).digest("base64url"));
  expect(isProof(prove(secret, challenge), secret, challenge)).toBe(true);
});

describe("no proof is", () => {
  const proof = prove(secret, challenge);

  test.each([
    ["one over another nonce", prove(secret, { ...challenge, nonce: makeNonce() })],
    ["one of another gate's address", prove(secret, { ...challenge, url: "http://127.0.0.1:8788" })],
    ["one by another secret", prove(makeProofSecret(), challenge)],
    ["the nonce sent back", challenge.nonce],
    ["nothing", ""],
    ["the beginning of one", proof.slice(0, 42)],
    ["one with more after it", `${proof}A`],
    ["one with other bytes that base64url passes over", `${proof.slice(0, 20)}=${proof.slice(20)}`],
  ])("%s", (_, given) => {
    expect(isProof(given, secret, challenge)).toBe(false);
  });
});
