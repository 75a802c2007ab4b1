// One message of the gate's own over HTTP, such as its tools/list: collects the answer, from JSON or from a stream.
// Nothing of it reaches the client.
import type { Dispatcher } from "undici";
import type { AnswerHeaders } from "./http-headers.ts";
import { parseServerMessage, type ServerMessage } from "./jsonrpc.ts";
import { createSseReader, type SseReader } from "./sse.ts";
import type { OwnAnswer } from "./upstream.ts";
import { describeFault } from "./upstream-fault.ts";

/** What of an exchange is told besides its answer. */
export type OwnHooks = {
  /** The headers of an answer with success. */
  readonly onHeaders?: (headers: AnswerHeaders) => void;
  /** A message on the stream before the answer. */
  readonly onOther?: (message: ServerMessage) => void;
};

export class OwnExchange implements Dispatcher.DispatchHandler {
  readonly #id: string | undefined;
  readonly #maxBytes: number;
  readonly #done: (answer: OwnAnswer) => void;
  readonly #hooks: OwnHooks;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #reader: SseReader | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #started = false;
  #over = false;

  /**
   * @param id the request's id; undefined for a message that gets no answer, which is over when the server took it
   * @param maxBytes the longest answer
   */
  constructor(
    id: string | undefined,
    maxBytes: number,
    timeoutMs: number,
    done: (answer: OwnAnswer) => void,
    hooks: OwnHooks = {},
  ) {
    this.#hooks = hooks;
    this.#id = id;
    this.#maxBytes = maxBytes;
    this.#done = done;
    this.#timer = setTimeout(() => this.#fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("over"));
    else this.#started = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    if (status < 300) this.#hooks.onHeaders?.(headers);
    if (status === 404)
      this.#finish({ kind: "failed", problem: "it does not know the session", sessionLost: true, status });
    else if (status >= 300) this.#finish({ kind: "failed", problem: `it answered with HTTP status ${status}`, status });
    else if (this.#id === undefined) this.#finish({ kind: "answered", text: "" });
    else if (Array.isArray(headers["content-type"])) this.#fail("it answered with two content types");
    else if (headers["content-type"]?.toLowerCase().startsWith("text/event-stream"))
      this.#reader = createSseReader(this.#maxBytes);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#fail(`its answer is longer than ${this.#maxBytes} bytes`);
    else if (this.#reader === undefined) this.#chunks.push(chunk);
    else this.#readEvents(this.#reader, chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    if (this.#reader === undefined)
      this.#finish({ kind: "answered", text: Buffer.concat(this.#chunks).toString("utf8") });
    else this.#fail("it ended the stream without an answer");
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(describeFault(error, this.#started));
  }

  #readEvents(reader: SseReader, chunk: Buffer): void {
    const { events, problem } = reader.push(chunk);
    for (const { data } of events) {
      if (data === undefined) continue;
      const message = parseServerMessage(data);
      if (message.kind !== "response" || message.id !== this.#id) {
        this.#hooks.onOther?.(message);
        continue;
      }
      this.#finish({ kind: "answered", text: data });
      return;
    }
    if (problem !== undefined) this.#fail(problem);
  }

  #fail(problem: string): void {
    this.#finish({ kind: "failed", problem });
  }

  #finish(answer: OwnAnswer): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#done(answer);
    this.#controller?.abort(new Error("over"));
  }
}
