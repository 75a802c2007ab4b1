// Relays one answer of an HTTP upstream to the client: a stream event by event as it comes, anything else in one write.
// Every message passes the screen first. What is not screened does not reach the client; what can't be read is an error.
import type { Dispatcher } from "undici";
import { EventPump } from "./event-pump.ts";
import { type AnswerHeaders, clientHeaders, readContentType } from "./http-headers.ts";
import type { ClientRequest } from "./jsonrpc.ts";
import type { Outgoing } from "./outgoing.ts";
import { PacedWriter } from "./paced-writer.ts";
import { upstreamError } from "./refusal.ts";
import { showable } from "./showable.ts";
import type { Exchange, PostExchange } from "./upstream.ts";
import { describeFault } from "./upstream-fault.ts";
import { isAnswerTo, screenWhole, type WholeAnswer } from "./whole-answer.ts";
import { endWith, writeJson } from "./write-answer.ts";

export type AnswerRelayOptions = {
  readonly exchange: Exchange;
  /** The same exchange where it is a POST: its request must get an answer. */
  readonly post: PostExchange | undefined;
  readonly server: string;
  /** How long an answer that is no stream may take, once it has begun, and how long a stream may say nothing to a request. */
  readonly answerTimeoutMs: number;
  /** How long a stream may take to answer a request, whatever it says meanwhile; undefined: as long as it says something. */
  readonly totalTimeoutMs?: number | undefined;
  readonly maxAnswerBytes: number;
  readonly log: (line: string) => void;
  /** Answers a request of the server's that the screen refused. */
  readonly reply: (exchange: Exchange, text: string) => Promise<void>;
  /** Called once, when the exchange is over; with the server's status where it answered. */
  readonly over: (status: number | undefined) => void;
};

/** `whole`: held until it is whole, then screened. */
type Mode = "waiting" | "whole" | "events" | "over";

/** Its stream is open for as long as the client wants. */
const LISTENING = "subscriptions/listen";
const GONE = new Error("the client went away");

export class AnswerRelay implements Dispatcher.DispatchHandler {
  readonly #options: AnswerRelayOptions;
  readonly #outgoing: Outgoing;
  /** What was POSTed, where it is a request. */
  readonly #request: ClientRequest | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #mode: Mode = "waiting";
  #started = false;
  #ended = false;
  #status: number | undefined;
  #headers: Record<string, string | string[]> = {};
  #json = false;
  #chunks: Buffer[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #total: NodeJS.Timeout | undefined;
  #pump: EventPump | undefined;
  #answered = false;
  #keptBack: string | undefined;
  /** Resolves when the answers to the server's refused requests so far are delivered, or could not be. */
  #replied: Promise<void> = Promise.resolve();

