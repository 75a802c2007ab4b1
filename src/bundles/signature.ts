// Verifies that a bundle is what the holder of one pinned key has signed, as OPA signs: one JWT in .signatures.json over the
// hashes of all files. The algorithm is the pinned one, whatever the token says. It must run before anything of the bundle is used.
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SignatureAlgorithm, VerifyConfig } from "../config/bundle-schema.ts";
import { messageOf, Problem } from "../problem.ts";
import { HASHES, hashFile, SIGNATURES_FILE } from "./file-hash.ts";

/** The key that bundles are verified by. */
export type PinnedKey = Pick<VerifyConfig, "algorithm" | "keyId" | "scope"> & { readonly key: KeyObject };

const LEAST_RSA_BITS = 2_048;
const MAX_KEY_BYTES = 65_536;

const signaturesSchema = z.strictObject({
  signatures: z.array(z.string()).length(1),
  plugin: z.enum(["", "_default"]).optional(),
});
const headerSchema = z.looseObject({ alg: z.string(), kid: z.string().optional(), crit: z.undefined().optional() });
const payloadSchema = z.looseObject({
  files: z.array(z.looseObject({ name: z.string(), hash: z.string(), algorithm: z.string() })),
  keyid: z.string().optional(),
  scope: z.string().optional(),
  sequence: z.int().min(0).optional(),
});

/** What is signed of a bundle besides its files. */
export type Signed = {
  /** Grows from one bundle to the next, where whoever signs them counts them. */
  readonly sequence: number | undefined;
};

/** @throws Problem where the file holds no public key that fits the algorithm */
export function readPinnedKey({ keyFile, ...rest }: VerifyConfig): PinnedKey {
  const refuse = (what: string): Problem => new Problem([`${keyFile} (bundle.verify.keyFile): ${what}`]);
  let text: string;
  try {
    text = readFileSync(keyFile).subarray(0, MAX_KEY_BYTES).toString("latin1");
  } catch (error) {
    throw refuse(`can't be read (${messageOf(error)})`);
  }
  if (text.includes("PRIVATE KEY")) {
    throw refuse("holds a private key, which no gate needs; write the public one: openssl pkey -in KEY -pubout");
  }
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch {
    throw refuse("holds no public key in PEM; make one with openssl pkey -in KEY -pubout");
  }
  const unfit = unfitFor(key, rest.algorithm);
  if (unfit !== undefined) throw refuse(unfit);
  return { ...rest, key };
}

/**
 * @param files of the archive, by name
 * @throws Problem where the bundle is not signed by the key, or any of its files is not what was signed
 */
export function verifySignature(files: ReadonlyMap<string, Uint8Array>, pinned: PinnedKey, shown: string): Signed {
  const found = verifyFiles(files, pinned);
  if (typeof found !== "string") return found;
  throw new Problem([`${shown}: ${found}; take only what the holder of the key has signed, or pin another key`]);
}

/** @returns what is wrong, in words, where anything is */
function verifyFiles(files: ReadonlyMap<string, Uint8Array>, pinned: PinnedKey): Signed | string {
  const bytes = files.get(SIGNATURES_FILE);
  if (bytes === undefined) return `it is not signed: it has no ${SIGNATURES_FILE}`;
  const signatures = parse(bytes, signaturesSchema);
  const [token = ""] = signatures?.signatures ?? [];
  const [head = "", body = "", signature = "", ...more] = token.split(".");
  const isToken = more.length === 0 && [head, body, signature].every((part) => /^[A-Za-z0-9_-]+$/.test(part));
  const header = isToken ? parse(Buffer.from(head, "base64url"), headerSchema) : undefined;
  if (header === undefined) return `${SIGNATURES_FILE} does not hold exactly one token that OPA could have made`;
  const { algorithm, keyId, scope } = pinned;
  if (header.alg !== algorithm) return `it is signed by ${show(header.alg)}, and ${algorithm} is pinned`;
  const signed = Buffer.from(`${head}.${body}`, "latin1");
  if (!isSigned(signed, Buffer.from(signature, "base64url"), pinned)) return "its signature is not that of the key";

  const payload = parse(Buffer.from(body, "base64url"), payloadSchema);
  if (payload === undefined) return "what is signed is no list of files, or its sequence is no whole number";
  const named = header.kid ?? payload.keyid;
  // `opa sign` names none
  if (keyId !== undefined && named !== undefined && named !== keyId)
    return `its key is named ${show(named)}, and ${show(keyId)} is pinned`;
  if (payload.scope !== scope) return `it is signed for the scope ${show(payload.scope)}, and not for ${show(scope)}`;
  return findChanged(files, payload.files) ?? { sequence: payload.sequence };
}

function isSigned(data: Buffer, signature: Buffer, { algorithm, key }: PinnedKey): boolean {
  switch (algorithm) {
    case "RS256":
      return verify("sha256", data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
    case "ES256":
      return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
    case "EdDSA":
      return verify(null, data, key, signature);
  }
}

function findChanged(
  files: ReadonlyMap<string, Uint8Array>,
  listed: readonly { readonly name: string; readonly hash: string; readonly algorithm: string }[],
): string | undefined {
  const left = new Set(files.keys());
  left.delete(SIGNATURES_FILE);
  for (const { name, hash, algorithm } of listed) {
    const bytes = left.delete(name) ? files.get(name) : undefined;
    if (bytes === undefined) return `${show(name)} is signed, and is not in it (or is listed twice)`;
    const hashed = HASHES.get(algorithm);
    if (hashed === undefined)
      return `${show(name)} is signed by its ${show(algorithm)}, and not by a SHA-256, 384 or 512`;
    if (hashFile(name, bytes, hashed) !== hash.toLowerCase()) return `${show(name)} is not what was signed`;
  }
  const [unlisted] = left;
  return unlisted === undefined ? undefined : `${show(unlisted)} is in it, and is not signed`;
}

/** Why an algorithm can't use a public key; undefined where it can. */
export function unfitFor(key: KeyObject, algorithm: SignatureAlgorithm): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  switch (algorithm) {
    case "RS256":
      if (type !== "rsa") return `holds no RSA key, which ${algorithm} needs`;
      return (details?.modulusLength ?? 0) < LEAST_RSA_BITS
        ? `holds a key of less than ${LEAST_RSA_BITS} bits`
        : undefined;
    case "ES256":
      return type === "ec" && details?.namedCurve === "prime256v1"
        ? undefined
        : `holds no key on the curve P-256, which ${algorithm} needs`;
    case "EdDSA":
      return type === "ed25519" ? undefined : `holds no Ed25519 key, which ${algorithm} needs`;
  }
}

function parse<T>(bytes: Uint8Array, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))).data;
  } catch {
    return undefined;
  }
}

/** Of an unverified bundle: it may say anything. */
function show(text: string | undefined): string {
  return text === undefined ? "none" : JSON.stringify(text).slice(0, 120);
}
