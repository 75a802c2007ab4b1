// What a plain legacy MCP server says, as a script: a session, pages of tools, and calls that each test answers for itself.
import { answerResult, beginEvents, type Received, type Script } from "./scripted-server.ts";

export const UPSTREAM_SESSION = "upstream-session-1";

export type McpScript = {
  /** The answer to a `tools/call`, by the tool's name; `*` for any other. A text is the result, as JSON. */
  readonly calls?: Readonly<Record<string, Script | string>>;
  /** The answer to any other method (or `GET`, `DELETE`), in the place of the usual one. */
  readonly on?: Readonly<Record<string, Script | string>>;
  /** The results of tools/list, page by page; by default one page with `TOOLS`. */
  readonly pages?: readonly string[];
};

export const TOOLS = ["echo", "denied", "limited", "asked", "costly"];

export function definitionOf(name: string): string {
  return `{"name":"${name}","description":"Does ${name}","inputSchema":{"type":"object"}}`;
}

export function pageOf(names: readonly string[], cursor?: string): string {
  const next = cursor === undefined ? "" : `,"nextCursor":${JSON.stringify(cursor)}`;
  return `{"tools":[${names.map(definitionOf).join(",")}]${next}}`;
}

const INITIALIZED =
  '{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}';

export function mcpScript({ calls = {}, on = {}, pages = [pageOf(TOOLS)] }: McpScript): Script {
  return (received, response, incoming) => {
    const { message, method } = received;
    const { params = {} } = message;
    const name = message.method ?? (method === "POST" ? "response" : method);
    const tool = message.method === "tools/call" ? (calls[String(params.name)] ?? calls["*"] ?? '{"content":[]}') : "";
    const scripted = on[name] ?? tool;
    if (typeof scripted === "function") return scripted(received, response, incoming);
    if (scripted !== "") return answerResult(received, response, scripted);
    switch (name) {
      case "initialize":
        response.setHeader("mcp-session-id", UPSTREAM_SESSION);
        return answerResult(received, response, INITIALIZED);
      case "tools/list":
        return answerResult(received, response, pages[pageNumber(received)] ?? '{"tools":[]}');
      case "GET":
        return beginEvents(response);
      case "DELETE":
        return response.writeHead(200).end();
      default:
        if (message.id === undefined || message.method === undefined) return response.writeHead(202).end();
        return answerResult(received, response, '{"done":true}');
    }
  };
}

/** Cursors of the pages are `page-1`, `page-2`, ... */
function pageNumber({ message }: Received): number {
  const cursor = message.params?.cursor;
  return typeof cursor === "string" ? Number(cursor.replace("page-", "")) : 0;
}
