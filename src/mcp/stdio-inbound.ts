// What becomes of each message that a stdio server sends: an answer goes to the request that waits for it, anything else
// to the request or the listening client that it concerns. Each passes a screen first, one after the other, in the order
// in which the server sent them. A message without a receiver is dropped, and the log says so. A screen must not wait for
// a request of the gate's own to the same process: its answer stands behind the message that is being screened.
import { errorAnswer, REFUSED_CODE, UPSTREAM_FAILED_CODE, upstreamError } from "./refusal.ts";
import { showable } from "./showable.ts";
import { METHOD_NOT_FOUND } from "./stdio-answers.ts";
import type { Flight, Flights } from "./stdio-flights.ts";
import type { Listeners } from "./stdio-listeners.ts";
import { type IdKey, type Route, routeOf } from "./stdio-route.ts";
import type { Screen, Screened } from "./upstream.ts";

export type Answer = Extract<Route, { readonly kind: "response" }>;
type Relayed = Extract<Route, { readonly kind: "request" | "notification" }>;

export type InboundOptions = {
  readonly server: string;
  readonly flights: Flights;
  /** The GET streams; undefined in the modern era, which has none. */
  readonly listeners: Listeners | undefined;
  /** Takes the answer to a request of the gate's own; false where it is none. */
  readonly takeOwn: (key: IdKey, text: string) => boolean;
  /** The screen for what concerns no request: that of the exchange begun last. */
  readonly screen: () => Screen | undefined;
  /** Writes a message of the gate's own to the server. */
  readonly send: (text: string) => void;
  /** An answer that the client has got. */
  readonly onAnswered: (flight: Flight, answer: Answer) => void;
  readonly log: (line: string) => void;
};

export class Inbound {
  readonly #options: InboundOptions;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Handles one line; resolves when the next may come, and rejects only for bugs. */
  async take(text: string): Promise<void> {
    const route = routeOf(text);
    switch (route.kind) {
      case "garbage":
        return this.#drop(`a line that is not a JSON-RPC message: ${showable(text)}`);
      case "response":
        return await this.#answer(route, text);
      case "request":
      case "notification":
        return await this.#relay(route, text);
    }
  }

  async #answer(route: Answer, text: string): Promise<void> {
    const { flights, takeOwn, server, onAnswered } = this.#options;
    if (takeOwn(route.key, text)) return;
    const flight = flights.byKey(route.key);
    if (flight?.state !== "sent") {
      if (!flights.forget(route.key)) this.#drop(`an answer to no request, with id ${showable(route.key)}`);
      return;
    }
    const screened = await judge(flight.exchange.screen, text);
    // The client may have gone, or been told of the server's end, meanwhile.
    if (flights.byKey(route.key) !== flight || flight.state !== "sent") return;
    flights.remove(flight);
    flight.state = "answered";
    onAnswered(flight, route);
    switch (screened.kind) {
      case "pass":
        return await flight.reply.answer(text, route.errorCode);
      case "replace":
        return await flight.reply.answer(screened.text, errorCodeOf(screened.text));
      case "drop":
      case "refuse": {
        const problem = screened.kind === "drop" ? screened.problem : "it was refused";
        this.#drop(`an answer that is kept back: ${problem}`);
        const told = upstreamError(flight.request.idText, server, "its answer was kept back");
        return await flight.reply.answer(told, UPSTREAM_FAILED_CODE);
      }
    }
  }

  async #relay(route: Relayed, text: string): Promise<void> {
    const { listeners, send } = this.#options;
    if (route.kind === "request" && listeners === undefined) {
      send(errorAnswer(route.idText, METHOD_NOT_FOUND, "a server sends no requests in this protocol version"));
      return this.#drop("a request, which this protocol version does not know");
    }
    const screen = this.#receiverOf(route)?.exchange.screen ?? this.#options.screen();
    const screened = screen === undefined ? { kind: "drop" as const, problem: "no client" } : await judge(screen, text);
    switch (screened.kind) {
      case "pass":
        return await this.#pass(route, text);
      case "replace":
        return await this.#pass(route, screened.text);
      case "refuse":
        return send(screened.replyText);
      case "drop":
        this.#drop(screened.problem);
        if (route.kind === "request") send(errorAnswer(route.idText, REFUSED_CODE, "the gate kept this request back"));
    }
  }

  async #pass(route: Relayed, text: string): Promise<void> {
    const { flights, listeners } = this.#options;
    const flight = this.#receiverOf(route);
    if (flight !== undefined) {
      flights.heard(flight);
      return await flight.reply.tell(text);
    }
    if (listeners === undefined) return this.#drop("a message that concerns no request");
    // Progress that no request waits for is of use to a client that listens, and of none later.
    if (route.kind === "notification" && route.progress !== undefined && !listeners.attached) {
      return this.#drop("progress of no request");
    }
    await listeners.send({ text, idText: route.kind === "request" ? route.idText : undefined });
  }

  #receiverOf(route: Relayed): Flight | undefined {
    const { flights } = this.#options;
    if (route.kind === "request") return flights.newest();
    if (route.subscription !== undefined) return reachable(flights.byKey(route.subscription));
    if (route.progress !== undefined) return reachable(flights.byProgress(route.progress));
    return flights.newest();
  }

  #drop(what: string): void {
    this.#options.log(`dropped: ${what}`);
  }
}

/** The flight where its client can be told something, now or when it comes back for it. */
function reachable(flight: Flight | undefined): Flight | undefined {
  if (flight?.state !== "sent") return undefined;
  return flight.reply.takesMessages || flight.reply.stream.resumable ? flight : undefined;
}

async function judge(screen: Screen, text: string): Promise<Screened> {
  try {
    return await screen(text);
  } catch (error) {
    return { kind: "drop", problem: `the screen failed: ${String(error)}` };
  }
}

function errorCodeOf(text: string): number | undefined {
  const route = routeOf(text);
  return route.kind === "response" ? route.errorCode : undefined;
}
