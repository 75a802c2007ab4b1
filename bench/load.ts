// Sends tools/call over a number of keep-alive connections, one call at a time on each, and checks every answer.
import { Connection } from "./connection.ts";
import { cpuUs } from "./processes.ts";

export type Target = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The process that is measured. */
  readonly pid: number;
};

export type Load = {
  readonly callsPerSecond: number;
  /** Microseconds of the median call, and of the slowest but one in a hundred. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Microseconds of the processor that the target's process took for one call. */
  readonly cpuUs: number;
};

export type Calls = {
  readonly tool: string;
  readonly connections: number;
  /** How many in all. */
  readonly calls: number;
  /** The text that call `index` sends and must get back. */
  readonly textOf?: (index: number) => string;
  /** The session of call `index`; that of the target's headers, where it is left out. */
  readonly sessionOf?: (index: number) => string;
};

export async function load(target: Target, given: Calls): Promise<Load> {
  const { tool, connections, calls, textOf = textOfCall, sessionOf } = given;
  const url = new URL(target.url);
  const { "mcp-session-id": _, ...others } = target.headers;
  const head = headOf(url, target.headers);
  const headIn = (session: string): string => headOf(url, { ...others, "mcp-session-id": session });
  const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(url)));
  const times = new Float64Array(calls);
  let next = 0;

  async function run(connection: Connection): Promise<void> {
    for (let index = next++; index < calls; index = next++) {
      const text = textOf(index);
      const request = `${sessionOf === undefined ? head : headIn(sessionOf(index))}${bodyOf(index, tool, text)}`;
      const started = performance.now();
      const answer = await connection.send(request);
      times[index] = (performance.now() - started) * 1_000;
      checkAnswer(target.url, answer.body, index, text);
    }
  }

  const cpuBefore = cpuUs(target.pid);
  const started = performance.now();
  await Promise.all(opened.map(run));
  const seconds = (performance.now() - started) / 1_000;
  const cpu = cpuUs(target.pid) - cpuBefore;
  for (const connection of opened) connection.close();
  times.sort();
  const at = (share: number): number => times[Math.min(calls - 1, Math.floor(calls * share))] ?? Number.NaN;
  return { callsPerSecond: calls / seconds, p50Us: at(0.5), p99Us: at(0.99), cpuUs: cpu / calls };
}

/** One tools/call, whole, as it goes out. */
export function requestOf({ url, headers }: Target, id: number, tool: string, text: string): string {
  return `${headOf(new URL(url), headers)}${bodyOf(id, tool, text)}`;
}

function textOfCall(index: number): string {
  return `call ${index}`;
}

/** All of a request but the value of its content-length and what follows. */
function headOf(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${url.pathname} HTTP/1.1\r\n${lines.join("")}content-length: `;
}

function bodyOf(id: number, tool: string, text: string): string {
  const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}","arguments":{"text":${JSON.stringify(text)}}}}`;
  return `${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Whether it is the one answer to this call, whole or as the one event of a stream. */
function checkAnswer(url: string, body: string, id: number, text: string): void {
  const quoted = JSON.stringify(text);
  if (body === `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":${quoted}}]}}`) return;
  const event = /^data: ?(.*)$/m.exec(body)?.[1];
  try {
    const message = JSON.parse(event ?? body);
    if (message.id === id && message.result.isError !== true && message.result.content[0].text === text) return;
  } catch {
    // said below
  }
  throw new Error(`${url} answered ${body.slice(0, 300)}`);
}

/** Opens a legacy session and gives the headers that belong to it. */
export async function openSession({ url, pid }: { readonly url: string; readonly pid: number }): Promise<Target> {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "1.0.0" } };
  const post = (message: unknown, more = {}) =>
    fetch(url, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(message) });
  const answer = await post({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  if (!answer.ok) throw new Error(`${url}: initialize was answered with ${answer.status}: ${await answer.text()}`);
  await answer.text();
  const id = answer.headers.get("mcp-session-id");
  const session = { ...(id !== null && { "mcp-session-id": id }), "mcp-protocol-version": "2025-06-18" };
  await (await post({ jsonrpc: "2.0", method: "notifications/initialized" }, session)).text();
  return { url, pid, headers: { ...headers, ...session } };
}
