// The least MCP server over Streamable HTTP that a gate can stand in front of: it answers at once, so that what is
// measured is what stands before it. Prints its URL.
import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { answerTo } from "./upstream-answers.ts";

/** A tools/call with this text is answered by a stream of so many events of a megabyte each. */
const STREAM = /^stream (\d+)$/;

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    if (incoming.method !== "POST") {
      outgoing.writeHead(incoming.method === "DELETE" ? 200 : 405, { "content-length": 0 }).end();
      return;
    }
    const message = JSON.parse(Buffer.concat(chunks).toString());
    const streamed = STREAM.exec(message.params?.arguments?.text ?? "")?.[1];
    if (message.id === undefined) outgoing.writeHead(202, { "content-length": 0 }).end();
    else if (streamed === undefined) send(outgoing, message.method, answerTo(message));
    else stream(outgoing, Number(streamed), answerTo(message));
  });
});

function send(outgoing: ServerResponse, method: string, text: string): void {
  outgoing.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...(method === "initialize" && { "mcp-session-id": randomUUID() }),
  });
  outgoing.end(text);
}

function stream(outgoing: ServerResponse, events: number, answer: string): void {
  outgoing.writeHead(200, { "content-type": "text/event-stream" });
  const params = { progressToken: 1, progress: 1, message: "x".repeat(1_048_576) };
  const event = `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params })}\n\n`;
  let left = events;
  const write = (): void => {
    for (; left > 0; left -= 1) {
      if (!outgoing.write(event)) {
        left -= 1;
        outgoing.once("drain", write);
        return;
      }
    }
    outgoing.end(`data: ${answer}\n\n`);
  };
  write();
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  console.log(`http://127.0.0.1:${address.port}/mcp`);
});
