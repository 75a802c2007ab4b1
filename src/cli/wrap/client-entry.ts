// One server as a client's file has it: what regate.yaml says for it, what the client's file says in its place, and how to
// know that again. What can't mean the same behind the gate is said, and stays with the client.
import { basename, resolve, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ServerEntry } from "../../config/edit-servers.ts";

export type Fields = Readonly<Record<string, unknown>>;

export type ClientEntry =
  /** It starts `regate stdio` already. */
  | { readonly kind: "wrapped"; readonly key: string; readonly config: string | undefined }
  | { readonly kind: "movable"; readonly entry: ServerEntry; readonly fields: Fields }
  | { readonly kind: "left"; readonly problem: string };

export type Surroundings = {
  /** What `${workspaceFolder}` and relative paths mean; undefined for a file that counts in every folder. */
  readonly folder: string | undefined;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
};

/** What starts regate, without the command's own arguments. */
export type Launch = { readonly command: string; readonly args: readonly string[] };

/** What says how the server is reached: it goes to the gate. All else is the client's, and stays. */
const REACHED_BY = ["type", "command", "args", "env", "cwd", "url", "headers", "allowPlainHttp"] as const;
const TYPES: readonly unknown[] = [undefined, "stdio", "http", "streamable-http", "streamableHttp"];
/** What a client does for a server that the gate does not do in its place. */
const CLIENTS_OWN: Readonly<Record<string, string>> = {
  envFile: "takes variables from an envFile, which the gate does not read; write them into env",
  headersHelper: "takes its headers from a program (headersHelper), which the gate does not run",
  oauth: "is signed in to by the client (oauth), which the gate does not do in its place",
  auth: "is signed in to by the client (auth), which the gate does not do in its place",
  sandboxEnabled: "runs in the client's sandbox (sandboxEnabled), which it would lose",
  sandbox: "runs in the client's sandbox (sandbox), which it would lose",
};
const PLACEHOLDER = /\$\$\{|\$\{([^}]*)\}?/g;
const VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

export function readClientEntry(raw: unknown, around: Surroundings): ClientEntry {
  if (!isRecord(raw)) return { kind: "left", problem: "is no object with a command or a url" };
  const wrapped = readWrapped(raw);
  if (wrapped !== undefined) return wrapped;
  const problem = refuse(raw);
  if (problem !== undefined) return { kind: "left", problem };
  const problems = new Set<string>();
  const translate = (value: unknown): unknown => translateText(value, around, problems);
  const { command, args, env, cwd, url, headers, allowPlainHttp } = raw;
  const all = (value: unknown): unknown => (Array.isArray(value) ? value.map(translate) : value);
  const each = (value: unknown): unknown =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, translate(text)])) : value;
  const inFolder = cwd === undefined ? around.folder : resolveCwd(translate(cwd), around.folder);
  const entry = {
    ...(command !== undefined && { command: translate(command) }),
    ...(isFilled(args) && { args: all(args) }),
    ...(isFilled(env) && { env: each(env) }),
    ...(command !== undefined && inFolder !== undefined && { cwd: inFolder }),
    ...(url !== undefined && { url: translate(url) }),
    ...(isFilled(headers) && { headers: each(headers) }),
    ...(allowPlainHttp !== undefined && { allowPlainHttp }),
  };
  if (problems.size > 0) return { kind: "left", problem: [...problems].join("; it ") };
  return { kind: "movable", entry, fields: raw };
}

/** What stands in the client's file in place of `fields`. @param isTyped where the client wants a `type` in any case */
export function wrapEntry(
  fields: Fields,
  of: { key: string; config: string; launch: Launch; isTyped: boolean },
): Fields {
  const { key, config, launch, isTyped } = of;
  const kept = Object.entries(fields).filter(([name]) => !REACHED_BY.some((field) => field === name));
  return {
    ...((isTyped || Object.hasOwn(fields, "type")) && { type: "stdio" }),
    command: launch.command,
    args: [...launch.args, "stdio", key, "-c", config],
    ...Object.fromEntries(kept),
  };
}

