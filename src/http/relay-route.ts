// Where `regate stdio` comes in: it opens one connection with CONNECT, and on that its requests come in frames, side by side. Each
// is answered as if it had come over HTTP by itself: who asks is looked up for each, and each is judged. What is saved is HTTP.
import { type IncomingMessage, validateHeaderName, validateHeaderValue } from "node:http";
import type { Duplex } from "node:stream";
import { FRAME, type Frame, FrameReader, FrameWriter, headReader } from "../mcp/frames.ts";
import type { RequestHead } from "../mcp/outgoing.ts";
import { errorAnswer, TRANSPORT_CODE } from "../mcp/refusal.ts";
import { challengeOf } from "./auth.ts";
import { FramedAnswer } from "./framed-answer.ts";
import { answerBug, answerMcp, type McpRouteParts } from "./mcp-route.ts";
import { ALL_SERVERS } from "./resource.ts";

export type RelayRouteParts = McpRouteParts & {
  /** Longest body of a request. */
  readonly maxBodyBytes: number;
};

export interface RelayRoute {
  /** Takes a connection that asks with CONNECT, or refuses it and closes it. */
  take(incoming: IncomingMessage, socket: Duplex): void;
  /** From now on further requests belong on another connection: whoever has one here is told. */
  letGo(): void;
  /** Ends what waits for what may never come; resolves when all that was under way is over, or was cut after `patienceMs`. */
  stop(patienceMs: number): Promise<void>;
}

/** What a relay asks to be connected to. */
export const RELAY_TARGET = "relay.regate:1";
/** The server's key in the configuration, in a header of CONNECT; left out: all of them. */
export const SERVER_HEADER = "regate-server";
/** Answers that may be under way on one connection; a gate caps the calls of a session at far fewer. */
const MAX_EXCHANGES = 4_096;
/** A relay that leaves so much unread is not read from. */
const MAX_UNREAD_BYTES = 1_048_576;
const LINGER_MS = 5_000;
const METHODS: readonly unknown[] = ["POST", "GET", "DELETE"];

type Connection = { letGo(): void; endListening(): void };

export function createRelayRoute(parts: RelayRouteParts): RelayRoute {
  const sockets = new Set<Duplex>();
  const connections = new Set<Connection>();
  /** Called where stop waits, and a socket is closed. */
  let onClosed: (() => void) | undefined;
  let lettingGo = false;

  async function admit({ headers, rawHeaders, url }: IncomingMessage, socket: Duplex): Promise<void> {
    if (url !== RELAY_TARGET) return refuse(socket, 404, "CONNECT leads to regate stdio's own entry alone");
    const misplaced = parts.originCheck(headers);
    if (misplaced !== undefined) return refuse(socket, misplaced.status, misplaced.problem);
    const named = headers[SERVER_HEADER];
    const server = typeof named === "string" ? named : ALL_SERVERS;
    // who may ask nothing need not be listened to
    const caller = await parts.authenticator({ headers, rawHeaders }, server);
    if (caller.kind === "refused") return refuse(socket, caller.status, caller.problem, challengeOf(caller));
    if (socket.destroyed) return;
    socket.write(`HTTP/1.1 200 Connected\r\nregate-instance: ${parts.instance}\r\n\r\n`);
    const connection = serve(parts, server, socket);
    connections.add(connection);
    if (lettingGo) connection.letGo();
    socket.once("close", () => connections.delete(connection));
  }

  return {
    take(incoming, socket) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => {
        sockets.delete(socket);
        onClosed?.();
      });
      admit(incoming, socket).catch((error: unknown) => {
        parts.log(`internal error: ${String(error)}`, "error");
        socket.destroy();
      });
    },
    letGo() {
      lettingGo = true;
      for (const connection of connections) connection.letGo();
    },
    stop(patienceMs) {
      return new Promise((resolve) => {
        const cut = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, patienceMs);
        onClosed = () => {
          if (sockets.size > 0) return;
          clearTimeout(cut);
          resolve();
        };
        lettingGo = true;
        for (const connection of connections) {
          connection.letGo();
          connection.endListening();
        }
        onClosed();
      });
    },
  };
}

/** Answers what comes on one connection, until it ends. */
function serve(parts: RelayRouteParts, server: string, socket: Duplex): Connection {
  const writer = new FrameWriter(socket);
  const reader = new FrameReader(parts.maxBodyBytes);
  const readHead = headReader(requestHeadOf);
  const answers = new Map<number, FramedAnswer>();
  const listening = new Set<FramedAnswer>();
  let isLast = false;

  function begin({ exchange, head, body }: Frame): void {
    if (answers.has(exchange) || answers.size >= MAX_EXCHANGES) throw new Error("no more exchanges here");
    const { method, headers, headersDistinct, rawHeaders } = readHead(head);
    const answer = new FramedAnswer(exchange, writer);
    answers.set(exchange, answer);
    if (method === "GET") listening.add(answer);
    answer.once("close", () => {
      answers.delete(exchange);
      listening.delete(answer);
    });
    const incoming = { method, headers, headersDistinct, rawHeaders, framed: true, body } as const;
    answerMcp(parts, server, incoming, answer).catch((error: unknown) => answerBug(parts, answer, error));
  }

  function take(frame: Frame): void {
    if (frame.kind === FRAME.request) begin(frame);
    else if (frame.kind === FRAME.givenUp) answers.get(frame.exchange)?.giveUp();
    else throw new Error("a relay sends no such frame");
  }

  socket.on("data", (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) take(frame);
    } catch {
      // the rest can't be read, and what was begun has no reader
      socket.destroy();
    }
    if (writer.waitingBytes > MAX_UNREAD_BYTES) socket.pause();
  });
  socket.on("drain", () => {
    socket.resume();
    for (const answer of answers.values()) answer.drained();
  });
  // who says no more waits for no more: a relay that was killed looks like that
  socket.on("end", () => socket.destroy());
  socket.once("close", () => {
    for (const answer of answers.values()) answer.giveUp();
  });
  return {
    letGo() {
      if (isLast) return;
      isLast = true;
      // the relay ends the connection when it has its answers: what it sent before it knew is answered too
      writer.write(FRAME.last, 0, "");
    },
    endListening() {
      for (const answer of listening) answer.end();
    },
  };
}

/** @throws Error where the head is no request's */
function requestHeadOf(head: unknown): RequestHead {
  const { method, headers } = Object(head);
  if (!METHODS.includes(method)) throw new Error("no such method");
  const entries = Object.entries(Object(headers)).map(([name, value]): [string, string] => {
    validateHeaderName(name);
    if (typeof value !== "string" || name !== name.toLowerCase()) throw new Error("no header");
    validateHeaderValue(name, value);
    return [name, value];
  });
  return {
    method,
    headers: Object.fromEntries(entries),
    headersDistinct: Object.fromEntries(entries.map(([name, value]) => [name, [value]])),
    rawHeaders: entries.flat(),
  };
}

function refuse(socket: Duplex, status: number, problem: string, headers: Readonly<Record<string, string>> = {}): void {
  const text = errorAnswer("null", TRANSPORT_CODE, problem);
  const lines = Object.entries({
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join("")}\r\n${text}`);
  // whoever closes on unread bytes resets the connection, and the refusal may never be read
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
