// The HTTP answer to one POSTed request: plain JSON, or an event stream on which the server's other messages come first.
// It decides the form and writes it; which messages belong here is decided in stdio-session.ts.
import type { OutgoingHttpHeaders } from "node:http";
import type { Era } from "./message-headers.ts";
import type { Outgoing } from "./outgoing.ts";
import { answerJson, statusOfAnswer } from "./stdio-answers.ts";
import { type EventStream, hasRoom, KEEP_ALIVE_MS } from "./stdio-streams.ts";

export type ReplyForm =
  /** The client takes no event stream: the answer alone. */
  | "json"
  /** An event stream at once: the legacy way, which clients can resume. */
  | "stream"
  /** JSON where the answer is the first that the server says, else an event stream: status and headers may depend on it. */
  | "first";

export type ReplyOptions = {
  readonly outgoing: Outgoing;
  readonly form: ReplyForm;
  readonly era: Era;
  /** The request lacks what every request of the modern era carries. */
  readonly incomplete: boolean;
  readonly stream: EventStream;
  /** Whether the client can read an event id without data (2025-11-25 and later). */
  readonly primed: boolean;
  /** The session's header; called when the answer begins, and not for an error that is the whole answer. */
  readonly sessionHeaders: () => OutgoingHttpHeaders;
};

export class Reply {
  readonly #options: ReplyOptions;
  #patience: NodeJS.Timeout | undefined;

  constructor(options: ReplyOptions) {
    this.#options = options;
  }

  /** The request is on its way to the server: the answer may begin. */
  begin(): void {
    if (this.#options.form === "stream") this.#open();
    if (this.#options.form !== "first") return;
    // A silent server must not run into the client's header timeout.
    this.#patience = setTimeout(() => this.#open(), KEEP_ALIVE_MS);
    this.#patience.unref();
  }

  get stream(): EventStream {
    return this.#options.stream;
  }

  /** Whether a client is connected, here or where it resumed. */
  get attended(): boolean {
    return !this.#options.outgoing.closed || this.#options.stream.attached;
  }

  /** Whether a message that is not the answer can reach the client here and now. */
  get takesMessages(): boolean {
    const { form, outgoing, stream } = this.#options;
    return form !== "json" && (outgoing.headersSent ? stream.attached : !outgoing.destroyed);
  }

  /** Sends a message that comes before the answer. */
  async tell(text: string): Promise<void> {
    this.#open();
    await this.#options.stream.send(text);
  }

  /** Sends the answer and ends. `errorCode` is the JSON-RPC error's, where the answer is one. */
  async answer(text: string, errorCode: number | undefined): Promise<void> {
    const { outgoing, era, incomplete, stream } = this.#options;
    clearTimeout(this.#patience);
    if (!outgoing.headersSent && !outgoing.destroyed) {
      const headers = errorCode === undefined ? this.#options.sessionHeaders() : {};
      answerJson(outgoing, statusOfAnswer(era, errorCode, incomplete), text, headers);
      return await hasRoom(outgoing, stream.settings);
    }
    await stream.finish(text);
  }

  /** Ends without an answer: the client said that it wants none. `text` goes to a client that waits for JSON. */
  abandon(text: string): void {
    const { outgoing, stream } = this.#options;
    clearTimeout(this.#patience);
    if (outgoing.headersSent) stream.end();
    else answerJson(outgoing, 200, text);
  }

  #open(): void {
    const { outgoing, stream, primed, sessionHeaders } = this.#options;
    clearTimeout(this.#patience);
    if (outgoing.headersSent || outgoing.destroyed) return;
    stream.attach(outgoing, sessionHeaders(), primed);
  }
}
