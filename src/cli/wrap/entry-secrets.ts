// What of a server's entry may be a secret: literals in env and headers, arguments, a URL's query, and whatever else has a secret's
// name or form (an OAuth client's secret, what a client keeps beside). References (${NAME}) are none. For what is shown and for how a file must be kept; nothing here changes what is written.
import { holdsSecret, isSecretName } from "../../log/secrets.ts";
import { isSecretArgument } from "../init/servers.ts";

const MASK = "***";
const REFERENCE = /\$\{[^}]*\}/g;

/** Where they stand, as in `env.TOKEN`, `args[1]`. */
export function secretsOf(entry: unknown): readonly string[] {
  const found: string[] = [];
  visit(entry, (field) => {
    found.push(field);
    return MASK;
  });
  return found;
}

/** The same entry with each of them masked. */
export function maskEntry(entry: unknown): Record<string, unknown> {
  return visit(entry, () => MASK);
}

function visit(entry: unknown, found: (field: string) => string): Record<string, unknown> {
  const fields: Record<string, unknown> = isRecord(entry) ? { ...entry } : {};
  const { args, url, env, headers } = fields;
  if (Array.isArray(args)) {
    fields.args = args.map((arg: unknown, index) => {
      const before: unknown = args[index - 1];
      if (typeof arg !== "string" || isReference(arg)) return arg;
      return isSecretArgument(arg, typeof before === "string" ? before : undefined) ? found(`args[${index}]`) : arg;
    });
  }
  if (typeof url === "string" && (/[?@]/.test(url.replace(REFERENCE, "")) || holdsSecret(url)))
    fields.url = `${url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1").replace(/\?.*$/s, "")}?${found("url")}`;
  if (isRecord(env))
    fields.env = maskRecord(env, "env", (name, value) => isSecretName(name, value) || holdsSecret(value), found);
  if (isRecord(headers)) fields.headers = maskRecord(headers, "headers", () => true, found);
  for (const [name, value] of Object.entries(fields))
    if (!LOOKED_AT.has(name)) fields[name] = maskBelow(name, value, name, found);
  return fields;
}

const LOOKED_AT: ReadonlySet<string> = new Set(["command", "args", "url", "env", "headers"]);

function maskBelow(name: string, value: unknown, field: string, found: (field: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => maskBelow(name, item, `${field}[${index}]`, found));
  if (isRecord(value)) {
    const members = Object.entries(value).map(([key, member]) => [
      key,
      maskBelow(key, member, `${field}.${key}`, found),
    ]);
    return Object.fromEntries(members);
  }
  if (typeof value !== "string" || isReference(value)) return value;
  return isSecretName(name, value) || holdsSecret(value) ? found(field) : value;
}

function maskRecord(
  record: Record<string, unknown>,
  field: string,
  isSecret: (name: string, value: string) => boolean,
  found: (field: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return [name, !isReference(text) && isSecret(name, text) ? found(`${field}.${name}`) : value];
    }),
  );
}

/** Nothing but references, and at most a scheme before them: `Bearer ${TOKEN}`. */
function isReference(text: string): boolean {
  const rest = text.replace(REFERENCE, "");
  return rest !== text && /^(?:[A-Za-z]+ )?$/.test(rest);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
