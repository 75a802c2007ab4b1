// One process of a stdio server, and what clients do with it: requests, notifications, answers, GET streams, and the gate's
// own requests. What the server says goes through stdio-inbound.ts; which process a client gets is decided in
// stdio-pool.ts. Whoever waits for an answer gets one when the process ends.
import { randomUUID } from "node:crypto";
import type { ClientNotification, ClientRequest } from "./jsonrpc.ts";
import type { Era } from "./message-headers.ts";
import { errorAnswer, UPSTREAM_FAILED_CODE } from "./refusal.ts";
import { answerEmpty, answerNoSession, answerNoStream, sessionHeaders, whenOver } from "./stdio-answers.ts";
import { type ChildOptions, type Started, startChild, type Written } from "./stdio-child.ts";
import { cancelledBy, type Flight, Flights } from "./stdio-flights.ts";
import { answerGet } from "./stdio-get.ts";
import { type Answer, Inbound } from "./stdio-inbound.ts";
import { ThrottledLog } from "./stdio-lines.ts";
import { Listeners } from "./stdio-listeners.ts";
import { OwnRequests } from "./stdio-own.ts";
import { ReplayLog } from "./stdio-replay.ts";
import { Requests } from "./stdio-requests.ts";
import type { Exchange, OwnAnswer, PostExchange, Screen } from "./upstream.ts";

/** The first protocol version whose clients can read an event without data. */
const FIRST_PRIMED_VERSION = "2025-11-25";
const REPLAYED_EVENTS = 1000;
const REPLAYED_CHARACTERS = 4 * 1024 * 1024;

export type SessionOptions = {
  /** The server's name, for messages. */
  readonly server: string;
  readonly child: ChildOptions;
  /** `legacy`: one MCP session; `modern`: requests of any of the principal's clients. */
  readonly era: Era;
  readonly principalId: string;
  /** How long the server may say nothing to a request; undefined: as long as the client waits. */
  readonly answerTimeoutMs: number | undefined;
  /** How long it may take to answer one, whatever it says meanwhile. */
  readonly totalTimeoutMs?: number | undefined;
  /** How long a client may leave a full connection unread. */
  readonly stallMs: number;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Nothing more can be sent. Called once; `unexpected` where it was not the gate that ended it. */
  readonly onEnd: (session: StdioSession, unexpected: boolean) => void;
};

export class StdioSession {
  readonly id = randomUUID();
  readonly era: Era;
  readonly startedAtMs: number;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #options: SessionOptions;
  readonly #started: Promise<Started>;
  readonly #flights = new Flights();
  readonly #requests: Requests;
  readonly #own = new OwnRequests((text) => this.#send(Buffer.from(text)));
  /** Legacy sessions only: what clients can resume, and the streams of their GETs. */
  readonly #events: ReplayLog | undefined;
  readonly #listeners: Listeners | undefined;
  /** As the server answered `initialize`. */
  #protocolVersion: string | undefined;
  /** Of the exchange begun last: it judges what concerns no request. */
  #screen: Screen | undefined;
  #lastUsedAtMs: number;
  #ended = false;

  /** Starts the process at once. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.era = options.era;
    this.startedAtMs = options.now();
    this.#lastUsedAtMs = this.startedAtMs;
    const noise = new ThrottledLog(options.log, options.now);
    const log = (line: string) => noise.write(line);
    if (options.era === "legacy") {
      this.#events = new ReplayLog(REPLAYED_EVENTS, REPLAYED_CHARACTERS);
      this.#listeners = new Listeners(this.#events, options, ({ idText }) => {
        log("dropped: a message for which no client listens");
        if (idText !== undefined) this.#tell(errorAnswer(idText, UPSTREAM_FAILED_CODE, "no client listens"));
      });
    }
    const inbound = new Inbound({
      server: options.server,
      flights: this.#flights,
      listeners: this.#listeners,
      takeOwn: (key, text) => this.#own.take(key, text),
      screen: () => this.#screen,
      send: (text) => this.#tell(text),
      onAnswered: (flight, answer) => this.#onAnswered(flight, answer),
      log,
    });
    this.#started = startChild(options.child, {
      onLine: (text) => (this.#ended ? Promise.resolve() : inbound.take(text)),
      onNoise: log,
      onEnd: (problem) => {
        if (!this.#ended) log(problem);
        this.#end(problem, true);
      },
    });
    this.#requests = new Requests({
      server: options.server,
      era: options.era,
      sessionId: this.id,
      flights: this.#flights,
      events: this.#events,
      settings: options,
      answerTimeoutMs: options.answerTimeoutMs,
      totalTimeoutMs: options.totalTimeoutMs,
      started: this.#started,
      isPrimed: (exchange) => this.#isPrimed(exchange),
      onUnopened: (because) => void this.stop(because),
    });
    this.gone = this.#started.then(async (started) => {
      if (started.kind === "started") await started.child.gone;
      else {
        log(started.problem);
        this.#end(started.problem, true);
      }
      noise.flush();
    });
  }

  /** Since when nobody waits for anything from this process, in the clock's milliseconds; undefined while somebody does. */
  get quietSinceMs(): number | undefined {
    const busy = this.#flights.attended || this.#own.waiting || this.#listeners?.attached === true;
    return busy ? undefined : this.#lastUsedAtMs;
  }

