// Protocol Buffers, as far as spans need them: fields by number, one after the other, into bytes. Knows no message. Pure.

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MORE = 0x80;

/** One message while it is written. */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  /** A whole number from 0 to 2^53 - 1, or true as 1; also for enums. */
  varint(field: number, value: number): this {
    return this.#tag(field, VARINT).#varint(value);
  }

  fixed32(field: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.#tag(field, FIXED32).#push(bytes);
  }

  fixed64(field: number, value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return this.#tag(field, FIXED64).#push(bytes);
  }

  /** Halves of pairs become U+FFFD: what is text must be UTF-8. */
  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, "utf8"));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, BYTES).#varint(value.length).#push(value);
  }

  message(field: number, value: Message): this {
    this.#tag(field, BYTES).#varint(value.#size);
    for (const part of value.#parts) this.#push(part);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.#size);
  }

  #tag(field: number, type: number): this {
    return this.#varint(field * 8 + type);
  }

  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= MORE; rest = Math.floor(rest / MORE)) bytes.push((rest % MORE) + MORE);
    bytes.push(rest);
    return this.#push(Uint8Array.from(bytes));
  }

  #push(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return this;
  }
}
