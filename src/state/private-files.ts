// The state folder and its files belong to the gate's user alone. What is open to others is refused, not mended: whoever
// could write it may have done so already.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { Problem } from "../problem.ts";

const GROUP_OR_OTHERS = 0o077;
const WRITE_BY_GROUP_OR_OTHERS = 0o022;

/** Makes the folder (mode 0700) where it is missing. Throws a Problem where others may write to it. */
export function makePrivateFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Problem([`${dir}: the state folder cannot be made (${codeOf(error)}): name another with "state:"`]);
  }
  if ((statSync(dir).mode & WRITE_BY_GROUP_OR_OTHERS) !== 0) {
    throw new Problem([`${dir}: others may write to the state folder: look into it, then chmod 700 ${dir}`]);
  }
}

/**
 * Makes an empty file (mode 0600) where it is missing, and never opens one that is there (SQLite's locks end when any
 * descriptor of their file is closed). Throws a Problem where others may read or write it.
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST")
      throw new Problem([`${path}: it cannot be made (${codeOf(error)}): is the folder writable?`]);
  }
  refuseOpenToOthers(path);
}

/**
 * The bytes in `path`, written there from `make` at the first call (mode 0600, whole or not at all). Throws a Problem
 * where others may read the file, or where it does not hold `length` bytes.
 */
export function readOrMakeSecret(path: string, length: number, make: () => Buffer): Buffer {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    try {
      writeWhole(path, make());
    } catch (error) {
      throw new Problem([
        `${path}: it cannot be made (${codeOf(error)}): make room on its disk, and its folder writable`,
      ]);
    }
  }
  refuseOpenToOthers(path);
  const secret = readFileSync(path);
  if (secret.length === length) return secret;
  throw new Problem([
    `${path}: it holds ${secret.length} bytes, not ${length}: restore it, or remove it for a new one`,
  ]);
}

/** The bytes in `path`, which others must not read. @throws Problem as above, where it is not there, or where it holds fewer than `minBytes` */
export function readSecret(path: string, minBytes: number): Buffer {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new Problem([`${path}: there is no such file`]);
  refuseOpenToOthers(path);
  let secret: Buffer;
  try {
    secret = readFileSync(path);
  } catch (error) {
    throw new Problem([`${path}: it cannot be read (${codeOf(error)})`]);
  }
  if (secret.length >= minBytes) return secret;
  throw new Problem([`${path}: it holds ${secret.length} bytes, and must hold ${minBytes} random ones at least`]);
}

function writeWhole(path: string, bytes: Buffer): void {
  const draft = `${path}.new`;
  const fd = openSync(draft, "w", 0o600);
  try {
    if (writeSync(fd, bytes) !== bytes.length) throw new Error("it was not written whole");
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
}

function refuseOpenToOthers(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & GROUP_OR_OTHERS) === 0) return;
  throw new Problem([`${path}: its mode ${mode.toString(8)} lets others at it: see who could, then chmod 600 ${path}`]);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
