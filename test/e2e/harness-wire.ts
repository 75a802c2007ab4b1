// MCP over HTTP by hand, byte for byte: for what no SDK client would send, and for reading answers before anything tidies them.
import type { Readable } from "node:stream";
import { type Dispatcher, request } from "undici";
import { type SseEvent, SseReader } from "./harness-sse.ts";

export const LEGACY_VERSION = "2025-11-25";
export const MODERN_VERSION = "2026-07-28";
const DEFAULT_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

type Headers = Readonly<Record<string, string>>;
export type Answer = {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly text: string;
};

/** What is sent as a body; a stream goes out in chunks, without a content-length. */
export type Body = string | Uint8Array | Readable;

/** POSTs exactly these bytes. A header set to "" is left out. */
export async function post(url: string, body: Body, headers: Headers = {}): Promise<Answer> {
  return await send(url, "POST", headers, body);
}

export async function send(
  url: string,
  method: Dispatcher.HttpMethod,
  headers: Headers = {},
  body?: Body,
): Promise<Answer> {
  const response = await request(url, { method, headers: merge(headers), body: body ?? null });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

export type EventStream = {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  /** The next event; undefined where the stream has ended. */
  readonly next: () => Promise<SseEvent | undefined>;
  /** The next event that holds a JSON-RPC message which `matches`. */
  readonly nextMessage: (matches?: (message: Message) => boolean) => Promise<Message>;
  /** Breaks the connection, as a client that goes away. */
  readonly leave: () => void;
};

/** Opens a stream (GET, or POST where there is a body) and hands out its events as they come. */
export async function openStream(url: string, headers: Headers = {}, body?: string): Promise<EventStream> {
  const abort = new AbortController();
  const method = body === undefined ? "GET" : "POST";
  const response = await request(url, { method, headers: merge(headers), body: body ?? null, signal: abort.signal });
  response.body.on("error", () => {});
  const reader = new SseReader(response.body);
  return {
    status: response.statusCode,
    headers: response.headers,
    next: () => reader.next(),
    async nextMessage(matches = () => true) {
      for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
        if (event.data === "") continue;
        const message = parseMessage(event.data);
        if (matches(message)) return message;
      }
      throw new Error("the stream ended before the message came");
    },
    leave: () => abort.abort(),
  };
}

/** A JSON-RPC message, as loose as tests need it. */
export type Message = {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

/** Whether it is a tool result that says it is an error: a refusal of the gate's, or the tool's own. */
export function isToolError(message: Message | undefined): boolean {
  return message?.result?.isError === true;
}

/** The text of a tool result's first block; the whole message, for the reader, where it has none. */
export function textOf(message: Message | undefined): string {
  const content = message?.result?.content;
  const [block]: unknown[] = Array.isArray(content) ? content : [];
  return typeof block === "object" && block !== null && "text" in block ? String(block.text) : JSON.stringify(message);
}

export function parseMessage(text: string): Message {
  return JSON.parse(text);
}

/** The JSON-RPC messages of an answer, be it JSON or an event stream. */
export async function messagesOf(answer: Answer): Promise<Message[]> {
  const type = String(answer.headers["content-type"] ?? "");
  if (!type.includes("text/event-stream")) return answer.text === "" ? [] : [parseMessage(answer.text)];
  const reader = new SseReader(toChunks(answer.text));
  const messages: Message[] = [];
  for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
    if (event.data !== "") messages.push(parseMessage(event.data));
  }
  return messages;
}

async function* toChunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export function callBody(id: unknown, tool: string, args: unknown = {}, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name: tool, arguments: args, ...more } });
}

/** A request of the modern era (2026-07-28): its body, and the headers that must say the same. */
export function modernRequest(id: unknown, method: string, params: Readonly<Record<string, unknown>> = {}) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
    "io.modelcontextprotocol/clientInfo": { name: "by-hand", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  };
  const name = params.name ?? params.uri;
  const headers: Headers = {
    "mcp-protocol-version": MODERN_VERSION,
    "mcp-method": method,
    ...(typeof name === "string" && { "mcp-name": name }),
  };
  return { body: JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta } }), headers };
}

export type Session = {
  readonly id: string | undefined;
  /** The result of initialize. */
  readonly opened: Record<string, unknown>;
  /** What every request of the session carries. */
  readonly headers: Headers;
  readonly post: (body: Body, headers?: Headers) => Promise<Answer>;
  /** Sends a request and returns the response to it; messages before it are dropped. */
  readonly ask: (method: string, params?: unknown) => Promise<Message>;
  readonly call: (tool: string, args?: unknown) => Promise<Message>;
  readonly openStream: (headers?: Headers, body?: string) => Promise<EventStream>;
};

/** Opens a legacy session; when this returns, the server has read notifications/initialized too. */
export async function openSession(url: string, headers: Headers = {}): Promise<Session> {
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const params = { protocolVersion: LEGACY_VERSION, capabilities, clientInfo: { name: "by-hand", version: "1" } };
  const opened = await post(url, JSON.stringify({ jsonrpc: "2.0", id: "open", method: "initialize", params }), headers);
  const [initialized] = await messagesOf(opened);
  if (initialized?.result === undefined) throw new Error(`initialize was answered ${opened.status}: ${opened.text}`);
  const id = opened.headers["mcp-session-id"];
  if (Array.isArray(id)) throw new Error("two session ids");
  const own: Headers = {
    ...headers,
    "mcp-protocol-version": LEGACY_VERSION,
    ...(id !== undefined && { "mcp-session-id": id }),
  };
  await post(url, JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }), own);
  let lastId = 0;
  const ask = async (method: string, askParams?: unknown) => {
    lastId += 1;
    const answer = await post(url, JSON.stringify({ jsonrpc: "2.0", id: lastId, method, params: askParams }), own);
    const response = (await messagesOf(answer)).find((message) => message.id === lastId);
    if (response === undefined) throw new Error(`${method} was answered ${answer.status}: ${answer.text}`);
    return response;
  };
  await ask("ping");
  return {
    id,
    opened: initialized.result,
    headers: own,
    post: (body, more) => post(url, body, { ...own, ...more }),
    ask,
    call: (tool, args = {}) => ask("tools/call", { name: tool, arguments: args }),
    openStream: (more, body) => openStream(url, { ...own, ...more }, body),
  };
}

function merge(headers: Headers): Record<string, string> {
  const merged = { ...DEFAULT_HEADERS, ...headers };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
}
