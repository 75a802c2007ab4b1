// A bare HTTP server around one stdio upstream, in the gate's place but without a policy: what it hears of the upstream is
// written down. Real sockets, real processes.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { parseClientMessage } from "../../src/mcp/jsonrpc.ts";
import { type Era, eraOf, eraOfHeaders } from "../../src/mcp/message-headers.ts";
import type { Exchange, OwnAnswer, Screen, SessionRef } from "../../src/mcp/upstream.ts";
import { createStdioUpstream, type StdioUpstreamOptions } from "../../src/mcp/upstream-stdio.ts";

const SEAL = "sealed:";
const RECORDER = fileURLToPath(new URL("../fixtures/stdio/recorder.mjs", import.meta.url));

export type Harness = {
  readonly url: URL;
  /** What the upstream said to the gate's log. */
  readonly log: string[];
  /** Ids of the requests that were never written, of which tokens would go back. */
  readonly nothingWritten: unknown[];
  readonly ended: string[];
  /** Stands for the policy; passes everything until a test puts another in its place. */
  screen: Screen;
  /** What requests get in the place of an answer that must not be written; undefined until a test says it. */
  stopped: string | undefined;
  /** The gate's own request in the session with this (sealed) id, or in none. */
  ask(sessionId: string | undefined, method: string, timeoutMs: number, era?: Era): Promise<OwnAnswer>;
  close(): Promise<void>;
};

/** Starts it for one test, and ends it with the test. */
export async function startHarness(options: Partial<StdioUpstreamOptions>): Promise<Harness> {
  const log: string[] = [];
  const upstream = createStdioUpstream({
    server: "fixture",
    command: process.execPath,
    args: [],
    env: {},
    maxChildrenPerPrincipal: 8,
    maxMessageBytes: 1024 * 1024,
    log: (line) => log.push(line),
    ...options,
  });
  let last: Exchange | undefined;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const principal = { id: String(incoming.headers["x-principal"] ?? "p1"), groups: [], claims: {} };
    const session = sessionOf(incoming.headers["mcp-session-id"], principal.id);
    const screen: Screen = (text) => harness.screen(text);
    const exchange: Exchange = {
      incoming,
      outgoing,
      principal,
      session,
      era: eraOfHeaders(incoming.headersDistinct),
      screen,
    };
    last = exchange;
    if (incoming.method === "GET") return await upstream.stream(exchange);
    if (incoming.method === "DELETE") return await upstream.end(exchange, () => harness.ended.push(session.name));
    const body = await readBody(incoming);
    const message = parseClientMessage(body, { maxBytes: 1e7, maxDepth: 100 });
    if (message.kind === "refused") throw new Error(message.problem);
    await upstream.post({
      ...exchange,
      era: eraOf(message, incoming.headersDistinct),
      message,
      body,
      stopped: () => harness.stopped,
      onNothingWritten: () => harness.nothingWritten.push("id" in message ? message.id : message.method),
      issueSessionId: (upstreamId) => SEAL + upstreamId,
    });
  }

  const http = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      log.push(`BUG ${String(error)}`);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  const harness: Harness = {
    url: new URL(`http://127.0.0.1:${address.port}/mcp`),
    log,
    nothingWritten: [],
    ended: [],
    screen: () => ({ kind: "pass" }),
    stopped: undefined,
    async ask(sessionId, method, timeoutMs, era = sessionId === undefined ? "modern" : "legacy") {
      if (last === undefined) throw new Error("ask after an exchange");
      const session = sessionOf(sessionId, last.principal.id);
      return await upstream.request({ ...last, session, era }, method, "{}", timeoutMs);
    },
    async close() {
      await upstream.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  onTestFinished(() => harness.close());
  return harness;
}

function sessionOf(id: string | string[] | undefined, principal: string): SessionRef {
  if (typeof id !== "string") return { kind: "none", name: `principal:${principal}` };
  return { kind: "issued", name: id, upstreamId: id.slice(SEAL.length) };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What the recorder wrote down. */
export type Recorder = {
  readonly args: readonly string[];
  lines(): { pid: number; text: string }[];
};

const recordedSchema = z.object({ pid: z.number(), line: z.string() });

/** @param flags `--stubborn`, `--dies` or `--refuses`; see the fixture */
export async function makeRecorder(...flags: string[]): Promise<Recorder> {
  const folder = await mkdtemp(join(tmpdir(), "regate-stdio-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "lines.jsonl");
  return {
    args: [RECORDER, file, ...flags],
    lines() {
      const rows = readIfThere(file).split("\n").filter(Boolean);
      return rows.map((row) => {
        const { pid, line } = recordedSchema.parse(JSON.parse(row));
        return { pid, text: Buffer.from(line, "base64").toString("utf8") };
      });
    },
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** A client that sends what it is told, byte for byte. */
export class RawClient {
  sessionId: string | undefined;

  constructor(
    readonly url: URL,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async send(
    method: string,
    body: string | undefined,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    return await fetch(this.url, {
      method,
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
      headers: {
        accept: "application/json, text/event-stream",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(this.sessionId !== undefined && { "mcp-session-id": this.sessionId }),
        ...this.headers,
        ...headers,
      },
    });
  }

  async post(message: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    return await this.send("POST", typeof message === "string" ? message : JSON.stringify(message), headers, signal);
  }

  /** Opens a session and keeps its id. */
  async initialize(protocolVersion = "2025-06-18"): Promise<Response> {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: "raw", version: "1.0.0" } };
    const response = await this.post({ jsonrpc: "2.0", id: 0, method: "initialize", params });
    this.sessionId = response.headers.get("mcp-session-id") ?? undefined;
    return response;
  }

  async call(id: string | number, name: string, args: unknown = {}, signal?: AbortSignal): Promise<Response> {
    return await this.post({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } }, {}, signal);
  }
}

export type SseEvent = { readonly id: string | undefined; readonly data: string };

/** The events of a response as they come; comments are left out. */
export async function* eventsOf(response: Response): AsyncGenerator<SseEvent> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const fields = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const data = fields.filter((field) => field.startsWith("data:")).map((field) => field.slice(5).trimStart());
      const id = fields
        .find((field) => field.startsWith("id:"))
        ?.slice(3)
        .trim();
      if (data.length > 0) yield { id, data: data.join("\n") };
    }
  }
}

/** All of them, once the stream is over. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const messageSchema = z.object({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.looseObject({ content: z.array(z.looseObject({ text: z.string().optional() })).optional() }).optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});
export type Message = z.infer<typeof messageSchema>;

/** All JSON-RPC messages of a response, whether JSON or events. */
export async function messagesOf(response: Response): Promise<Message[]> {
  if (response.headers.get("content-type") === "application/json") return [messageSchema.parse(await response.json())];
  const messages: Message[] = [];
  for await (const { data } of eventsOf(response))
    if (data !== "") messages.push(messageSchema.parse(JSON.parse(data)));
  return messages;
}

/** The text of a tool's answer, the last message of the response; or its error. */
export async function answerOf(response: Response): Promise<string> {
  const last = (await messagesOf(response)).at(-1);
  return last?.result?.content?.[0]?.text ?? last?.error?.message ?? JSON.stringify(last);
}

/** Waits until `holds`; a test that waits in vain fails by its timeout. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Whether a process is there; one that only waits to be collected is not. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
