// Where what is known of a server lies in a policy repository, and which names can be a folder's or a file's there. Paths
// only: nothing is read or written here.
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { PolicyFolder } from "../policy/build/sources.ts";
import { Problem } from "../problem.ts";
import { showName } from "./show.ts";

/** One file, absolute, and as the person named the folder that it is in. */
export type Place = { readonly file: string; readonly shown: string };

const SAFE_FOLDER = /^[A-Za-z0-9_@][A-Za-z0-9._@+ -]{0,79}$/;
const SAFE_FILE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
/** Devices on Windows, with any ending; and what a build passes over or takes for a test. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|[. ]$|^node_modules$|_test$/i;

/** @throws Problem where no folder can have the name */
export function checkServerName(server: string, key: string): void {
  if (SAFE_FOLDER.test(server) && !RESERVED.test(server)) return;
  throw new Problem([
    `${key}: its catalogue name ${JSON.stringify(showName(server))} can't be the name of a folder; give it one of letters, digits, dots, dashes and underscores with \`catalogue:\``,
  ]);
}

export function catalogueFile(folder: PolicyFolder, server: string): Place {
  return placeIn(folder, "catalogue", server, "data.json");
}

/** Schemas lie beside the policy folder, where `regate build` and `opa check --schema schemas` look for them. */
export function schemaFile(folder: PolicyFolder, server: string, fileName: string): Place {
  return placeIn(folder, "..", "schemas", "tools", server, fileName);
}

export function inputSchemaFile(folder: PolicyFolder): Place {
  return placeIn(folder, "..", "schemas", "input.json");
}

export function rulesFile(folder: PolicyFolder, server: string): Place {
  return placeIn(folder, "policy", "servers", server, `${server}.rego`);
}

export function rulesTestFile(folder: PolicyFolder, server: string): Place {
  return placeIn(folder, "policy", "servers", server, `${server}_test.rego`);
}

function placeIn({ dir, shown }: PolicyFolder, ...path: readonly string[]): Place {
  return { file: join(dir, ...path), shown: join(shown, ...path) };
}

/**
 * The name of each tool's schema in `schema.tools[SERVER]`: the tool's own where a file can have it, else what is left of it
 * with a hash behind. Of names that only differ in case each gets a hash: some file systems have one file for both.
 */
export function schemaNames(tools: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Map<string, number>();
  const take = (name: string): void => void taken.set(name.toLowerCase(), (taken.get(name.toLowerCase()) ?? 0) + 1);
  for (const tool of tools) {
    take(tool);
    if (!isFileName(tool)) take(hashedName(tool));
  }
  return new Map(
    tools.map((tool) => [tool, isFileName(tool) && taken.get(tool.toLowerCase()) === 1 ? tool : hashedName(tool)]),
  );
}

function isFileName(tool: string): boolean {
  return SAFE_FILE.test(tool) && !RESERVED.test(tool);
}

function hashedName(tool: string): string {
  const hash = createHash("sha256").update(tool, "utf8").digest("hex").slice(0, 12);
  const slug = tool.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40);
  return `${slug}-${hash}`.replace(/^-+/, "");
}
