// What the packages of a bundle say of themselves: the METADATA before `package`, from the sources that lie in the bundle.
// For people only: nothing of it decides anything.
import { parse } from "yaml";
import { z } from "zod";

/** A package's source in a bundle. */
export type PackageSource = {
  /** Relative to the policy folder; `regate/...` for the library's own. */
  readonly file: string;
  /** As in a rule's id: `policy.servers["a.b"]`. */
  readonly path: string;
  /** YAML; undefined where there is none. */
  readonly metadata: string | undefined;
};

export type PackageNote = { readonly title?: string | undefined; readonly description?: string | undefined };

const MAX_SOURCE_CHARS = 1_000_000;
const MAX_METADATA_CHARS = 10_000;
const noteSchema = z.object({
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
});

/** @param files of the bundle, by name */
export function listPackages(files: ReadonlyMap<string, Uint8Array>): readonly PackageSource[] {
  const found: PackageSource[] = [];
  for (const [name, bytes] of files) {
    if (!name.endsWith(".rego") || bytes.length > MAX_SOURCE_CHARS) continue;
    const source = readHead(new TextDecoder().decode(bytes));
    if (source !== undefined) found.push({ file: name.replace(/^\/?(?:own|library)\//, ""), ...source });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** What can't be read says nothing. */
export function readPackageNote(metadata: string | undefined): PackageNote {
  if (metadata === undefined) return {};
  try {
    return noteSchema.catch({}).parse(parse(metadata, { maxAliasCount: 0 }));
  } catch {
    return {};
  }
}

function readHead(text: string): Omit<PackageSource, "file"> | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith("package "));
  const path = lines[at]
    ?.slice("package ".length)
    .replace(/\s*#.*$/, "")
    .trim();
  if (path === undefined || path === "") return undefined;
  const comments: string[] = [];
  for (let line = lines[at - 1]; line?.startsWith("#") === true; line = lines[at - 1 - comments.length])
    comments.unshift(line);
  const start = comments.lastIndexOf("# METADATA");
  const metadata = comments
    .slice(start + 1)
    .map((line) => line.replace(/^# ?/, ""))
    .join("\n");
  return { path, metadata: start < 0 ? undefined : metadata.slice(0, MAX_METADATA_CHARS) };
}
