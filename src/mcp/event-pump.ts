// Carries a server's event stream to the client, event by event and in order: each message is screened before it is
// written, one at a time where the screen has to wait, and a stream of many small events leaves others their turn. Knows
// no HTTP.
import { setImmediate as nextTurn } from "node:timers/promises";
import { createSseReader, isSplitBySome, replaceData, type SseEvent } from "./sse.ts";
import type { Screen, Screened } from "./upstream.ts";

/** After so many events others get their turn: a chunk can hold 65,536 of one byte. */
const EVENTS_PER_TURN = 100;

export type EventPumpOptions = {
  readonly maxEventBytes: number;
  readonly screen: Screen;
  readonly write: (bytes: Uint8Array) => void;
  /** A message reached the client, as it was or in another form. */
  readonly delivered: (text: string) => void;
  /** A message was kept back. */
  readonly dropped: (problem: string) => void;
  /** A request of the server's was refused: this is the answer to it. */
  readonly refused: (replyText: string) => void;
  /** Stops the server's side while something waits to be handled, and starts it again. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Called once, after everything that came was written; `fault` where the stream did not end cleanly. */
  readonly ended: (fault: string | undefined) => void;
};

export class EventPump {
  readonly #options: EventPumpOptions;
  readonly #reader;
  /** What waits to be screened begins at `#next`: to shift a long array at every event would take quadratic time. */
  #queue: SseEvent[] = [];
  #next = 0;
  /** The screen has to wait, or others have their turn. */
  #waiting = false;
  #sinceTurn = 0;
  #paused = false;
  #end: { readonly fault: string | undefined } | undefined;
  #stopped = false;
  #hasEventId = false;
  #keptBack = false;

  constructor(options: EventPumpOptions) {
    this.#options = options;
    this.#reader = createSseReader(options.maxEventBytes);
  }

  /** True where the client gets what is missing by resuming: an event with an id reached it, and nothing was kept back. */
  get resumable(): boolean {
    return this.#hasEventId && !this.#keptBack;
  }

  push(chunk: Uint8Array): void {
    const { events, problem } = this.#reader.push(chunk);
    for (const event of events) this.#queue.push(event);
    if (problem !== undefined) {
      this.#keptBack = true;
      this.#end ??= { fault: problem };
    }
    this.#pump();
  }

  /** The server's side is over: cleanly, or by `fault`. */
  end(fault: string | undefined): void {
    this.#end ??= { fault };
    this.#pump();
  }

  /** The client's side is over: nothing more is written or called. */
  stop(): void {
    this.#stopped = true;
  }

  #pump(): void {
    while (!this.#waiting && !this.#stopped) {
      if (this.#sinceTurn >= EVENTS_PER_TURN) {
        this.#sinceTurn = 0;
        this.#wait(nextTurn(), () => {});
        return;
      }
      const event = this.#queue[this.#next++];
      if (event === undefined) {
        this.#finishQueue();
        return;
      }
      this.#sinceTurn += 1;
      if (event.data === undefined || event.data === "") this.#write(event, event.raw);
      else this.#screen(event, event.data);
    }
  }

  #finishQueue(): void {
    this.#queue = [];
    this.#next = 0;
    if (this.#end !== undefined) {
      this.#stopped = true;
      this.#options.ended(this.#end.fault);
    } else if (this.#paused) {
      this.#paused = false;
      this.#options.resume();
    }
  }

  /** Goes on, after `then`, when `until` is fulfilled. The server's side stands still until all that came is handled. */
  #wait<T>(until: Promise<T>, then: (value: T) => void): void {
    this.#waiting = true;
    if (!this.#paused) this.#options.pause();
    this.#paused = true;
    void until.then((value) => {
      this.#waiting = false;
      if (this.#stopped) return;
      then(value);
      this.#pump();
    });
  }

  #screen(event: SseEvent, data: string): void {
    const screened = this.#options.screen(data);
    if (!(screened instanceof Promise)) {
      this.#emit(event, data, screened);
      return;
    }
    const screening = screened.catch((error: unknown): Screened => ({ kind: "drop", problem: String(error) }));
    this.#wait(screening, (result) => this.#emit(event, data, result));
  }

  #emit(event: SseEvent, data: string, screened: Screened): void {
    switch (screened.kind) {
      case "pass":
        this.#write(event, isSplitBySome(data) ? replaceData(event, data) : event.raw);
        this.#options.delivered(data);
        return;
      case "replace":
        this.#write(event, replaceData(event, screened.text));
        this.#options.delivered(screened.text);
        return;
      case "drop":
        this.#keptBack = true;
        this.#options.dropped(screened.problem);
        return;
      case "refuse":
        this.#options.refused(screened.replyText);
        return;
    }
  }

  #write(event: SseEvent, bytes: Uint8Array): void {
    // clients take an id in only with an event, and one without data is none
    if (event.id !== undefined && event.id !== "" && event.data !== undefined) this.#hasEventId = true;
    this.#options.write(bytes);
  }
}
