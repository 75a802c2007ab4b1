// Real MCP clients, connected: the v1 and the v2 TypeScript SDK, and the Python SDK as a process.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { z } from "zod";
import { fixturePath } from "./harness-fixtures.ts";
import { ROOT, runToEnd, whenDone } from "./harness-process.ts";

type Headers = Record<string, string>;
const ABOUT = { name: "regate-e2e", version: "1.0.0" };

/** A legacy client (up to 2025-11-25), closed after the test file's last test. */
export async function connectV1(url: string, headers: Headers = {}): Promise<ClientV1> {
  const client = new ClientV1(ABOUT, { capabilities: { sampling: {}, elicitation: {}, roots: {} } });
  const transport = new TransportV1(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  whenDone(() => client.close());
  return client;
}

/** A v2 client, of the modern era (2026-07-28) without fallback or of the legacy one; closed after the test file's last test. */
export async function connectV2(
  url: string,
  era: "modern" | "legacy" = "modern",
  headers: Headers = {},
): Promise<ClientV2> {
  const client = new ClientV2(ABOUT, {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode: era === "modern" ? { pin: "2026-07-28" } : "legacy" },
  });
  await client.connect(new TransportV2(new URL(url), { requestInit: { headers } }));
  whenDone(() => client.close());
  return client;
}

/** `.venv` is made by make, from tools/python/requirements.txt. */
export const PYTHON = join(ROOT, ".venv/bin/python");

const PYTHON_SAW = z.object({
  server: z.string(),
  tools: z.array(z.string()),
  results: z.array(z.object({ isError: z.boolean(), content: z.array(z.looseObject({ text: z.string() })) })),
});

export type Call = { readonly tool: string; readonly args: unknown };

/** What a Python agent sees: one session in which it lists, then makes the calls one after the other. */
export async function drivePython(url: string, calls: readonly Call[]): Promise<z.infer<typeof PYTHON_SAW>> {
  if (!existsSync(PYTHON)) throw new Error(".venv is missing: `make test` makes it, or `make .venv/ready`");
  const asked = calls.flatMap(({ tool, args }) => ["--call", tool, JSON.stringify(args)]);
  const { code, stdout, stderr } = await runToEnd(PYTHON, [fixturePath("python-client.py"), url, ...asked]);
  if (code !== 0) throw new Error(`python-client.py exited ${code}:\n${stderr}`);
  return PYTHON_SAW.parse(JSON.parse(stdout));
}
