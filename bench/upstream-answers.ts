// What the least MCP server answers, over HTTP as over stdio. MANY_TOOLS adds so many tools that nobody calls.

export type Asked = {
  readonly id: unknown;
  readonly method: string;
  readonly params?: { readonly arguments?: unknown };
};

const INPUT_SCHEMA = { type: "object", properties: { text: { type: "string" } } };
const MORE = Array.from({ length: Number(process.env.MANY_TOOLS ?? 0) }, (_, number) => `tool_${number}`);
const TOOLS = ["echo", "limited", "guarded", ...MORE].map((name) => ({
  name,
  description: `Returns what ${name} was given`,
  inputSchema: INPUT_SCHEMA,
}));
const RESULTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  [
    "initialize",
    {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "bench", version: "1.0.0" },
    },
  ],
  ["tools/list", { tools: TOOLS }],
]);

/** One JSON-RPC response; of a call with its own text. */
export function answerTo({ id, method, params }: Asked): string {
  const given = params?.arguments;
  const text = typeof given === "object" && given !== null && "text" in given ? given.text : "";
  const result = RESULTS.get(method) ?? { content: [{ type: "text", text }] };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}
