// What of a call is another spelling of what the server lists: the tool's name, or a key of its arguments. Whoever reads it so
// carries out another call than the one that is judged.
import type { Call, ListedDefinition } from "../gate/types.ts";
import { isRecord } from "./envelope.ts";
import { misspeltKey, type ProtocolKeys, protocolKeys } from "./protocol-keys.ts";
import { foldsOf } from "./spelling.ts";

/** The names that a server lists, as others could read them. */
export type Spellings = ReadonlySet<string>;

export function spellingsOf(names: Iterable<string>): Spellings {
  return new Set(Array.from(names, (name) => foldsOf(name) ?? []).flat());
}

/** Whether a name that is not listed could be taken for one that is. */
export function isMisspelt(name: string, listed: Spellings): boolean {
  const folds = foldsOf(name);
  return folds === undefined || folds.some((fold) => listed.has(fold));
}

/** What the definition that counts says of a call of its tool. */
export function describeListed(
  definition: ListedDefinition,
  { args, looseArguments }: Pick<Call, "args" | "looseArguments">,
): Pick<Call, "definition" | "misspelt"> {
  const meant = looseArguments === true ? undefined : misspeltArgument(definition, args?.value);
  if (meant === undefined) return { definition };
  return { definition, misspelt: `a key of the arguments is another spelling of ${JSON.stringify(meant)}` };
}

/** The properties of each definition that was called; undefined where it names none. */
const known = new WeakMap<ListedDefinition, ProtocolKeys | undefined>();

/** The property that a key of the arguments is another spelling of; undefined where there is none. Nested objects are the tool's own. */
export function misspeltArgument(definition: ListedDefinition, args: unknown): string | undefined {
  if (!isRecord(args)) return undefined;
  const keys = known.has(definition) ? known.get(definition) : readProperties(definition);
  if (keys === undefined) return undefined;
  return misspeltKey(
    Object.keys(args).map((key) => ({ key })),
    keys,
  );
}

function readProperties(definition: ListedDefinition): ProtocolKeys | undefined {
  const tool: unknown = JSON.parse(definition.text);
  const schema = isRecord(tool) ? tool.inputSchema : undefined;
  const properties = isRecord(schema) && isRecord(schema.properties) ? Object.keys(schema.properties) : [];
  const keys = properties.length === 0 ? undefined : protocolKeys(properties);
  known.set(definition, keys);
  return keys;
}
