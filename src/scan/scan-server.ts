// Scans one catalogued server: lists it, holds what it lists against the repository, and says what changes, with the files
// that would say so. Nothing is written here, so that a scan which fails, or only checks, leaves everything as it was.
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { ServerConfig } from "../config/server-schema.ts";
import type { Classification } from "../gate/types.ts";
import { MAX_LISTED_TOOLS } from "../mcp/list-filter.ts";
import type { PolicyFolder } from "../policy/build/sources.ts";
import type { CatalogueServer } from "../policy/catalogue.ts";
import { SHIPPED_INPUT_SCHEMA } from "../policy/shipped.ts";
import type { FileChange } from "../policy/write-files.ts";
import { Problem } from "../problem.ts";
import { describeDefinition } from "./describe-definition.ts";
import { formatJson } from "./format-json.ts";
import { type Listing, type ListingOptions, listServer } from "./list-server.ts";
import { type LiveTool, type Merged, mergeCatalogue, type ToolChange } from "./merge-catalogue.ts";
import { packageOf } from "./package-of.ts";
import {
  catalogueFile,
  checkServerName,
  inputSchemaFile,
  type Place,
  rulesFile,
  rulesTestFile,
  schemaFile,
  schemaNames,
} from "./places.ts";
import { hasOwnDefaults, hasRules, isThere, readCatalogue, readSchemas } from "./repository.ts";
import { writeScaffold } from "./scaffold.ts";
import { showName } from "./show.ts";

/** One catalogue, and the entries of the configuration that serve its tools: several where a server has several modes. */
export type ScanTarget = { readonly server: string; readonly entries: readonly ServerConfig[] };

export type ScanOptions = Omit<ListingOptions, "onPage"> & {
  readonly folder: PolicyFolder;
  /** Where PATH is looked up. */
  readonly env: NodeJS.ProcessEnv;
  readonly classify: (definitionText: string) => Classification;
  readonly onPage: (server: string, tools: number, pages: number) => void;
};

export type Scanned = {
  readonly server: string;
  readonly package: string | undefined;
  readonly version: string | undefined;
  /** Tools in the catalogue. */
  readonly count: number;
  readonly changes: readonly ToolChange[];
  /** What is listed and can't be catalogued. */
  readonly faults: readonly string[];
  /** What a person should know, and is no finding. */
  readonly notes: readonly string[];
  /** In the order in which they are to be written; empty where the repository says it all already. */
  readonly files: readonly FileChange[];
};

/** @throws Problem where the server can't be listed, or the repository is not in order */
export async function scanServer(target: ScanTarget, options: ScanOptions): Promise<Scanned> {
  const { folder, classify } = options;
  const { server, entries } = target;
  checkServerName(server, entries[0]?.key ?? server);
  const reviewed = await readCatalogue(folder, server);
  const listings = await listAll(target, options);
  const live = describeAll(server, listings);
  if (live.length === 0) throw new Problem([describeEmpty(server, reviewed)]);
  const schemas = await readSchemas(
    folder,
    server,
    live.map(({ name }) => name),
  );
  const merged = mergeCatalogue(reviewed?.tools ?? {}, live, { classify, schemaOf: (tool) => schemas.get(tool) });
  const catalogue = await composeCatalogue(reviewed, merged, listings, entries, options.env);
  const scaffold = await composeScaffold(folder, server, catalogue, live);
  return {
    server,
    package: catalogue.package,
    version: catalogue.version,
    count: Object.keys(catalogue.tools).length,
    changes: merged.changes,
    faults: listings.flatMap(({ key, listing }) => listing.faults.map((fault) => `${key}: ${fault}`)),
    notes: [
      ...describeNames(live),
      ...listings.flatMap(({ key, listing }) => describePages(key, listing)),
      ...scaffold.notes,
    ],
    files: [
      ...(await composeSchemas(folder, server, live, schemas, merged)),
      ...scaffold.files,
      ...composeCatalogueFile(catalogueFile(folder, server), reviewed, catalogue),
    ],
  };
}

type KeyedListing = { readonly key: string; readonly listing: Listing };

async function listAll({ server, entries }: ScanTarget, options: ScanOptions): Promise<readonly KeyedListing[]> {
  const listings: KeyedListing[] = [];
  for (const entry of entries) {
    const onPage = (tools: number, pages: number): void => options.onPage(server, tools, pages);
    const listed = await listServer(entry, { ...options, onPage });
    if (listed.kind === "failed") throw new Problem([`${entry.key}: can't be scanned: ${listed.problem}`]);
    listings.push({ key: entry.key, listing: listed.listing });
  }
  return listings;
}

