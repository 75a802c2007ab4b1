// Where the parts of a policy repository lie: the policy folder, and beside it schemas and samples. What a build adds to the
// folder is put at hand, for OPA and Regal to see what a build sees.
import { readdir } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { writeSources } from "../policy/build/read-policy.ts";
import { type PolicyFolder, readShippedFor } from "../policy/build/sources.ts";
import { SHIPPED_LIBRARY } from "../policy/shipped.ts";

export type PolicyRepository = {
  readonly folder: PolicyFolder;
  /** Where the person is. */
  readonly cwd: string;
  /** `test/samples` beside the folder. */
  readonly samples: PolicyFolder;
  /** `schemas` beside the folder. */
  readonly schemas: PolicyFolder;
  /** Folders with the library and the defaults, where the folder has none of its own; absolute. */
  readonly shipped: readonly string[];
  /** Of each Rego file that is the person's to mend, inside the folder, sorted. */
  readonly files: readonly string[];
  /** Whether the folder has a copy of the library that is for nobody to change. */
  readonly hasVendoredLibrary: boolean;
};

/**
 * @param shown the policy folder as the person named it
 * @param scratch an absolute folder to write to
 */
export async function openRepository(shown: string, cwd: string, scratch: string): Promise<PolicyRepository> {
  const folder = { dir: resolve(cwd, shown), shown };
  const added = await readShippedFor(folder);
  const shipped = join(scratch, "shipped");
  await writeSources(shipped, added);
  // in Regate's own repository the library is there to be worked on
  const isOwnLibrary = resolve(folder.dir, "regate") === SHIPPED_LIBRARY;
  const hasVendoredLibrary = !added.some(({ path }) => path.startsWith("regate/")) && !isOwnLibrary;
  const names = await readdir(folder.dir, { recursive: true }).catch(() => []);
  const files = names
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".rego") && !(hasVendoredLibrary && name.startsWith("regate/")));
  const beside = (...path: readonly string[]): PolicyFolder => ({
    dir: join(folder.dir, "..", ...path),
    shown: join(shown, "..", ...path),
  });
  return {
    folder,
    cwd,
    samples: beside("test", "samples"),
    schemas: beside("schemas"),
    shipped: added.length > 0 ? [shipped] : [],
    files: files.sort(),
    hasVendoredLibrary,
  };
}

/**
 * The file as the person knows it.
 * @param path absolute, or relative to the policy folder
 * @returns undefined for a file outside the folder, or of the copy of the library: nobody is to mend it
 */
export function showOwnFile({ folder, hasVendoredLibrary }: PolicyRepository, path: string): string | undefined {
  const inside = relative(folder.dir, resolve(folder.dir, path)).replaceAll("\\", "/");
  if (inside.startsWith("..") || isAbsolute(inside)) return undefined;
  return hasVendoredLibrary && inside.startsWith("regate/") ? undefined : join(folder.shown, inside);
}
