// Reads the servers of an MCP client's own file (`mcpServers`, or `servers` as VS Code has it) into the entries that
// regate.yaml would give. What such a file says besides servers is the client's, and is not looked at.
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { describeFaults, type Fault } from "./faults.ts";
import { type ServerConfig, serverSchema } from "./server-schema.ts";
import { readSource, type Source } from "./source.ts";

const fileSchema = z.looseObject({
  mcpServers: z.record(z.string(), z.unknown()).optional(),
  servers: z.record(z.string(), z.unknown()).optional(),
});

/** Clients add fields of their own (icons, timeouts, approvals): only what says how to reach the server is read. */
const entrySchema = z.object({
  type: z.string().optional(),
  disabled: z.boolean().optional(),
  command: z.unknown().optional(),
  args: z.unknown().optional(),
  env: z.unknown().optional(),
  cwd: z.unknown().optional(),
  url: z.unknown().optional(),
  headers: z.unknown().optional(),
  allowPlainHttp: z.unknown().optional(),
});

const TYPES = ["stdio", "http", "streamable-http", "streamableHttp"];
/** A part of a path in a URL, well below what SERVER_KEY takes, so that a number fits behind it. */
const LONGEST_SLUG = 56;

/**
 * Servers by their keys, in the order of the file. A name that can't stand in a URL gets a key made from it; the name itself
 * is the server's catalogue name. Entries that the client has disabled are left out.
 * @param file as the user named it: messages show it so; resolved against `cwd`
 * @param env fills ${NAME}, ${env:NAME} and ${NAME:-default}
 * @throws Problem with one line for each fault
 */
export function loadMcpConfig(file: string, env: NodeJS.ProcessEnv, cwd: string): ReadonlyMap<string, ServerConfig> {
  const path = resolve(cwd, file);
  const source = readSource(path, file);
  const { field, entries } = findEntries(source);
  const faults: Fault[] = [];
  const servers = new Map<string, ServerConfig>();
  for (const { name, key, entry } of readEntries(entries)) {
    if (entry.kind === "disabled") continue;
    if (entry.kind === "faulty") {
      faults.push({ path: [field, name, ...entry.path], message: entry.problem });
      continue;
    }
    const parsed = serverSchema(key, { folder: dirname(path), env, dialect: "client" }).safeParse({
      ...entry.fields,
      catalogue: name,
    });
    if (parsed.success) servers.set(key, parsed.data);
    else
      faults.push(
        ...parsed.error.issues.map((issue) => ({ path: [field, name, ...issue.path], message: issue.message })),
      );
  }
  const [first, ...more] = describeFaults(source, faults);
  if (first !== undefined) throw new Problem([first, ...more]);
  return servers;
}

/** The same servers by the same keys, each with its fields as they are written: nothing is filled in from the environment. */
export function readMcpEntries(file: string, cwd: string): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const { entries } = findEntries(readSource(resolve(cwd, file), file));
  return new Map(
    readEntries(entries).flatMap(({ key, entry }) => (entry.kind === "read" ? [[key, entry.fields]] : [])),
  );
}

type KeyedEntry = { readonly name: string; readonly key: string; readonly entry: Entry };

function readEntries(entries: Record<string, unknown>): readonly KeyedEntry[] {
  const keys = assignKeys(Object.keys(entries));
  return Object.entries(entries).map(([name, raw]) => ({ name, key: keys.get(name) ?? name, entry: readEntry(raw) }));
}

function findEntries(source: Source): { field: "mcpServers" | "servers"; entries: Record<string, unknown> } {
  const parsed = fileSchema.safeParse(source.value);
  const { mcpServers, servers } = parsed.success ? parsed.data : {};
  if (mcpServers !== undefined) return { field: "mcpServers", entries: mcpServers };
  if (servers !== undefined) return { field: "servers", entries: servers };
  throw new Problem([
    `${source.file}: holds no servers; it should be an MCP client's configuration, {"mcpServers": {"name": {...}}}`,
  ]);
}

type Entry =
  | { readonly kind: "read"; readonly fields: Record<string, unknown> }
  | { readonly kind: "disabled" }
  | { readonly kind: "faulty"; readonly path: readonly string[]; readonly problem: string };

function readEntry(raw: unknown): Entry {
  const parsed = entrySchema.safeParse(raw);
  if (!parsed.success) return { kind: "faulty", path: [], problem: "must be an object with a command or a url" };
  const { type, disabled, ...fields } = parsed.data;
  if (disabled === true) return { kind: "disabled" };
  if (type === "sse") {
    const problem =
      "is the old HTTP+SSE transport, which is not supported; use the server's Streamable HTTP URL and type http";
    return { kind: "faulty", path: ["type"], problem };
  }
  if (type !== undefined && !TYPES.includes(type))
    return { kind: "faulty", path: ["type"], problem: `must be one of ${TYPES.join(", ")}` };
  return {
    kind: "read",
    fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
}

/** Each name's key: the name itself where it can stand in a URL, else what is left of it, with a number where that is taken. */
function assignKeys(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(names.filter((name) => slugOf(name) === name));
  return new Map(
    names.map((name): [string, string] => {
      const slug = slugOf(name);
      if (slug === name) return [name, name];
      let key = slug;
      for (let number = 2; taken.has(key); number += 1) key = `${slug}-${number}`;
      taken.add(key);
      return [name, key];
    }),
  );
}

/** The name as it can stand in a URL. */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[-_]+/, "")
    .slice(0, LONGEST_SLUG)
    .replace(/-+$/, "");
  return slug === "" ? "server" : slug;
}
