// What a modern server asks of the client through an answer: each question, whatever kind of result carries it
// (`input_required`, or a task that waits), and the `requestState` that a retry brings back, as received. Read as strictly
// as a request of its own would be: what is judged is what the client gets. Nothing is judged or changed here.
import type { ReceivedJson } from "../gate/types.ts";
import { isPlainName } from "./envelope.ts";
import { unescapeString } from "./json-lexemes.ts";
import { type JsonMember, type JsonNode, type JsonObject, MAX_DEPTH, memberOf, scanJson } from "./json-scan.ts";
import { MESSAGE_KEYS, misspeltKey, PARAMS_KEYS, type ProtocolKeys, protocolKeys } from "./protocol-keys.ts";

export type InputRequest = { readonly method: string; readonly params: ReceivedJson | undefined };

export type InputRequests =
  /** The answer asks for nothing. */
  | { readonly kind: "none" }
  | { readonly kind: "asked"; readonly requests: readonly InputRequest[]; readonly requestState: string | undefined }
  /** Clients could read it differently, or not at all: it must not reach one. */
  | { readonly kind: "malformed"; readonly problem: string };

const TYPE_KEYS = protocolKeys(["resultType"]);
const QUESTION_KEYS = protocolKeys(["inputRequests"]);
const RESULT_KEYS = protocolKeys(["resultType", "inputRequests", "requestState"]);
/** Questions in one answer: each is judged, and recorded. */
const MAX_REQUESTS = 100;
const INPUT_REQUIRED = "input_required";
/** How both `input_required` and `inputRequests` begin, in any case, or an escape that could spell a letter of it. */
const MAY_ASK = /input_?requ|\\u00[4-7][0-9a-f]/i;

/** A cheap look before inputRequestsOf: false only where no reader could find a question in `text`. */
export function mayAskForInput(text: string): boolean {
  return MAY_ASK.test(text);
}

/** The questions of one message; `root` is its tolerant scan. */
export function inputRequestsOf(text: string, root: JsonObject): InputRequests {
  const result = memberOf(root, "result");
  if (result?.kind !== "object" || !asksForInput(text, result)) return { kind: "none" };

  const strict = scanJson(text, { maxDepth: MAX_DEPTH });
  if (strict.kind === "refused") return malformed(strict.problem);
  const misspelt = misspeltKey(result.members, RESULT_KEYS);
  if (misspelt !== undefined) return malformed(`a key of the result is another spelling of "${misspelt}"`);
  const asked = memberOf(result, "inputRequests");
  if (asked !== undefined && asked.kind !== "object") return malformed('"inputRequests" is not an object');
  if (asked !== undefined && asked.members.length > MAX_REQUESTS) return malformed(`it asks more than ${MAX_REQUESTS}`);
  const requests: InputRequest[] = [];
  for (const { value } of asked?.members ?? []) {
    const request = readRequest(text, value);
    if (typeof request === "string") return malformed(request);
    requests.push(request);
  }
  const state = memberOf(result, "requestState");
  if (state !== undefined && state.kind !== "string") return malformed('"requestState" is not a string');
  return { kind: "asked", requests, requestState: state && unescapeString(sliceOf(text, state)) };
}

/** Whether it has questions, or says so; also where only some readers take a key of it for one of these. */
function asksForInput(text: string, result: JsonObject): boolean {
  return result.members.some((member) => {
    const valueText = sliceOf(text, member.value);
    // some servers write null for what is not there
    if (isOrMeans(member, QUESTION_KEYS)) return valueText !== "null";
    return (
      isOrMeans(member, TYPE_KEYS) && member.value.kind === "string" && unescapeString(valueText) === INPUT_REQUIRED
    );
  });
}

function isOrMeans(member: JsonMember, keys: ProtocolKeys): boolean {
  return keys.exact.has(member.key) || misspeltKey([member], keys) !== undefined;
}

/** One question, or what is wrong with it. */
function readRequest(text: string, node: JsonNode): InputRequest | string {
  if (node.kind !== "object") return "an input request is not an object";
  const methodNode = memberOf(node, "method");
  const method = methodNode?.kind === "string" ? unescapeString(sliceOf(text, methodNode)) : "";
  if (!isPlainName(method)) return "an input request has no method";
  const params = memberOf(node, "params");
  if (params !== undefined && params.kind !== "object") return "the params of an input request are not an object";
  const misspelt = misspeltKey(node.members, MESSAGE_KEYS) ?? misspeltKey(params?.members ?? [], PARAMS_KEYS);
  if (misspelt !== undefined) return `a key of an input request is another spelling of "${misspelt}"`;
  if (params === undefined) return { method, params: undefined };
  const paramsText = sliceOf(text, params);
  return { method, params: { text: paramsText, value: JSON.parse(paramsText) } };
}

function sliceOf(text: string, { start, end }: JsonNode): string {
  return text.slice(start, end);
}

function malformed(problem: string): InputRequests {
  return { kind: "malformed", problem };
}
