// The last events of one session's streams, so that a client whose connection broke can resume with Last-Event-ID. Bounded:
// the oldest go first. What is kept has passed the screen; nothing of it crosses into another session.

/** Names a stream of one session: `p` and a number for the answer to a POST, `g` and a number for the stream of a GET. */
export type StreamName = `${"p" | "g"}${number}`;

export type ReplayedEvent = { readonly id: string; readonly text: string };

/** Where a client wants to go on: after the event `sequence` of `stream`. */
export type Cursor = { readonly stream: StreamName; readonly sequence: number };

type Kept = { readonly stream: StreamName; readonly sequence: number; readonly text: string };

const EVENT_ID = /^([pg])(\d{1,15})_(\d{1,15})$/;

export class ReplayLog {
  #kept: Kept[] = [];
  #characters = 0;
  #lastSequence = 0;

  /** @param maxCharacters bound of all kept texts together; an event longer than that is not kept */
  constructor(
    readonly maxEvents: number,
    readonly maxCharacters: number,
  ) {}

  /** Keeps one event of `stream` and gives its id. */
  append(stream: StreamName, text: string): string {
    const id = this.mark(stream);
    if (text.length > this.maxCharacters) return id;
    this.#kept.push({ stream, sequence: this.#lastSequence, text });
    this.#characters += text.length;
    while (this.#kept.length > this.maxEvents || this.#characters > this.maxCharacters) {
      this.#characters -= this.#kept.shift()?.text.length ?? 0;
    }
    return id;
  }

  /** An event id without an event: where a stream begins. */
  mark(stream: StreamName): string {
    this.#lastSequence += 1;
    return eventId(stream, this.#lastSequence);
  }

  /** Reads a Last-Event-ID; undefined where this session never gave it. */
  locate(lastEventId: string): Cursor | undefined {
    const [, kind, number, sequence] = EVENT_ID.exec(lastEventId) ?? [];
    if (kind === undefined || number === undefined || Number(sequence) > this.#lastSequence) return undefined;
    return { stream: `${kind === "p" ? "p" : "g"}${Number(number)}`, sequence: Number(sequence) };
  }

  /** The kept events of the cursor's stream that came after it, oldest first. */
  after({ stream, sequence }: Cursor): readonly ReplayedEvent[] {
    return this.#kept
      .filter((event) => event.stream === stream && event.sequence > sequence)
      .map((event) => ({ id: eventId(stream, event.sequence), text: event.text }));
  }
}

function eventId(stream: StreamName, sequence: number): string {
  return `${stream}_${sequence}`;
}
