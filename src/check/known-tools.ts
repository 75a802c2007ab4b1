// What a policy repository knows of tools' arguments: the schemas that lie in it, by the tools that they are of.
import type { Catalogue } from "../policy/catalogue.ts";
import { readShape, type Shape } from "../policy/probe/shape.ts";
import type { ToolSchemas } from "../policy/tool-schemas.ts";
import { schemaNames } from "../scan/places.ts";

export type KnownArguments = {
  /** Where METADATA finds the schema: `schema.tools.SERVER.NAME`, by its parts. */
  readonly schemaPath: readonly string[];
  readonly schema: unknown;
  readonly shape: Shape;
};

export type KnownTools = {
  /** By `<server>/<tool>`. */
  readonly arguments: ReadonlyMap<string, KnownArguments>;
  /** Every tool of a server that the catalogue or a schema knows. */
  toolsOf(server: string): readonly string[];
};

export function knowTools(catalogue: Catalogue, schemas: ToolSchemas): KnownTools {
  const known = new Map<string, KnownArguments>();
  const tools = new Map<string, Set<string>>();
  const add = (server: string, tool: string): void => {
    tools.set(server, (tools.get(server) ?? new Set()).add(tool));
  };
  const toolOf = new Map<string, string>();
  for (const [server, entry] of Object.entries(catalogue)) {
    for (const [tool, name] of schemaNames(Object.keys(entry.tools))) {
      add(server, tool);
      toolOf.set(`${server}/${name}`, tool);
    }
  }
  for (const [file, schema] of schemas) {
    const slash = file.indexOf("/");
    if (slash === -1) continue;
    const [server, name] = [file.slice(0, slash), file.slice(slash + 1)];
    const tool = toolOf.get(file) ?? name;
    add(server, tool);
    known.set(`${server}/${tool}`, { schemaPath: ["schema", "tools", server, name], schema, shape: readShape(schema) });
  }
  return { arguments: known, toolsOf: (server) => [...(tools.get(server) ?? [])] };
}
