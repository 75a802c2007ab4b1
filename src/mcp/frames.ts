// What `regate stdio` and the gate say to each other on one connection: exchanges of HTTP's kind side by side, each piece of one
// in a frame. A frame is a head of JSON and a body of bytes behind 13 bytes that say how long both are, which exchange they belong
// to and what they are. Knows nothing of what is exchanged; whoever breaks the form is no longer read.
import type { Writable } from "node:stream";
import { oneWriteATurn } from "./one-write.ts";

/** What a frame is. Numbers are on the wire. */
export const FRAME = {
  /** From the relay: a request, whole. */
  request: 1,
  /** From the relay: nobody waits for the answer any more. */
  givenUp: 2,
  /** An answer, whole. */
  answer: 3,
  /** The head of an answer whose body follows in pieces. */
  begins: 4,
  piece: 5,
  /** The answer is over; the body is its last piece, or empty. */
  ends: 6,
  /** There is no more of this answer, and what came is not all of it. */
  broken: 7,
  /** From the gate, of no exchange: those that are under way end here, the next ones belong on another connection. The relay ends this one. */
  last: 8,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export type Frame = {
  readonly kind: FrameKind;
  /** A number that the relay gives, for as long as the connection lasts. */
  readonly exchange: number;
  /** JSON in UTF-8, or empty. */
  readonly head: Buffer;
  /** Undefined where it was longer than may be, and thrown away. */
  readonly body: Buffer | undefined;
};

const PREFIX_BYTES = 13;
const MAX_HEAD_BYTES = 65_536;
/** A longer body is written behind its head as it is, not copied beside it. */
const COPIED_BYTES = 16_384;
const EMPTY = Buffer.alloc(0);
const KINDS: ReadonlySet<number> = new Set(Object.values(FRAME));

/** Cuts a stream of bytes into frames. It holds one frame at most, and of a body that is longer than may be nothing. */
export class FrameReader {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes that the next frame needs, as far as is known. */
  #wanted = PREFIX_BYTES;
  /** What is left of a body that is thrown away. */
  #skipped = 0;

  /** @param maxBodyBytes a longer body is thrown away as it comes */
  constructor(readonly maxBodyBytes: number) {}

  /** The frames that `chunk` completes, in their order. @throws Error where what comes is no frame: nothing after it can be read */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = this.#skip(chunk);
    if (rest.length === 0) return frames;
    if (this.#heldBytes > 0) {
      this.#held.push(rest);
      this.#heldBytes += rest.length;
      if (this.#heldBytes < this.#wanted) return frames;
      rest = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#heldBytes = 0;
    }
    this.#wanted = PREFIX_BYTES;
    for (let at = 0; at < rest.length; ) {
      const taken = this.#take(rest, at, frames);
      if (taken === 0) {
        this.#held = [at === 0 ? rest : rest.subarray(at)];
        this.#heldBytes = rest.length - at;
        return frames;
      }
      at += taken;
    }
    return frames;
  }

  /** Reads the frame at `at`; gives how many bytes it took, 0 where it is not whole. */
  #take(bytes: Buffer, at: number, frames: Frame[]): number {
    const there = bytes.length - at;
    if (there < PREFIX_BYTES) return 0;
    const headBytes = bytes.readUInt32BE(at);
    const bodyBytes = bytes.readUInt32BE(at + 4);
    const exchange = bytes.readUInt32BE(at + 8);
    const kind = bytes.readUInt8(at + 12);
    if (headBytes > MAX_HEAD_BYTES || !isKind(kind)) throw new Error("what came is no frame");
    const isTooLong = bodyBytes > this.maxBodyBytes;
    const needed = PREFIX_BYTES + headBytes + (isTooLong ? 0 : bodyBytes);
    if (there < needed) {
      this.#wanted = needed;
      return 0;
    }
    const headEnd = at + PREFIX_BYTES + headBytes;
    const head = headBytes === 0 ? EMPTY : bytes.subarray(at + PREFIX_BYTES, headEnd);
    if (!isTooLong) {
      frames.push({ kind, exchange, head, body: bytes.subarray(headEnd, headEnd + bodyBytes) });
      return needed;
    }
    frames.push({ kind, exchange, head, body: undefined });
    const thrown = Math.min(bodyBytes, there - needed);
    this.#skipped = bodyBytes - thrown;
    return needed + thrown;
  }

  #skip(chunk: Buffer): Buffer {
    if (this.#skipped === 0) return chunk;
    const thrown = Math.min(this.#skipped, chunk.length);
    this.#skipped -= thrown;
    return chunk.subarray(thrown);
  }
}

/** Writes frames; those of one turn go out together. */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #join: () => void;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#join = oneWriteATurn(stream);
  }

  /** Bytes that are not with the operating system yet. */
  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  /** @param head JSON, or empty. @returns false where the reader is behind; the stream's "drain" tells when it has caught up */
  write(kind: FrameKind, exchange: number, head: string, body: Uint8Array = EMPTY): boolean {
    this.#join();
    const headBytes = Buffer.byteLength(head);
    const isCopied = body.length <= COPIED_BYTES;
    const frame = Buffer.allocUnsafe(PREFIX_BYTES + headBytes + (isCopied ? body.length : 0));
    frame.writeUInt32BE(headBytes, 0);
    frame.writeUInt32BE(body.length, 4);
    frame.writeUInt32BE(exchange, 8);
    frame.writeUInt8(kind, 12);
    if (headBytes > 0) frame.write(head, PREFIX_BYTES, "utf8");
    if (isCopied) frame.set(body, PREFIX_BYTES + headBytes);
    const hasRoom = this.#stream.write(frame);
    return isCopied ? hasRoom : this.#stream.write(body);
  }
}

/**
 * Reads the heads of frames. Most are the same as the one before, and what was made of that is given again.
 * @param read throws where a head is not what it must be
 */
export function headReader<T>(read: (head: unknown) => T): (bytes: Buffer) => T {
  let last: { readonly bytes: Buffer; readonly made: T } | undefined;
  return (bytes) => {
    if (last !== undefined && bytes.equals(last.bytes)) return last.made;
    const made = read(JSON.parse(bytes.toString("utf8")));
    // a copy: the bytes are part of a larger chunk
    last = { bytes: Buffer.from(bytes), made };
    return made;
  };
}

function isKind(value: number): value is FrameKind {
  return KINDS.has(value);
}
