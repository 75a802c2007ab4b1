// The fuel meter: a mutated module is refused, or metered and valid; and what is metered ends, however it loops.
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";
import { meterFuel } from "../../../src/policy/fuel-meter.ts";
import { whenDone } from "../../e2e/harness-process.ts";
import type { Target } from "../target.ts";

const END = 0x0b;
const HANG_MS = 10_000;
const FUEL = 2_000;

/** One section: its id, its length and its content. */
const section = (id: number, ...content: number[]): number[] => [id, ...leb(content.length), ...content];
const text = (name: string): number[] => [name.length, ...Buffer.from(name)];

/** A module whose only function is `run: () -> ()`, index 0, with this body. */
function moduleOf(body: readonly number[]): Uint8Array {
  const code = [...leb(body.length + 2), 0, ...body, END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 1, 0),
    ...section(4, 1, 0x70, 0, 1),
    ...section(6, 1, 0x7f, 0, 0x41, 7, END),
    ...section(7, 1, ...text("run"), 0, 0),
    ...section(9, 1, 0, 0x41, 0, END, 1, 0),
    ...section(10, 1, ...code),
  ]);
}

const LOOP_FOREVER = [0x03, 0x40, 0x0c, 0, END];
const SEEDS = [
  moduleOf([]),
  moduleOf(LOOP_FOREVER),
  moduleOf([0x02, 0x40, 0x41, 1, 0x0d, 0, ...LOOP_FOREVER, END, 0x43, 3, 3, 3, 3, 0x1a]),
  moduleOf([0x10, 0]),
  moduleOf([0x41, 0, 0x11, 0, 0]),
  moduleOf([0x41, 1, 0x04, 0x40, ...LOOP_FOREVER, 0x05, 0x41, 0, 0x0e, 1, 0, 0, END]),
];

export const wasmBytes: Target = {
  name: "wasm-bytes",
  seeds: SEEDS,
  words: [
    Uint8Array.from(LOOP_FOREVER),
    Uint8Array.of(0x03, 0x40),
    Uint8Array.of(0x0c, 0),
    Uint8Array.of(0x41, 0x80, 0x80, 0),
    Uint8Array.of(0xfc, 0x0b),
    "regate_fuel",
  ],
  runs: 400,
  unshrunk: true,
  async check(input) {
    const metered = meter(input);
    if (metered !== undefined) await expectToEnd(metered);
  },
};

/** Any bytes as a program of blocks, loops, branches and calls: always a valid module. */
export const wasmLoops: Target = {
  name: "wasm-loops",
  seeds: [Uint8Array.of(1, 3, 1, 4, 0, 9), Uint8Array.of(1, 1, 1, 5, 0, 6, 2, 7), Uint8Array.of(8, 2, 1, 4, 0)],
  words: [Uint8Array.of(1, 4, 0), Uint8Array.of(7), Uint8Array.of(2, 1, 3)],
  runs: 200,
  unshrunk: true,
  async check(input) {
    const module = moduleOf(programOf(input));
    expect(WebAssembly.validate(Uint8Array.from(module))).toBe(true);
    const metered = meter(module);
    if (metered === undefined) throw new Error("a module of known instructions was refused");
    await expectToEnd(metered);
  },
};

function meter(module: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    const metered = meterFuel(module);
    expect(WebAssembly.validate(metered)).toBe(true);
    return metered;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    expect(error.message).toMatch(/^the WebAssembly module [^\n]+$/);
    return undefined;
  }
}

function programOf(input: Uint8Array): number[] {
  const code: number[] = [];
  const bytes = input.subarray(0, 300);
  /** The constructs that are open; a loop's label is its beginning. */
  let open = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const next = bytes[at + 1] ?? 0;
    const label = open === 0 ? 0 : next % (open + 1);
    switch ((bytes[at] ?? 0) % 10) {
      case 1:
        code.push(0x03, 0x40); // loop
        open += 1;
        break;
      case 2:
        code.push(0x02, 0x40); // block
        open += 1;
        break;
      case 3:
        code.push(0x41, next % 2, 0x04, 0x40); // i32.const, if
        open += 1;
        break;
      case 4:
        code.push(0x41, 1, 0x0d, ...leb(label)); // br_if, taken
        break;
      case 5:
        code.push(0x41, next % 2, 0x0d, ...leb(label)); // br_if
        break;
      case 6:
        code.push(0x41, next % 3, 0x0e, 1, ...leb(label), 0); // br_table
        if (open > 0) {
          code.push(END);
          open -= 1;
        }
        break;
      case 7:
        code.push(0x10, 0); // call itself
        break;
      case 8:
        code.push(0x43, 3, 3, 3, 3, 0x1a, 0x44, 3, 3, 3, 3, 0x40, 3, 0x0c, 0, 0x1a); // constants that look like loops
        break;
      case 9:
        code.push(0x41, 0, 0x11, 0, 0); // call itself by the table
        break;
      default:
        if (open > 0) {
          code.push(END);
          open -= 1;
        } else code.push(0x01);
    }
  }
  for (; open > 0; open -= 1) code.push(END);
  return code;
}

let worker: Worker | undefined;

async function expectToEnd(metered: Uint8Array): Promise<void> {
  if (worker === undefined) {
    worker = new Worker(join(import.meta.dirname, "../run-wasm.mjs"));
    whenDone(async () => void (await worker?.terminate()));
  }
  const { ran } = await answerOf(worker, metered);
  for (const used of ran) expect(used > 0 && used <= FUEL).toBe(true);
}

function answerOf(running: Worker, metered: Uint8Array): Promise<{ readonly ran: readonly number[] }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      worker = undefined;
      void running.terminate();
      reject(new Error("a metered module does not end"));
    }, HANG_MS);
    running.once("message", (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    running.postMessage(metered);
  });
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
