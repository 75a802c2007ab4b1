// Tells open pages that something changed, at most once a second: each then asks for itself anew. A stream holds nothing for a
// reader that doesn't read, and ends with the sign-in that opened it.
import type { ServerResponse } from "node:http";

export interface Events {
  /** Answers with a stream; `isAdmitted` is asked now and then whether it may go on. */
  open(outgoing: ServerResponse, headers: Readonly<Record<string, string>>, isAdmitted: () => boolean): void;
  /** Something changed. Costs nothing while nobody listens. */
  notify(): void;
}

export type EventsOptions = { readonly maxStreams: number; readonly everyMs: number; readonly beatMs: number };

type Stream = { readonly outgoing: ServerResponse; readonly isAdmitted: () => boolean; missedBeats: number };

const USUAL: EventsOptions = { maxStreams: 50, everyMs: 1_000, beatMs: 15_000 };
/** So often a stream that takes nothing is passed over, then it is cut. */
const MAX_MISSED_BEATS = 2;

export function createEvents({ maxStreams, everyMs, beatMs }: EventsOptions = USUAL): Events {
  const streams = new Set<Stream>();
  let waiting: NodeJS.Timeout | undefined;
  let beating: NodeJS.Timeout | undefined;

  function tell(text: string): void {
    for (const { outgoing } of streams) if (!outgoing.writableNeedDrain) outgoing.write(text);
  }

  function beat(): void {
    for (const stream of streams) {
      stream.missedBeats = stream.outgoing.writableNeedDrain ? stream.missedBeats + 1 : 0;
      if (stream.missedBeats > MAX_MISSED_BEATS) stream.outgoing.destroy();
      else if (!stream.isAdmitted()) stream.outgoing.end();
    }
    tell("event: beat\ndata: beat\n\n");
  }

  function close(stream: Stream): void {
    streams.delete(stream);
    if (streams.size > 0) return;
    clearInterval(beating);
    clearTimeout(waiting);
    beating = undefined;
    waiting = undefined;
  }

  return {
    open(outgoing, headers, isAdmitted) {
      const stream: Stream = { outgoing, isAdmitted, missedBeats: 0 };
      const [oldest] = streams.size >= maxStreams ? streams : [];
      oldest?.outgoing.end();
      if (oldest !== undefined) close(oldest);
      streams.add(stream);
      outgoing.on("close", () => close(stream));
      outgoing.on("error", () => close(stream));
      outgoing.writeHead(200, { ...headers, "content-type": "text/event-stream", "x-accel-buffering": "no" });
      outgoing.write("retry: 3000\n\n");
      beating ??= setInterval(beat, beatMs).unref();
    },
    notify() {
      if (streams.size === 0 || waiting !== undefined) return;
      waiting = setTimeout(() => {
        waiting = undefined;
        tell("event: changed\ndata: changed\n\n");
      }, everyMs);
    },
  };
}
