// The bypass corpus as data: one entry for each way in which someone got around a gate before MCP servers, or might. Reads and
// checks test/bypass/corpus/*.yaml; what its placeholders stand for is test/bypass/bytes.ts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** Where each way is tried. */
export const COLUMNS = {
  legacy: "HTTP, 2025-11-25",
  modern: "HTTP, 2026-07-28",
  client: "`regate stdio`",
  server: "a stdio server",
} as const;
export type Column = keyof typeof COLUMNS;
export const columnNames = Object.keys(COLUMNS) as readonly Column[];

const reasonSchema = z.partialRecord(z.enum(["legacy", "modern", "client", "server"]), z.string().min(1));
const everySchema = {
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  title: z.string().min(1),
  /** What it counts on. */
  tries: z.string().min(1),
  /** Where it was seen: an issue, an advisory, a paper. */
  known: z.array(z.url()).default([]),
  /** Columns that it makes no sense in, and why. */
  not: reasonSchema.default({}),
  /** What must not come of it: a refused effect, or any at all (`any`). */
  effect: z.enum(["denied", "any"]).default("denied"),
};
/** One message, whose text becomes bytes in the encoding `as`; `headers` are HTTP's, one of "" is left out. */
const messageSchema = z.strictObject({
  ...everySchema,
  send: z.string(),
  as: z.enum(["utf8", "latin1", "utf16le", "utf16be", "gzip", "deflate", "br"]).default("utf8"),
  headers: z.record(z.string(), z.string()).default({}),
  query: z.string().default(""),
  /** What the headers of 2026-07-28 say of it. */
  method: z.string().default("tools/call"),
  name: z.string().default("denied"),
});
/** A whole HTTP request, byte by byte. */
const rawSchema = z.strictObject({
  ...everySchema,
  raw: z.string(),
  /** Why even the server alone has no effect of it. */
  unheard: z.string().optional(),
});
/** A program of test/bypass/plays; `steps` say what it does. */
const playSchema = z.strictObject({ ...everySchema, play: z.string(), steps: z.array(z.string()).min(1) });

const fileSchema = z.strictObject({
  area: z.string(),
  ways: z.array(z.union([messageSchema, rawSchema, playSchema])).min(1),
});

export type MessageWay = z.infer<typeof messageSchema>;
export type RawWay = z.infer<typeof rawSchema>;
export type PlayWay = z.infer<typeof playSchema>;
export type Way = MessageWay | RawWay | PlayWay;
export type Area = { readonly area: string; readonly ways: readonly Way[] };

const FOLDER = join(import.meta.dirname, "corpus");
/** In the order of the table. */
const FILES = ["batches", "keys", "names", "shapes", "values", "bytes", "headers", "http", "sessions", "limits"];

export function readCorpus(): readonly Area[] {
  const found = readdirSync(FOLDER).map((file) => file.replace(/\.yaml$/, ""));
  const missing = found.filter((file) => !FILES.includes(file));
  if (missing.length > 0) throw new Error(`test/bypass/corpus: ${missing} is in no order: name it in corpus.ts`);
  return FILES.map((file) => fileSchema.parse(parse(readFileSync(join(FOLDER, `${file}.yaml`), "utf8"))));
}

/** Why a way is not tried in a column; undefined where it is. */
export function reasonAgainst(way: Way, column: Column): string | undefined {
  const own = way.not[column];
  if (own !== undefined) return own;
  if (column !== "client") return undefined;
  if ("raw" in way) return "there is no HTTP between the client and the relay";
  if ("send" in way && (way.query !== "" || Object.keys(way.headers).length > 0)) return "stdio has no headers";
  return undefined;
}

/** How many ways are tried, and in how many columns all in all. */
export function count(corpus: readonly Area[]): { readonly ways: number; readonly tries: number } {
  const ways = corpus.flatMap((area) => area.ways);
  const tried = ways.flatMap((way) => columnNames.filter((column) => reasonAgainst(way, column) === undefined));
  return { ways: ways.length, tries: tried.length };
}
