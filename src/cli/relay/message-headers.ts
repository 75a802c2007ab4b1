// The HTTP headers that a modern message repeats from its body (2026-07-28): the counterpart of what the gate checks in
// src/mcp/message-headers.ts. A value that no header can carry is left out, and the gate says what is missing.
import { isRecord } from "../../mcp/envelope.ts";
import type { ClientRequest } from "../../mcp/jsonrpc.ts";
import { repeatedName } from "../../mcp/message-headers.ts";
import {
  encodeHeaderValue,
  isHeaderValue,
  type ParamHeader,
  paramHeadersOf,
  spellingOf,
  valueAt,
} from "../../mcp/param-headers.ts";
import { PROTOCOL_VERSION_KEY } from "../../mcp/protocol-keys.ts";

/** What the tools that the server listed want repeated, by their names. */
export type ListedTools = Map<string, readonly ParamHeader[]>;

/** The revision that a request claims in its body; undefined in the legacy era. */
export function claimedVersion(request: ClientRequest): string | undefined {
  const claim = request.meta?.[PROTOCOL_VERSION_KEY];
  return typeof claim === "string" ? claim : undefined;
}

/** The headers of a request that claims `version`. */
export function modernHeaders(request: ClientRequest, version: string, listed: ListedTools): Record<string, string> {
  const headers: Record<string, string> = {};
  if (isHeaderValue(version)) headers["mcp-protocol-version"] = version;
  if (isHeaderValue(request.method)) headers["mcp-method"] = request.method;
  const name = repeatedName(request);
  if (typeof name === "string") headers["mcp-name"] = encodeHeaderValue(name);
  if (request.tool === undefined) return headers;
  for (const { header, path } of listed.get(request.tool) ?? []) {
    const value = spellingOf(valueAt(request.args?.value, path));
    if (value !== undefined) headers[header] = encodeHeaderValue(value);
  }
  return headers;
}

/** Takes what a `tools/list` answer says of headers, in the place of what was known of the same tools. */
export function learnTools(result: unknown, listed: ListedTools): void {
  const tools = isRecord(result) ? result.tools : undefined;
  if (!Array.isArray(tools)) return;
  for (const tool of tools) {
    if (isRecord(tool) && typeof tool.name === "string") listed.set(tool.name, paramHeadersOf(tool.inputSchema));
  }
}