  /** The client must still be there. */
  constructor(options: AnswerRelayOptions) {
    this.#options = options;
    this.#outgoing = options.exchange.outgoing;
    this.#request = options.post?.message.kind === "request" ? options.post.message : undefined;
    this.#outgoing.on("close", () => {
      // a notification, a response or a DELETE takes effect though nobody waits for what comes back
      const awaited = this.#request !== undefined || options.exchange.incoming.method === "GET";
      if (this.#mode !== "waiting" || awaited) this.#abandon();
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#mode === "over") {
      controller.abort(GONE);
      return;
    }
    // it may have waited for a connection, or for credentials
    const stopped = this.#options.post?.stopped?.();
    if (stopped === undefined) this.#started = true;
    else this.#stop(stopped);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // 102 and 103 announce an answer, they are none
    if (this.#mode === "over" || status < 200) return;
    this.#status = status;
    if (this.#outgoing.destroyed) {
      this.#abandon();
      return;
    }
    const encoding = headers["content-encoding"];
    const contentType = headers["content-type"];
    if (Array.isArray(contentType)) {
      this.#fail("it answered with two content types");
      return;
    }
    const { type, charset = "utf-8" } = readContentType(contentType);
    if (status >= 300 && status < 400) this.#fail(`it answered with a redirect (${status}), which is not followed`);
    // it is the gate that it does not let in: nothing that a client could send helps
    else if (status === 401) this.#fail("it does not take the gate's credentials (401)");
    else if (encoding !== undefined && encoding !== "identity")
      this.#fail(`it answered with content-encoding ${showable(String(encoding))}`);
    else if (charset !== "utf-8" && status < 300) this.#fail(`it answered in charset ${showable(charset)}`);
    else if (!this.#takeHeaders(status, headers)) this.#fail("it answered with a session id that is no session id");
    else if (this.#request !== undefined && (status === 204 || status === 205)) this.#fail("its answer is empty");
    else if (type === "text/event-stream") this.#startEvents(controller, status);
    else if (!this.#isExpected(status, type)) this.#fail(`it answered with content type ${showable(type ?? "none")}`);
    else {
      this.#json = type === "application/json";
      this.#mode = "whole";
      // most answers are whole before anything else happens
      queueMicrotask(() => this.#startTimer());
    }
  }

  #startTimer(): void {
    if (this.#mode !== "whole" || this.#ended) return;
    const { answerTimeoutMs } = this.#options;
    this.#timer = setTimeout(() => this.#fail("it did not finish its answer in time"), answerTimeoutMs);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#mode === "events") this.#pump?.push(chunk);
    if (this.#mode !== "whole") return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const { maxAnswerBytes } = this.#options;
    if (this.#size > maxAnswerBytes) this.#fail(`its answer is longer than ${maxAnswerBytes} bytes`);
  }

  onResponseEnd(): void {
    this.#ended = true;
    if (this.#mode === "events") this.#pump?.end(undefined);
    else if (this.#mode === "whole") this.#finishWhole(this.#status ?? 0);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.#started) this.#options.post?.onNothingWritten();
    const problem = describeFault(error, this.#started);
    if (this.#mode === "events" && this.#pump !== undefined) this.#pump.end(problem);
    else this.#fail(problem, error.message);
  }

  /** Reads the answer's headers; false where its session id can't be sealed. */
  #takeHeaders(status: number, headers: AnswerHeaders): boolean {
    this.#headers = clientHeaders(headers);
    const upstreamId = headers["mcp-session-id"];
    if (upstreamId === undefined) return true;
    const { session, incoming } = this.#options.exchange;
    const { post } = this.#options;
    if (session.kind === "issued") {
      const own = incoming.headers["mcp-session-id"];
      if (upstreamId === session.upstreamId && own !== undefined) this.#headers["mcp-session-id"] = own;
    } else if (post !== undefined && this.#request?.method === "initialize" && status < 300) {
      if (typeof upstreamId !== "string") return false;
      try {
        this.#headers["mcp-session-id"] = post.issueSessionId(upstreamId);
      } catch {
        return false;
      }
    }
    return true;
  }

  /** Where a client looks for messages, no type may come that is not screened; an error's body is for people. */
  #isExpected(status: number, type: string | undefined): boolean {
    if (status >= 300) return true;
    if (this.#request !== undefined) return type === "application/json";
    return this.#options.exchange.incoming.method !== "GET" || status === 204;
  }

  #startEvents(controller: Dispatcher.DispatchController, status: number): void {
    const { exchange, maxAnswerBytes, server, log, reply } = this.#options;
    this.#outgoing.writeHead(status, this.#headers);
    this.#outgoing.flushHeaders();
    this.#mode = "events";
    const writer = new PacedWriter(this.#outgoing, controller);
    this.#pump = new EventPump({
      maxEventBytes: maxAnswerBytes,
      screen: exchange.screen,
      write: (bytes) => writer.write(bytes),
      delivered: (text) => {
        this.#timer?.refresh();
        this.#answered ||= this.#request !== undefined && isAnswerTo(this.#request, text);
      },
      dropped: (problem) => {
        // once for each stream: the server must not be able to fill the log
        if (this.#keptBack === undefined) log(`${server}: a message was kept back: ${problem}`);
        this.#keptBack ??= problem;
      },
      refused: (text) => {
        // one at a time, and nothing more is read meanwhile: each takes a connection, and the server can ask without end
        writer.hold();
        this.#replied = this.#replied.then(() => reply(exchange, text)).finally(() => writer.release());
      },
      pause: () => writer.hold(),
      resume: () => writer.release(),
      ended: (fault) => this.#finishEvents(fault),
    });
    if (this.#request !== undefined && this.#request.method !== LISTENING) this.#limitStream(this.#pump);
  }

  /** A request must get its answer: comments, or words without end, are none. */
  #limitStream(pump: EventPump): void {
    const { answerTimeoutMs, totalTimeoutMs } = this.#options;
    const silent = `it said nothing to the request for ${answerTimeoutMs / 1_000} s`;
    this.#timer = setTimeout(() => pump.end(silent), answerTimeoutMs);
    if (totalTimeoutMs === undefined) return;
    const late = `it did not answer within ${totalTimeoutMs / 1_000} s`;
    this.#total = setTimeout(() => pump.end(late), totalTimeoutMs);
  }

  /** A stream that ended before the answer: a client that got event ids resumes it, any other gets an error. */
  #finishEvents(fault: string | undefined): void {
    const { server, log } = this.#options;
    if (fault !== undefined) log(`${server}: ${fault}`);
    if (this.#request !== undefined && !this.#answered && this.#pump?.resumable !== true) {
      const problem = fault ?? this.#keptBack ?? "it ended the stream without an answer";
      this.#outgoing.write(`event: message\ndata: ${upstreamError(this.#request.idText, server, problem)}\n\n`);
    }
    this.#outgoing.end();
    this.#finish();
    this.#controller?.abort(new Error(fault ?? "over"));
  }

  #finishWhole(status: number): void {
    clearTimeout(this.#timer);
    const [only, another] = this.#chunks;
    const body = only !== undefined && another === undefined ? only : Buffer.concat(this.#chunks, this.#size);
    try {
      const whole = screenWhole({ status, isJson: this.#json, body }, this.#request, this.#options.exchange.screen);
      if (whole instanceof Promise)
        whole.then((screened) => this.#takeWhole(status, screened)).catch((error: unknown) => this.#failWhole(error));
      else this.#takeWhole(status, whole);
    } catch (error) {
      this.#failWhole(error);
    }
  }

  #failWhole(error: unknown): void {
    this.#fail("its answer could not be handed on", String(error));
  }

  #takeWhole(status: number, whole: WholeAnswer): void {
    if (this.#mode === "over") return;
    if (whole.kind === "fault") {
      this.#fail(whole.problem);
      return;
    }
    if (status !== 204) this.#headers["content-length"] = String(whole.body.length);
    this.#outgoing.writeHead(status, this.#headers);
    endWith(this.#outgoing, whole.body);
    this.#finish();
  }

  /** The upstream's fault, told to the client in one error; `detail` is for the log. */
  #fail(problem: string, detail?: string): void {
    if (this.#mode === "over") return;
    const { server, log } = this.#options;
    log(detail === undefined || detail === "" ? `${server}: ${problem}` : `${server}: ${problem}: ${showable(detail)}`);
    const status = this.#request === undefined ? 502 : 200;
    writeJson(this.#outgoing, status, upstreamError(this.#request?.idText ?? "null", server, problem));
    this.#status = undefined;
    this.#finish();
    this.#controller?.abort(new Error(problem));
  }

  /** What was to go out must not any more. */
  #stop(text: string): void {
    this.#options.log(`${this.#options.server}: a call was frozen before it went out`);
    writeJson(this.#outgoing, 200, text);
    this.#finish();
    this.#controller?.abort(new Error("it was frozen"));
  }

  /** The client went away: the server's side is over too. */
  #abandon(): void {
    if (this.#mode === "over") return;
    this.#finish();
    this.#controller?.abort(GONE);
  }

  #finish(): void {
    if (this.#mode === "over") return;
    this.#mode = "over";
    clearTimeout(this.#timer);
    clearTimeout(this.#total);
    this.#pump?.stop();
    this.#options.over(this.#status);
  }
}
