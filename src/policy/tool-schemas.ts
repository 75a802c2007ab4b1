// The schemas of tools' arguments that lie in a policy repository: schemas/tools/SERVER/NAME.json, as `regate scan` writes
// them. What they say is for whoever reads them.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** By `<server>/<name>`, as METADATA names them: `schema.tools.SERVER.NAME`. */
export type ToolSchemas = ReadonlyMap<string, unknown>;

/** What can't be read as a schema is left out: `opa check` names it. @param dir schemas/tools; none where it is missing */
export async function readToolSchemas(dir: string): Promise<ToolSchemas> {
  const names = (await readdir(dir, { recursive: true }).catch(() => [])).map((name) => name.replaceAll("\\", "/"));
  const schemas = await Promise.all(
    names
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map(async (name): Promise<[string, unknown]> => [name.replace(/\.json$/, ""), await readJson(join(dir, name))]),
  );
  return new Map(schemas.filter(([, schema]) => schema !== undefined));
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}