/** Whether `now` is what was written in place of `before`, and nobody changed it since. */
export function isUntouched(now: unknown, before: unknown): boolean {
  if (!isRecord(now) || !isRecord(before)) return false;
  const wrapped = readWrapped(now);
  if (wrapped?.config === undefined) return false;
  const launch = { command: String(now.command), args: textsOf(now.args).slice(0, -4) };
  const { key, config } = wrapped;
  return [true, false].some((isTyped) => isDeepStrictEqual(now, wrapEntry(before, { key, config, launch, isTyped })));
}

function readWrapped({ command, args }: Fields): Extract<ClientEntry, { kind: "wrapped" }> | undefined {
  if (typeof command !== "string") return undefined;
  const words = textsOf(args);
  const at = words.indexOf("stdio");
  const key = words[at + 1];
  if (at === -1 || key === undefined) return undefined;
  const config = /^(?:-c|--config)$/.test(words[at + 2] ?? "") ? words[at + 3] : undefined;
  const program = [command, ...words.slice(0, at)].at(-1) ?? "";
  const isNamed = /^regate(?:\.cmd|@[\w.-]+)?$/.test(basename(program));
  // other servers may begin so: the configuration tells
  const isScript = /[\\/](?:dist|src)[\\/]main\.js$/.test(program) && config !== undefined;
  return isNamed || isScript ? { kind: "wrapped", key, config } : undefined;
}

function refuse(raw: Fields): string | undefined {
  if (raw.type === "sse")
    return "is the old HTTP+SSE transport, which the gate does not speak; use the server's Streamable HTTP URL and type http";
  if (!TYPES.includes(raw.type)) return "has a type that is not known; known are stdio and http";
  if ((raw.command === undefined) === (raw.url === undefined))
    return "has no form that is known: it must have a command, or a url";
  if (raw.type === undefined && typeof raw.url === "string" && /\/sse\/?(?:\?|$)/.test(raw.url))
    return "has a URL that ends in /sse, the old HTTP+SSE transport; use the server's Streamable HTTP URL";
  const own = Object.keys(raw).find((name) => Object.hasOwn(CLIENTS_OWN, name) && raw[name] !== false);
  return own === undefined ? undefined : CLIENTS_OWN[own];
}

function resolveCwd(cwd: unknown, folder: string | undefined): unknown {
  return typeof cwd === "string" && folder !== undefined && !cwd.startsWith("${") ? resolve(folder, cwd) : cwd;
}

/** What a client fills in, as regate.yaml writes it: ${NAME} stays one, and folders are written out. */
function translateText(value: unknown, around: Surroundings, problems: Set<string>): unknown {
  if (typeof value !== "string") return value;
  return value.replace(PLACEHOLDER, (match: string, inside: string | undefined) => {
    if (inside === undefined) return match;
    const known = match.endsWith("}") ? fillIn(inside, around) : undefined;
    if (known !== undefined) return known;
    problems.add(
      inside.startsWith("input:")
        ? `holds an \${input:...}, for which a client asks a person; put the value into the environment, and write \${env:NAME}`
        : `holds a \${${/^[\w:./-]{0,40}$/.test(inside) ? inside : "..."}}, which means nothing outside the client`,
    );
    return match;
  });
}

function fillIn(inside: string, { folder, home, env }: Surroundings): string | undefined {
  const literal = (text: string): string => text.split("${").join("$${");
  switch (inside) {
    case "workspaceFolder":
    case "CLAUDE_PROJECT_DIR":
      return folder && literal(folder);
    case "workspaceFolderBasename":
      return folder && literal(basename(folder));
    case "userHome":
      return literal(home);
    case "pathSeparator":
    case "/":
      return sep;
  }
  const [, name, fallback] = VARIABLE.exec(inside) ?? [];
  if (name === undefined) return undefined;
  // regate.yaml has no defaults: the one that counts now is written out
  return fallback === undefined || env[name] ? `\${${name}}` : literal(fallback);
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && !(isRecord(value) && Object.keys(value).length === 0);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : "")) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
