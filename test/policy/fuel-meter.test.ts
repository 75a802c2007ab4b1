import { describe, expect, test } from "vitest";
import { FUEL_EXPORT, meterFuel } from "../../src/policy/fuel-meter.ts";
import { compileRego, permitsIf } from "./support.ts";

const I32 = 0x7f;
const END = 0x0b;

/** One section: its id, and its content as bytes. */
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const text = (name: string): number[] => [name.length, ...Buffer.from(name)];

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPES = section(1, 1, 0x60, 0, 1, I32);
const FUNCTIONS = section(3, 1, 0);
const GLOBALS = section(6, 1, I32, 0, 0x41, 7, END);
const EXPORTS = section(7, 1, ...text("run"), 0, 0);

/** A module that exports `run: () -> i32` with this body, and has one global of its own (7). */
function moduleOf(
  body: readonly number[],
  change: { globals?: number[]; exports?: number[]; extra?: number[] } = {},
): Uint8Array {
  const code = section(10, 1, body.length + 2, 0, ...body, END);
  const { globals = GLOBALS, exports = EXPORTS, extra = [] } = change;
  return Uint8Array.from([...HEADER, ...TYPES, ...FUNCTIONS, ...extra, ...globals, ...exports, ...code]);
}

async function start(wasm: Uint8Array): Promise<{ run: () => unknown; fuel: WebAssembly.Global }> {
  const { run, [FUEL_EXPORT]: fuel } = new WebAssembly.Instance(await WebAssembly.compile(wasm)).exports;
  if (typeof run !== "function" || !(fuel instanceof WebAssembly.Global)) throw new Error("not exported");
  return { run: () => run(), fuel };
}

describe("what a metered module does", () => {
  test("answers as before and takes one unit for each function it enters", async () => {
    const { run, fuel } = await start(meterFuel(moduleOf([0x23, 0]))); // global.get 0
    fuel.value = 5;
    expect([run(), run(), fuel.value]).toEqual([7, 7, 3]);
  });

  test("traps at zero and does not start anew", async () => {
    const { run, fuel } = await start(meterFuel(moduleOf([0x23, 0])));
    fuel.value = 1;
    expect(run()).toBe(7);
    expect(() => run()).toThrow(/unreachable/);
    expect(() => run()).toThrow(/unreachable/);
    expect(fuel.value).toBe(0);
  });

  test("stops an endless loop", async () => {
    const { run, fuel } = await start(meterFuel(moduleOf([0x03, 0x40, 0x0c, 0, END, 0x41, 0]))); // loop br 0 end
    fuel.value = 100_000;
    expect(() => run()).toThrow(/unreachable/);
    expect(fuel.value).toBe(0);
  });

  test("stops endless recursion before the stack does", async () => {
    const { run, fuel } = await start(meterFuel(moduleOf([0x10, 0]))); // call 0
    fuel.value = 100;
    expect(() => run()).toThrow(/unreachable/);
  });

  test("takes a budget of more than 2^31 units as it is", async () => {
    const { run, fuel } = await start(meterFuel(moduleOf([0x23, 0])));
    fuel.value = 0xffff_ffff;
    run();
    expect(Number(fuel.value) >>> 0).toBe(0xffff_fffe);
  });

  test("steps over every kind of immediate to the loop behind it", async () => {
    const body = [
      [0x02, 0x40, 0x41, 1, 0x0d, 0, END], // block, i32.const, br_if
      [0x41, 0, 0x04, 0x40, 0x05, END], // if, else
      [0x43, 3, 3, 3, 3, 0x1a], // f32.const, whose bytes look like loops
      [0x44, 3, 3, 3, 3, 3, 3, 3, 3, 0x1a], // f64.const
      [0x42, 0x83, 0x83, 0x83, 0x83, 0x83, 0x83, 0x83, 0x83, 0x83, 0x00, 0x1a], // i64.const of ten bytes
      [0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 0, END], // br_table
      [0x41, 1, 0x41, 2, 0x41, 3, 0x1b, 0x1a], // select
      [0x03, 0x40, 0x0c, 0, END, 0x41, 0], // the endless loop
    ].flat();
    const { run, fuel } = await start(meterFuel(moduleOf(body)));
    fuel.value = 1_000;
    expect(() => run()).toThrow(/unreachable/);
    expect(fuel.value).toBe(0);
  });

  test("makes a valid module of what OPA compiles, with a meter in each function", async () => {
    const { wasm } = await compileRego(permitsIf("input.x"));
    const metered = meterFuel(wasm);
    expect(WebAssembly.validate(metered)).toBe(true);
    expect(metered.length).toBeGreaterThan(wasm.length * 1.05);
  });
});

describe("what is refused rather than guessed at", () => {
  const answer = [0x41, 0];
  const refused: [string, Uint8Array, RegExp][] = [
    ["bytes that are no module", Uint8Array.of(1, 2, 3), /not valid/],
    ["a module that is cut short", moduleOf(answer).subarray(0, -3), /not valid/],
    ["a module without a global section", moduleOf(answer, { globals: [] }), /not one of OPA's/],
    ["a module without exports", moduleOf(answer, { exports: [] }), /not one of OPA's/],
    ["memory of its own, which nothing bounds", moduleOf(answer, { extra: section(5, 1, 0, 1) }), /its own memory/],
    [
      "an export that has the meter's name",
      moduleOf(answer, { exports: section(7, 1, ...text(FUEL_EXPORT), 3, 0) }),
      /can't be metered/,
    ],
    ["a sign extension, which is of a later version", moduleOf([...answer, 0xc0]), /instruction 0xc0/],
    [
      "memory.fill, which is unbounded work in one step",
      withMemory([0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0, ...answer]),
      /instruction 0xfc/,
    ],
    ["a reference instruction", moduleOf([0xd0, 0x70, 0x1a, ...answer]), /instruction 0xd0/],
    ["a typed select", moduleOf([0x41, 1, 0x41, 2, 0x41, 3, 0x1c, 1, I32]), /instruction 0x1c/],
    ["a data count section", Uint8Array.from([...withMemory(answer, section(12, 0)), ...section(11, 0)]), /section 12/],
  ];

  test.each(refused)("%s", (_, wasm, expected) => {
    expect(() => meterFuel(wasm)).toThrow(expected);
  });
});

/** As moduleOf, with an imported memory; `before` goes in front of the code. */
function withMemory(body: readonly number[], before: number[] = []): Uint8Array {
  const imports = section(2, 1, ...text("env"), ...text("memory"), 2, 0, 1);
  const code = section(10, 1, body.length + 2, 0, ...body, END);
  return Uint8Array.from([...HEADER, ...TYPES, ...imports, ...FUNCTIONS, ...GLOBALS, ...EXPORTS, ...before, ...code]);
}
