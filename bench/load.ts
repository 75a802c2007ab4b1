// Sends tools/call over a number of keep-alive connections, one call at a time on each, and checks every answer.
import { Client } from "undici";

export type Target = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

export type Load = {
  readonly callsPerSecond: number;
  /** Microseconds of the median call. */
  readonly p50Us: number;
};

/** @param calls how many in all; each names `tool` and must come back with its own text */
export async function load(target: Target, tool: string, connections: number, calls: number): Promise<Load> {
  const { origin, pathname } = new URL(target.url);
  const clients = Array.from({ length: connections }, () => new Client(origin, { pipelining: 1 }));
  const times = new Float64Array(calls);
  let next = 0;

  async function run(client: Client): Promise<void> {
    for (let index = next++; index < calls; index = next++) {
      const text = `call ${index}`;
      const body = JSON.stringify({
        jsonrpc: "2.0",
        id: index,
        method: "tools/call",
        params: { name: tool, arguments: { text } },
      });
      const started = performance.now();
      const answer = await client.request({ method: "POST", path: pathname, headers: target.headers, body });
      const received = await answer.body.text();
      times[index] = (performance.now() - started) * 1_000;
      const expected = `{"jsonrpc":"2.0","id":${index},"result":{"content":[{"type":"text","text":"${text}"}]}}`;
      if (received !== expected) throw new Error(`${target.url} answered ${received.slice(0, 300)}`);
    }
  }

  const started = performance.now();
  await Promise.all(clients.map(run));
  const seconds = (performance.now() - started) / 1_000;
  await Promise.all(clients.map((client) => client.close()));
  times.sort();
  return { callsPerSecond: calls / seconds, p50Us: times[Math.floor(calls / 2)] ?? 0 };
}

/** Opens a legacy session and gives the headers that belong to it. */
export async function openSession(url: string): Promise<Target> {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "1.0.0" } };
  const post = (message: unknown, more = {}) =>
    fetch(url, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(message) });
  const answer = await post({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  if (!answer.ok) throw new Error(`${url}: initialize was answered with ${answer.status}: ${await answer.text()}`);
  await answer.text();
  const session = {
    "mcp-session-id": answer.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": "2025-06-18",
  };
  await (await post({ jsonrpc: "2.0", method: "notifications/initialized" }, session)).text();
  return { url, headers: { ...headers, ...session } };
}
