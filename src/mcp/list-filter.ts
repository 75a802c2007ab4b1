// Finds the tools of a tools/list answer in the text that the server sent, and splices hidden ones out of it. By shape:
// such an answer may come replayed, on any stream. All other bytes stay; nothing is parsed and written again.
import { sha256OfNode } from "./canonical.ts";
import { unescapeString } from "./json-lexemes.ts";
import { type JsonNode, MAX_DEPTH, memberOf, scanJson } from "./json-scan.ts";
import { misspeltKey, protocolKeys } from "./protocol-keys.ts";
import { type Edit, splice } from "./splice.ts";

export type ListedTool = {
  readonly name: string;
  /** The definition as the server sent it. */
  readonly text: string;
  /** SHA-256 (hex) of its canonical form. */
  readonly sha256: string;
};

/** The list of tools in one message. */
export type ListedPage = {
  /** In the server's order; of two with one name the first. */
  readonly tools: readonly ListedTool[];
  /** One sentence for each element that is no tool, or a second one of a name; withoutTools drops them. */
  readonly malformed: readonly string[];
  /** `result.nextCursor` as received; undefined where this is the last page. */
  readonly cursorText: string | undefined;
};

export type ListedTools =
  /** The message holds no list of tools. */
  | { readonly kind: "none" }
  | ({ readonly kind: "tools" } & ListedPage)
  /** A message that clients could read differently, or whose `tools` is no list: it must not reach the client. */
  | { readonly kind: "malformed"; readonly problem: string };

/** A key "tools", in any case that a lenient reader takes for it, or an escape that could spell a letter of it. */
const MAY_HOLD_TOOLS = /"tools|\\u(?:00[46][cf]|00[57][34]|017f)/iu;
/** Tools in one message: each is judged before the client sees the list. */
export const MAX_LISTED_TOOLS = 5_000;
const RESULT_KEYS = protocolKeys(["tools", "nextCursor", "cacheScope"]);
const TOOL_KEYS = protocolKeys(["name"]);
const MESSAGE_RESULT_KEYS = protocolKeys(["result"]);

/** A cheap look before listedTools: false only where no reader could find a list of tools in `text`. */
export function mayHoldTools(text: string): boolean {
  return MAY_HOLD_TOOLS.test(text);
}

/**
 * The tools that one message lists, whatever request it answers.
 * @param root the tolerant scan of `text`, where the caller has it
 * @param maxTools a message with more is malformed
 */
export function listedTools(text: string, root?: JsonNode, maxTools = MAX_LISTED_TOOLS): ListedTools {
  const list = findList(text, root, maxTools);
  if (list.kind !== "list") return list;
  const { elements, cursor } = list;
  const tools: ListedTool[] = [];
  const malformed: string[] = [];
  elements.forEach((element, index) => {
    if (element.kind === "tool") {
      const { node, name } = element;
      tools.push({ name, text: text.slice(node.start, node.end), sha256: sha256OfNode(text, node) });
    } else malformed.push(`element ${index} ${element.problem}`);
  });
  return { kind: "tools", tools, malformed, cursorText: cursor && text.slice(cursor.start, cursor.end) };
}

/**
 * The message without the tools of these names, and without malformed elements. What is left differs by principal, so
 * `"cacheScope":"public"` becomes `"private"`, even where nothing was hidden from this one. The same string where there
 * is nothing to change. Throws where listedTools(text) does not answer `tools`.
 */
export function withoutTools(text: string, hiddenNames: ReadonlySet<string>, root?: JsonNode): string {
  const list = findList(text, root, MAX_LISTED_TOOLS);
  if (list.kind !== "list") throw new Error("the message holds no list of tools");
  const kept = list.elements.filter((element) => element.kind === "tool" && !hiddenNames.has(element.name));
  return splice(text, [...dropElements(text, list.elements, kept), ...makePrivate(list.cacheScope)]);
}

type Element =
  | { readonly kind: "tool"; readonly node: JsonNode; readonly name: string }
  | { readonly kind: "malformed"; readonly node: JsonNode; readonly problem: string };

type FoundList =
  | {
      readonly kind: "list";
      readonly elements: readonly Element[];
      readonly cursor: JsonNode | undefined;
      /** The member's value where it is anything but "private". */
      readonly cacheScope: JsonNode | undefined;
    }
  | Exclude<ListedTools, { readonly kind: "tools" }>;

function findList(text: string, scanned: JsonNode | undefined, maxTools: number): FoundList {
  const root = scanned ?? scanRoot(text);
  if (typeof root === "string") return malformed(root);
  if (root.kind !== "object") return { kind: "none" };
  if (misspeltKey(root.members, MESSAGE_RESULT_KEYS) !== undefined)
    return malformed('a key is another spelling of "result"');
  const result = memberOf(root, "result");
  if (result?.kind !== "object") return { kind: "none" };
  const misspelt = misspeltKey(result.members, RESULT_KEYS);
  if (misspelt === "tools") return malformed('a key of the result is another spelling of "tools"');
  const array = memberOf(result, "tools");
  if (array === undefined) return { kind: "none" };
  if (misspelt !== undefined) return malformed(`a key of the result is another spelling of "${misspelt}"`);
  if (array.kind !== "array") return malformed('"tools" is not an array');
  if (array.items.length > maxTools) return malformed(`it lists more than ${maxTools} tools at once`);
  const seen = new Set<string>();
  const cacheScope = memberOf(result, "cacheScope");
  return {
    kind: "list",
    elements: array.items.map((node) => readElement(text, node, seen)),
    cursor: memberOf(result, "nextCursor"),
    cacheScope: cacheScope && text.slice(cacheScope.start, cacheScope.end) === '"private"' ? undefined : cacheScope,
  };
}

/** The root of `text`, or what is wrong with it. */
function scanRoot(text: string): JsonNode | string {
  const scan = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  return scan.kind === "scanned" ? scan.root : scan.problem;
}

function readElement(text: string, node: JsonNode, seen: Set<string>): Element {
  const broken = (problem: string): Element => ({ kind: "malformed", node, problem });
  if (node.kind !== "object") return broken("is not an object");
  if (misspeltKey(node.members, TOOL_KEYS) !== undefined) return broken('has a key that is another spelling of "name"');
  const nameNode = memberOf(node, "name");
  if (nameNode?.kind !== "string") return broken("has no name");
  const name = unescapeString(text.slice(nameNode.start, nameNode.end));
  if (seen.has(name)) return broken("has the name of an earlier one");
  seen.add(name);
  return { kind: "tool", node, name };
}

/** Each kept element but the first takes along what stood before it, comma and white space. */
function dropElements(text: string, elements: readonly Element[], kept: readonly Element[]): Edit[] {
  const first = elements[0]?.node;
  const last = elements.at(-1)?.node;
  if (first === undefined || last === undefined || kept.length === elements.length) return [];
  const keeps = new Set(kept);
  let spliced = "";
  elements.forEach((element, index) => {
    if (!keeps.has(element)) return;
    const { node } = element;
    const before = spliced === "" ? undefined : elements[index - 1];
    spliced += text.slice(before?.node.end ?? node.start, node.end);
  });
  return [{ start: first.start, end: last.end, text: spliced }];
}

function makePrivate(cacheScope: JsonNode | undefined): Edit[] {
  return cacheScope === undefined ? [] : [{ start: cacheScope.start, end: cacheScope.end, text: '"private"' }];
}

function malformed(problem: string): { readonly kind: "malformed"; readonly problem: string } {
  return { kind: "malformed", problem };
}
