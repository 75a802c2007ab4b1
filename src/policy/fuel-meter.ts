// Rewrites a WebAssembly module so that it can't run for ever: each function entry and each turn of a loop takes one unit
// from a global that the module gains, and traps where none is left. The count is the same on every run and machine.
// The module can't reach the global itself: it is valid before, so no instruction of it names a global that comes after
// its own. Bytes in, bytes out: nothing is compiled or run here.
import { ByteReader, findMeterPoints } from "./wasm-code.ts";

/** The exported global, an i32 read as unsigned: units that are left. */
export const FUEL_EXPORT = "regate_fuel";

/** Units at instantiation: enough for start-up code and the loading of nothing, until the engine sets a budget. */
const START_UNITS = 10_000_000;

const HEADER_BYTES = 8;
const SECTION = { import: 2, memory: 5, global: 6, export: 7, code: 10, last: 11 } as const;

type Section = { readonly id: number; readonly start: number; readonly end: number };

/**
 * @param wasm a valid module in the form that OPA compiles to: WebAssembly 1.0, its memory imported
 * @returns the metered module, valid again
 * @throws RangeError, with a message for people, for a module of any other form
 */
export function meterFuel(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!WebAssembly.validate(wasm)) throw new RangeError("the WebAssembly module is not valid");
  const sections = readSections(wasm);
  const find = (id: number): Section | undefined => sections.find((section) => section.id === id);
  if (find(SECTION.memory) !== undefined) throw new RangeError("the WebAssembly module brings its own memory");
  const globals = find(SECTION.global);
  const exported = find(SECTION.export);
  if (globals === undefined || exported === undefined)
    throw new RangeError("the WebAssembly module is not one of OPA's");

  const fuelIndex = countImportedGlobals(wasm, find(SECTION.import)) + new ByteReader(wasm, globals.start).readUint();
  const charge = chargeOneUnit(fuelIndex);
  const chunks: Uint8Array[] = [wasm.subarray(0, HEADER_BYTES)];
  for (const section of sections) {
    const content =
      section === globals
        ? appendItem(wasm, section, [0x7f, 0x01, 0x41, ...signedLeb(START_UNITS), 0x0b]) // (mut i32) START_UNITS
        : section === exported
          ? appendItem(wasm, section, [...nameBytes(FUEL_EXPORT), 0x03, ...leb(fuelIndex)])
          : section.id === SECTION.code
            ? meterCode(wasm, section, charge)
            : [wasm.subarray(section.start, section.end)];
    chunks.push(Uint8Array.of(section.id, ...leb(byteLength(content))));
    for (const chunk of content) chunks.push(chunk);
  }
  const metered = concat(chunks);
  if (!WebAssembly.validate(metered))
    throw new RangeError(`the WebAssembly module can't be metered; does it export ${FUEL_EXPORT}?`);
  return metered;
}

function readSections(wasm: Uint8Array): Section[] {
  const reader = new ByteReader(wasm, HEADER_BYTES);
  const sections: Section[] = [];
  while (reader.offset < reader.end) {
    const id = reader.readByte();
    if (id > SECTION.last)
      throw new RangeError(`the WebAssembly module has a section ${id}, which is not of version 1.0`);
    const length = reader.readUint();
    const start = reader.offset;
    reader.skipBytes(length);
    sections.push({ id, start, end: reader.offset });
  }
  return sections;
}

function countImportedGlobals(wasm: Uint8Array, section: Section | undefined): number {
  if (section === undefined) return 0;
  const reader = new ByteReader(wasm, section.start, section.end);
  let globals = 0;
  for (let imports = reader.readUint(); imports > 0; imports -= 1) {
    reader.skipName();
    reader.skipName();
    const kind = reader.readByte();
    if (kind === 0x03) globals += 1;
    if (kind === 0x00) reader.skipNumber();
    else if (kind === 0x01) skipLimits(reader, 1);
    else if (kind === 0x02) skipLimits(reader, 0);
    else if (kind === 0x03) reader.skipBytes(2);
    else throw new RangeError("the WebAssembly module imports what is not of version 1.0");
  }
  return globals;
}

/** Of a table (whose element type of `typeBytes` comes first) or a memory. */
function skipLimits(reader: ByteReader, typeBytes: number): void {
  reader.skipBytes(typeBytes);
  const hasMaximum = reader.readByte() === 0x01;
  reader.skipNumber();
  if (hasMaximum) reader.skipNumber();
}

/** The content of a section that is a counted list, with one more item at its end. */
function appendItem(wasm: Uint8Array, section: Section, item: readonly number[]): Uint8Array[] {
  const reader = new ByteReader(wasm, section.start, section.end);
  const count = reader.readUint();
  return [Uint8Array.from(leb(count + 1)), wasm.subarray(reader.offset, section.end), Uint8Array.from(item)];
}

function meterCode(wasm: Uint8Array, section: Section, charge: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(wasm, section.start, section.end);
  const count = reader.readUint();
  const bodies: Uint8Array[] = [Uint8Array.from(leb(count))];
  for (let index = 0; index < count; index += 1) {
    const length = reader.readUint();
    let from = reader.offset;
    reader.skipBytes(length);
    const points = findMeterPoints(wasm, from, reader.offset);
    bodies.push(Uint8Array.from(leb(length + points.length * charge.length)));
    for (const point of points) {
      bodies.push(wasm.subarray(from, point), charge);
      from = point;
    }
    bodies.push(wasm.subarray(from, reader.offset));
  }
  return bodies;
}

/** `if (fuel == 0) trap; fuel -= 1`, which leaves the operand stack as it was. */
function chargeOneUnit(fuelIndex: number): Uint8Array {
  const get = [0x23, ...leb(fuelIndex)];
  const set = [0x24, ...leb(fuelIndex)];
  const trapIfZero = [...get, 0x45, 0x04, 0x40, 0x00, 0x0b]; // i32.eqz, if, unreachable, end
  return Uint8Array.from([...trapIfZero, ...get, 0x41, 0x01, 0x6b, ...set]); // i32.const 1, i32.sub
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** Of a number that is not negative: one more group of bits where the last would read as a sign. */
function signedLeb(value: number): number[] {
  const bytes = leb(value);
  const last = bytes.at(-1) ?? 0;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0x00];
}

function nameBytes(name: string): number[] {
  return [...leb(name.length), ...new TextEncoder().encode(name)];
}

function byteLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
