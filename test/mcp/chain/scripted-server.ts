// A bare HTTP server that keeps every byte it gets and answers as each test says: what stands upstream in the tests of the
// HTTP chain. It knows no MCP of its own.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { type Message, parseMessage } from "../../e2e/harness-wire.ts";

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body where it is JSON; else an empty message. */
  readonly message: Message;
};

export type Script = (received: Received, response: ServerResponse, incoming: IncomingMessage) => unknown;

export type ScriptedServer = {
  readonly url: URL;
  readonly received: Received[];
  /** The bodies of all POSTs of this method, as they came. */
  bodiesOf(method: string): string[];
  /** The first request that matches, of those that came and those to come. */
  until(matches: (received: Received) => boolean): Promise<Received>;
  stop(): Promise<void>;
};

export async function startScriptedServer(script: Script, port = 0): Promise<ScriptedServer> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (incoming, response) => {
    incoming.on("error", () => {});
    const body = await buffer(incoming).catch(() => undefined);
    if (body === undefined) return;
    const { method = "", url: path = "", headers } = incoming;
    const request: Received = { method, path, headers, body, message: parse(body) };
    received.push(request);
    for (const look of waiting) look();
    await script(request, response, incoming);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return {
    url: new URL(`http://127.0.0.1:${bound}/upstream?tenant=7`),
    received,
    bodiesOf: (method) => received.filter(({ message }) => message.method === method).map(({ body }) => String(body)),
    until: (matches) =>
      new Promise((resolve) => {
        const look = () => {
          const found = received.find(matches);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    stop,
  };
}

function parse(body: Buffer): Message {
  try {
    return parseMessage(body.toString("utf8"));
  } catch {
    return {};
  }
}

/** Answers with one JSON text, as it is. */
export function answerText(response: ServerResponse, text: string | Buffer, more: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...more });
  response.end(text);
}

/** Answers `received` with a result, given as JSON text. */
export function answerResult({ body }: Received, response: ServerResponse, resultText: string): void {
  // the id as it came: a parse would round it
  const idText = /"id"\s*:\s*("(?:[^"\\]|\\.)*"|[-0-9.]+)/.exec(body.toString("utf8"))?.[1] ?? "null";
  answerText(response, `{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`);
}

/** Begins an event stream; what is written to it goes out at once. */
export function beginEvents(response: ServerResponse, more: Record<string, string> = {}): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream", ...more });
  response.flushHeaders();
  return response;
}
