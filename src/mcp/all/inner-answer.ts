// The response of an endpoint within the gate: what would go to a client over HTTP is handed on message by message, as fast as
// whoever takes it is done with the one before. It judges and changes nothing.
import type { OutgoingHttpHeaders } from "node:http";
import { Writable } from "node:stream";
import type { Outgoing } from "../outgoing.ts";
import { createSseReader, type SseReader } from "../sse.ts";

export type InnerAnswerOptions = {
  /** Gets each message of a stream; the next one comes when it resolves. */
  readonly onMessage: (text: string) => Promise<void> | void;
  /** The answer is a stream, and begins. */
  readonly onStream?: () => void;
  /** Something that is no message: the other side is there. */
  readonly onAlive?: () => void;
};

/** Beyond what any endpoint hands on. */
const MAX_EVENT_BYTES = 67_108_864;

export class InnerAnswer extends Writable implements Outgoing {
  statusCode = 0;
  headers: OutgoingHttpHeaders = {};
  headersSent = false;
  isStream = false;
  /** Resolves when the exchange is over, however it ended. */
  readonly over: Promise<void>;
  /** Where a stream that broke can be resumed, and after how long, in milliseconds. */
  lastEventId: string | undefined;
  readonly #options: InnerAnswerOptions;
  readonly #chunks: Uint8Array[] = [];
  #reader: SseReader | undefined;

  constructor(options: InnerAnswerOptions) {
    super();
    this.#options = options;
    this.on("error", () => {});
    this.over = new Promise((resolve) => this.once("close", () => resolve()));
  }

  /** What it answered where it is no stream. */
  get body(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.headersSent = true;
    this.statusCode = status;
    this.headers = headers;
    this.isStream = String(headers["content-type"] ?? "").startsWith("text/event-stream");
    if (this.isStream) {
      this.#reader = createSseReader(MAX_EVENT_BYTES);
      this.#options.onStream?.();
    }
    return this;
  }

  flushHeaders(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    if (this.#reader === undefined) {
      this.#chunks.push(chunk);
      done();
    } else this.#take(this.#reader, chunk).then(() => done(), done);
  }

  async #take(reader: SseReader, chunk: Uint8Array): Promise<void> {
    const { events, problem } = reader.push(chunk);
    for (const { data, id } of events) {
      if (this.destroyed) return;
      if (id !== undefined) this.lastEventId = id === "" ? undefined : id;
      if (data === undefined || data === "") this.#options.onAlive?.();
      else await this.#options.onMessage(data);
    }
    if (problem !== undefined) throw new Error(problem);
  }
}
