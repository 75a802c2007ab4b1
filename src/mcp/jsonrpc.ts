// Parses one message strictly: what is judged must be what is forwarded, so whatever two JSON readers could read
// differently is refused here. Pure; it never changes a byte: texts are slices of what was received.
import { isAscii } from "node:buffer";
import type { ReceivedJson } from "../gate/types.ts";
import { isPlainName, isRecord, type Params, type RpcError, readEnvelope } from "./envelope.ts";
import { type JsonObject, MAX_DEPTH, memberOf, scanJson } from "./json-scan.ts";
import { META_KEYS, misspeltKey, PARAMS_KEYS } from "./protocol-keys.ts";
import { isMisspeltMethod } from "./spelling.ts";

/** `maxDepth`: objects and arrays one inside the other, the message itself included; at most MAX_DEPTH of json-scan. */
export type MessageLimits = { readonly maxBytes: number; readonly maxDepth: number };

/** `text` is the whole message as received, `value` its parse. Unknown extra fields are kept in both. */
type Received = { readonly text: string; readonly value: Readonly<Record<string, unknown>> };

type Meta = {
  /** The parsed `params._meta`. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  /** `params._meta` as received. */
  readonly metaText: string | undefined;
};

export type ClientRequest = Received &
  Meta & {
    readonly kind: "request";
    readonly id: string | number;
    /** The id as received: what an answer must echo. */
    readonly idText: string;
    readonly method: string;
    readonly params: ReceivedJson | undefined;
    /** The tool that a `tools/call` names; undefined for every other method. */
    readonly tool: string | undefined;
    /** The `arguments` of a `tools/call`, exactly as received; undefined where there are none. */
    readonly args: ReceivedJson | undefined;
    readonly progressToken: string | number | undefined;
  };

export type ClientNotification = Received &
  Meta & { readonly kind: "notification"; readonly method: string; readonly params: ReceivedJson | undefined };

/** The client's answer to a request of the server's (sampling, elicitation, roots). `error` is undefined on a result. */
export type ClientResponse = Received & {
  readonly kind: "response";
  readonly id: string | number;
  readonly idText: string;
  readonly error: RpcError | undefined;
};

export type ClientMessage = ClientRequest | ClientNotification | ClientResponse;

/** `code` is JSON-RPC's; `id` is null where none could be read, and only an echo: nothing may depend on it. */
export type RefusedMessage = {
  readonly kind: "refused";
  readonly code: number;
  readonly id: string | number | null;
  readonly problem: string;
};

export type ParsedMessage = ClientMessage | RefusedMessage;

export type ServerMessage =
  /** `id` and `idText` are undefined only on an error that answers nothing in particular; `error` on a result. */
  | (Received & {
      readonly kind: "response";
      readonly id: string | number | undefined;
      readonly idText: string | undefined;
      readonly error: RpcError | undefined;
      /** The tolerant scan of `text`. */
      readonly root: JsonObject;
    })
  | (Received & {
      readonly kind: "request";
      readonly id: string | number;
      readonly idText: string;
      readonly method: string;
      readonly params: ReceivedJson | undefined;
    })
  | (Received & { readonly kind: "notification"; readonly method: string; readonly params: ReceivedJson | undefined })
  /** Not one JSON-RPC message that every client reads alike. */
  | { readonly kind: "unreadable"; readonly problem: string };

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const INVALID_PARAMS = -32602;

/** Values in one message of a client's: more than any sane call holds, and scanned in a few hundredths of a second. */
const MAX_CLIENT_NODES = 200_000;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const MISSPELT_METHOD = "the method is another spelling of one of MCP's, or too long for any";
const BYTE_ORDER_MARK = "\ufeff";

/** Parses the body of one POST, or one line of a stdio client, before anything is judged or forwarded. */
export function parseClientMessage(body: Uint8Array, limits: MessageLimits): ParsedMessage {
  if (body.length > limits.maxBytes)
    return refuse(INVALID_REQUEST, `the message has ${body.length} bytes; at most ${limits.maxBytes} are accepted`);
  const text = decodeUtf8(body);
  if (text === undefined) return refuse(PARSE_ERROR, "the message is not UTF-8");
  if (text.startsWith(BYTE_ORDER_MARK)) return refuse(PARSE_ERROR, "the message begins with a byte order mark");

  const scan = scanJson(text, { maxDepth: limits.maxDepth, maxNodes: MAX_CLIENT_NODES });
  if (scan.kind === "refused") {
    if (scan.defect === "syntax") return refuse(PARSE_ERROR, `the message is not JSON: ${scan.problem}`);
    return refuse(INVALID_REQUEST, `the message is refused: ${scan.problem}`, echoedId(text));
  }
  if (scan.root.kind === "array") return refuse(INVALID_REQUEST, "batches are not accepted: send one JSON-RPC message");
  const value: unknown = JSON.parse(text);
  if (scan.root.kind !== "object" || !isRecord(value))
    return refuse(INVALID_REQUEST, "the message must be one JSON-RPC object");

  const envelope = readEnvelope(text, scan.root, value);
  switch (envelope.kind) {
    case "malformed":
      return refuse(INVALID_REQUEST, envelope.problem, echoedId(text));
    case "response":
      if (envelope.id === undefined) return refuse(INVALID_REQUEST, '"id" must be a string or an integer');
      return { kind: "response", ...envelope.id, error: envelope.error, value, text };
    case "notification": {
      const { method, params } = envelope;
      // a server that does not look for the id would run a request that was never judged as one
      if (!method.startsWith("notifications/"))
        return refuse(INVALID_REQUEST, 'a message without id must have a method that begins with "notifications/"');
      const meta = readMeta(text, params);
      if (typeof meta === "string") return refuse(INVALID_REQUEST, meta);
      return { kind: "notification", method, params: received(params), ...meta, value, text };
    }
    case "request": {
      const { id, idText, method, params } = envelope;
      if (isMisspeltMethod(method)) return refuse(INVALID_REQUEST, MISSPELT_METHOD, id);
      const meta = readMeta(text, params);
      if (typeof meta === "string") return refuse(INVALID_REQUEST, meta, id);
      const call = method === "tools/call" ? readToolCall(text, params) : NO_TOOL;
      if (typeof call === "string") return refuse(INVALID_PARAMS, call, id);
      const progressToken = readProgressToken(meta.meta?.progressToken);
      return {
        kind: "request",
        id,
        idText,
        method,
        params: received(params),
        tool: call.tool,
        args: call.args,
        meta: meta.meta,
        metaText: meta.metaText,
        progressToken,
        value,
        text,
      };
    }
  }
}

