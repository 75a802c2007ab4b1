import { createHash, generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type PinnedKey, readPinnedKey, verifySignature } from "../../src/bundles/signature.ts";
import type { SignatureAlgorithm } from "../../src/config/bundle-schema.ts";
import { readArchive } from "../../src/policy/bundle.ts";
import { Problem } from "../../src/problem.ts";
import { buildWithOpa, makeKey, pin, repack, type SigningKey, signaturesOf, signToken } from "./support.ts";

/** All that Go writes otherwise than JavaScript does, or sorts otherwise. */
const DATA = `{"facts": {"e": 1e3, "big": 9007199254740993, "half": 1.50, "less": -0, "html": "<a>&\\u2028\\u2029", "é": "\\u00e9\\u0007\\b\\f\\"\\\\/",
  "\\ud83d\\ude00": 1, "\\ufb01": [null, true, false, {}, []], "__proto__": {"x": "n1"}, "n": "s", "": "\\u007f"}}`;

async function problemWith(bytes: Uint8Array, pinned: PinnedKey): Promise<string | undefined> {
  try {
    verifySignature(await readArchive(bytes, "b.tar.gz"), pinned, "b.tar.gz");
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

const keys = new Map<SignatureAlgorithm, SigningKey>();
const bundles = new Map<SignatureAlgorithm, Buffer>();
const keyOf = (algorithm: SignatureAlgorithm): SigningKey => keys.get(algorithm) as SigningKey;
const bundleOf = (algorithm: SignatureAlgorithm): Buffer => bundles.get(algorithm) as Buffer;
const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;

beforeAll(async () => {
  for (const algorithm of ALGORITHMS) {
    const key = await makeKey(algorithm);
    keys.set(algorithm, key);
    bundles.set(algorithm, await buildWithOpa({ key, data: DATA, metadata: { sequence: 7, html: "<&>", half: 1.5 } }));
  }
});

describe("a bundle that OPA has signed", () => {
  test.each(ALGORITHMS)("by %s is verified", async (algorithm) => {
    const pinned = readPinnedKey({ ...pin(keyOf(algorithm)), keyFile: keyOf(algorithm).publicFile });
    expect(await problemWith(bundleOf(algorithm), pinned)).toBeUndefined();
  });

  test.each(ALGORITHMS)("by %s is refused with another key", async (algorithm) => {
    const other = pin(await makeKey(algorithm));
    expect(await problemWith(bundleOf(algorithm), other)).toMatch(/^b\.tar\.gz: its signature is not that of the key;/);
  });

  test.each([
    ["ES256", "RS256"],
    ["RS256", "ES256"],
    ["EdDSA", "ES256"],
  ] as const)("by %s is refused where %s is pinned", async (signed, pinned) => {
    expect(await problemWith(bundleOf(signed), pin(keyOf(pinned)))).toContain(
      `it is signed by "${signed}", and ${pinned} is pinned`,
    );
  });

  test("with a scope is for that scope alone", async () => {
    const key = keyOf("ES256");
    const bytes = await buildWithOpa({ key, claims: { scope: "production" } });
    expect(await problemWith(bytes, pin(key, { scope: "production" }))).toBeUndefined();
    expect(await problemWith(bytes, pin(key))).toContain('for the scope "production", and not for none');
    expect(await problemWith(bytes, pin(key, { scope: "test" }))).toContain('"production", and not for "test"');
    expect(await problemWith(bundleOf("ES256"), pin(key, { scope: "test" }))).toContain("the scope none, and not");
  });

  test("names its key, where that is pinned too", async () => {
    const key = keyOf("ES256");
    expect(await problemWith(bundleOf("ES256"), pin(key, { keyId: "default" }))).toBeUndefined();
    expect(await problemWith(bundleOf("ES256"), pin(key, { keyId: "k2" }))).toContain(
      'its key is named "default", and "k2" is pinned',
    );
  });

  test("may be packed anew: JSON counts by what it says", async () => {
    const files = await readArchive(bundleOf("ES256"), "b");
    const data = new TextDecoder().decode(files.get("data.json"));
    const spaced = data.replaceAll(/([{,])"/g, '$1\n "');
    expect(
      await problemWith(await repack(bundleOf("ES256"), { "data.json": spaced }), pin(keyOf("ES256"))),
    ).toBeUndefined();
  });
});

describe("a signed bundle is refused where", () => {
  test.each<[string, Record<string, string | undefined>, RegExp]>([
    ["its signature was taken away", { ".signatures.json": undefined }, /it is not signed/],
    ["a source was changed", { "src/policy.rego": "package regate" }, /"src\/policy\.rego" is not what was signed/],
    ["the module was changed", { "policy.wasm": "x" }, /"policy\.wasm" is not what was signed/],
    ["a number was changed", { "data.json": DATA.replace("1.50", "1.5") }, /"data\.json" is not what was signed/],
    [
      "a member was put before one of its name",
      { "data.json": DATA.replace('"half"', '"half": 9, "half"') },
      /"data\.json" is not what was signed/,
    ],
    ["the data is no JSON", { "data.json": `${DATA},` }, /"data\.json" is not what was signed/],
    [
      "the data nests without end",
      { "data.json": `${"[".repeat(9_999)}${"]".repeat(9_999)}` },
      /is not what was signed/,
    ],
    ["the manifest was changed", { ".manifest": "{}" }, /"\.manifest" is not what was signed/],
    ["a file was added", { "own/more.rego": "package policy" }, /"own\/more\.rego" is in it, and is not signed/],
    ["a second list of signatures was added", { "own/.signatures.json": "{}" }, /is in it, and is not signed/],
    ["a file was taken away", { "src/policy.rego": undefined }, /"src\/policy\.rego" is signed, and is not in it/],
    ["the list of signatures is no JSON", { ".signatures.json": "{" }, /does not hold exactly one token/],
    ["there is no token", { ".signatures.json": signaturesOf() }, /does not hold exactly one token/],
    ["there are two tokens", { ".signatures.json": signaturesOf("a.b.c", "a.b.c") }, /does not hold exactly one token/],
    ["the token has two parts", { ".signatures.json": signaturesOf("a.b") }, /does not hold exactly one token/],
    [
      "a plugin is to verify it",
      { ".signatures.json": '{"signatures": ["a.b.c"], "plugin": "mine"}' },
      /does not hold exactly one token/,
    ],
  ])("%s", async (_, changes, problem) => {
    expect(await problemWith(await repack(bundleOf("ES256"), changes), pin(keyOf("ES256")))).toMatch(problem);
  });

  const header = { alg: "ES256", kid: "default" };
  const payload = { files: [] };
  test.each<[string, (key: SigningKey) => string, RegExp]>([
    ["the token says none", (key) => signToken({ alg: "none" }, payload, key), /signed by "none", and ES256 is pinned/],
    [
      "the token has none, and no signature",
      () =>
        `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"files":[]}').toString("base64url")}.`,
      /does not hold exactly one token/,
    ],
    ["the token says HS256", (key) => signToken({ alg: "HS256" }, payload, key), /signed by "HS256", and/],
    [
      "the token has what must be understood",
      (key) => signToken({ ...header, crit: ["b64"] }, payload, key),
      /one token/,
    ],
    ["what is signed is no list", (key) => signToken(header, {}, key), /what is signed is no list of files/],
    ["nothing is listed", (key) => signToken(header, payload, key), /is in it, and is not signed/],
    [
      "the signature is another token's",
      (key) =>
        signToken(header, { files: [1] }, key).replace(
          /\.[^.]*\./,
          `.${Buffer.from('{"files":[]}').toString("base64url")}.`,
        ),
      /its signature is not that of the key/,
    ],
  ])("%s", async (_, tokenOf, problem) => {
    const key = keyOf("ES256");
    const bytes = await repack(bundleOf("ES256"), { ".signatures.json": signaturesOf(tokenOf(key)) });
    expect(await problemWith(bytes, pin(key))).toMatch(problem);
  });

  test("its hashes are those of a broken algorithm, or a file is listed twice", async () => {
    const key = keyOf("ES256");
    const hashOf = (algorithm: string) => createHash(algorithm).update("x").digest("hex");
    const signed = (...files: { hash: string; algorithm: string }[]) =>
      repack(Buffer.from(bundleOf("ES256")), {
        ...Object.fromEntries(
          ["src/policy.rego", "src/classify.rego", "data.json", ".manifest"].map((name) => [name, undefined]),
        ),
        "policy.wasm": "x",
        ".signatures.json": signaturesOf(
          signToken(header, { files: files.map((file) => ({ name: "policy.wasm", ...file })) }, key),
        ),
      });
    const sha256 = { hash: hashOf("sha256"), algorithm: "SHA-256" };
    expect(await problemWith(await signed(sha256), pin(key))).toBeUndefined();
    expect(await problemWith(await signed({ hash: hashOf("md5"), algorithm: "MD5" }), pin(key))).toContain(
      '"policy.wasm" is signed by its "MD5", and not by a SHA-256, 384 or 512',
    );
    expect(await problemWith(await signed(sha256, sha256), pin(key))).toContain("listed twice");
  });
});

describe("a key file is refused where", () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey.export({ type: "spki", format: "pem" });
  const curve = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ type: "spki", format: "pem" });
  test.each<[string, SignatureAlgorithm, () => string | Buffer | undefined, RegExp]>([
    ["it is not there", "ES256", () => undefined, /keyFile\): can't be read/],
    ["it is no PEM", "ES256", () => "key", /holds no public key in PEM; make one with openssl/],
    [
      "it is the private one",
      "ES256",
      () => keyOf("ES256").privateKey.export({ type: "pkcs8", format: "pem" }),
      /holds a private key, which no gate needs/,
    ],
    ["it is of RSA for ES256", "ES256", () => weak, /no key on the curve P-256/],
    ["it is on another curve", "ES256", () => curve, /no key on the curve P-256/],
    ["it is too short", "RS256", () => weak, /less than 2048 bits/],
    ["it is of another kind", "RS256", () => curve, /holds no RSA key/],
    ["it is none for EdDSA", "EdDSA", () => curve, /holds no Ed25519 key/],
  ])("%s", async (_, algorithm, make, problem) => {
    const keyFile = `${keyOf("ES256").publicFile}.bad`;
    const content = make();
    if (content !== undefined) await writeFile(keyFile, content);
    const file = content === undefined ? "/nowhere/key.pub" : keyFile;
    const read = () => readPinnedKey({ algorithm, keyFile: file, keyId: undefined, scope: undefined });
    expect(read).toThrow(Problem);
    expect(read).toThrow(problem);
  });
});
