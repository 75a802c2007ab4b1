// The response to a request that came in a frame: what node's own would write as HTTP goes out in frames, an answer that is whole in
// one. It has of node's response what Outgoing names, and changes nothing of what it is given.
import type { OutgoingHttpHeaders } from "node:http";
import { FRAME, type FrameWriter } from "../mcp/frames.ts";
import type { Outgoing } from "../mcp/outgoing.ts";

const NOTHING = Buffer.alloc(0);

/** What a relay looks at; what else an answer has is for clients of HTTP. */
type AnswerHead = { readonly status: number; readonly type?: string; readonly session?: string };

type Event = "close" | "drain" | "error";
type Listener = { readonly event: Event; readonly listener: () => void; readonly isOnce: boolean };

export class FramedAnswer implements Outgoing {
  statusCode = 0;
  headersSent = false;
  writableEnded = false;
  destroyed = false;
  closed = false;
  readonly #exchange: number;
  readonly #writer: FrameWriter;
  #head = "";
  #hasBegun = false;
  /** A few for each call: node's own EventEmitter takes longer to make than all else here. */
  #listeners: readonly Listener[] = [];

  constructor(exchange: number, writer: FrameWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
  }

  /** Of all answers on the connection: who does not read one reads none. */
  get writableLength(): number {
    return this.#writer.waitingBytes;
  }

  /** The answer is a stream that has begun and is not over. */
  get isStreaming(): boolean {
    return this.#hasBegun && !this.writableEnded && !this.destroyed;
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.headersSent = true;
    this.statusCode = status;
    this.#head = writeHeadText(status, headers);
    return this;
  }

  flushHeaders(): void {
    this.#begin();
  }

  write(chunk: string | Uint8Array, encoding?: BufferEncoding): boolean {
    if (this.writableEnded || this.destroyed) return false;
    this.#begin();
    return this.#writer.write(FRAME.piece, this.#exchange, "", bytesOf(chunk, encoding));
  }

  end(chunk: string | Uint8Array = NOTHING, encoding?: BufferEncoding): this {
    if (this.writableEnded || this.destroyed) return this;
    this.writableEnded = true;
    const body = bytesOf(chunk, encoding);
    if (this.#hasBegun) this.#writer.write(FRAME.ends, this.#exchange, "", body);
    else this.#writer.write(FRAME.answer, this.#exchange, this.#head, body);
    this.#close();
    return this;
  }

  /** Breaks the answer off where it is not over. */
  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    if (!this.writableEnded) this.#writer.write(FRAME.broken, this.#exchange, "");
    this.#close();
    return this;
  }

  /** Nobody waits for it any more. */
  giveUp(): void {
    this.destroyed = true;
    this.#close();
  }

  on(event: Event, listener: () => void): this {
    this.#listeners = [...this.#listeners, { event, listener, isOnce: false }];
    return this;
  }

  once(event: Event, listener: () => void): this {
    this.#listeners = [...this.#listeners, { event, listener, isOnce: true }];
    return this;
  }

  off(event: Event, listener: () => void): this {
    const at = this.#listeners.findLastIndex((one) => one.event === event && one.listener === listener);
    if (at !== -1) this.#listeners = this.#listeners.toSpliced(at, 1);
    return this;
  }

  /** The reader has caught up. */
  drained(): void {
    this.#emit("drain");
  }

  #emit(event: Event): void {
    const listeners = this.#listeners;
    if (listeners.some((one) => one.event === event && one.isOnce))
      this.#listeners = listeners.filter((one) => one.event !== event || !one.isOnce);
    for (const one of listeners) if (one.event === event) one.listener();
  }

  #begin(): void {
    if (this.#hasBegun || this.writableEnded || this.destroyed) return;
    this.#hasBegun = true;
    this.#writer.write(FRAME.begins, this.#exchange, this.#head);
  }

  /** Told when the turn is over, as node does: whoever ends an answer has then done what belongs to it. */
  #close(): void {
    if (this.closed) return;
    this.closed = true;
    queueMicrotask(() => {
      this.destroyed = true;
      this.#emit("close");
    });
  }
}

function writeHeadText(status: number, headers: OutgoingHttpHeaders): string {
  const { "content-type": type, "mcp-session-id": session } = headers;
  const head: AnswerHead = {
    status,
    ...(typeof type === "string" && { type }),
    ...(typeof session === "string" && { session }),
  };
  return JSON.stringify(head);
}

function bytesOf(chunk: string | Uint8Array, encoding: BufferEncoding = "utf8"): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}
