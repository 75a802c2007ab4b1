// Finds the installed package that a program on this machine belongs to: a npm package by the package.json above it in
// node_modules, a Python one by the RECORD that lists it. Read-only, and bounded: what it can't tell, it doesn't.
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { z } from "zod";
import { parseJson } from "../mcp/parse-json.ts";

export type InstalledPackage = { readonly name: string; readonly version: string };

const MAX_FILE_BYTES = 8 * 1_048_576;
const manifestSchema = z.object({ name: z.string().min(1), version: z.string().min(1) });

/** The file that a command names, links not followed; undefined where there is none. */
export async function locateCommand(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = command.includes("/") || command.includes(sep) ? [cwd] : (env.PATH ?? "").split(delimiter);
  for (const folder of folders.filter((name) => name !== "")) {
    const file = resolve(folder, command);
    if (await isFile(file)) return file;
  }
  return undefined;
}

/** The npm package whose file in a node_modules folder `file` is, or leads to. */
export async function findNodePackage(file: string, cwd: string): Promise<InstalledPackage | undefined> {
  const real = await realpath(resolve(cwd, file)).catch(() => undefined);
  const inside = real === undefined ? -1 : real.lastIndexOf(`${sep}node_modules${sep}`);
  if (real === undefined || inside === -1) return undefined;
  const below = real.slice(inside + `${sep}node_modules${sep}`.length).split(sep);
  const name = below.slice(0, below[0]?.startsWith("@") === true ? 2 : 1);
  const manifest = await readText(join(real.slice(0, inside), "node_modules", ...name, "package.json"));
  const parsed = manifestSchema.safeParse(parseJson(manifest ?? ""));
  return parsed.success ? parsed.data : undefined;
}

/** The npm package that `npx NAME` would run in `cwd` without fetching one: by the name of a program, or its own. */
export async function findLocalPackage(name: string, cwd: string): Promise<InstalledPackage | undefined> {
  for (let dir = cwd; ; dir = dirname(dir)) {
    for (const file of [join(".bin", name), join(name, "package.json")].map((path) =>
      join(dir, "node_modules", path),
    )) {
      if (await isFile(file)) return await findNodePackage(file, dir);
    }
    if (dir === dirname(dir)) return undefined;
  }
}

/**
 * The Python package of the environment of `program` (in its bin folder) that has installed one of `files`.
 * @param files relative to site-packages, as RECORD writes them
 */
export async function findPythonPackage(
  program: string,
  files: readonly string[],
): Promise<InstalledPackage | undefined> {
  const lib = join(dirname(dirname(program)), "lib");
  for (const python of (await list(lib)).filter((name) => name.startsWith("python"))) {
    const packages = join(lib, python, "site-packages");
    for (const name of (await list(packages)).filter((entry) => entry.endsWith(".dist-info"))) {
      const record = (await readText(join(packages, name, "RECORD"))) ?? "";
      if (!files.some((file) => `\n${record}`.includes(`\n${file},`))) continue;
      return readMetadata((await readText(join(packages, name, "METADATA"))) ?? "");
    }
  }
  return undefined;
}

function readMetadata(text: string): InstalledPackage | undefined {
  const [head = ""] = text.split(/\r?\n\r?\n/, 1);
  const [name, version] = ["Name", "Version"].map((field) => new RegExp(`^${field}: (\\S+)`, "m").exec(head)?.[1]);
  return name === undefined || version === undefined ? undefined : { name, version };
}

async function list(dir: string): Promise<string[]> {
  return (await readdir(dir).catch(() => [])).sort();
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}

async function readText(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_FILE_BYTES) return undefined;
  return await readFile(file, "utf8").catch(() => undefined);
}
