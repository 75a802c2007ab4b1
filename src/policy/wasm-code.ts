// Walks the instructions of one WebAssembly function body. It knows the instructions of WebAssembly 1.0, which is what OPA
// compiles to, and refuses all others: an instruction that is skipped wrongly would leave loops without a meter, and
// those of later versions that fill or copy memory do unbounded work in one step.

const CUT_SHORT = "the WebAssembly module is cut short";
const TOO_LONG = "the WebAssembly module holds a number that is too long";
/** Of 64 bits. */
const MAX_NUMBER_BYTES = 10;

/** Reads one byte after another; every read past the end throws. */
export class ByteReader {
  offset: number;
  readonly end: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  readByte(): number {
    const byte = this.offset < this.end ? this.#bytes[this.offset] : undefined;
    if (byte === undefined) throw new RangeError(CUT_SHORT);
    this.offset += 1;
    return byte;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  readUint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.readByte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError(TOO_LONG);
  }

  /** A LEB128 number of any length up to 64 bits, signed or not. */
  skipNumber(): void {
    for (let length = 0; length < MAX_NUMBER_BYTES; length += 1) if (this.readByte() < 0x80) return;
    throw new RangeError(TOO_LONG);
  }

  skipBytes(count: number): void {
    if (this.offset + count > this.end) throw new RangeError(CUT_SHORT);
    this.offset += count;
  }

  skipName(): void {
    this.skipBytes(this.readUint());
  }
}

const LOOP = 0x03;

/** What follows an opcode. */
const NOTHING = 0;
const NUMBER = 1;
const TWO_NUMBERS = 2;
const BRANCH_TABLE = 3;
const ONE_BYTE = 4;
const FOUR_BYTES = 5;
const EIGHT_BYTES = 6;
const UNKNOWN = 7;

/** By opcode. A module has some hundred thousand instructions, and a start waits for them. */
const IMMEDIATES = Uint8Array.from({ length: 256 }, (_, opcode) => immediateOf(opcode));

/**
 * Finds where a function body is entered and where its loops begin.
 * @param start of the body, its count of local variables
 * @returns offsets behind the local variables and behind each loop's header, ascending
 * @throws RangeError for an instruction that is not of WebAssembly 1.0, or a damaged body
 */
export function findMeterPoints(bytes: Uint8Array, start: number, end: number): number[] {
  const head = new ByteReader(bytes, start, end);
  for (let groups = head.readUint(); groups > 0; groups -= 1) {
    head.skipNumber();
    head.skipBytes(1);
  }
  let at = head.offset;
  const points = [at];
  while (at < end) {
    const opcode = bytes[at] ?? 0;
    at += 1;
    switch (IMMEDIATES[opcode]) {
      case NOTHING:
        break;
      case NUMBER:
        at = behindNumber(bytes, at, end);
        if (opcode === LOOP) points.push(at);
        break;
      case TWO_NUMBERS:
        at = behindNumber(bytes, behindNumber(bytes, at, end), end);
        break;
      case BRANCH_TABLE: {
        const table = new ByteReader(bytes, at, end);
        for (let labels = table.readUint() + 1; labels > 0; labels -= 1) table.skipNumber();
        at = table.offset;
        break;
      }
      case ONE_BYTE:
        at += 1;
        break;
      case FOUR_BYTES:
        at += 4;
        break;
      case EIGHT_BYTES:
        at += 8;
        break;
      default:
        throw new RangeError(`the WebAssembly module uses instruction 0x${opcode.toString(16)}, which is not metered`);
    }
  }
  if (at > end) throw new RangeError(CUT_SHORT);
  return points;
}

/** As ByteReader's skipNumber. */
function behindNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while ((bytes[at] ?? 0) >= 0x80) at += 1;
  at += 1;
  if (at > end) throw new RangeError(CUT_SHORT);
  if (at - start > MAX_NUMBER_BYTES) throw new RangeError(TOO_LONG);
  return at;
}

function immediateOf(opcode: number): number {
  switch (opcode) {
    case 0x02: // block
    case LOOP:
    case 0x04: // if
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x41: // i32.const
    case 0x42: // i64.const
      return NUMBER;
    case 0x0e:
      return BRANCH_TABLE;
    case 0x11: // call_indirect
      return TWO_NUMBERS;
    case 0x3f: // memory.size
    case 0x40: // memory.grow
      return ONE_BYTE;
    case 0x43: // f32.const
      return FOUR_BYTES;
    case 0x44: // f64.const
      return EIGHT_BYTES;
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
      return NOTHING;
    default:
      if (opcode >= 0x20 && opcode <= 0x24) return NUMBER; // local.* and global.*
      if (opcode >= 0x28 && opcode <= 0x3e) return TWO_NUMBERS; // loads and stores
      if (opcode >= 0x45 && opcode <= 0xbf) return NOTHING; // arithmetic, comparisons, conversions
      return UNKNOWN;
  }
}
