// Hashes the files of a bundle as OPA does for its signatures: .manifest and data files by what they say (canonical JSON, each
// number as it is written), all others by their bytes. Pure. It trusts nothing: what it hashes may be anybody's.
import { createHash } from "node:crypto";

/** OPA's names for what its signatures are made with, less those that are broken. */
export const HASHES: ReadonlyMap<string, string> = new Map([
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
]);

/** As deep as a gate's own data will ever be. */
const MAX_DEPTH = 500;
const STRINGS_AND_NUMBERS = /"((?:[^"\\]|\\.)*)"|-?\d[\d.eE+-]*/g;

/**
 * @param algorithm one of the values of HASHES
 * @returns the hash in hex; undefined where a file that must be JSON is none
 */
export function hashFile(name: string, bytes: Uint8Array, algorithm: string): string | undefined {
  const content = isStructured(name) ? canonicalJson(bytes) : bytes;
  return content === undefined ? undefined : createHash(algorithm).update(content).digest("hex");
}

/**
 * Names what a bundle says, whoever packed it: an archive that is compressed again, or signed again, has the same.
 * @returns undefined where a file that must be JSON is none
 */
export function contentHash(files: ReadonlyMap<string, Uint8Array>): string | undefined {
  const hash = createHash("sha256");
  for (const name of [...files.keys()].sort()) {
    if (name === SIGNATURES_FILE) continue;
    const one = hashFile(name, files.get(name) ?? new Uint8Array(), "sha256");
    if (one === undefined) return undefined;
    hash.update(`${one} ${JSON.stringify(name)}\n`);
  }
  return hash.digest("hex");
}

export const SIGNATURES_FILE = ".signatures.json";

function isStructured(name: string): boolean {
  return /(?:^|\/)(?:data\.(?:json|ya?ml)|\.manifest)$/.test(name);
}

/** Strings and numbers are marked, so that JSON.parse leaves numbers as they are written. */
function canonicalJson(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    let keys = 0;
    const marked = text.replace(STRINGS_AND_NUMBERS, (found, inside: string | undefined, at: number) => {
      if (inside === undefined) return `"n${found}"`;
      if (isBeforeColon(text, at + found.length)) keys += 1;
      return `"s${inside}"`;
    });
    const parts: string[] = [];
    const members = write(JSON.parse(marked), parts, MAX_DEPTH);
    // who takes the first of two members reads something else than what is hashed
    return members === keys ? parts.join("") : undefined;
  } catch {
    return undefined;
  }
}

function isBeforeColon(text: string, at: number): boolean {
  let next = at;
  while (" \t\r\n".includes(text.charAt(next) || ":")) next += 1;
  return text.charAt(next) === ":";
}

/** @returns how many members all objects have */
function write(value: unknown, parts: string[], depth: number): number {
  if (depth === 0) throw new RangeError("too deep");
  if (typeof value === "string") {
    parts.push(value.startsWith("n") ? value.slice(1) : writeString(value.slice(1)));
    return 0;
  }
  let count = 0;
  if (Array.isArray(value)) {
    parts.push("[");
    for (const [index, item] of value.entries()) {
      if (index > 0) parts.push(",");
      count += write(item, parts, depth - 1);
    }
    parts.push("]");
  } else if (typeof value === "object" && value !== null) {
    parts.push("{");
    const members = Object.entries(value).toSorted(([a], [b]) => compare(a, b));
    for (const [index, [key, member]] of members.entries()) {
      if (index > 0) parts.push(",");
      parts.push(writeString(key.slice(1)), ":");
      count += 1 + write(member, parts, depth - 1);
    }
    parts.push("}");
  } else parts.push(String(value));
  return count;
}

/** As Go writes it with HTML left alone. */
function writeString(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16)}`);
}

/** By their UTF-8, which is not the order of UTF-16 beyond its surrogates. */
function compare(a: string, b: string): number {
  if (/[\ud800-\uffff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
