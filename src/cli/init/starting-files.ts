// The files of a new policy repository, but for what a scan brings: templates with versions filled in, and copies of what
// ships: the library, the defaults, the forms of inputs and rules and, where no servers are given, one server's policy.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { OPA_VERSION } from "../../policy/opa.ts";
import { REGAL_VERSION } from "../../policy/regal.ts";
import { SHIPPED_ROOT, SHIPPED_TEMPLATE } from "../../policy/shipped.ts";
import type { FileChange } from "../../policy/write-files.ts";
import { readVersion } from "../../version.ts";
import { NPM_FILES } from "./occupied.ts";
import { type Servers, SHIPPED_SERVER } from "./servers.ts";

/** Where a template goes whose own name would mean something to npm or git where it lies. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: ".gitignore", github: ".github" };
const manifestSchema = z.object({ engines: z.object({ node: z.string() }) });

/** @param present what is there already, and stays as it is */
export async function composeFiles(
  dir: string,
  servers: Servers,
  present: ReadonlySet<string>,
): Promise<readonly FileChange[]> {
  const place = (path: string, content: string | Uint8Array): FileChange => ({
    file: join(dir, path),
    shown: path,
    content,
  });
  const values = await readValues();
  const templates = await copyFolder(SHIPPED_TEMPLATE, (path) => {
    const [first = "", ...rest] = path.split("/");
    return [RENAMED[first] ?? first, ...rest].join("/");
  });
  const filled = templates.map(({ path, bytes }) => place(path, fillIn(path, bytes.toString("utf8"), values)));
  const copies = await copyShipped(servers);
  return [
    ...filled,
    ...copies.map(({ path, bytes }) => place(path, bytes)),
    place("regate.yaml", servers.yaml),
    ...(servers.kind === "shipped" ? [place("workspace/.gitkeep", "")] : []),
    ...(present.has(NPM_FILES.manifest) ? [] : [place(NPM_FILES.manifest, writeManifest(values.VERSION ?? ""))]),
  ];
}

type Copy = { readonly path: string; readonly bytes: Buffer };

async function copyShipped({ kind }: Servers): Promise<readonly Copy[]> {
  const folders = [
    // with its tests: those of policies use what they expect
    "rego/regate",
    "rego/policy/defaults",
    ...(kind === "shipped"
      ? [
          // what its rules import
          "rego/policy/lib/paths",
          `rego/policy/servers/${SHIPPED_SERVER}`,
          `rego/catalogue/${SHIPPED_SERVER}`,
          `schemas/tools/${SHIPPED_SERVER}`,
          `test/samples/${SHIPPED_SERVER}`,
        ]
      : []),
  ];
  const others = await Promise.all(
    folders.map((folder) => copyFolder(join(SHIPPED_ROOT, folder), (path) => `${folder}/${path}`)),
  );
  const forms = await Promise.all(
    ["schemas/input.json", "schemas/rule.json"].map(async (path): Promise<Copy> => {
      return { path, bytes: await readFile(join(SHIPPED_ROOT, path)) };
    }),
  );
  return [...others.flat(), ...forms];
}

async function copyFolder(from: string, rename: (path: string) => string): Promise<readonly Copy[]> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(
    files.sort().map(async (file) => {
      const path = file.slice(from.length + 1).replaceAll("\\", "/");
      return { path: rename(path), bytes: await readFile(file) };
    }),
  );
}

async function readValues(): Promise<Readonly<Record<string, string>>> {
  const { engines } = manifestSchema.parse(JSON.parse(await readFile(join(SHIPPED_ROOT, "package.json"), "utf8")));
  return { VERSION: readVersion(), NODE_VERSION: engines.node.replace(/^>=/, ""), OPA_VERSION, REGAL_VERSION };
}

/** `{{NAME}}`; GitHub's `${{ ... }}` is none. */
function fillIn(path: string, text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{([A-Z_]+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: there is nothing to fill in for ${name}`);
    return value;
  });
}

function writeManifest(version: string): string {
  return `${JSON.stringify({ private: true, devDependencies: { regate: version } }, undefined, 2)}\n`;
}
