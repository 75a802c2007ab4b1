// Byte-level mutation, as arbitraries of fast-check, so that what fails shrinks to few mutations of a short seed.
import fc from "fast-check";
import type { Target } from "./target.ts";

type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "set"; readonly at: number; readonly byte: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "delete"; readonly at: number; readonly count: number }
  | { readonly kind: "repeat"; readonly at: number; readonly count: number; readonly times: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "splice"; readonly at: number; readonly from: number; readonly seed: number };

const position = fc.nat({ max: 0xff_ffff });
const INTERESTING = [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0xc0, 0xfe, 0xff];

/** A seed with some mutations; where the target makes inputs of its own, those too, mutated or not. */
export function inputsOf({ seeds, words, made }: Target): fc.Arbitrary<Uint8Array> {
  const mutations = fc.array(mutationOf(words), { minLength: 1, maxLength: 8 });
  const fromSeeds = fc
    .tuple(fc.constantFrom(...seeds), mutations)
    .map(([seed, some]) => some.reduce((bytes, mutation) => apply(bytes, mutation, seeds), seed));
  if (made === undefined) return fromSeeds;
  const mutated = fc
    .tuple(made, mutations)
    .map(([input, some]) => some.slice(0, 2).reduce((bytes, mutation) => apply(bytes, mutation, seeds), input));
  return fc.oneof(fromSeeds, made, mutated);
}

function mutationOf(words: Target["words"]): fc.Arbitrary<Mutation> {
  const pieces = words.map((word) => (typeof word === "string" ? new TextEncoder().encode(word) : word));
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    ...(pieces.length > 0 ? [fc.constantFrom(...pieces)] : []),
  );
  return fc.oneof<fc.Arbitrary<Mutation>[]>(
    fc.record({ kind: fc.constant("flip" as const), at: position, bit: fc.nat({ max: 7 }) }),
    fc.record({
      kind: fc.constant("set" as const),
      at: position,
      byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...INTERESTING)),
    }),
    fc.record({ kind: fc.constant("insert" as const), at: position, bytes }),
    fc.record({ kind: fc.constant("delete" as const), at: position, count: fc.integer({ min: 1, max: 16 }) }),
    fc.record({
      kind: fc.constant("repeat" as const),
      at: position,
      count: fc.integer({ min: 1, max: 32 }),
      times: fc.constantFrom(1, 2, 3, 100),
    }),
    fc.record({ kind: fc.constant("cut" as const), at: position }),
    fc.record({ kind: fc.constant("splice" as const), at: position, from: position, seed: fc.nat({ max: 99 }) }),
  );
}

function apply(bytes: Uint8Array, mutation: Mutation, seeds: readonly Uint8Array[]): Uint8Array {
  const at = bytes.length === 0 ? 0 : mutation.at % bytes.length;
  const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
  switch (mutation.kind) {
    case "flip":
    case "set": {
      const changed = Uint8Array.from(bytes);
      if (changed.length === 0) return changed;
      changed[at] = mutation.kind === "set" ? mutation.byte : (changed[at] ?? 0) ^ (1 << mutation.bit);
      return changed;
    }
    case "insert":
      return join(bytes.subarray(0, at), mutation.bytes, bytes.subarray(at));
    case "delete":
      return join(bytes.subarray(0, at), bytes.subarray(at + mutation.count));
    case "repeat": {
      const piece = bytes.subarray(at, at + mutation.count);
      const repeated = Array.from({ length: mutation.times }, () => piece);
      return join(bytes.subarray(0, at), ...repeated, bytes.subarray(at));
    }
    case "cut":
      return bytes.slice(0, at);
    case "splice": {
      const other = seeds[mutation.seed % seeds.length] ?? bytes;
      return join(bytes.subarray(0, at), other.subarray(other.length === 0 ? 0 : mutation.from % other.length));
    }
  }
}
