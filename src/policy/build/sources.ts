// Collects what a bundle is made of: the shipped library and defaults, the user's own Rego and catalogue. It reads files
// and refuses what would be left out in silence; it neither parses nor compiles.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../problem.ts";
import { SHIPPED_DEFAULTS, SHIPPED_LIBRARY } from "../shipped.ts";

const DEFAULTS_PACKAGE = /^package\s+policy\.defaults\s*(?:#.*)?$/m;

/** One file, by its path inside the policy folder, with forward slashes. */
export type Source = { readonly path: string; readonly bytes: Uint8Array };

/** The folder whose policy is built. */
export type PolicyFolder = {
  /** Absolute. */
  readonly dir: string;
  /** As the person named it, for errors. */
  readonly shown: string;
};

/** What a policy folder brings, sorted by path; tests stay out. */
export type OwnSources = { readonly rego: readonly Source[]; readonly catalogue: readonly Source[] };

/**
 * @param library the shipped one: a copy of it in the folder must be the same
 * @throws Problem for a folder that is missing or empty, a library that differs, data outside catalogue/, links
 */
export async function readOwnSources(folder: PolicyFolder, library: readonly Source[]): Promise<OwnSources> {
  const { dir, shown } = folder;
  const paths = await listFiles(dir, shown);
  refuseStrayData(paths, shown);
  await refuseOtherLibrary(folder, paths, library);
  const rego = await readAll(
    dir,
    paths.filter((path) => isRego(path) && !path.startsWith("regate/")),
  );
  const catalogue = await readAll(dir, paths.filter(isCatalogue));
  if (rego.length + catalogue.length === 0) {
    throw new Problem([`${shown}: holds no policy; write rules as .rego files in ${join(shown, "policy")}`]);
  }
  return { rego, catalogue };
}

/** Package `regate` and below, as `regate/...`. */
export async function readLibrary(): Promise<readonly Source[]> {
  return readShipped(SHIPPED_LIBRARY, "regate/");
}

/** The folder's own copy of the library, as `regate/...`; empty where it has none. */
export async function readVendoredLibrary({ dir, shown }: PolicyFolder): Promise<readonly Source[]> {
  const paths = await listFiles(dir, shown);
  return readAll(
    dir,
    paths.filter((path) => path.startsWith("regate/") && isRego(path)),
  );
}

/** Package `policy.defaults`, as `policy/defaults/...`. */
export async function readDefaults(): Promise<readonly Source[]> {
  return readShipped(SHIPPED_DEFAULTS, "policy/defaults/");
}

/**
 * What a build adds to the folder: the library, where it has no copy, and the defaults, where it has none of its own. Without
 * their tests, which are not the person's, and take their time.
 */
export async function readShippedFor({ dir, shown }: PolicyFolder): Promise<readonly Source[]> {
  const paths = (await listFiles(dir, shown)).filter(isRego);
  const library = paths.some((path) => path.startsWith("regate/")) ? [] : await readLibrary();
  const sources = await readAll(
    dir,
    paths.filter((path) => path.startsWith("policy/")),
  );
  const hasDefaults = sources.some(({ bytes }) => DEFAULTS_PACKAGE.test(Buffer.from(bytes).toString()));
  return hasDefaults ? library : [...library, ...(await readDefaults())];
}

async function readShipped(dir: string, prefix: string): Promise<readonly Source[]> {
  const sources = await readAll(dir, (await listFiles(dir, dir)).filter(isRego));
  return sources.map(({ path, bytes }) => ({ path: `${prefix}${path}`, bytes }));
}

async function readAll(dir: string, paths: readonly string[]): Promise<readonly Source[]> {
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(join(dir, path)) })));
}

/** All files below a folder, relative to it, sorted. */
async function listFiles(dir: string, shown: string): Promise<string[]> {
  const found = await stat(dir).catch(() => undefined);
  if (found === undefined) throw new Problem([`${shown}: no such folder; name the one that holds policy/`]);
  if (!found.isDirectory()) throw new Problem([`${shown}: not a folder; name the one that holds policy/`]);
  const files: string[] = [];
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
      const path = `${below}${entry.name}`;
      if (entry.isSymbolicLink()) throw new Problem([`${join(shown, path)}: is a link; put what it points to there`]);
      if (entry.isFile()) files.push(path);
      if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git") await visit(`${path}/`);
    }
  };
  await visit("");
  return files.sort();
}

/** A copy of the library in the user's folder is there for plain `opa test`; the bundle gets the shipped one. */
async function refuseOtherLibrary(
  { dir, shown }: PolicyFolder,
  paths: readonly string[],
  library: readonly Source[],
): Promise<void> {
  const copy = await readAll(
    dir,
    paths.filter((path) => path.startsWith("regate/") && isRego(path)),
  );
  if (copy.length === 0) return;
  const refuse = (path: string, what: string): Problem => {
    return new Problem([`${join(shown, path)}: ${what}; copy ${SHIPPED_LIBRARY} to ${join(shown, "regate")} again`]);
  };
  const shipped = new Map(library.map(({ path, bytes }) => [path, bytes]));
  for (const { path, bytes } of copy) {
    const original = shipped.get(path);
    if (original === undefined) throw refuse(path, "is not part of the shipped library");
    if (!Buffer.from(bytes).equals(original)) throw refuse(path, "differs from the shipped library");
    shipped.delete(path);
  }
  for (const path of shipped.keys()) throw refuse(path, "is missing from this copy of the library");
}

/** `opa test` would load it and the bundle would not: the same rules would judge differently. */
function refuseStrayData(paths: readonly string[], shown: string): void {
  const isData = (path: string): boolean => /(^|\/)data\.(json|ya?ml)$/.test(path);
  const isLoaded = (path: string): boolean => /^(policy|catalogue)\/.*\.(json|ya?ml)$/.test(path);
  const stray = paths.filter((path) => (isData(path) || isLoaded(path)) && !isCatalogue(path));
  const [first, ...others] = stray.map((path) => {
    return `${join(shown, path)}: would be left out; data goes into ${join(shown, "catalogue", "SERVER", "data.json")}`;
  });
  if (first !== undefined) throw new Problem([first, ...others]);
}

function isRego(path: string): boolean {
  return path.endsWith(".rego") && !path.endsWith("_test.rego");
}

function isCatalogue(path: string): boolean {
  return /^catalogue\/([^/]+\/)?data\.json$/.test(path);
}
