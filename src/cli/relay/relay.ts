// Between a client that speaks MCP over stdio and the running gate: each line goes out as a request like a POST, with the very bytes
// of the line, and what the gate answers or streams comes back as lines. It judges nothing and translates no era; it only adds
// what HTTP has and stdio has not: session ids, version headers, streams, cancellation by disconnecting.
import { once } from "node:events";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { RunningGate } from "../../config/running-gate.ts";
import { type ClientRequest, type ParsedMessage, parseClientMessage, parseServerMessage } from "../../mcp/jsonrpc.ts";
import { oneWriteATurn } from "../../mcp/one-write.ts";
import { errorAnswer } from "../../mcp/refusal.ts";
import { frameLine, LineSplitter } from "../../mcp/stdio-lines.ts";
import { ClientSession } from "./client-session.ts";
import { followStream } from "./event-stream.ts";
import { explainAnswer, explainFailure, type Fault } from "./explain.ts";
import { Flight } from "./flight.ts";
import type { GateAnswer } from "./gate-answer.ts";
import { GateLine, type Sent } from "./gate-line.ts";
import { claimedVersion } from "./message-headers.ts";

/** As much as a gate can be configured to take; what it does take, it says itself. */
const MAX_LINE_BYTES = 67_108_864;
const MAX_DEPTH = 512;
const POST_TYPES = { accept: "application/json, text/event-stream", "content-type": "application/json" };
const MAX_RESUME_FAILURES = 5;
/** How long requests may still be answered after the client has closed its end. */
const GRACE_MS = 1_000;
const END_MS = 2_000;

export type RelayOptions = {
  /** The gate that runs now: one that is restarted has another secret. */
  readonly locate: () => RunningGate | undefined;
  /** The server's key in the configuration; undefined: all of them. */
  readonly server: string | undefined;
  readonly apiKey: string | undefined;
  /** UUID of this process: names its session where the server gives none. */
  readonly relayId: string;
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: Writable;
  /** For a person, a line at a time. */
  readonly log: (line: string) => void;
  /** Aborted where the process is told to end. */
  readonly stop: AbortSignal;
};

/** Relays until `input` ends or `stop` is aborted, then ends the session. Never rejects for what client or gate do. */
export async function relay(options: RelayOptions): Promise<void> {
  await new Relay(options).run();
}

const cancelledSchema = z.object({ requestId: z.union([z.string(), z.number()]) });

