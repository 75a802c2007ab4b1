// What V8 has compiled before, kept from one run to the next: by node itself where it can (22.1 and newer), by this file where it
// can't. V8 runs what lies there and does not hold it against its source: so it is kept where nobody else can write, and node's
// own choice, a folder in /tmp that anybody may have made first, is not taken. Where there is no such place nothing is kept.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedDataVersionTag } from "node:v8";
import { constants, Script } from "node:vm";

const WRITE_BY_GROUP_OR_OTHERS = 0o022;
const STICKY = 0o1000;
const ROOT_UID = 0;
/** A file that is shorter is compiled in no time. */
const MIN_BYTES = 50_000;
/** By then a gate serves, and V8 has let go of nothing that it ran at the start. */
const KEPT_AFTER_MS = 30_000;
const DIGEST_BYTES = 32;

/** Never throws: a command runs without it too. */
export function enableCompileCache(env: NodeJS.ProcessEnv): void {
  try {
    const named = env.XDG_CACHE_HOME ?? "";
    const home = isAbsolute(named) ? named : join(homedir(), ".cache");
    // where HOME is empty, the folder that a command runs in may be anybody's
    if (!isAbsolute(home)) return;
    const dir = join(home, "regate");
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!isOurs(dir, process.getuid?.())) return;
    if ("enableCompileCache" in module && typeof module.enableCompileCache === "function")
      module.enableCompileCache(dir);
    else keepCompiled(dir);
  } catch {
    // a home that is read-only, or none
  }
}

/** The files beside this one are loaded as they were compiled in `dir`, and kept there by a run that ends well. */
function keepCompiled(dir: string): void {
  const here = dirname(fileURLToPath(import.meta.url));
  const { extensions } = createRequire(import.meta.url);
  const load = extensions[".js"];
  const compiled: { readonly file: string; readonly source: Buffer; readonly script: Script }[] = [];
  const keep = (): void => {
    try {
      for (const { file, source, script } of compiled.splice(0)) writeKept(file, source, script.createCachedData());
    } catch {
      // a full disk
    }
  };
  extensions[".js"] = (loaded, filename) => {
    const source = dirname(filename) === here ? readFileSync(filename) : undefined;
    if (source === undefined || source.length < MIN_BYTES) return load(loaded, filename);
    const file = join(dir, `${basename(filename)}.${placeOf(filename)}`);
    const cachedData = readKept(file, source);
    const script = new Script(module.wrap(source.toString()), {
      filename,
      cachedData,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    if (cachedData === undefined || script.cachedDataRejected === true) compiled.push({ file, source, script });
    const run = script.runInThisContext();
    run.call(loaded.exports, loaded.exports, createRequire(filename), loaded, filename, here);
  };
  setTimeout(keep, KEPT_AFTER_MS).unref();
  process.once("exit", (code) => {
    if (code === 0) keep();
  });
}

/** One for each installation, version of V8 and set of its flags: V8 refuses what was compiled by another, or with others. */
function placeOf(filename: string): string {
  return createHash("sha256").update(`${filename} ${cachedDataVersionTag()}`).digest("hex").slice(0, 16);
}

/** What was kept for this very source; undefined where there is none, or not whole. */
function readKept(file: string, source: Buffer): Buffer | undefined {
  try {
    if (!isOurs(file, process.getuid?.())) return undefined;
    const kept = readFileSync(file);
    const data = kept.subarray(DIGEST_BYTES);
    return digestOf(source, data).equals(kept.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function writeKept(file: string, source: Buffer, data: Buffer): void {
  const begun = `${file}.${process.pid}`;
  try {
    writeFileSync(begun, Buffer.concat([digestOf(source, data), data]), { mode: 0o600, flag: "wx" });
    renameSync(begun, file);
  } finally {
    rmSync(begun, { force: true });
  }
}

function digestOf(source: Buffer, data: Buffer): Buffer {
  return createHash("sha256").update(source).update(data).digest();
}

/** Whether nobody but this user and root can write to a file or folder, or put another in its place. */
export function isOurs(path: string, uid: number | undefined): boolean {
  const { mode, uid: owner } = statSync(path);
  if (owner !== uid || (mode & WRITE_BY_GROUP_OR_OTHERS) !== 0) return false;
  for (let above = dirname(path); ; above = dirname(above)) {
    const stat = statSync(above);
    if (stat.uid !== uid && stat.uid !== ROOT_UID) return false;
    // in a sticky folder only its owner moves what is there
    if ((stat.mode & WRITE_BY_GROUP_OR_OTHERS) !== 0 && (stat.mode & STICKY) === 0) return false;
    if (above === dirname(above)) return true;
  }
}
