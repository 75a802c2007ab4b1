// What a stdio server's pipes carry: lines in bounded memory, a message framed as the one line that the server reads,
// and a log that a noisy server can't flood. Nothing here knows JSON-RPC or processes.

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/** What came out of a pipe: a line without its LF, or the finding that a line grew past the bound. */
export type Line = { readonly kind: "line"; readonly bytes: Uint8Array } | { readonly kind: "too_long" };

/** Splits a byte stream at LF. It holds back at most `maxLineBytes`; after `too_long` it is of no more use. */
export class LineSplitter {
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(readonly maxLineBytes: number) {}

  /** The lines that `chunk` completes, in order; a chunk may hold many, or none. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      if (!this.#hold(chunk.subarray(start, end))) return yield { kind: "too_long" };
      start = end + 1;
      yield { kind: "line", bytes: this.#release() };
    }
    if (!this.#hold(chunk.subarray(start))) yield { kind: "too_long" };
  }

  /** What stood after the last LF, once the stream is over. */
  rest(): Uint8Array {
    return this.#release();
  }

  #hold(piece: Uint8Array): boolean {
    this.#heldBytes += piece.length;
    if (this.#heldBytes > this.maxLineBytes) return false;
    if (piece.length > 0) this.#held.push(piece);
    return true;
  }

  #release(): Uint8Array {
    const [first] = this.#held;
    const line = first !== undefined && this.#held.length === 1 ? first : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }
}

/**
 * The bytes of one JSON message as one line: each raw CR and LF, which in valid JSON is whitespace between tokens, becomes
 * a space, and one LF ends it. Every other byte stays as it was judged.
 */
export function frameLine(message: Uint8Array): Buffer {
  const line = Buffer.allocUnsafe(message.length + 1);
  line.set(message);
  for (let at = 0; at < message.length; at += 1) {
    if (line[at] === CR || line[at] === LF) line[at] = SPACE;
  }
  line[message.length] = LF;
  return line;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a line of JSON; undefined where it is not UTF-8. A raw CR becomes a space: event streams would end the line there. */
export function decodeLine(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes).replaceAll("\r", " ");
  } catch {
    return undefined;
  }
}

/** Passes on at most `maxLines` in each window of `windowMs`, then says how many it kept back. */
export class ThrottledLog {
  #windowStart = Number.NEGATIVE_INFINITY;
  #written = 0;
  #keptBack = 0;

  constructor(
    readonly log: (line: string) => void,
    readonly now: () => number,
    readonly maxLines = 100,
    readonly windowMs = 10_000,
  ) {}

  write(line: string): void {
    if (this.now() - this.#windowStart >= this.windowMs) {
      this.flush();
      this.#windowStart = this.now();
      this.#written = 0;
    }
    if (this.#written >= this.maxLines) {
      this.#keptBack += 1;
      return;
    }
    this.#written += 1;
    this.log(line);
  }

  /** Says what was kept back and not yet told. */
  flush(): void {
    if (this.#keptBack > 0) this.log(`${this.#keptBack} more lines were kept back`);
    this.#keptBack = 0;
  }
}
