// The requests that wait for one process's answer, by id and by progress token: a table, with timers for what the server
// never answers. It writes nothing.
import { z } from "zod";
import type { ClientNotification, ClientRequest } from "./jsonrpc.ts";
import { showable } from "./showable.ts";
import type { Reply } from "./stdio-reply.ts";
import { type IdKey, keyOf } from "./stdio-route.ts";
import type { PostExchange } from "./upstream.ts";

/** How long the id of a cancelled request stays taken: a server may still answer it, and no other request must get that. */
const CANCELLED_ID_TAKEN_MS = 60_000;
/** Requests that one process may have to answer at a time. */
const MAX_FLIGHTS = 1000;

/** One request of a client's; `answered` once the client has all it will get. */
export type Flight = {
  readonly key: IdKey;
  readonly progress: IdKey | undefined;
  readonly request: ClientRequest;
  readonly exchange: PostExchange;
  readonly reply: Reply;
  state: "waiting" | "sent" | "answered";
};

export class Flights {
  readonly #byKey = new Map<IdKey, Flight>();
  readonly #timers = new Map<Flight, NodeJS.Timeout>();
  readonly #totals = new Map<Flight, NodeJS.Timeout>();
  /** Ids of requests that are over for the client, though the server has not answered; each goes after a while. */
  readonly #cancelled = new Map<IdKey, NodeJS.Timeout>();

  /** Why `request` can't be sent to this process now; undefined where it can. */
  refusal(request: ClientRequest): string | undefined {
    const [key, progress] = [keyOf(request.id), progressKeyOf(request)];
    if (this.#byKey.size + this.#cancelled.size >= MAX_FLIGHTS)
      return `${MAX_FLIGHTS} requests wait for an answer already`;
    if (this.#byKey.has(key) || this.#cancelled.has(key)) {
      return `the id ${showable(key)} belongs to a request that is not answered yet`;
    }
    if (progress !== undefined && this.byProgress(progress) !== undefined) {
      return `the progress token ${showable(progress)} belongs to a request that is not answered yet`;
    }
    return undefined;
  }

  add(exchange: PostExchange, request: ClientRequest, reply: Reply): Flight {
    const key = keyOf(request.id);
    const flight: Flight = { key, progress: progressKeyOf(request), request, exchange, reply, state: "waiting" };
    this.#byKey.set(key, flight);
    return flight;
  }

  /** Whether any client waits, connected, for an answer. */
  get attended(): boolean {
    return [...this.#byKey.values()].some((flight) => flight.reply.attended);
  }

  byKey(key: IdKey): Flight | undefined {
    return this.#byKey.get(key);
  }

  byProgress(key: IdKey): Flight | undefined {
    return this.#findLast((flight) => flight.progress === key);
  }

  byStream(name: string): Flight | undefined {
    return this.#findLast((flight) => flight.reply.stream.name === name);
  }

  /** The request sent last whose client can be told something now; a subscription only where there is no other. */
  newest(): Flight | undefined {
    const takes = (flight: Flight) => flight.state === "sent" && flight.reply.takesMessages;
    return this.#findLast((flight) => takes(flight) && !isSubscription(flight.request)) ?? this.#findLast(takes);
  }

  /** Calls `late` where the flight is not over, nor anything heard of it, for so long. */
  expect(flight: Flight, withinMs: number, late: () => void): void {
    this.#timers.set(flight, setTimeout(late, withinMs).unref());
  }

  /** Calls `late` where the flight is not over within so long, whatever is heard of it. */
  limit(flight: Flight, withinMs: number, late: () => void): void {
    this.#totals.set(flight, setTimeout(late, withinMs).unref());
  }

  heard(flight: Flight): void {
    this.#timers.get(flight)?.refresh();
  }

  remove(flight: Flight): void {
    clearTimeout(this.#timers.get(flight));
    this.#timers.delete(flight);
    clearTimeout(this.#totals.get(flight));
    this.#totals.delete(flight);
    this.#byKey.delete(flight.key);
  }

  /** Nobody waits for the answer any more, though the server may still give one: the id stays taken for a while. */
  cancel(flight: Flight): void {
    flight.state = "answered";
    this.remove(flight);
    this.#cancelled.set(flight.key, setTimeout(() => this.forget(flight.key), CANCELLED_ID_TAKEN_MS).unref());
  }

  /** Frees the id of a cancelled request, which the server has answered after all; false where it is none. */
  forget(key: IdKey): boolean {
    clearTimeout(this.#cancelled.get(key));
    return this.#cancelled.delete(key);
  }

  /** Empties the table and gives the requests that were in it. */
  drain(): readonly Flight[] {
    const flights = [...this.#byKey.values()];
    for (const flight of flights) this.remove(flight);
    for (const key of [...this.#cancelled.keys()]) this.forget(key);
    return flights;
  }

  #findLast(holds: (flight: Flight) => boolean): Flight | undefined {
    return [...this.#byKey.values()].findLast(holds);
  }
}

/** A stream that the server keeps open for as long as the client wants it. */
export function isSubscription(request: ClientRequest): boolean {
  return request.method === "subscriptions/listen";
}

function progressKeyOf({ progressToken }: ClientRequest): IdKey | undefined {
  return progressToken === undefined ? undefined : keyOf(progressToken);
}

const cancelledSchema = z.object({ requestId: z.union([z.string(), z.number()]) });

/** The request that a client's `notifications/cancelled` names; undefined for any other notification. */
export function cancelledBy({ method, params }: ClientNotification): IdKey | undefined {
  if (method !== "notifications/cancelled") return undefined;
  const parsed = cancelledSchema.safeParse(params?.value);
  return parsed.success ? keyOf(parsed.data.requestId) : undefined;
}

/**
 * Tells the server that nobody waits for an answer any more.
 * @param meta the request's own, whose protocol version a server of the modern era wants to see again
 */
export function cancellation(idText: string, reason: string, meta: ClientRequest["meta"]): string {
  const kept = Object.entries(meta ?? {}).filter(([key]) => key.startsWith("io.modelcontextprotocol/"));
  const rest = JSON.stringify({ reason, ...(kept.length > 0 && { _meta: Object.fromEntries(kept) }) }).slice(1);
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${idText},${rest}}`;
}
