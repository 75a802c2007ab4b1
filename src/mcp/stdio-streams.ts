// One event stream towards a client: Server-Sent Events on whichever connection it has at the moment, with ids and replay
// where the session keeps events. Writes at once; a client that does not read is waited for, then disconnected. What goes
// on which stream is decided in stdio-session.ts.
import type { OutgoingHttpHeaders } from "node:http";
import type { Outgoing } from "./outgoing.ts";
import { writeEvent } from "./sse.ts";
import type { Cursor, ReplayLog, StreamName } from "./stdio-replay.ts";

/** Comments keep idle connections open, and header timeouts of clients from firing. */
export const KEEP_ALIVE_MS = 15_000;
/** How soon a client whose stream broke is asked to come back. */
const RETRY_MS = 1000;
/** Beyond this the server waits until the client has read. */
const MAX_UNREAD_BYTES = 256 * 1024;

export const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

export type StreamSettings = {
  /** How long a client may leave a full connection unread before it is disconnected. */
  readonly stallMs: number;
  readonly log: (line: string) => void;
};

export class EventStream {
  #outgoing: Outgoing | undefined;
  #resumable = false;

  /** @param events where events are kept for resumption; undefined: the stream has no ids and ends with its connection */
  constructor(
    readonly name: StreamName,
    readonly events: ReplayLog | undefined,
    readonly settings: StreamSettings,
  ) {}

  /** Whether a client is connected. */
  get attached(): boolean {
    return this.#outgoing !== undefined;
  }

  /** Whether a client knows an event id of this stream, and can come back for what it missed. */
  get resumable(): boolean {
    return this.#resumable;
  }

  /**
   * Begins the answer on `outgoing`, which takes the place of an earlier connection, and replays what came after `cursor`.
   * @param primed sends an event id at once; clients before 2025-11-25 can't read an event without data
   */
  attach(outgoing: Outgoing, headers: OutgoingHttpHeaders, primed: boolean, cursor?: Cursor): void {
    if (outgoing.destroyed) return;
    this.#outgoing?.destroy();
    this.#outgoing = outgoing;
    outgoing.writeHead(200, { ...STREAM_HEADERS, ...headers });
    const keepAlive = setInterval(() => {
      if (this.#outgoing === outgoing) outgoing.write(": keepalive\n\n");
    }, KEEP_ALIVE_MS);
    keepAlive.unref();
    // A broken connection closes too; there is nothing else to do about it.
    outgoing.on("error", () => {});
    outgoing.once("close", () => {
      clearInterval(keepAlive);
      if (this.#outgoing === outgoing) this.#outgoing = undefined;
    });
    const first = this.#firstBytes(primed, cursor);
    // Headers and first event in one write.
    if (first.length > 0) outgoing.write(first);
    else outgoing.flushHeaders();
  }

  /** Sends one message, or keeps it until the client comes back; resolves when there is room for the next. */
  async send(text: string): Promise<void> {
    const id = this.events?.append(this.name, text);
    const outgoing = this.#outgoing;
    if (outgoing === undefined || outgoing.destroyed) return;
    outgoing.write(messageEvent(text, id));
    this.#resumable ||= this.events !== undefined;
    await hasRoom(outgoing, this.settings);
  }

  /** Sends the last message, or keeps it until the client comes back, and ends the connection. */
  async finish(text: string): Promise<void> {
    const id = this.events?.append(this.name, text);
    const outgoing = this.#outgoing;
    if (outgoing === undefined || outgoing.destroyed) return;
    this.#outgoing = undefined;
    outgoing.end(messageEvent(text, id));
    await hasRoom(outgoing, this.settings);
  }

  /** Ends the connection; the client has all it will get. */
  end(): void {
    this.#outgoing?.end();
    this.#outgoing = undefined;
  }

  #firstBytes(primed: boolean, cursor: Cursor | undefined): Uint8Array {
    if (this.events === undefined || (cursor === undefined && !primed)) return Buffer.alloc(0);
    this.#resumable = true;
    if (cursor === undefined) return Buffer.from(`id: ${this.events.mark(this.name)}\nretry: ${RETRY_MS}\ndata: \n\n`);
    return Buffer.concat(this.events.after(cursor).map(({ text, id }) => messageEvent(text, id)));
  }
}

function messageEvent(text: string, id: string | undefined): Uint8Array {
  return writeEvent({ data: text, id, event: "message" });
}

/**
 * Resolves at once where the client reads what is written, else when it has read, or is gone; one that does not read in
 * time is disconnected.
 */
export async function hasRoom(outgoing: Outgoing, { stallMs, log }: StreamSettings): Promise<void> {
  if (outgoing.writableLength <= MAX_UNREAD_BYTES) return;
  await new Promise<void>((resolve) => {
    const stalled = setTimeout(() => {
      log(`a client that read nothing for ${stallMs / 1000} s was disconnected`);
      outgoing.destroy();
    }, stallMs);
    const go = () => {
      clearTimeout(stalled);
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });
}
