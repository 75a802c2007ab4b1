// A signed bundle of which one file was changed by who has no key: refused, or it says the same to every reader.
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { expect } from "vitest";
import { hashFile } from "../../../src/bundles/file-hash.ts";
import { verifySignature } from "../../../src/bundles/signature.ts";
import { type Form, pythonJson } from "../python.ts";
import type { Target } from "../target.ts";
import { expectOneLine } from "./archive.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const PINNED = { algorithm: "EdDSA", keyId: undefined, scope: undefined, key: publicKey } as const;
const FILES: readonly (readonly [string, string])[] = [
  [".manifest", '{"revision":"r","roots":["a"],"metadata":{"n":1.50}}'],
  ["data.json", '{"catalogue":{"s":{"t":[1,9007199254740993,"x\\u2028"]}},"rules":{}}'],
  ["policy.wasm", "\0asm\u0001\0\0\0"],
];
const TOKEN = makeToken();
const SIGNED: readonly (readonly [string, string])[] = [
  ...FILES,
  [".signatures.json", JSON.stringify({ signatures: [TOKEN] })],
];

/** The first byte says which file is replaced by the rest. */
export const signature: Target = {
  name: "signature",
  seeds: SIGNED.map(([, text], index) => Buffer.concat([Buffer.of(index), Buffer.from(text)])),
  words: [
    ...['"revision"', '"rules"', '"rules":{"x":1},', '"n":1,', '"__proto__"', "{", "}", "[", "]", ",", ":", '"', "\\"],
    ...[" ", "\n", "1.5", "1.500", "15e-1", "\\u0061", TOKEN, ".", "=", '"alg"', '"none"'],
  ],
  runs: 400,
  async check(input) {
    const [name = "", original = ""] = SIGNED[(input[0] ?? 0) % SIGNED.length] ?? [];
    const content = Buffer.from(input.subarray(1));
    if (!verifies(name, content)) return;
    if (name === "policy.wasm") expect(content.toString()).toBe(original);
    else if (name === ".signatures.json") expect(content.toString()).toContain(TOKEN.slice(0, TOKEN.lastIndexOf(".")));
    else expect(inOrder(await pythonJson(content))).toEqual(inOrder(await pythonJson(Buffer.from(original))));
  },
};

function verifies(name: string, content: Buffer): boolean {
  const files = new Map<string, Uint8Array>(SIGNED.map(([file, text]) => [file, Buffer.from(text)]));
  files.set(name, content);
  try {
    verifySignature(files, PINNED, "bundle.tar.gz");
    return true;
  } catch (error) {
    expectOneLine(error);
    return false;
  }
}

/** With the members of objects by their keys: their order says nothing, their number does. */
function inOrder(form: Form | undefined): unknown {
  if (form === undefined) return undefined;
  if (form[0] === "a") return form[1].map(inOrder);
  if (form[0] !== "o") return form;
  return form[1].map(([key, child]) => [key, inOrder(child)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function makeToken(): string {
  const files = FILES.map(([name, text]) => ({
    name,
    hash: hashFile(name, Buffer.from(text), "sha256") ?? createHash("sha256").digest("hex"),
    algorithm: "SHA-256",
  }));
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "EdDSA" })}.${encode({ files })}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}
