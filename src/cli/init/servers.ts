// The servers of a new repository, as its regate.yaml names them: those of an MCP client's file, or one that ships. A policy
// repository is for many to read: what a client's file holds as a literal and could be a secret becomes ${NAME} of the
// environment.
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import type { ServerConfig } from "../../config/server-schema.ts";
import { holdsSecret, isSecretName } from "../../log/secrets.ts";

/** The one that everybody knows. */
export const SHIPPED_SERVER = "filesystem";
const SHIPPED_PACKAGE = "@modelcontextprotocol/server-filesystem@2026.8.31";

export type Servers =
  | { readonly kind: "shipped"; readonly yaml: string }
  | {
      readonly kind: "configured";
      readonly yaml: string;
      readonly configured: ReadonlyMap<string, ServerConfig>;
      /** What regate.yaml takes from the environment, sorted. */
      readonly variables: readonly string[];
    };

const HEAD = `# The gate of this policy: \`make run\` serves these servers behind it. Every field: docs/configuration.md of Regate.
# What is secret stays in the environment: \${NAME}.
`;
const PLACEHOLDER = /\$\$\{|\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Entry = Readonly<Record<string, unknown>>;

export function startingServers(): Servers {
  const server = { command: "npx", args: ["-y", SHIPPED_PACKAGE, "workspace"] };
  return { kind: "shipped", yaml: writeYaml({ [SHIPPED_SERVER]: server }) };
}

/**
 * @param servers with their variables filled in
 * @param entries the same, as they are written
 * @param dir of the new repository
 */
export function writeServers(
  servers: ReadonlyMap<string, ServerConfig>,
  entries: ReadonlyMap<string, Entry>,
  dir: string,
): Servers {
  const variables = new Variables();
  const written = [...servers].map(([key, config]): [string, Entry] => {
    const entry = entries.get(key) ?? {};
    const common = config.catalogue === key ? {} : { catalogue: config.catalogue };
    return [
      key,
      {
        ...(config.kind === "stdio" ? writeStdio(config, entry, variables, dir) : writeHttp(config, entry, variables)),
        ...common,
      },
    ];
  });
  return {
    kind: "configured",
    yaml: writeYaml(Object.fromEntries(written)),
    configured: servers,
    variables: variables.names(),
  };
}

function writeYaml(servers: Readonly<Record<string, Entry>>): string {
  const document = { listen: "127.0.0.1:8787", bundle: "bundles/regate.tar.gz", servers };
  return `${HEAD}${stringify(document, { lineWidth: 0 })}`;
}

function writeStdio(
  config: Extract<ServerConfig, { kind: "stdio" }>,
  entry: Entry,
  variables: Variables,
  dir: string,
): Entry {
  const { key } = config;
  const args = textsOf(entry.args);
  const isRelative = (text: string): boolean => /[/.]/.test(text) && existsSync(join(config.cwd, text));
  const cwd = entry.cwd !== undefined || [config.command, ...config.args].some(isRelative);
  return {
    command: variables.keep(textOf(entry.command)),
    ...(args.length > 0 && {
      args: args.map((arg, index) => {
        return isSecretArgument(arg, args[index - 1])
          ? variables.stand(`${key}_arg_${index + 1}`, arg)
          : variables.keep(arg);
      }),
    }),
    ...writeRecord("env", entry.env, (name, text) =>
      variables.standOrKeep(NAME.test(name) ? name : `${key}_${name}`, key, text),
    ),
    ...(cwd && relative(dir, config.cwd) !== "" && { cwd: config.cwd }),
  };
}

function writeHttp({ key }: ServerConfig, entry: Entry, variables: Variables): Entry {
  const url = textOf(entry.url);
  return {
    // a key may stand in the query
    url: /[?]/.test(url) || holdsSecret(url) ? variables.standOrKeep(`${key}_url`, key, url) : variables.keep(url),
    ...(entry.allowPlainHttp === true && { allowPlainHttp: true }),
    ...writeRecord("headers", entry.headers, (name, text) => variables.standOrKeep(`${key}_${name}`, key, text)),
  };
}

function writeRecord(field: string, value: unknown, write: (name: string, text: string) => string): Entry {
  const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
  if (entries.length === 0) return {};
  return { [field]: Object.fromEntries(entries.map(([name, text]) => [name, write(name, textOf(text))])) };
}

/** `--token`, and what follows it; `--api-key=...`; an address with a password; anything in a secret's form. */
export function isSecretArgument(arg: string, before: string | undefined): boolean {
  if (holdsSecret(arg)) return true;
  const [, name, value] = /^-{0,2}([A-Za-z][\w.-]*)[=:](.+)$/s.exec(arg) ?? [];
  if (name !== undefined && value !== undefined) return isSecretName(name, value);
  const flag = /^-{1,2}([A-Za-z][\w.-]*)$/.exec(before ?? "")?.[1];
  return flag !== undefined && !arg.startsWith("-") && isSecretName(flag, arg);
}

/** The names that stand for what is not written. Equal texts may share one; two texts never do. */
class Variables {
  readonly #texts = new Map<string, string>();
  readonly #mentioned = new Set<string>();

  names(): readonly string[] {
    return [...new Set([...this.#texts.keys(), ...this.#mentioned])].sort();
  }

  /** As it is written, in this configuration's own form. */
  keep(text: string): string {
    return text.replace(PLACEHOLDER, (match, name: string | undefined) => {
      if (name === undefined) return match;
      this.#mentioned.add(name);
      return `\${${name}}`;
    });
  }

  /** What is taken from the environment already, and is no secret besides, is kept. */
  standOrKeep(name: string, key: string, text: string): string {
    const rest = text.replace(PLACEHOLDER, "");
    const isTaken = rest !== text && /^(?:[A-Za-z]+ )?$/.test(rest);
    if (isTaken) return this.keep(text);
    const known = this.#texts.get(asName(name));
    return this.stand(known === undefined || known === text ? name : `${key}_${name}`, text);
  }

  stand(wanted: string, text: string): string {
    let name = asName(wanted);
    for (let number = 2; this.#mentioned.has(name) || (this.#texts.get(name) ?? text) !== text; number += 1) {
      name = `${asName(wanted)}_${number}`;
    }
    this.#texts.set(name, text);
    return `\${${name}}`;
  }
}

/** A variable's name is kept; what is none becomes one. */
function asName(text: string): string {
  return NAME.test(text) && text === text.toUpperCase()
    ? text
    : text
        .toUpperCase()
        .replace(/[^A-Z0-9]+/g, "_")
        .replace(/^(?=\d)/, "_");
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
