// One keep-alive HTTP/1.1 connection that sends whole requests and reads whole answers, one at a time: as little as can be, so
// that what is measured is what answers. It reads what the servers of these measurements send, and no more.
import { connect, type Socket } from "node:net";

export type Answer = { readonly status: number; readonly headers: string; readonly body: string };

const HEAD_END = "\r\n\r\n";
const FEW_BYTES = 65_536;

export class Connection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #size = 0;
  #settle: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  static open(url: URL): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** @param text head and body, as they go out */
  send(text: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(text);
    });
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#size += chunk.length;
    // a long answer is looked at again only when it may be whole
    if (this.#size > FEW_BYTES && !endsLikeAnAnswer(chunk)) return;
    const text = Buffer.concat(this.#received, this.#size).toString();
    const answer = readAnswer(text, this.#size);
    if (answer === undefined) return;
    this.#received = [];
    this.#size = 0;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = undefined;
  }
}

function endsLikeAnAnswer(chunk: Buffer): boolean {
  const last = chunk[chunk.length - 1];
  return last === 0x7d || last === 0x0a;
}

/** The answer, where all of it is there. @param size of the text in bytes */
function readAnswer(text: string, size: number): Answer | undefined {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const headers = text.slice(0, headEnd);
  const status = Number(headers.slice(9, 12));
  const rest = text.slice(headEnd + HEAD_END.length);
  const length = /^content-length: *(\d+)/im.exec(headers)?.[1];
  if (length !== undefined) {
    const wanted = Number(length);
    const isWhole = size - Buffer.byteLength(headers) - HEAD_END.length >= wanted;
    return isWhole ? { status, headers, body: rest } : undefined;
  }
  if (!/^transfer-encoding: *chunked/im.test(headers)) return { status, headers, body: "" };
  const body = joinChunks(rest);
  return body === undefined ? undefined : { status, headers, body };
}

/** Of ASCII, or chunks that end between characters; undefined where the last is missing. */
function joinChunks(text: string): string | undefined {
  let body = "";
  let bytes = Buffer.from(text);
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n");
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", 0, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return body;
    body += bytes.toString("utf8", lineEnd + 2, end);
    bytes = bytes.subarray(end + 2);
  }
}
