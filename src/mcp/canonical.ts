// The canonical form of a JSON text: the same for two texts that say the same, different wherever anything differs.
// Tool definitions are hashed, and approvals bound, by it. Numbers keep their lexemes: 1.0 and 1 are not the same.
import { createHash } from "node:crypto";
import { unescapeString } from "./json-lexemes.ts";
import { type JsonMember, type JsonNode, MAX_DEPTH, scanJson } from "./json-scan.ts";

/**
 * Keys sorted by UTF-16 code units, no white space, strings with the fewest escapes (a lone surrogate keeps its own).
 * @param without members of the outermost object that are left out
 * @throws where `text` is not JSON, has a key twice or is nested deeper than MAX_DEPTH: callers have scanned it before.
 */
export function canonicalJson(text: string, without: readonly string[] = []): string {
  const scan = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  if (scan.kind === "refused") throw new Error(`no canonical form: ${scan.problem}`);
  const { root } = scan;
  if (without.length === 0 || root.kind !== "object") return canonicalNode(text, root);
  return canonicalNode(text, { ...root, members: root.members.filter(({ key }) => !without.includes(key)) });
}

/** SHA-256 (hex) of the canonical form of a tool's definition as the server listed it; throws as canonicalJson. */
export function sha256OfDefinition(text: string): string {
  return sha256Hex(canonicalJson(text));
}

/** SHA-256 (hex) of the canonical form of `node`, which was scanned from `text`. */
export function sha256OfNode(text: string, node: JsonNode): string {
  return sha256Hex(canonicalNode(text, node));
}

function canonicalNode(text: string, node: JsonNode): string {
  switch (node.kind) {
    case "object":
      return `{${[...node.members]
        .sort(byKey)
        .map((member) => canonicalMember(text, member))
        .join(",")}}`;
    case "array":
      return `[${node.items.map((item) => canonicalNode(text, item)).join(",")}]`;
    case "string":
      return JSON.stringify(unescapeString(text.slice(node.start, node.end)));
    case "number":
    case "literal":
      return text.slice(node.start, node.end);
  }
}

function canonicalMember(text: string, member: JsonMember): string {
  return `${JSON.stringify(member.key)}:${canonicalNode(text, member.value)}`;
}

/** No object that was scanned has a key twice. */
function byKey(a: JsonMember, b: JsonMember): number {
  return a.key < b.key ? -1 : 1;
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
