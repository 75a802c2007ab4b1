// What may lie in the folder of a new policy repository: what git and npm put there, and nothing else. It only looks.
import { readdir, stat } from "node:fs/promises";
import { Problem } from "../../problem.ts";

export const NPM_FILES = { manifest: "package.json", lock: "package-lock.json" } as const;
/** Regate itself may be installed there already, from a packed file that lies there too. */
const WELCOME = new Set([".git", ".npmrc", "node_modules", "vendor", ...Object.values(NPM_FILES)]);
const PACKED = /^regate-[0-9][0-9A-Za-z.+-]*\.tgz$/;
const MAX_NAMED = 5;

/**
 * @returns the names of what is there, and may be
 * @throws Problem where something is in the way
 */
export async function refuseOccupied(dir: string, shown: string): Promise<ReadonlySet<string>> {
  const found = await stat(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Problem([`${shown}: cannot be looked into (${error.message}); name another folder`]);
  });
  if (found === undefined) return new Set();
  if (!found.isDirectory()) throw new Problem([`${shown}: is not a folder; name an empty or a new one`]);
  const names = (await readdir(dir)).sort();
  const inTheWay = names.filter((name) => !WELCOME.has(name) && !PACKED.test(name));
  if (inTheWay.length === 0) return new Set(names);
  const more = inTheWay.length > MAX_NAMED ? ` and ${inTheWay.length - MAX_NAMED} more` : "";
  const list = inTheWay.slice(0, MAX_NAMED).join(", ");
  throw new Problem([
    `${shown}: is not empty, and nothing is written over what is there: ${list}${more}; name an empty or a new folder`,
  ]);
}
