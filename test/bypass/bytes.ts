// From an entry of the corpus to the bytes that go out: what the placeholders in <<...>> stand for. docs/bypass.md lists them.
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { LEGACY_VERSION, MODERN_VERSION } from "../e2e/harness-wire.ts";
import type { MessageWay } from "./corpus.ts";

export type Era = "legacy" | "modern";

/** What a message can speak of. */
export type MessageContext = { readonly id: string; readonly era: Era };

/** What a whole request can speak of. `session` is the legacy era's. */
export type RequestContext = MessageContext & {
  readonly path: string;
  readonly host: string;
  readonly key: string;
  readonly operatorKey: string;
  readonly session: string | undefined;
  /** URL of the server behind the gate. */
  readonly upstream: string;
};

const CLAIMS = {
  "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
  "io.modelcontextprotocol/clientInfo": { name: "corpus", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
};

/** The bytes of a message. */
export function messageBytes(way: MessageWay, context: MessageContext): Buffer {
  const text = expandMessage(way.send, context);
  switch (way.as) {
    case "utf8":
    case "latin1":
    case "utf16le":
      return Buffer.from(text, way.as);
    case "utf16be":
      return Buffer.from(text, "utf16le").swap16();
    case "gzip":
      return gzipSync(text);
    case "deflate":
      return deflateSync(text);
    case "br":
      return brotliCompressSync(text);
  }
}

/** The bytes of a whole HTTP request. */
export function requestBytes(raw: string, context: RequestContext): Buffer {
  const [, named = "denied"] = /<<(?:call|length|chunk\S*|post) (\w+)>>/.exec(raw) ?? [];
  const text = expand(raw, (word, rest) => requestWord(word, rest, named, context) ?? messageWord(word, rest, context));
  return Buffer.from(text, "latin1");
}

export function expandMessage(text: string, context: MessageContext): string {
  return expand(text, (word, rest) => messageWord(word, rest, context));
}

/** The headers of 2026-07-28 that name a method and what it is about. */
export function modernHeaders(method: string, name: string): Record<string, string> {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name);
  const encoded = plain ? name : `=?base64?${Buffer.from(name).toString("base64")}?=`;
  const spoken = /^[\x20-\x7e]*$/.test(method) ? method : "tools/call";
  return { "mcp-protocol-version": MODERN_VERSION, "mcp-method": spoken, "mcp-name": encoded };
}

function expand(text: string, wordOf: (word: string, rest: string) => string | undefined): string {
  return text.replace(/<<([^\s>]+)(?: ([^>]*))?>>/g, (whole, word: string, rest: string = "") => {
    const value = wordOf(word, rest);
    if (value === undefined) throw new Error(`the corpus has no ${whole}`);
    return value;
  });
}

function messageWord(word: string, rest: string, { id, era }: MessageContext): string | undefined {
  switch (word) {
    case "id":
      return JSON.stringify(id);
    case "escaped":
      return JSON.stringify(JSON.stringify(id)).slice(1, -1);
    case "meta":
      return metaMember(rest, era);
    case "call":
      return callText(rest, { id, era });
    case "repeat": {
      const [, times = "", what = ""] = /^(\d+) ([\s\S]*)$/.exec(rest) ?? [];
      return what.repeat(Number(times));
    }
  }
  return undefined;
}

function requestWord(word: string, rest: string, named: string, context: RequestContext): string | undefined {
  const call = (tool: string): string => callText(tool, context);
  switch (word) {
    case "path":
      return rest === "of server" ? context.path.replace("/mcp", "") : context.path;
    case "PATH":
      return context.path.toUpperCase();
    case "key":
      return context.key;
    case "upstream":
      return rest === "host" ? new URL(context.upstream).host : context.upstream;
    case "headers":
      return headerLines(context, named, context.key, rest !== "but host");
    case "no":
      return headerLines(context, named, undefined, true);
    case "operator":
      return headerLines(context, named, context.operatorKey, true);
    case "length":
      return String(Buffer.byteLength(call(rest)));
    case "post": {
      const head = headerLines(context, rest, context.key, true);
      const body = call(rest);
      return `POST ${context.path} HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    }
  }
  if (!word.startsWith("chunk")) return undefined;
  const body = call(rest);
  return `${Buffer.byteLength(body).toString(16)}${word.slice("chunk".length)}\r\n${body}\r\n`;
}

function metaMember(more: string, era: Era): string {
  const [, key, value] = /^(\S+) (.*)$/.exec(more) ?? [];
  const own = key === undefined ? {} : { [key]: JSON.parse(value ?? "null") };
  return `"_meta":${JSON.stringify(era === "modern" ? { ...CLAIMS, ...own } : own)}`;
}

function callText(tool: string, { id, era }: MessageContext): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":{"name":"${tool}","arguments":{},${metaMember("", era)}}}`;
}

function headerLines(context: RequestContext, named: string, key: string | undefined, withHost: boolean): string {
  const headers: Record<string, string | undefined> = {
    host: withHost ? context.host : undefined,
    authorization: key === undefined ? undefined : `Bearer ${key}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(context.era === "modern"
      ? modernHeaders("tools/call", named)
      : { "mcp-protocol-version": LEGACY_VERSION, "mcp-session-id": context.session }),
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
  return lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}
