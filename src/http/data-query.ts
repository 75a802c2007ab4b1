// What a question to the data API asks for, and how its answer is written, as OPA has both. Pure.
import { type JsonNode, type JsonObject, memberOf, scanJson } from "../mcp/json-scan.ts";
import { decodeUtf8 } from "../mcp/jsonrpc.ts";

/** OPA's flags of a query. */
export type Flags = {
  readonly pretty: boolean;
  readonly metrics: boolean;
  /** More of them; `metrics` too. */
  readonly instrument: boolean;
  readonly provenance: boolean;
};

/** A slice of what was received: what is parsed and written again has other numbers. */
export type ReadInputText =
  | { readonly kind: "read"; readonly inputText: string }
  | { readonly kind: "refused"; readonly problem: string };

export type ReadInputs =
  /** By the caller's names. */
  | { readonly kind: "read"; readonly inputs: ReadonlyMap<string, string> }
  | { readonly kind: "refused"; readonly problem: string };

const EXPECTED = 'the body must be {"input": ...} and nothing else';
const BATCH_EXPECTED = 'the body must be {"inputs": {"NAME": {...}}}, perhaps with "common_input": {...}';
const MAX_INPUTS = 1_000;
/** Of all inputs of a batch, once each has what they have in common. */
const MAX_CHARACTERS = 16_777_216;

/** As OPA reads a flag: it is set where it is there without a value, or with "true". */
export function readFlags(query: (name: string) => string | undefined): Flags {
  const flag = (name: string): boolean => ["", "true"].includes(query(name) ?? "false");
  return {
    pretty: flag("pretty"),
    metrics: flag("metrics"),
    instrument: flag("instrument"),
    provenance: flag("provenance"),
  };
}

/** The `input` of a POST. */
export function readInputBody(bytes: Uint8Array, maxDepth: number): ReadInputText {
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused("the body is not UTF-8");
  // an input is judged, and goes nowhere: it may hold what no server is sent
  const scan = scanJson(text, { maxDepth, tolerant: true });
  if (scan.kind === "refused") return refused(scan.problem);
  const { root } = scan;
  if (root.kind !== "object") return refused(EXPECTED);
  const input = memberOf(root, "input");
  if (input === undefined || root.members.length > 1) return refused(EXPECTED);
  return { kind: "read", inputText: text.slice(input.start, input.end) };
}

/** The `input` of a GET. */
export function readInputParameter(text: string | undefined, maxDepth: number): ReadInputText {
  if (text === undefined) return refused('the parameter "input" must hold the input, or be POSTed as {"input": ...}');
  const scan = scanJson(text, { maxDepth, tolerant: true });
  return scan.kind === "refused"
    ? refused(`the parameter "input": ${scan.problem}`)
    : { kind: "read", inputText: text };
}

/** The inputs of a batch, each with what they have in common; where both say something, its own counts. */
export function readBatch(bytes: Uint8Array, maxDepth: number): ReadInputs {
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused("the body is not UTF-8");
  const scan = scanJson(text, { maxDepth, tolerant: true });
  if (scan.kind === "refused") return refused(scan.problem);
  const { root } = scan;
  const [inputs, common] = root.kind === "object" ? [memberOf(root, "inputs"), memberOf(root, "common_input")] : [];
  const known = common === undefined ? 1 : 2;
  if (root.kind !== "object" || inputs?.kind !== "object" || root.members.length > known)
    return refused(BATCH_EXPECTED);
  if (common !== undefined && common.kind !== "object") return refused(BATCH_EXPECTED);
  if (inputs.members.length > MAX_INPUTS) return refused(`a batch has at most ${MAX_INPUTS} inputs`);
  const read = new Map<string, string>();
  let left = MAX_CHARACTERS;
  for (const { key, value } of inputs.members) {
    const inputText = common === undefined ? text.slice(value.start, value.end) : merge(text, common, value);
    left -= inputText.length;
    if (left < 0)
      return refused(`a batch has at most ${MAX_CHARACTERS} characters, with what its inputs have in common`);
    read.set(key, inputText);
  }
  return { kind: "read", inputs: read };
}

function merge(text: string, common: JsonObject, own: JsonNode): string {
  if (own.kind !== "object") return text.slice(own.start, own.end);
  const merged = own.members.map(({ key, keyStart, value }) => {
    const shared = memberOf(common, key);
    if (shared?.kind !== "object" || value.kind !== "object") return text.slice(keyStart, value.end);
    return `${JSON.stringify(key)}:${merge(text, shared, value)}`;
  });
  const more = common.members
    .filter(({ key }) => memberOf(own, key) === undefined)
    .map(({ keyStart, value }) => text.slice(keyStart, value.end));
  return `{${[...merged, ...more].join(",")}}`;
}

/** What stands in a document at a path below it; undefined where there is nothing. */
export function dig(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const step of path) {
    const isHere = typeof value === "object" && value !== null && Object.hasOwn(value, step);
    if (!isHere || (Array.isArray(value) && !/^\d+$/.test(step))) return undefined;
    value = Reflect.get(value as object, step);
  }
  return value;
}

export function render(value: unknown, { pretty }: Pick<Flags, "pretty">): string {
  return pretty ? `${JSON.stringify(value, undefined, 2)}\n` : JSON.stringify(value);
}

function refused(problem: string): { readonly kind: "refused"; readonly problem: string } {
  return { kind: "refused", problem };
}
