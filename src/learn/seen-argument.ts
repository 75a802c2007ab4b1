// What was seen of one argument of one tool, over all its calls: kept in bounded memory, whatever agents send.
import { z } from "zod";

export const JSON_TYPES = ["string", "number", "boolean", "array", "object", "null"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

export type SeenArgument = {
  /** Calls that had it. */
  present: number;
  /** Calls in which the log masked it, or cut it. */
  hidden: number;
  readonly types: Set<JsonType>;
  /** Each distinct scalar by its JSON text, with how often; undefined where they were too many or too long. */
  values: Map<string, number> | undefined;
  /** A value of each type, where it is short. */
  readonly examples: Map<JsonType, unknown>;
  /** The folder that all texts lie in, with its slash; undefined where there is none. */
  folder: string | undefined;
  /** Of all numbers. */
  range: { min: number; max: number } | undefined;
  /** Of the items of lists; undefined where there were none. */
  items: SeenArgument | undefined;
};

/** A rule that names more of them is for nobody to read. */
export const MAX_LITERALS = 8;
const MAX_LITERAL_CHARACTERS = 80;
const MAX_EXAMPLE_CHARACTERS = 300;
const MAX_ITEMS = 200;
/** Nothing that stands in a path: a text with these is prose. */
const NO_PATH = /[\s\p{C}]|\.\./u;
const MAX_PATH_CHARACTERS = 1_024;
const MAX_FOLDER_CHARACTERS = 80;
const URL_FOLDER = /^[a-z][a-z0-9+.-]*:\/\/[^/]+\//i;

export function newArgument(): SeenArgument {
  return {
    present: 0,
    hidden: 0,
    types: new Set(),
    values: new Map(),
    examples: new Map(),
    folder: undefined,
    range: undefined,
    items: undefined,
  };
}

/** @param isHidden whether the log masked or cut something of it */
export function seeArgument(seen: SeenArgument, value: unknown, isHidden: boolean): void {
  seen.present += 1;
  if (isHidden) {
    seen.hidden += 1;
    return;
  }
  const type = typeOf(value);
  const isFirst = seen.present - seen.hidden === 1;
  seen.types.add(type);
  seeExample(seen, type, value);
  seeLiteral(seen, type, value);
  if (typeof value === "string") seen.folder = commonFolder(isFirst ? folderOf(value) : seen.folder, value);
  else seen.folder = undefined;
  if (typeof value === "number") {
    const { min, max } = seen.range ?? { min: value, max: value };
    seen.range = { min: Math.min(min, value), max: Math.max(max, value) };
  }
  if (Array.isArray(value)) {
    seen.items ??= newArgument();
    for (const item of value.slice(0, MAX_ITEMS)) seeArgument(seen.items, item, false);
    // what was not looked at can't be held to what was
    if (value.length > MAX_ITEMS) seen.items.hidden += 1;
  }
}

export function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return z.enum(JSON_TYPES).parse(typeof value);
}

function seeExample({ examples }: SeenArgument, type: JsonType, value: unknown): void {
  if (examples.has(type) || JSON.stringify(value).length > MAX_EXAMPLE_CHARACTERS) return;
  examples.set(type, value);
}

function seeLiteral(seen: SeenArgument, type: JsonType, value: unknown): void {
  if (seen.values === undefined) return;
  const text = JSON.stringify(value);
  const isLiteral = type !== "array" && type !== "object" && text.length <= MAX_LITERAL_CHARACTERS;
  // the log rounds what no double holds
  const isExact = typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value);
  if (isLiteral && isExact) seen.values.set(text, (seen.values.get(text) ?? 0) + 1);
  if (!isLiteral || !isExact || seen.values.size > MAX_LITERALS) seen.values = undefined;
}

/** `/srv/app/` of `/srv/app/a.txt`; undefined for what is no path in a folder. */
function folderOf(text: string): string | undefined {
  if (text.length > MAX_PATH_CHARACTERS || NO_PATH.test(text)) return undefined;
  return cut(text.slice(0, text.lastIndexOf("/") + 1));
}

function commonFolder(folder: string | undefined, text: string): string | undefined {
  const own = folderOf(text);
  if (folder === undefined || own === undefined) return undefined;
  let common = 0;
  while (common < folder.length && folder[common] === own[common]) common += 1;
  return cut(folder.slice(0, folder.lastIndexOf("/", common - 1) + 1));
}

/** As deep as can be read; a root alone, or a URL without its host, is no folder. */
function cut(folder: string): string | undefined {
  let parent = folder;
  while (parent.length > MAX_FOLDER_CHARACTERS)
    parent = parent.slice(0, parent.lastIndexOf("/", parent.length - 2) + 1);
  const isRoot = /^\/*$/.test(parent);
  const lacksHost = parent.includes("://") && !URL_FOLDER.test(parent);
  return isRoot || lacksHost ? undefined : parent;
}