  /** Whether `request` can be told apart from every request that this process has still to answer. */
  takes(request: ClientRequest): boolean {
    return this.#flights.refusal(request) === undefined;
  }

  /** Whether a client waits for the answer to the request that `notification` cancels. */
  awaits(notification: ClientNotification): boolean {
    const key = cancelledBy(notification);
    return key !== undefined && this.#flights.byKey(key)?.state === "sent";
  }

  /** Sends a client's request and answers it; resolves when the exchange is over. */
  async request(exchange: PostExchange, request: ClientRequest): Promise<void> {
    await this.#use(exchange, this.#requests.send(exchange, request));
  }

  /** Sends a client's notification or response: 202. */
  async forward(exchange: PostExchange): Promise<void> {
    const { message, outgoing } = exchange;
    const written = await this.#use(exchange, this.#send(exchange.body));
    if (written.kind === "not_written") {
      exchange.onNothingWritten();
      return answerNoSession(outgoing);
    }
    const cancelled = message.kind === "notification" ? cancelledBy(message) : undefined;
    if (cancelled !== undefined) this.#requests.cancel(cancelled);
    answerEmpty(outgoing, 202);
  }

  /** Opens or resumes a stream of a legacy session; resolves when the exchange is over. */
  async stream(exchange: Exchange): Promise<void> {
    const [events, listeners] = [this.#events, this.#listeners];
    if (events === undefined || listeners === undefined) return answerNoStream(exchange.outgoing);
    const headers = sessionHeaders(exchange.incoming);
    const context = { events, listeners, flights: this.#flights, settings: this.#options, headers };
    const answered = answerGet(exchange, { ...context, primed: this.#isPrimed(exchange) });
    await this.#use(
      exchange,
      answered.then(() => whenOver(exchange.outgoing)),
    );
  }

  /** Sends a request of the gate's own; its answer goes nowhere else. */
  async own(method: string, paramsText: string, timeoutMs: number): Promise<OwnAnswer> {
    return await this.#own.ask(method, paramsText, timeoutMs);
  }

  /**
   * Answers everyone who waits, and ends the process; resolves when it is gone.
   * @param because as in "it was idle"
   */
  async stop(because: string): Promise<void> {
    this.#end(because, false);
    const started = await this.#started;
    if (started.kind === "started") await started.child.stop(because);
    await this.gone;
  }

  async #use<T>(exchange: Exchange, work: Promise<T>): Promise<T> {
    this.#screen = exchange.screen;
    this.#lastUsedAtMs = this.#options.now();
    const done = await work;
    this.#lastUsedAtMs = this.#options.now();
    return done;
  }

  async #send(message: Uint8Array): Promise<Written> {
    const started = await this.#started;
    return started.kind === "started" ? started.child.send(message) : { kind: "not_written", problem: started.problem };
  }

  #tell(text: string): void {
    void this.#send(Buffer.from(text));
  }

  #isPrimed({ incoming }: Exchange): boolean {
    const asked = incoming.headers["mcp-protocol-version"];
    return (this.#protocolVersion ?? (typeof asked === "string" ? asked : "")) >= FIRST_PRIMED_VERSION;
  }

  #onAnswered({ request }: Flight, answer: Answer): void {
    if (this.era !== "legacy" || request.method !== "initialize") return;
    this.#protocolVersion = answer.protocolVersion;
    if (answer.errorCode !== undefined) void this.stop("it did not initialize");
  }

  #end(problem: string, unexpected: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#requests.end(problem);
    this.#own.end(problem);
    this.#listeners?.end();
    this.#options.onEnd(this, unexpected);
  }
}