class Relay {
  readonly #flights = new Map<string, Flight>();
  readonly #landings = new Set<Promise<void>>();
  readonly #session = new ClientSession();
  readonly #ended = new AbortController();
  readonly #line: GateLine;
  readonly #join: () => void;
  /** The headers of requests in one session, until it has others. */
  #posted: { readonly session: object; readonly headers: Readonly<Record<string, string>> } = {
    session: {},
    headers: {},
  };

  constructor(private readonly options: RelayOptions) {
    const { locate, server, apiKey } = options;
    this.#join = oneWriteATurn(options.output);
    this.#line = new GateLine({ locate, server, authorization: apiKey && `Bearer ${apiKey}` });
  }

  async run(): Promise<void> {
    const { stop } = this.options;
    const stopped = stop.aborted ? Promise.resolve() : once(stop, "abort");
    await Promise.race([this.#readLines(), stopped]);
    const landed = Promise.all(this.#landings);
    if (!stop.aborted) await Promise.race([landed, stopped, sleep(GRACE_MS, undefined, { ref: false })]);
    this.#ended.abort();
    for (const flight of this.#flights.values()) flight.giveUp();
    await this.#endSession();
    this.#line.close();
    await this.#flush();
  }

  /** Hands the lines over in the order in which they came; requests are then answered side by side. */
  async #readLines(): Promise<void> {
    const lines = new LineSplitter(MAX_LINE_BYTES);
    for await (const chunk of this.options.input) {
      for (const line of lines.push(chunk)) {
        if (line.kind === "too_long") {
          return this.options.log(`a line is longer than ${MAX_LINE_BYTES} bytes; nothing after it is read`);
        }
        await this.#take(line.bytes);
      }
    }
    await this.#take(lines.rest());
  }

  async #take(line: Uint8Array): Promise<void> {
    if (isBlank(line)) return;
    const message = parseClientMessage(line, { maxBytes: MAX_LINE_BYTES, maxDepth: MAX_DEPTH });
    if (message.kind === "request") return this.#sendRequest(message, line);
    const cancelled = this.#flightCancelledBy(message);
    // a modern request is cancelled by closing its stream
    if (cancelled === undefined || claimedVersion(cancelled.request) === undefined)
      await this.#sendOneWay(message, line);
    cancelled?.giveUp();
  }

  /** Resolves when the request is on its way, so that what follows can't overtake it. */
  async #sendRequest(request: ClientRequest, line: Uint8Array): Promise<void> {
    const flight = new Flight(request);
    this.#flights.set(keyOf(request.id), flight);
    const { handedOver, answer, giveUp } = this.#post(this.#session.headersFor(request), line);
    flight.onGiveUp(giveUp);
    const landing = this.#land(flight, answer).finally(() => this.#landings.delete(landing));
    this.#landings.add(landing);
    if (handedOver !== undefined) await handedOver;
  }

  async #land(flight: Flight, answer: Promise<GateAnswer>): Promise<void> {
    let fault: Fault | undefined;
    try {
      fault = await this.#answer(flight, await answer);
    } catch (error) {
      fault = explainFailure(this.options.locate(), error);
    }
    const { request, answered, isGivenUp } = flight;
    const key = keyOf(request.id);
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    if (fault === undefined || answered || isGivenUp) return;
    await this.#write(Buffer.from(errorAnswer(request.idText, fault.code, fault.message)));
  }

  /** Passes the answer on; returns what is wrong where none came. */
  async #answer(flight: Flight, answer: GateAnswer): Promise<Fault | undefined> {
    const isFine = answer.status === 200;
    this.#session.learnHead(flight.request, answer);
    if (isFine && answer.mediaType === "text/event-stream") return this.#follow(flight, answer);
    const reading = answer.whole();
    const body = reading instanceof Promise ? await reading : reading;
    if (isFine) await this.#deliver(body);
    return flight.answered ? undefined : explainAnswer(answer, body);
  }

  /** Reads the stream of a request until its answer has come. */
  async #follow(flight: Flight, first: GateAnswer): Promise<Fault | undefined> {
    const abort = new AbortController();
    flight.onGiveUp(() => abort.abort());
    const { signal } = abort;
    const end = await followStream({
      first,
      open: (lastEventId) => this.#openStream(lastEventId, signal),
      deliver: (message) => this.#deliver(message),
      isDone: () => flight.answered,
      signal,
      maxFailures: MAX_RESUME_FAILURES,
      onlyResumable: true,
    });
    if (end.kind === "refused") return explainAnswer(end.answer, await end.answer.whole());
    return end.kind === "broken" ? explainFailure(this.options.locate(), end.problem) : undefined;
  }

  /** The stream of what the server sends by itself in a legacy session; a server need not have one. */
  async #listen(): Promise<void> {
    const { signal } = this.#ended;
    const session = this.#session.id;
    const listening = followStream({
      open: (lastEventId) => this.#openStream(lastEventId, signal),
      deliver: (message) => this.#deliver(message),
      isDone: () => this.#session.id !== session,
      signal,
      maxFailures: Number.POSITIVE_INFINITY,
      onlyResumable: false,
    });
    const end = await listening.catch(() => undefined);
    if (end?.kind === "refused") end.answer.discard();
  }

  /** A notification, an answer to the server, or a line that is no message: on that the gate has its say. */
  async #sendOneWay(message: Exclude<ParsedMessage, ClientRequest>, line: Uint8Array): Promise<void> {
    let fault: Fault;
    try {
      const answer = await this.#post(this.#session.headers(), line).answer;
      const body = await answer.whole();
      if (message.kind === "notification" && message.method === "notifications/initialized") void this.#listen();
      if (answer.status === 202) return;
      fault = explainAnswer(answer, body);
    } catch (error) {
      fault = explainFailure(this.options.locate(), error);
    }
    if (message.kind === "refused")
      await this.#write(Buffer.from(errorAnswer(JSON.stringify(message.id), fault.code, fault.message)));
    else if (!this.#ended.signal.aborted) this.options.log(`a message was not taken: ${fault.message}`);
  }

  /** Writes one message from the server, and takes what it says about the session. */
  async #deliver(bytes: Buffer): Promise<void> {
    const message = parseServerMessage(bytes.toString("utf8"));
    if (message.kind === "response" && message.id !== undefined) {
      const flight = this.#flights.get(keyOf(message.id));
      if (flight !== undefined) {
        flight.answered = true;
        this.#session.learn(flight.request, message.value);
      }
    }
    await this.#write(bytes);
  }

  async #write(message: Uint8Array): Promise<void> {
    this.#join();
    const { output } = this.options;
    if (output.write(frameLine(message))) return;
    this.#line.pause();
    await once(output, "drain");
    this.#line.resume();
  }

  /** What was written last may still wait for the end of its turn. */
  async #flush(): Promise<void> {
    const flushed = new Promise<void>((resolve) => this.options.output.write("", () => resolve()));
    await Promise.race([flushed, sleep(GRACE_MS, undefined, { ref: false })]);
  }

  #flightCancelledBy(message: ParsedMessage): Flight | undefined {
    if (message.kind !== "notification" || message.method !== "notifications/cancelled") return undefined;
    const cancelled = cancelledSchema.safeParse(message.params?.value);
    return cancelled.success ? this.#flights.get(keyOf(cancelled.data.requestId)) : undefined;
  }

  #post(session: Readonly<Record<string, string>>, body: Uint8Array): Sent {
    if (this.#posted.session !== session)
      this.#posted = { session, headers: this.#headers({ ...session, ...POST_TYPES }) };
    return this.#line.send({ method: "POST", headers: this.#posted.headers, body });
  }

  #openStream(lastEventId: string | undefined, signal: AbortSignal): Promise<GateAnswer> {
    const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const headers = { ...this.#session.headers(), accept: "text/event-stream", ...resume };
    return this.#line.send({ method: "GET", headers: this.#headers(headers), signal }).answer;
  }

  #headers(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const { apiKey, relayId } = this.options;
    return {
      ...given,
      "regate-stdio": relayId,
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    };
  }

  async #endSession(): Promise<void> {
    if (this.#session.id === undefined) return;
    const signal = AbortSignal.timeout(END_MS);
    const headers = this.#headers(this.#session.headers());
    const { answer } = this.#line.send({ method: "DELETE", headers, signal });
    await answer.then((one) => one.whole()).catch(() => undefined);
  }
}

/** Ids of requests, a string told from a number. */
function keyOf(id: string | number): string {
  return JSON.stringify(id);
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
