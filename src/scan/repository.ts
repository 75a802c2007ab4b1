// Reads what a policy repository already has of a server: its catalogue, its schemas, whether there are rules for it, and
// whether the defaults are the shipped ones. It writes nothing; a file that can't be read as what it should be is refused.
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type PolicyFolder, readDefaults } from "../policy/build/sources.ts";
import { type CatalogueServer, editedServerSchema } from "../policy/catalogue.ts";
import { messageOf, Problem } from "../problem.ts";
import { catalogueFile, type Place, schemaFile, schemaNames } from "./places.ts";
import { step } from "./rego-text.ts";

const wholeCatalogueSchema = z.record(z.string(), z.unknown());

/** What was reviewed of the server; undefined where nothing was. @throws Problem where its file is no catalogue */
export async function readCatalogue(folder: PolicyFolder, server: string): Promise<CatalogueServer | undefined> {
  const whole = await readJson({ file: join(folder.dir, "catalogue/data.json"), shown: "" }).catch(() => undefined);
  if (wholeCatalogueSchema.safeParse(whole).data?.[server] !== undefined) {
    throw new Problem([
      `${join(folder.shown, "catalogue/data.json")}: holds ${server}; move it to ${catalogueFile(folder, server).shown}, where a scan keeps it`,
    ]);
  }
  const place = catalogueFile(folder, server);
  const value = await readJson(place);
  if (value === undefined) return undefined;
  const parsed = editedServerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first, ...others] = parsed.error.issues.map(
    ({ path, message }) => `${place.shown}: ${path.join(".")}: ${message}; mend it, then scan again`,
  );
  throw new Problem([first ?? `${place.shown}: is no catalogue`, ...others]);
}

/** The schema of each of `tools` as it lies in the repository; what is no JSON is there, and no schema. */
export async function readSchemas(
  folder: PolicyFolder,
  server: string,
  tools: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const names = schemaNames(tools);
  const found = new Map<string, unknown>();
  for (const [tool, name] of names) {
    const value = await readJson(schemaFile(folder, server, `${name}.json`)).catch(() => null);
    if (value !== undefined) found.set(tool, value);
  }
  return found;
}

/** Whether some file of the policy is of the server's package. */
export async function hasRules(folder: PolicyFolder, server: string): Promise<boolean> {
  const declarations = [`policy.servers${step(server)}`, `policy.servers[${JSON.stringify(server)}]`];
  return (await readRego(folder)).some((text) => declarations.includes(packageOf(text)));
}

/** Whether other defaults judge than the shipped ones. */
export async function hasOwnDefaults(folder: PolicyFolder): Promise<boolean> {
  const own = (await readRego(folder)).filter((text) => packageOf(text) === "policy.defaults");
  const shipped = (await readDefaults()).map(({ bytes }) => Buffer.from(bytes).toString("utf8"));
  return own.some((text) => !shipped.includes(text));
}

export async function isThere({ file }: Place): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

async function readRego({ dir }: PolicyFolder): Promise<readonly string[]> {
  const names = await readdir(join(dir, "policy"), { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
  return await Promise.all(files.map((name) => readFile(join(dir, "policy", name), "utf8")));
}

function packageOf(text: string): string {
  return /^package[ \t]+([^#\r\n]*)/m.exec(text)?.[1]?.trim() ?? "";
}

/** @throws Problem where the file is there and no JSON */
async function readJson({ file, shown }: Place): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new Problem([`${shown}: cannot be read (${error.message})`]);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem([`${shown}: is not JSON (${messageOf(error)})`]);
  }
}
