// The entries under `servers` of regate.yaml, for the commands that change them: each is held against the schema before a
// byte is written, comments stay, and a file that is not there yet is made for its owner alone. It never fills in a variable.
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Document, isMap, type YAMLMap } from "yaml";
import { Problem } from "../problem.ts";
import { editConfig, readConfigDocument } from "./edit.ts";
import { DEFAULT_LISTEN } from "./schema.ts";
import { SERVER_KEY, type ServerConfig, serverSchema } from "./server-schema.ts";

/** As it is written in the file: `command`, `args`, `env`, `cwd`, or `url`, `headers`; and `catalogue`. */
export type ServerEntry = Readonly<Record<string, unknown>>;

export type CheckedEntry =
  | {
      readonly kind: "fine";
      readonly server: ServerConfig;
      /** Variables that it takes from the gate's environment, and that are not set in this one. */
      readonly unset: readonly string[];
    }
  /** One sentence for each fault, with its field in front. */
  | { readonly kind: "faulty"; readonly problems: readonly string[] };

const NEW_FILE = `# The gate's configuration. Every field: docs/configuration.md of Regate.
# What is secret can stay in the environment: \${NAME}.
listen: ${DEFAULT_LISTEN}
servers:
`;
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** Stands for a variable that is not set here: fit to be a URL, a part of one, or a header. */
const STAND_IN = "https://unset.invalid";
const OTHERS = 0o077;

/** @param config the file, absolute */
export function checkEntry(key: string, entry: ServerEntry, config: string, env: NodeJS.ProcessEnv): CheckedEntry {
  if (!SERVER_KEY.test(key))
    return {
      kind: "faulty",
      problems: [
        "its key must be 1 to 64 lower-case letters, digits, dashes or underscores, for it stands in the URL; another name for policy goes into catalogue",
      ],
    };
  const unset = referencesOf(entry).filter((name) => env[name] === undefined);
  const filled = { ...env, ...Object.fromEntries(unset.map((name) => [name, STAND_IN])) };
  const context = { folder: dirname(config), env: filled, dialect: "regate" } as const;
  const parsed = serverSchema(key, context).safeParse(entry);
  if (parsed.success) return { kind: "fine", server: parsed.data, unset };
  const problems = parsed.error.issues.map(({ path, message }) => [path.join("."), message].join(" ").trim());
  return { kind: "faulty", problems: [...new Set(problems)] };
}

/** The servers that the file has, as they are written; none where there is no such file. */
export function readServerEntries(file: string, cwd: string): ReadonlyMap<string, unknown> {
  if (!existsSync(resolve(cwd, file))) return new Map();
  const document = readConfigDocument(file, cwd);
  // only a mapping, or nothing
  findServers(document, file);
  const { servers }: { servers: Record<string, unknown> } = document.toJS();
  return new Map(Object.entries(servers));
}

/**
 * Writes them into the file, which is made where it is missing.
 * @param entries that have been checked, by keys that are not there yet
 */
export function addServers(file: string, cwd: string, entries: ReadonlyMap<string, ServerEntry>): void {
  const path = resolve(cwd, file);
  if (!existsSync(path)) writeFileSync(path, NEW_FILE, { mode: 0o600, flag: "wx" });
  editConfig(file, cwd, (document) => {
    const servers = findServers(document, file);
    // one server to a line, however the empty mapping was written
    if (servers.items.length === 0) servers.flow = false;
    for (const [key, entry] of entries) servers.set(document.createNode(key), document.createNode(entry));
  });
}

/** @throws Problem where there is none by that key */
export function removeServer(
  file: string,
  cwd: string,
  key: string,
  describeMissing: (keys: string[]) => string,
): void {
  editConfig(file, cwd, (document) => {
    const servers = findServers(document, file);
    if (!servers.delete(key)) throw new Problem([describeMissing(servers.items.map((item) => String(item.key)))]);
  });
}

/** The mode where others than its owner may read the file or write it; undefined where none may, or it is not there. */
export function modeOpenToOthers(file: string, cwd: string): string | undefined {
  const mode = statSync(resolve(cwd, file), { throwIfNoEntry: false })?.mode ?? 0;
  return process.platform === "win32" || (mode & OTHERS) === 0 ? undefined : (mode & 0o777).toString(8);
}

/** The mapping under `servers`; an empty one, put into the document, where there is none. */
function findServers(document: Document, file: string): YAMLMap {
  const servers = document.get("servers");
  if (isMap(servers)) return servers;
  if (servers !== undefined && servers !== null)
    throw new Problem([`${file}: servers must be a mapping of keys to servers`]);
  const empty = document.createNode({});
  document.set("servers", empty);
  return empty as YAMLMap;
}

function referencesOf(value: unknown): readonly string[] {
  const texts = JSON.stringify(value) ?? "";
  return [...new Set([...texts.matchAll(REFERENCE)].flatMap(([, name]) => (name === undefined ? [] : [name])))];
}
