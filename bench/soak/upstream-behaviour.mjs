// What the servers of a soak have in common: their tools, and the file in which each effect is one line, written before anything
// is answered: what was carried out is known however the server ends.
import { openSync, writeSync } from "node:fs";

const TOOLS = ["echo", "limited", "shared", "in_session", "asks", "flips", "denied"];
const inputSchema = {
  type: "object",
  properties: {
    key: { type: "string" },
    fault: { type: "string" },
    ms: { type: "integer" },
    bytes: { type: "integer" },
  },
  required: ["key"],
  additionalProperties: false,
};
const tools = TOOLS.map((name) => ({ name, description: `The tool ${name} of a soak`, inputSchema }));
const capabilities = { tools: {} };
const serverInfo = { name: "soak", version: "1.0.0" };

/** @param {string} file @returns {(call: { tool: string, key: string }) => void} */
export function openEffects(file) {
  const fd = openSync(file, "a");
  return ({ tool, key }) => writeSync(fd, `${JSON.stringify({ key, tool, atMs: Date.now() })}\n`);
}

/** The result of what is no tools/call; in the era in which it was asked. */
export function resultOf({ method, params }) {
  const isModern = params?._meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined;
  return {
    ...(isModern && { resultType: "complete", ttlMs: 0, cacheScope: "public" }),
    ...plainResultOf(method, params),
  };
}

function plainResultOf(method, params) {
  switch (method) {
    case "initialize":
      return { protocolVersion: params.protocolVersion, capabilities, serverInfo };
    case "server/discover":
      return { supportedVersions: ["2026-07-28"], capabilities, serverInfo };
    case "tools/list":
      return { tools };
    default:
      return {};
  }
}

/** The result of a tools/call. */
export function answerTo(message) {
  const { key, bytes = 0 } = message.params.arguments;
  const content = [{ type: "text", text: key }];
  if (bytes > 0) content.push({ type: "text", text: "x".repeat(bytes) });
  return { ...resultOf(message), content };
}

/** The tool, and what `arguments` say: which call it is, and how the server is to fail it. */
export function readCall({ params }) {
  const { key, fault = "none", ms = 0 } = params.arguments;
  return { tool: params.name, key, fault, ms };
}
