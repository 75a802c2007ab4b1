// Answers the GETs of one session: a stream for what the server says of its own accord, or the rest of a stream that broke.
import type { OutgoingHttpHeaders } from "node:http";
import { accepts, answerEmpty, answerFault } from "./stdio-answers.ts";
import type { Flights } from "./stdio-flights.ts";
import type { Listeners } from "./stdio-listeners.ts";
import type { Cursor, ReplayLog } from "./stdio-replay.ts";
import { EventStream, type StreamSettings } from "./stdio-streams.ts";
import type { Exchange } from "./upstream.ts";

export type GetContext = {
  readonly events: ReplayLog;
  readonly listeners: Listeners;
  readonly flights: Flights;
  readonly settings: StreamSettings;
  readonly headers: OutgoingHttpHeaders;
  /** Whether the client can read an event without data. */
  readonly primed: boolean;
};

/** Begins the answer; it is over when the connection closes. */
export async function answerGet({ incoming, outgoing }: Exchange, context: GetContext): Promise<void> {
  if (!accepts(incoming.headers.accept, "text/event-stream")) {
    return answerFault(outgoing, 406, "the client must accept text/event-stream");
  }
  const lastEventId = incoming.headers["last-event-id"] || undefined;
  const cursor = typeof lastEventId === "string" ? context.events.locate(lastEventId) : undefined;
  if (lastEventId !== undefined && cursor === undefined) {
    return answerFault(outgoing, 400, "Last-Event-ID names no event of this session");
  }
  if (cursor?.stream.startsWith("p")) return resumeAnswer(cursor, outgoing, context);
  const opened = await context.listeners.open(outgoing, context.headers, context.primed, cursor);
  if (!opened) answerFault(outgoing, 409, "too many streams of this session are open");
}

function resumeAnswer(cursor: Cursor, outgoing: Exchange["outgoing"], context: GetContext): void {
  const { events, flights, settings, headers } = context;
  const flight = flights.byStream(cursor.stream);
  if (flight?.reply.stream.resumable) flight.reply.stream.attach(outgoing, headers, false, cursor);
  // Nothing left, and nothing to come: 204 tells a client not to ask again.
  else if (events.after(cursor).length === 0) answerEmpty(outgoing, 204);
  else {
    const rest = new EventStream(cursor.stream, events, settings);
    rest.attach(outgoing, headers, false, cursor);
    rest.end();
  }
}
