// How a server stops without breaking what is under way: answers that have begun come to their end, streams that have none are
// ended with the word when to come back, connections close behind them. What takes too long is cut.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Told to whoever listened on a stream: by then another gate, or this one again, takes it. */
const RETRY_MS = 1_000;
const LAST_WORD = `retry: ${RETRY_MS}\n\n`;
/** So often is looked whether a connection has become idle. */
const LOOK_MS = 20;
/** For the last word of a stream that is cut to reach its client. */
const CUT_MS = 100;

export interface Drain {
  /** To be told of each request before it is answered. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): void;
  /** From now on no connection is kept for further requests: whoever wants one opens it anew, and may find another gate. */
  letGo(): void;
  /** Takes no more connections; resolves when all that was under way is over, or was cut after `patienceMs`. */
  stop(server: Server, patienceMs: number): Promise<void>;
}

export function createDrain(): Drain {
  /**
   * Answers that are not over, by connection. Connections last: a table that answers come into and go from leaves tables behind
   * that keep them alive for the garbage collector, which took a fifth of the gate's time.
   */
  const open = new Map<Socket, ServerResponse[]>();
  let lettingGo = false;

  function endStreams(which: (isListening: boolean) => boolean): void {
    for (const outgoing of [...open.values()].flat()) {
      // those to a GET wait for what may never come
      if (!which(outgoing.req.method === "GET") || !isStream(outgoing)) continue;
      // whoever still writes to it comes too late, which is no error here
      outgoing.on("error", () => {});
      outgoing.end(LAST_WORD);
    }
  }

  function letGo(): void {
    lettingGo = true;
    for (const outgoing of [...open.values()].flat()) outgoing.shouldKeepAlive = false;
  }

  return {
    begin({ socket }, outgoing) {
      let answers = open.get(socket);
      if (answers === undefined) {
        answers = [];
        open.set(socket, answers);
        socket.once("close", () => open.delete(socket));
      }
      const own = answers;
      own.push(outgoing);
      outgoing.once("close", () => own.splice(own.indexOf(outgoing), 1));
      if (lettingGo) outgoing.shouldKeepAlive = false;
    },
    letGo,
    stop(server, patienceMs) {
      letGo();
      return new Promise((resolve) => {
        const look = setInterval(() => {
          server.closeIdleConnections();
          // one may have begun since
          endStreams((isListening) => isListening);
        }, LOOK_MS);
        const cut = setTimeout(() => {
          endStreams(() => true);
          setTimeout(() => server.closeAllConnections(), CUT_MS).unref();
        }, patienceMs);
        server.close(() => {
          clearInterval(look);
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
        endStreams((isListening) => isListening);
      });
    },
  };
}

/** Of an answer that has a header which was set by itself, as all of the gate's have: else node doesn't know what was written. */
function isStream(outgoing: ServerResponse): boolean {
  const type = outgoing.headersSent && !outgoing.writableEnded ? outgoing.getHeader("content-type") : undefined;
  return String(type).startsWith("text/event-stream");
}
