// The JSON-RPC envelope of one scanned message, whichever side sent it: which kind it is, its id, method and params.
// Knows no MCP method; must be given text that the scanner accepted, so that no key stands twice.
import type { ReceivedJson } from "../gate/types.ts";
import { type JsonNode, type JsonObject, memberOf } from "./json-scan.ts";
import { MESSAGE_KEYS, misspeltKey } from "./protocol-keys.ts";

/** The `params` of a message, with the scanned object that they were read from. */
export type Params = ReceivedJson & { readonly value: Readonly<Record<string, unknown>>; readonly node: JsonObject };

/** `idText` is the id as received: what an answer must echo (a big integer does not survive as a number). */
export type Id = { readonly id: string | number; readonly idText: string };

export type RpcError = { readonly code: number; readonly message: string };

export type Envelope =
  | ({ readonly kind: "request"; readonly method: string; readonly params: Params | undefined } & Id)
  | { readonly kind: "notification"; readonly method: string; readonly params: Params | undefined }
  /** `id` is absent only on an error that answers nothing in particular. `error` is absent on a result. */
  | { readonly kind: "response"; readonly id: Id | undefined; readonly error: RpcError | undefined }
  | { readonly kind: "malformed"; readonly problem: string };

/** A whole number as ids are written; a fraction of zeros is some languages' way of writing an integer. */
const INTEGER = /^-?(?:0|[1-9][0-9]*)(?:\.0+)?$/;

/** @param value the parse of `text`, whose scan is `root` */
export function readEnvelope(text: string, root: JsonObject, value: Readonly<Record<string, unknown>>): Envelope {
  const misspelt = misspeltKey(root.members, MESSAGE_KEYS);
  if (misspelt !== undefined) return malformed(`a key is another spelling of "${misspelt}"`);
  if (value.jsonrpc !== "2.0") return malformed('"jsonrpc" must be "2.0"');
  const idNode = memberOf(root, "id");
  const id = idNode === undefined ? undefined : readId(text, idNode, value.id);
  if (!("method" in value)) return readResponse(value, id);

  if ("result" in value || "error" in value) return malformed("a message with a method has no result and no error");
  const { method } = value;
  if (typeof method !== "string" || !isPlainName(method))
    return malformed('"method" must be a string that is not empty and holds no control character');
  const paramsNode = memberOf(root, "params");
  const paramsValue = value.params;
  let params: Params | undefined;
  if (paramsNode !== undefined) {
    if (paramsNode.kind !== "object" || !isRecord(paramsValue)) return malformed('"params" must be an object');
    params = { text: text.slice(paramsNode.start, paramsNode.end), value: paramsValue, node: paramsNode };
  }
  if (idNode === undefined) return { kind: "notification", method, params };
  if (id === undefined) return malformed('"id" must be a string or an integer');
  // whoever goes by the method takes it for a notification
  if (method.startsWith("notifications/")) return malformed(`a message with the method of a notification has no "id"`);
  return { kind: "request", id: id.id, idText: id.idText, method, params };
}

function readResponse(value: Readonly<Record<string, unknown>>, id: Id | undefined): Envelope {
  const isResult = "result" in value;
  if (isResult === "error" in value) return malformed("there is no method, and not just one of result and error");
  if ("params" in value) return malformed("a response has no params");
  if (isResult) {
    if (id === undefined) return malformed('"id" must be a string or an integer');
    return isRecord(value.result)
      ? { kind: "response", id, error: undefined }
      : malformed('"result" must be an object');
  }
  if (id === undefined && (value.id ?? null) !== null) return malformed('"id" must be a string or an integer');
  const { error } = value;
  if (!isRecord(error) || typeof error.code !== "number" || typeof error.message !== "string")
    return malformed('"error" must be an object with a code and a message');
  return { kind: "response", id, error: { code: error.code, message: error.message } };
}

function readId(text: string, node: JsonNode, value: unknown): Id | undefined {
  const idText = text.slice(node.start, node.end);
  if (typeof value === "string") return { id: value, idText };
  return typeof value === "number" && INTEGER.test(idText) ? { id: value, idText } : undefined;
}

/** True for a name that no reader shortens or splits: not empty, no control characters. */
export function isPlainName(name: string): boolean {
  return name !== "" && !/\p{Cc}/u.test(name);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(problem: string): Envelope {
  return { kind: "malformed", problem };
}