/**
 * Reads one message from a server. Tolerant of what only a judge must refuse (lone surrogates, numbers beyond doubles),
 * except in a request, which is judged as a client's is; never of duplicate keys or other spellings of protocol keys.
 */
export function parseServerMessage(text: string): ServerMessage {
  const scan = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  if (scan.kind === "refused") return unreadable(scan.problem);
  const value: unknown = JSON.parse(text);
  if (scan.root.kind !== "object" || !isRecord(value)) return unreadable("it is not one JSON-RPC object");
  const envelope = readEnvelope(text, scan.root, value);
  switch (envelope.kind) {
    case "malformed":
      return unreadable(envelope.problem);
    case "response": {
      const { id, error } = envelope;
      return { kind: "response", id: id?.id, idText: id?.idText, error, value, text, root: scan.root };
    }
    case "notification":
      return { kind: "notification", method: envelope.method, params: received(envelope.params), value, text };
    case "request": {
      const { id, idText, method, params } = envelope;
      if (isMisspeltMethod(method)) return unreadable(MISSPELT_METHOD);
      const strict = scanJson(text, { maxDepth: MAX_DEPTH });
      if (strict.kind === "refused") return unreadable(strict.problem);
      const meta = readMeta(text, params);
      if (typeof meta === "string") return unreadable(meta);
      return { kind: "request", id, idText, method, params: received(params), value, text };
    }
  }
}

type ToolCall = { readonly tool: string | undefined; readonly args: ReceivedJson | undefined };

const NO_TOOL: ToolCall = { tool: undefined, args: undefined };

/** The tool and its arguments, or what is wrong with them. */
function readToolCall(text: string, params: Params | undefined): ToolCall | string {
  const tool = params?.value.name;
  if (typeof tool !== "string" || !isPlainName(tool))
    return '"params.name" must be a string that is not empty and holds no control character';
  const node = params && memberOf(params.node, "arguments");
  if (node === undefined) return { tool, args: undefined };
  if (node.kind !== "object") return '"params.arguments" must be an object where it is given';
  return { tool, args: { text: text.slice(node.start, node.end), value: params?.value.arguments } };
}

/** The `_meta` of `params`, or what is wrong with the keys of either. */
function readMeta(text: string, params: Params | undefined): Meta | string {
  if (params === undefined) return { meta: undefined, metaText: undefined };
  const misspelt = misspeltKey(params.node.members, PARAMS_KEYS) ?? misspeltKey(metaMembers(params.node), META_KEYS);
  if (misspelt !== undefined) return `a key is another spelling of "${misspelt}"`;
  const node = memberOf(params.node, "_meta");
  const meta = params.value._meta;
  if (node === undefined) return { meta: undefined, metaText: undefined };
  return isRecord(meta) ? { meta, metaText: text.slice(node.start, node.end) } : '"params._meta" must be an object';
}

function metaMembers(params: JsonObject): JsonObject["members"] {
  const node = memberOf(params, "_meta");
  return node?.kind === "object" ? node.members : [];
}

function readProgressToken(token: unknown): string | number | undefined {
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}

function received(params: Params | undefined): ReceivedJson | undefined {
  return params && { text: params.text, value: params.value };
}

/** Strictly, a byte order mark is no text; undefined for what is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The id of a message that is refused whatever it is, so that its sender learns which one. */
function echoedId(text: string): string | number | null {
  const value = parseOrUndefined(text);
  const id = isRecord(value) ? value.id : undefined;
  return typeof id === "string" || (typeof id === "number" && Number.isSafeInteger(id)) ? id : null;
}

/** The scan may have stopped before something that is not JSON. */
function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(code: number, problem: string, id: string | number | null = null): RefusedMessage {
  return { kind: "refused", code, id, problem };
}

function unreadable(problem: string): ServerMessage {
  return { kind: "unreadable", problem };
}
