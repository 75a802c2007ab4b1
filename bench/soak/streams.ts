// Idle event streams, as many as are asked for: opened on a gate at the start of a soak, held to its end, and counted then.
import { request } from "undici";
import type { SoakGate } from "./gate.ts";

const STREAMS_PER_SESSION = 20;
const AT_ONCE = 50;

export type IdleStreams = {
  readonly opened: number;
  /** Why others could not be opened. */
  readonly problem: string | undefined;
  /** How many are open still. */
  open(): number;
  close(): void;
};

export async function openIdleStreams(gate: SoakGate, apiKey: string, wanted: number): Promise<IdleStreams> {
  const url = `${gate.url}/mcp/quiet`;
  const authorization = `Bearer ${apiKey}`;
  const leaving = new AbortController();
  let [opened, open] = [0, 0];
  let problem: string | undefined;
  let session: string | undefined;

  async function initialize(): Promise<string> {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "idle", version: "1" } };
    const answer = await request(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }),
    });
    const text = await answer.body.text();
    const id = answer.headers["mcp-session-id"];
    if (typeof id !== "string") throw new Error(`initialize was answered ${answer.statusCode}: ${text}`);
    return id;
  }

  async function openOne(id: string): Promise<void> {
    const headers = {
      authorization,
      accept: "text/event-stream",
      "mcp-session-id": id,
      "mcp-protocol-version": "2025-11-25",
    };
    const answer = await request(url, {
      method: "GET",
      headers,
      signal: leaving.signal,
      bodyTimeout: 0,
      headersTimeout: 60_000,
    });
    if (answer.statusCode !== 200) throw new Error(`a stream was answered ${answer.statusCode}`);
    opened += 1;
    open += 1;
    answer.body
      .on("error", () => undefined)
      .once("close", () => {
        open -= 1;
      });
    answer.body.resume();
  }

  while (opened < wanted && problem === undefined) {
    try {
      session = opened % STREAMS_PER_SESSION === 0 || session === undefined ? await initialize() : session;
      const now = Math.min(AT_ONCE, STREAMS_PER_SESSION, wanted - opened);
      const id = session;
      await Promise.all(Array.from({ length: now }, () => openOne(id)));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return { opened, problem, open: () => open, close: () => leaving.abort() };
}
