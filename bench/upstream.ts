// The least MCP server over Streamable HTTP that a gate can stand in front of: it answers at once, so that what is
// measured is what stands before it. Prints its URL.
import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";

const TOOLS = [
  { name: "echo", inputSchema: { type: "object", properties: { text: { type: "string" } } } },
  { name: "guarded", inputSchema: { type: "object", properties: { text: { type: "string" } } } },
  { name: "limited", inputSchema: { type: "object", properties: { text: { type: "string" } } } },
];

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    if (incoming.method !== "POST") {
      outgoing.writeHead(incoming.method === "DELETE" ? 200 : 405, { "content-length": 0 }).end();
      return;
    }
    const message = JSON.parse(Buffer.concat(chunks).toString());
    if (message.id === undefined) {
      outgoing.writeHead(202, { "content-length": 0 }).end();
      return;
    }
    answer(outgoing, message);
  });
});

function answer(
  outgoing: ServerResponse,
  message: { id: unknown; method: string; params?: { arguments?: { text?: string } } },
): void {
  switch (message.method) {
    case "initialize": {
      const serverInfo = { name: "bench", version: "1.0.0" };
      const result = { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo };
      send(outgoing, message.id, result, { "mcp-session-id": randomUUID() });
      return;
    }
    case "tools/list":
      send(outgoing, message.id, { tools: TOOLS });
      return;
    default:
      send(outgoing, message.id, { content: [{ type: "text", text: message.params?.arguments?.text ?? "" }] });
  }
}

function send(outgoing: ServerResponse, id: unknown, result: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify({ jsonrpc: "2.0", id, result });
  outgoing.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  outgoing.end(text);
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  console.log(`http://127.0.0.1:${address.port}/mcp`);
});
