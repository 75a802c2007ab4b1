// A client's requests to one process, from the POST to the end of its answer: sends the judged bytes, picks the form of
// the answer, and tells the server of clients that left or lost patience. Answers themselves come through stdio-inbound.ts.
import { type ClientRequest, INVALID_REQUEST } from "./jsonrpc.ts";
import type { Era } from "./message-headers.ts";
import { CLIENT_CAPABILITIES_KEY } from "./protocol-keys.ts";
import { errorAnswer, UPSTREAM_FAILED_CODE, upstreamError } from "./refusal.ts";
import { accepts, answerJson, sessionHeaders, whenOver } from "./stdio-answers.ts";
import type { Started } from "./stdio-child.ts";
import { cancellation, type Flight, type Flights, isSubscription } from "./stdio-flights.ts";
import type { ReplayLog } from "./stdio-replay.ts";
import { Reply } from "./stdio-reply.ts";
import type { IdKey } from "./stdio-route.ts";
import { EventStream, type StreamSettings } from "./stdio-streams.ts";
import type { Exchange, PostExchange } from "./upstream.ts";

export type RequestsOptions = {
  /** The server's name, for messages. */
  readonly server: string;
  readonly era: Era;
  /** What a client is given as the session's id, before the gate seals it. */
  readonly sessionId: string;
  readonly flights: Flights;
  /** Where clients can resume answers; undefined where they can't. */
  readonly events: ReplayLog | undefined;
  readonly settings: StreamSettings;
  /** How long the server may say nothing to a request; undefined: as long as the client waits. */
  readonly answerTimeoutMs: number | undefined;
  /** How long it may take to answer one, whatever it says meanwhile; undefined: as long as it says something. */
  readonly totalTimeoutMs?: number | undefined;
  readonly started: Promise<Started>;
  /** Whether the client of this exchange can read an event without data. */
  readonly isPrimed: (exchange: Exchange) => boolean;
  /** The session was not opened, and nobody can ever use it; as in "its client left". */
  readonly onUnopened: (because: string) => void;
};

export class Requests {
  readonly #options: RequestsOptions;
  #streams = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Sends the request and answers it; resolves when the exchange is over. */
  async send(exchange: PostExchange, request: ClientRequest): Promise<void> {
    const { outgoing } = exchange;
    const { flights, started, server } = this.#options;
    const refusal = flights.refusal(request);
    if (refusal !== undefined) {
      exchange.onNothingWritten();
      return answerJson(outgoing, 400, errorAnswer(request.idText, INVALID_REQUEST, refusal));
    }
    const flight = flights.add(exchange, request, this.#replyTo(exchange, request));
    outgoing.once("close", () => this.#onClientGone(flight));
    if (outgoing.destroyed) this.#onClientGone(flight);
    const start = await started;
    const stopped = exchange.stopped?.();
    if (flight.state === "waiting" && stopped !== undefined) {
      flights.remove(flight);
      await refuse(flight, stopped);
    } else if (flight.state === "waiting") {
      const written = start.kind === "started" ? start.child.send(exchange.body) : start;
      if (written.kind === "written") this.#expectAnswer(flight);
      else {
        flights.remove(flight);
        await refuse(flight, upstreamError(request.idText, server, written.problem));
      }
    }
    await whenOver(outgoing);
  }

  /** The client says that it no longer waits; the server has been told. */
  cancel(key: IdKey): void {
    const { flights, server } = this.#options;
    const flight = flights.byKey(key);
    if (flight?.state !== "sent" || this.#opensSession(flight.request)) return;
    flights.cancel(flight);
    flight.reply.abandon(upstreamError(flight.request.idText, server, "the request was cancelled"));
  }

  /** The process is gone: everyone who waits is told so. */
  async end(problem: string): Promise<void> {
    const told = this.#options.flights.drain().map(async (flight) => {
      const text = upstreamError(flight.request.idText, this.#options.server, problem);
      if (flight.state === "waiting") await refuse(flight, text);
      if (flight.state === "sent") await flight.reply.answer(text, UPSTREAM_FAILED_CODE);
      flight.state = "answered";
    });
    await Promise.all(told);
  }

  #replyTo(exchange: PostExchange, request: ClientRequest): Reply {
    const { era, events, settings, sessionId, isPrimed } = this.#options;
    const { outgoing, incoming } = exchange;
    const opens = this.#opensSession(request);
    const streams = accepts(incoming.headers.accept, "text/event-stream");
    const json = accepts(incoming.headers.accept, "application/json");
    const resumable = era === "legacy" && !opens && incoming.framed !== true;
    const atOnce = !json || resumable;
    this.#streams += 1;
    return new Reply({
      outgoing,
      form: streams ? (atOnce ? "stream" : "first") : "json",
      era,
      incomplete: request.meta?.[CLIENT_CAPABILITIES_KEY] === undefined,
      stream: new EventStream(
        `p${this.#streams}`,
        streams && atOnce && incoming.framed !== true ? events : undefined,
        settings,
      ),
      primed: isPrimed(exchange),
      sessionHeaders: () =>
        opens ? { "mcp-session-id": exchange.issueSessionId(sessionId) } : sessionHeaders(incoming),
    });
  }

  #expectAnswer(flight: Flight): void {
    const { flights, answerTimeoutMs, totalTimeoutMs, server } = this.#options;
    flight.state = "sent";
    flight.reply.begin();
    if (isSubscription(flight.request)) return;
    const late = (withinMs: number) => () => {
      const problem = `it did not answer within ${withinMs / 1000} s`;
      if (this.#opensSession(flight.request)) return this.#options.onUnopened(problem);
      void this.#giveUp(flight, problem);
      void flight.reply.answer(upstreamError(flight.request.idText, server, problem), UPSTREAM_FAILED_CODE);
    };
    if (answerTimeoutMs !== undefined) flights.expect(flight, answerTimeoutMs, late(answerTimeoutMs));
    if (totalTimeoutMs !== undefined) flights.limit(flight, totalTimeoutMs, late(totalTimeoutMs));
  }

  /** A client that can come back for its answer is awaited; for any other the server need not go on. */
  #onClientGone(flight: Flight): void {
    if (flight.state === "answered") return;
    if (flight.state === "waiting") {
      flight.exchange.onNothingWritten();
      flight.state = "answered";
      this.#options.flights.remove(flight);
    }
    if (this.#opensSession(flight.request)) this.#options.onUnopened("its client left");
    else if (flight.state === "sent" && !flight.reply.stream.resumable)
      void this.#giveUp(flight, "the client disconnected");
  }

  async #giveUp(flight: Flight, reason: string): Promise<void> {
    const { flights, started } = this.#options;
    flights.cancel(flight);
    const start = await started;
    if (start.kind === "started")
      start.child.send(Buffer.from(cancellation(flight.request.idText, reason, flight.request.meta)));
  }

  #opensSession(request: ClientRequest): boolean {
    return this.#options.era === "legacy" && request.method === "initialize";
  }
}

/** Not one byte of the request was written, nor will be. */
async function refuse(flight: Flight, text: string): Promise<void> {
  flight.state = "answered";
  flight.exchange.onNothingWritten();
  await flight.reply.answer(text, UPSTREAM_FAILED_CODE);
}
