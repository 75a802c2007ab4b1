// The answer to tools/list of a client of all servers: what each server listed, under the names that it has here, and which
// servers are left out and why. Of a definition only the name is changed, in the text that the server sent.
import { isPlainName } from "../envelope.ts";
import { MAX_DEPTH, memberOf, scanJson } from "../json-scan.ts";
import type { ListedTool } from "../list-filter.ts";
import type { Era } from "../message-headers.ts";
import { showable } from "../showable.ts";
import { splice } from "../splice.ts";
import { nameTool } from "./tool-names.ts";

export type ServerTools = { readonly prefix: string; readonly key: string; readonly tools: readonly ListedTool[] };
export type LeftOut = { readonly server: string; readonly problem: string };

/** In `_meta` of the result. */
export const SERVERS_KEY = "regate/servers";
/** One answer holds all: what a client takes of one server, it takes of all together. */
const MAX_CHARACTERS = 16_777_216;
const MAX_PROBLEM_CHARS = 500;
/** Another list at each request, but one for each caller. */
const MODERN_MEMBERS = '"resultType":"complete","ttlMs":0,"cacheScope":"private",';

/** @param idText the request's id as received */
export function mergeLists(
  idText: string,
  era: Era,
  listed: readonly ServerTools[],
  leftOut: readonly LeftOut[],
): string {
  const texts: string[] = [];
  const missing = [...leftOut];
  const names = new Set<string>();
  let characters = 0;
  for (const { prefix, key, tools } of listed) {
    const own = tools.flatMap((tool) => renamed(prefix, tool, names));
    const length = own.reduce((sum, text) => sum + text.length, 0);
    if (characters + length > MAX_CHARACTERS) {
      missing.push({ server: key, problem: `the list would be longer than ${MAX_CHARACTERS} characters` });
      continue;
    }
    characters += length;
    texts.push(...own);
  }
  const said = missing.map(({ server, problem }) => ({ server, problem: showable(problem, MAX_PROBLEM_CHARS) }));
  const meta = said.length === 0 ? "" : `,"_meta":${JSON.stringify({ [SERVERS_KEY]: { left_out: said } })}`;
  const modern = era === "modern" ? MODERN_MEMBERS : "";
  return `{"jsonrpc":"2.0","id":${idText},"result":{${modern}"tools":[${texts.join(",")}]${meta}}}`;
}

/** The definition under its name here; none where no call could name it, or another tool has that name. */
function renamed(prefix: string, { name, text }: ListedTool, names: Set<string>): string[] {
  if (!isPlainName(name) || !name.isWellFormed()) return [];
  const full = nameTool(prefix, name);
  if (names.has(full)) return [];
  const scanned = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  const node =
    scanned.kind === "scanned" && scanned.root.kind === "object" ? memberOf(scanned.root, "name") : undefined;
  if (node === undefined) return [];
  names.add(full);
  return [splice(text, [{ start: node.start, end: node.end, text: JSON.stringify(full) }])];
}
