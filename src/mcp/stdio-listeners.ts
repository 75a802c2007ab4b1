// The GET streams of one session: where the server's messages go that belong to no request, and where they wait while no
// client listens. Each message goes out once, on the stream opened last. Bounded throughout.
import type { OutgoingHttpHeaders } from "node:http";
import type { Outgoing } from "./outgoing.ts";
import type { Cursor, ReplayLog, StreamName } from "./stdio-replay.ts";
import { EventStream, type StreamSettings } from "./stdio-streams.ts";

/** GET streams of one session at a time. */
const MAX_STREAMS = 8;
const MAX_WAITING = 100;
const MAX_WAITING_CHARACTERS = 1024 * 1024;

/** A message for a client that does not listen yet; `idText` where it is a request, which the server wants answered. */
export type Waiting = { readonly text: string; readonly idText: string | undefined };

export class Listeners {
  #streams: EventStream[] = [];
  #opened = 0;
  #waiting: Waiting[] = [];
  #waitingCharacters = 0;

  constructor(
    readonly events: ReplayLog,
    readonly settings: StreamSettings,
    /** Told of each message that there was no room to keep. */
    readonly onLost: (lost: Waiting) => void,
  ) {}

  get attached(): boolean {
    return this.#newest() !== undefined;
  }

  /**
   * Opens one more stream, or goes on with that of the cursor, whose older connection ends; false where there are too many.
   * @param primed sends an event id at once
   */
  async open(outgoing: Outgoing, headers: OutgoingHttpHeaders, primed: boolean, cursor?: Cursor): Promise<boolean> {
    const others = this.#streams.filter((stream) => stream.attached && stream.name !== cursor?.stream);
    if (others.length >= MAX_STREAMS) return false;
    if (cursor === undefined) this.#opened += 1;
    else this.#streams.find((stream) => stream.name === cursor.stream)?.end();
    const name: StreamName = cursor?.stream ?? `g${this.#opened}`;
    const stream = new EventStream(name, this.events, this.settings);
    stream.attach(outgoing, headers, primed, cursor);
    this.#streams = [...others, stream];
    if (stream.attached) await this.#sendWaiting(stream);
    return true;
  }

  /** Sends a message on the stream opened last, or lets it wait for one. */
  async send(message: Waiting): Promise<void> {
    const stream = this.#newest();
    if (stream !== undefined) return await stream.send(message.text);
    this.#waiting.push(message);
    this.#waitingCharacters += message.text.length;
    while (this.#waiting.length > MAX_WAITING || this.#waitingCharacters > MAX_WAITING_CHARACTERS) {
      const lost = this.#waiting.shift();
      if (lost === undefined) break;
      this.#waitingCharacters -= lost.text.length;
      this.onLost(lost);
    }
  }

  end(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams = [];
  }

  async #sendWaiting(stream: EventStream): Promise<void> {
    const waiting = this.#waiting.splice(0);
    this.#waitingCharacters = 0;
    // All at once: what comes meanwhile must not overtake what has waited.
    await Promise.all(waiting.map((message) => stream.send(message.text)));
  }

  #newest(): EventStream | undefined {
    return this.#streams.findLast((stream) => stream.attached);
  }
}
