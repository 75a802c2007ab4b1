// One answer of the gate's, as it comes in frames: whole, or in pieces that wait until somebody takes them.

const NOTHING = Buffer.alloc(0);

export type GateAnswerHead = {
  readonly status: number;
  /** As in Content-Type. */
  readonly type?: string | undefined;
  readonly session?: string | undefined;
};

export class GateAnswer {
  readonly status: number;
  /** Lower-case, without parameters; empty where there is none. */
  readonly mediaType: string;
  /** The session's id, where the answer names one. */
  readonly session: string | undefined;
  #pieces: Buffer[] = [];
  #isOver = false;
  #fault: Error | undefined;
  #wake: (() => void) | undefined;

  constructor({ status, type = "", session }: GateAnswerHead) {
    this.status = status;
    this.mediaType = type.split(";", 1).join("").trim().toLowerCase();
    this.session = session;
  }

  push(piece: Buffer): void {
    if (piece.length > 0) this.#pieces.push(piece);
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** What came is not all of it. */
  fail(error: Error): void {
    this.#fault ??= error;
    this.end();
  }

  /** The pieces as they come. Throws where it broke off. */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      for (const piece of this.#take()) yield piece;
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#isOver && this.#pieces.length === 0) return;
      if (this.#pieces.length === 0) await this.#more();
    }
  }

  /** All of it; at once where it is there. Rejects where it broke off. */
  whole(): Buffer | Promise<Buffer> {
    if (!this.#isOver || this.#fault !== undefined) return this.#collect();
    const pieces = this.#take();
    return pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  /** What came, and what may still come, is of no use. */
  discard(): void {
    void this.#collect().catch(() => {});
  }

  async #collect(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  #take(): Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
