// The TypeScript SDKs as clients of the pairings, in this process; and mcp-remote between the v1 SDK and the gate.
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
  type CallToolResult as ResultV2,
} from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioV2 } from "@modelcontextprotocol/client/stdio";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport as StdioV1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Drive, Endpoint, Job, Seen } from "./job.ts";
import { MODERN } from "./job.ts";

const ABOUT = { name: "pairings", version: "1.0.0" };

/** It can't be told a revision: it offers the newest that it knows, and takes what the server answers. */
export const driveV1: Drive = async (job) => {
  const { endpoint } = job;
  if (endpoint.kind === "stdio") return await useV1(new StdioV1(stdioOf(endpoint)), job);
  const transport = new HttpV1(new URL(endpoint.url));
  const seen = await useV1(transport as Transport, job);
  return seen;
};

/** A command as a client starts it, that speaks stdio to the v1 SDK and reaches the URL between `before` and `after`. */
export function driveThrough(
  command: string,
  before: readonly string[],
  after: readonly string[],
  env: Readonly<Record<string, string>>,
): Drive {
  return async (job) => {
    if (job.endpoint.kind !== "http") throw new Error(`${command} reaches nothing but URLs`);
    const args = [...before, job.endpoint.url, ...after];
    const stdio = { command, args, env: { ...getDefaultEnvironment(), ...env }, stderr: "ignore" as const };
    return await useV1(new StdioV1(stdio), job);
  };
}

async function useV1(transport: Transport, { allowed, denied }: Job): Promise<Seen> {
  const client = new ClientV1(ABOUT);
  let version = "";
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (negotiated) => {
    version = negotiated;
    tell?.(negotiated);
  };
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    const answer = await client.callTool({ name: allowed.tool, arguments: allowed.args });
    const refusal = await client.callTool({ name: denied.tool, arguments: denied.args });
    if (transport instanceof HttpV1) await transport.terminateSession();
    return describeSeen(version, tools, answer, refusal);
  } finally {
    await client.close();
  }
}

export const driveV2: Drive = async ({ endpoint, version, allowed, denied }) => {
  const negotiation =
    version === MODERN
      ? { versionNegotiation: { mode: { pin: MODERN } } }
      : { supportedProtocolVersions: [version], versionNegotiation: { mode: "legacy" as const } };
  const client = new ClientV2(ABOUT, negotiation);
  const transport = endpoint.kind === "http" ? new HttpV2(new URL(endpoint.url)) : new StdioV2(stdioOf(endpoint));
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    const answer = await client.callTool({ name: allowed.tool, arguments: { ...allowed.args } });
    const refusal = await client.callTool({ name: denied.tool, arguments: { ...denied.args } });
    if (transport instanceof HttpV2) await transport.terminateSession();
    return describeSeen(client.getNegotiatedProtocolVersion() ?? "", tools, answer, refusal);
  } finally {
    await client.close();
  }
};

type Result = Awaited<ReturnType<ClientV1["callTool"]>> | ResultV2;

function describeSeen(version: string, tools: readonly { name: string }[], answer: Result, refusal: Result): Seen {
  return {
    version,
    tools: tools.map(({ name }) => name),
    answer: { isError: answer.isError === true, text: textOf(answer) },
    refusal: { form: refusal.isError === true ? "a result with isError" : "a result", text: textOf(refusal) },
  };
}

function textOf({ content }: Result): string {
  const [block]: unknown[] = Array.isArray(content) ? content : [];
  return typeof block === "object" && block !== null && "text" in block ? String(block.text) : "";
}

function stdioOf({ command, args }: Extract<Endpoint, { kind: "stdio" }>) {
  return { command, args: [...args], stderr: "ignore" as const };
}
