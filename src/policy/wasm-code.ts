// Walks the instructions of one WebAssembly function body. It knows the instructions of WebAssembly 1.0, which is what OPA
// compiles to, and refuses all others: an instruction that is skipped wrongly would leave loops without a meter, and
// those of later versions that fill or copy memory do unbounded work in one step.

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
    if (byte === undefined) throw new RangeError("the WebAssembly module is cut short");
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
    throw new RangeError("the WebAssembly module holds a number that is too long");
  }

  /** A LEB128 number of any length up to 64 bits, signed or not. */
  skipNumber(): void {
    for (let length = 0; length < 10; length += 1) if (this.readByte() < 0x80) return;
    throw new RangeError("the WebAssembly module holds a number that is too long");
  }

  skipBytes(count: number): void {
    if (this.offset + count > this.end) throw new RangeError("the WebAssembly module is cut short");
    this.offset += count;
  }

  skipName(): void {
    this.skipBytes(this.readUint());
  }
}

type Immediate = "none" | "byte" | "number" | "two_numbers" | "branch_table" | "four_bytes" | "eight_bytes";

const LOOP = 0x03;

/**
 * Finds where a function body is entered and where its loops begin.
 * @param code at the first byte of the body, its count of local variables
 * @returns offsets behind the local variables and behind each loop's header, ascending
 * @throws RangeError for an instruction that is not of WebAssembly 1.0, or a damaged body
 */
export function findMeterPoints(code: ByteReader): number[] {
  for (let groups = code.readUint(); groups > 0; groups -= 1) {
    code.skipNumber();
    code.skipBytes(1);
  }
  const points = [code.offset];
  while (code.offset < code.end) {
    const opcode = code.readByte();
    skipImmediate(code, immediateOf(opcode));
    if (opcode === LOOP) points.push(code.offset);
  }
  return points;
}

function immediateOf(opcode: number): Immediate {
  switch (opcode) {
    case 0x02: // block
    case LOOP:
    case 0x04: // if
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x41: // i32.const
    case 0x42: // i64.const
      return "number";
    case 0x0e:
      return "branch_table";
    case 0x11: // call_indirect
      return "two_numbers";
    case 0x3f: // memory.size
    case 0x40: // memory.grow
      return "byte";
    case 0x43: // f32.const
      return "four_bytes";
    case 0x44: // f64.const
      return "eight_bytes";
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
      return "none";
    default:
      if (opcode >= 0x20 && opcode <= 0x24) return "number"; // local.* and global.*
      if (opcode >= 0x28 && opcode <= 0x3e) return "two_numbers"; // loads and stores
      if (opcode >= 0x45 && opcode <= 0xbf) return "none"; // arithmetic, comparisons, conversions
      throw new RangeError(`the WebAssembly module uses instruction 0x${opcode.toString(16)}, which is not metered`);
  }
}

function skipImmediate(code: ByteReader, immediate: Immediate): void {
  switch (immediate) {
    case "none":
      break;
    case "byte":
      code.skipBytes(1);
      break;
    case "number":
      code.skipNumber();
      break;
    case "two_numbers":
      code.skipNumber();
      code.skipNumber();
      break;
    case "branch_table":
      for (let labels = code.readUint() + 1; labels > 0; labels -= 1) code.skipNumber();
      break;
    case "four_bytes":
      code.skipBytes(4);
      break;
    case "eight_bytes":
      code.skipBytes(8);
      break;
  }
}
