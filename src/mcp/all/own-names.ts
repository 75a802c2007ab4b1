// What servers name themselves, their requests to a client and the tokens of their progress, as a client of all servers sees it:
// under the server's prefix, since two servers may give the same. All else of a message stays as it is. Pure; remembers nothing.
import { type JsonNode, type JsonObject, MAX_DEPTH, memberOf, scanJson } from "../json-scan.ts";
import type { ClientMessage } from "../jsonrpc.ts";
import { parseJson } from "../parse-json.ts";
import { type Edit, splice } from "../splice.ts";

/** A server's prefix holds none. */
const MARK = ":";
const CANCELLED = "notifications/cancelled";
const PROGRESS = "notifications/progress";

/** A message of the server's, which has passed the screen, as the client gets it. */
export function toClient(prefix: string, text: string): string {
  const root = scan(text);
  const method = root && memberOf(root, "method");
  if (root === undefined || method === undefined) return text;
  const params = memberOf(root, "params");
  const id = memberOf(root, "id");
  if (id !== undefined) return splice(text, [prefixed(prefix, text, id), ...prefixedAt(prefix, text, tokenOf(params))]);
  if (parseJson(text.slice(method.start, method.end)) !== CANCELLED) return text;
  return splice(text, prefixedAt(prefix, text, member(params, "requestId")));
}

/** What a client says to a server that asked it something: for which server it is, and as that one knows it. */
export type ToServer = { readonly prefix: string; readonly text: string };

/** Undefined for what answers no server's request, and reports no progress of one. */
export function toServer(message: ClientMessage): ToServer | undefined {
  if (message.kind === "request") return undefined;
  if (message.kind === "notification" && message.method !== PROGRESS) return undefined;
  const root = scan(message.text);
  const node =
    message.kind === "response"
      ? root && memberOf(root, "id")
      : member(root && memberOf(root, "params"), "progressToken");
  if (node === undefined) return undefined;
  const said = parseJson(message.text.slice(node.start, node.end));
  const mark = typeof said === "string" ? said.indexOf(MARK) : -1;
  if (typeof said !== "string" || mark < 1) return undefined;
  const own = said.slice(mark + 1);
  const value = parseJson(own);
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  return { prefix: said.slice(0, mark), text: splice(message.text, [{ start: node.start, end: node.end, text: own }]) };
}

/** Of the progress of a request. */
function tokenOf(params: JsonNode | undefined): JsonNode | undefined {
  return member(member(params, "_meta"), "progressToken");
}

function prefixedAt(prefix: string, text: string, node: JsonNode | undefined): Edit[] {
  return node?.kind === "string" || node?.kind === "number" ? [prefixed(prefix, text, node)] : [];
}

function prefixed(prefix: string, text: string, { start, end }: JsonNode): Edit {
  return { start, end, text: JSON.stringify(prefix + MARK + text.slice(start, end)) };
}

function member(node: JsonNode | undefined, key: string): JsonNode | undefined {
  return node?.kind === "object" ? memberOf(node, key) : undefined;
}

function scan(text: string): JsonObject | undefined {
  const scanned = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  return scanned.kind === "scanned" && scanned.root.kind === "object" ? scanned.root : undefined;
}
