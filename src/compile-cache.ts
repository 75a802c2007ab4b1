// What V8 has compiled before, kept from one run to the next where node can (22.1 and newer). Node runs what lies there and does
// not hold it against its source: so it is kept where nobody else can write, and node's own choice, a folder in /tmp that
// anybody may have made first, is not taken. Where there is no such place nothing is kept.
import { mkdirSync, statSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

const WRITE_BY_GROUP_OR_OTHERS = 0o022;
const STICKY = 0o1000;
const ROOT_UID = 0;

/** Never throws: a command runs without it too. */
export function enableCompileCache(env: NodeJS.ProcessEnv): void {
  if (!("enableCompileCache" in module) || typeof module.enableCompileCache !== "function") return;
  try {
    const home = env.XDG_CACHE_HOME ?? "";
    const dir = join(isAbsolute(home) ? home : join(homedir(), ".cache"), "regate");
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (isOurs(dir, process.getuid?.())) module.enableCompileCache(dir);
  } catch {
    // a home that is read-only, or none
  }
}

/** Whether nobody but this user and root can write to the folder, or put another in its place. */
export function isOurs(dir: string, uid: number | undefined): boolean {
  const { mode, uid: owner } = statSync(dir);
  if (owner !== uid || (mode & WRITE_BY_GROUP_OR_OTHERS) !== 0) return false;
  for (let above = dirname(dir); ; above = dirname(above)) {
    const stat = statSync(above);
    if (stat.uid !== uid && stat.uid !== ROOT_UID) return false;
    // in a sticky folder only its owner moves what is there
    if ((stat.mode & WRITE_BY_GROUP_OR_OTHERS) !== 0 && (stat.mode & STICKY) === 0) return false;
    if (above === dirname(above)) return true;
  }
}
