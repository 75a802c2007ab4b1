// Writes a stream to a client no faster than it reads: the source stands still while the client's buffer is full, and for
// as long as anyone else holds it. Knows neither HTTP nor messages.
import type { Outgoing } from "./outgoing.ts";

export interface Source {
  pause(): void;
  resume(): void;
}

export class PacedWriter {
  readonly #to: Pick<Outgoing, "write" | "once">;
  readonly #source: Source;
  /** How many reasons there are to stand still. */
  #holds = 0;
  #draining = false;

  constructor(to: Pick<Outgoing, "write" | "once">, source: Source) {
    this.#to = to;
    this.#source = source;
  }

  write(bytes: Uint8Array): void {
    if (this.#to.write(bytes) || this.#draining) return;
    this.#draining = true;
    this.hold();
    this.#to.once("drain", () => {
      this.#draining = false;
      this.release();
    });
  }

  /** Stops the source, until each hold is released. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#source.pause();
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#source.resume();
  }
}