/** Each tool once, whichever entries list it. @throws Problem where two mean different tools by one name */
function describeAll(server: string, listings: readonly KeyedListing[]): readonly LiveTool[] {
  const live = new Map<string, LiveTool & { readonly key: string }>();
  for (const { key, listing } of listings) {
    for (const tool of listing.tools) {
      const earlier = live.get(tool.name);
      if (earlier === undefined) live.set(tool.name, { ...describeDefinition(tool), ...tool, key });
      else if (earlier.sha256 !== tool.sha256) {
        throw new Problem([
          `${server}: ${showName(tool.name)} of ${earlier.key} is not that of ${key}; give one of them a catalogue name of its own with \`catalogue:\``,
        ]);
      }
    }
  }
  return [...live.values()];
}

function describeEmpty(server: string, reviewed: CatalogueServer | undefined): string {
  const count = Object.keys(reviewed?.tools ?? {}).length;
  const kept = count === 0 ? "" : `; the ${count} that are catalogued stay`;
  return `${server}: lists no tools${kept}; see whether it needs credentials or another mode`;
}

/** What the server and its package say of themselves; what a person wrote stays, and nothing is made up. */
async function composeCatalogue(
  reviewed: CatalogueServer | undefined,
  { tools }: Merged,
  listings: readonly KeyedListing[],
  entries: readonly ServerConfig[],
  env: NodeJS.ProcessEnv,
): Promise<CatalogueServer> {
  const info = listings[0]?.listing.info ?? {};
  const [entry] = entries;
  const known = entry === undefined ? undefined : await packageOf(entry, env);
  const { title, package: reviewedPackage, version, tools: _, ...own } = reviewed ?? { tools: {} };
  return {
    title: title ?? info.title ?? info.name,
    package: known?.name ?? reviewedPackage,
    version: known?.version ?? info.version ?? version,
    ...own,
    tools,
  };
}

/** Nothing where the file says the same already, in whatever order. */
function composeCatalogueFile(
  place: Place,
  reviewed: CatalogueServer | undefined,
  catalogue: CatalogueServer,
): readonly FileChange[] {
  const content = formatJson(catalogue);
  return isDeepStrictEqual(JSON.parse(content), reviewed) ? [] : [{ ...place, content }];
}

/** Those that are new or differ, and away with those of tools that are gone. */
async function composeSchemas(
  folder: PolicyFolder,
  server: string,
  live: readonly LiveTool[],
  schemas: ReadonlyMap<string, unknown>,
  { changes }: Merged,
): Promise<readonly FileChange[]> {
  const names = schemaNames(live.map(({ name }) => name));
  const placeOf = (name: string): Place => schemaFile(folder, server, `${name}.json`);
  const written = live
    .filter((tool) => !isDeepStrictEqual(schemas.get(tool.name), JSON.parse(JSON.stringify(tool.schema))))
    .map((tool) => ({ ...placeOf(names.get(tool.name) ?? tool.name), content: formatJson(tool.schema) }));
  const kept = new Set(names.values());
  const gone = changes.filter(({ kind }) => kind === "removed").map(({ tool }) => tool);
  const removed: FileChange[] = [];
  for (const name of schemaNames(gone).values()) {
    const place = placeOf(name);
    if (!kept.has(name) && (await isThere(place))) removed.push({ ...place, content: undefined });
  }
  const input = inputSchemaFile(folder);
  const form = (await isThere(input)) ? [] : [{ ...input, content: await readFile(SHIPPED_INPUT_SCHEMA) }];
  return [...form, ...written, ...removed];
}

async function composeScaffold(
  folder: PolicyFolder,
  server: string,
  catalogue: CatalogueServer,
  live: readonly LiveTool[],
): Promise<{ readonly files: readonly FileChange[]; readonly notes: readonly string[] }> {
  const [rules, test] = [rulesFile(folder, server), rulesTestFile(folder, server)];
  if ((await hasRules(folder, server)) || (await isThere(rules)) || (await isThere(test)))
    return { files: [], notes: [] };
  const scaffold = writeScaffold({
    server,
    title: catalogue.title ?? server,
    tools: catalogue.tools,
    schemaNames: schemaNames(live.map(({ name }) => name)),
    hasOwnDefaults: await hasOwnDefaults(folder),
  });
  if (scaffold === undefined) return { files: [], notes: ["no rule file was written: the defaults judge its tools"] };
  const { leftOut } = scaffold;
  const notes =
    leftOut.length === 0
      ? []
      : [`no rule was written for ${list(leftOut)}: the names are not plain, the defaults judge`];
  return {
    files: [
      { ...rules, content: scaffold.rules },
      { ...test, content: scaffold.test },
    ],
    notes,
  };
}

function describeNames(live: readonly LiveTool[]): readonly string[] {
  const odd = live.map(({ name }) => name).filter((name) => !/^[A-Za-z0-9_./-]{1,128}$/.test(name));
  return odd.length === 0 ? [] : [`names outside of MCP's, which may pass for others: ${list(odd)}`];
}

function describePages(key: string, { longestPage }: Listing): readonly string[] {
  if (longestPage <= MAX_LISTED_TOOLS) return [];
  return [`${key}: lists ${longestPage} tools on one page; the gate passes on at most ${MAX_LISTED_TOOLS}`];
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(showName).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
