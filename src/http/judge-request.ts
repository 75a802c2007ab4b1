// The body of `POST /v1/judge`, read as strictly as a message of MCP: whoever carries the call out must read the same call in
// it. Texts are slices of what was received; judges nothing.
import type { ListedDefinition, ReceivedJson } from "../gate/types.ts";
import { sha256OfNode } from "../mcp/canonical.ts";
import { isPlainName, isRecord } from "../mcp/envelope.ts";
import { type JsonNode, memberOf, scanJson } from "../mcp/json-scan.ts";
import { decodeUtf8 } from "../mcp/jsonrpc.ts";
import { misspeltKey, protocolKeys } from "../mcp/protocol-keys.ts";

/** A call that somebody else will carry out. */
export type CallToJudge = {
  /** The catalogue name, or the key of a configured server. */
  readonly server: string;
  readonly tool: string;
  readonly args?: ReceivedJson;
  /** The caller's own name for its session; absent where all calls of the principal are one. */
  readonly session?: string;
  /** As the caller knows the tool; absent where it has no definition. */
  readonly definition?: ListedDefinition;
};

export type ReadCall =
  | { readonly kind: "read"; readonly call: CallToJudge }
  /** `problem` is one sentence that says what to send. */
  | { readonly kind: "refused"; readonly problem: string };

const KEYS = ["server", "tool", "arguments", "session", "definition"];
const SPELLINGS = protocolKeys(KEYS);
const TOOL_SPELLINGS = protocolKeys(["name", "inputSchema"]);
const EXPECTED =
  'the body must be {"server": "...", "tool": "...", "arguments": {...}, "session": "...", "definition": {...}}, the last three only where there is one';
/** Visible ASCII: a name that looks the same is the same. */
const SESSION = /^[\x21-\x7e]{1,128}$/;
/** As in a message of a client's (src/mcp/jsonrpc.ts). */
const MAX_NODES = 200_000;

export function readCallToJudge(bytes: Uint8Array, maxDepth: number): ReadCall {
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused("the body is not UTF-8");
  const scan = scanJson(text, { maxDepth, maxNodes: MAX_NODES });
  if (scan.kind === "refused") return refused(`the body is refused: ${scan.problem}`);
  const { root } = scan;
  const value: unknown = JSON.parse(text);
  if (root.kind !== "object" || !isRecord(value)) return refused(EXPECTED);
  const misspelt = misspeltKey(root.members, SPELLINGS);
  if (misspelt !== undefined) return refused(`a key of the body is another spelling of "${misspelt}"`);
  const unknown = root.members.find(({ key }) => !KEYS.includes(key));
  if (unknown !== undefined) return refused(`${JSON.stringify(unknown.key.slice(0, 100))} means nothing: ${EXPECTED}`);

  const { server, tool, session } = value;
  if (!isName(server)) return refused('"server" must be a name: a string, not empty, without control characters');
  if (!isName(tool)) return refused('"tool" must be a name: a string, not empty, without control characters');
  if (session !== undefined && !(typeof session === "string" && SESSION.test(session)))
    return refused('"session" must be 1 to 128 visible ASCII characters, where it is given');
  const argsNode = memberOf(root, "arguments");
  if (argsNode !== undefined && argsNode.kind !== "object")
    return refused('"arguments" must be an object, where they are given');
  const definitionNode = memberOf(root, "definition");
  const definition = definitionNode && readDefinition(text, definitionNode, tool, value.definition);
  if (typeof definition === "string") return refused(definition);
  return {
    kind: "read",
    call: {
      server,
      tool,
      ...(argsNode && { args: { text: text.slice(argsNode.start, argsNode.end), value: value.arguments } }),
      ...(session !== undefined && { session }),
      ...(definition && { definition }),
    },
  };
}

/** The definition, or what is wrong with it. */
function readDefinition(text: string, node: JsonNode, tool: string, value: unknown): ListedDefinition | string {
  if (node.kind !== "object" || !isRecord(value) || value.name !== tool)
    return '"definition" must be the tool as tools/list has it, with its name, where it is given';
  const misspelt = misspeltKey(node.members, TOOL_SPELLINGS);
  if (misspelt !== undefined) return `a key of the definition is another spelling of "${misspelt}"`;
  return { sha256: sha256OfNode(text, node), text: text.slice(node.start, node.end) };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && isPlainName(value);
}

function refused(problem: string): ReadCall {
  return { kind: "refused", problem };
}
