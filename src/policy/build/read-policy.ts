// Reads what a policy is made of: its own sources and those that a build adds, parsed, in their places. It refuses what would be
// left out or can't be read; what the rules say is for others.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "../../problem.ts";
import { makeScratch, removeScratch } from "../../scratch.ts";
import type { Opa } from "../opa.ts";
import { checkCatalogue } from "./check-catalogue.ts";
import type { Fault } from "./faults.ts";
import { type Module, parseModules } from "./module.ts";
import { layerOf, selectPolicy } from "./packages.ts";
import {
  type OwnSources,
  type PolicyFolder,
  readDefaults,
  readLibrary,
  readOwnSources,
  type Source,
} from "./sources.ts";

/** What of the library judges definitions, and no calls: a decision neither reads it nor changes with it. */
const CLASSIFIER = /^regate\/classif(?:y\.rego$|ier\/)/;

export type Policy = {
  readonly given: OwnSources;
  /** The shipped ones, where the folder has none. */
  readonly defaults: readonly Source[];
  /** Its own, the defaults, and what of the library judges calls; no tests. */
  readonly modules: readonly Module[];
};

/** @throws Problem with a line for each source that is not part of a policy */
export async function parsePolicy(folder: PolicyFolder, opa: Opa): Promise<Policy> {
  const scratch = makeScratch("parse");
  try {
    return await readPolicy(scratch, folder, await readLibrary(), opa);
  } finally {
    await removeScratch(scratch);
  }
}

/**
 * @param scratch an absolute folder to write to
 * @throws Problem with a line for each source that is not part of a policy
 */
export async function readPolicy(
  scratch: string,
  folder: PolicyFolder,
  library: readonly Source[],
  opa: Opa,
): Promise<Policy> {
  const given = await readOwnSources(folder, library);
  refuseAny(checkCatalogue(folder, given.catalogue));

  const parse = async (sources: readonly Source[]): Promise<readonly Module[]> => {
    await writeSources(join(scratch, "parsed"), sources);
    return parseModules(opa, join(scratch, "parsed"), sources, folder);
  };
  const { policy: ownModules, faults } = selectPolicy(await parse(given.rego));
  refuseFaults(folder, faults);
  const defaults = ownModules.some(isDefaults) ? [] : await readDefaults();
  refuseFaults(folder, checkPlaces(ownModules, defaults));
  const deciding = library.filter(({ path }) => !CLASSIFIER.test(path));
  const modules = [...ownModules, ...(await parse(defaults)), ...(await parse(deciding))];

  return { given, defaults, modules };
}

function isDefaults({ package: parts }: Module): boolean {
  return layerOf(parts) === "defaults";
}

/** One file can't be both the user's and the shipped defaults'. */
function checkPlaces(modules: readonly Module[], defaults: readonly Source[]): Fault[] {
  const taken = new Set(defaults.map(({ path }) => path));
  return modules
    .filter(({ file }) => taken.has(file))
    .map(({ file, row }) => ({
      file,
      row,
      what: "lies where the shipped policy.defaults go; name the file otherwise",
    }));
}

export async function writeSources(dir: string, sources: readonly Source[]): Promise<void> {
  for (const { path, bytes } of sources) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), bytes);
  }
}

export function refuseFaults(folder: PolicyFolder, faults: readonly Fault[]): void {
  refuseAny(faults.map(({ file, row, what }) => `${join(folder.shown, file)}:${row}: ${what}`));
}

function refuseAny(lines: readonly string[]): void {
  const [first, ...others] = lines;
  if (first !== undefined) throw new Problem([first, ...others]);
}
