// An MCP server that gates its own tools, in its own process: each handler runs only where the policy allows the call.
// README.md says how to start it.
import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createGate } from "regate";
import { z } from "zod";

const gate = await createGate({
  bundle: process.env.NOTES_BUNDLE ?? "bundles/regate.tar.gz",
  state: process.env.NOTES_STATE ?? ".regate",
  log: (line) => console.error(`regate: ${line}`),
});
const server = new McpServer({ name: "notes", version: "1.0.0" });
const session = randomUUID(); // one process of a stdio server is one session
const notes = new Map();

/** Registers a tool whose handler gets exactly the arguments that were judged. */
function gatedTool(name, config, handler) {
  server.registerTool(name, config, async (args) => {
    const verdict = await gate.judge({ server: "notes", tool: name, arguments: args, session });
    if (!verdict.allowed) return { isError: true, content: [{ type: "text", text: verdict.message }] };
    return { content: [{ type: "text", text: handler(args) }] };
  });
}

gatedTool("add_note", { inputSchema: { id: z.string(), text: z.string() } }, ({ id, text }) => {
  notes.set(id, text);
  return `${notes.size} notes`;
});
gatedTool("read_note", { inputSchema: { id: z.string() } }, ({ id }) => notes.get(id) ?? "no such note");
gatedTool("delete_note", { inputSchema: { id: z.string() } }, ({ id }) => `${notes.delete(id) ? 1 : 0} deleted`);
gatedTool("export_notes", { inputSchema: {} }, () => JSON.stringify([...notes]));

server.server.onclose = () => void gate.close();
await server.connect(new StdioServerTransport());
