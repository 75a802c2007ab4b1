// The HTTP server of a soak: `upstream.mjs EFFECTS PORT`. A call says itself how it is to go wrong. Session ids of an earlier run
// of this server are unknown to it. Prints its URL.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { answerTo, openEffects, readCall, resultOf } from "./upstream-behaviour.mjs";

/** A call that hangs, and a stream, end some time: a soak is not there to fill the gate with them. */
const HANG_MS = 4_000;
const [, , effectsFile = "", port = "0"] = process.argv;
const effect = openEffects(effectsFile);
const run = randomUUID();

const server = createServer((incoming, outgoing) => {
  outgoing.on("error", () => {});
  const session = incoming.headers["mcp-session-id"];
  if (session !== undefined && !session.startsWith(run)) return empty(outgoing, 404);
  if (incoming.method === "GET") return stand(outgoing);
  if (incoming.method !== "POST") return empty(outgoing, 200);
  const chunks = [];
  incoming.on("data", (chunk) => chunks.push(chunk));
  incoming.on("end", () => {
    const message = JSON.parse(Buffer.concat(chunks).toString());
    if (message.id === undefined) empty(outgoing, 202);
    else if (message.method === "tools/call") carryOut(message, incoming.socket, outgoing);
    else send(outgoing, message, resultOf(message));
  });
});

function carryOut(message, socket, outgoing) {
  const call = readCall(message);
  const answer = () => send(outgoing, message, answerTo(message));
  if (call.fault === "before") return socket.destroy();
  if (call.fault === "slow") {
    setTimeout(() => {
      effect(call);
      answer();
    }, call.ms);
    return;
  }
  effect(call);
  switch (call.fault) {
    case "after":
      return socket.destroy();
    case "middle":
      outgoing.writeHead(200, { "content-type": "application/json", "content-length": 10_000 });
      outgoing.write('{"jsonrpc":"2.0",');
      setTimeout(() => socket.destroy(), 20);
      return;
    case "hang":
      setTimeout(() => socket.destroy(), HANG_MS).unref();
      return;
    case "status":
      return empty(outgoing, 500);
    case "garbage":
      return outgoing.writeHead(200, { "content-type": "application/json" }).end("this is not JSON");
    case "wrong-id":
      return send(outgoing, { ...message, id: "nobody-asked" }, answerTo(message));
    case "events":
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.write(
        'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}\n\n',
      );
      setTimeout(() => outgoing.end(`data: ${toText(message, answerTo(message))}\n\n`), call.ms);
      return;
    default:
      return answer();
  }
}

function stand(outgoing) {
  outgoing.writeHead(200, { "content-type": "text/event-stream" });
  outgoing.write(": open\n\n");
}

function toText({ id }, result) {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

function send(outgoing, message, result) {
  const text = toText(message, result);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const session = message.method === "initialize" && { "mcp-session-id": `${run}-${randomUUID()}` };
  outgoing.writeHead(200, { ...headers, ...session }).end(text);
}

function empty(outgoing, status) {
  outgoing.writeHead(status, { "content-length": 0 }).end();
}

server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
