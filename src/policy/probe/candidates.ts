// Values for one place of an input, chosen by what rules compare it with: each literal and its neighbours. `main` are the
// few that are combined with those of other places, `near` the many that are tried by themselves.
import type { Comparison, Making, Test } from "../conditions.ts";
import { type Draft, isList, readLiteral, write } from "./draft.ts";
import { samplesOfGlob, samplesOfRegex } from "./pattern-samples.ts";
import { boundariesOf, OF_EVERY_TYPE, type Shape, sampleOf, textOf } from "./shape.ts";

export type Candidates = { readonly main: readonly Draft[]; readonly near: readonly Draft[] };

const MAX_COUNTED = 4_096;
const MAX_OPERANDS = 8;
const MAX_SEPARATOR_CHARACTERS = 2;
/** How far behind its separators a piece of a text may stand, and how many characters before it. */
const MAX_PIECES = 5;
const MAX_OFFSET = 64;
const NUMBER = /^-?\d/;

/**
 * @param tests those of the place
 * @param makings those of the place
 */
export function chooseCandidates(tests: readonly Test[], makings: readonly Making[], shape: Shape): Candidates {
  const own = makings.flatMap(({ literals }) => literals);
  const chosen = tests.map(({ how, literal }) => chooseFor(how, literal, own, shape));
  const main = chosen.flatMap((one) => one.main);
  // what is compared may be its greatest member, its first, or their sum
  const lists = shape.types.includes("array") ? main.filter((value) => !isList(value)).map((value) => [value]) : [];
  return {
    main: unique([...main, sampleOf(shape)]),
    near: unique([...lists, ...chosen.flatMap(({ near }) => near), ...boundariesOf(shape), ...OF_EVERY_TYPE]),
  };
}

function chooseFor(how: Comparison, literal: string, own: readonly string[], shape: Shape): Candidates {
  if (how === "count") return chooseCounted(Number(literal), own, shape);
  if (NUMBER.test(literal)) return chooseNumbers(how, literal, own);
  const value = readLiteral(literal);
  if (typeof value !== "string") return { main: [value], near: [] };
  const { main, near } = chooseTexts(how, value);
  if (own.length === 0) return { main, near };
  const pieces = separatorsIn(own).flatMap((by) => main.flatMap((text) => [`x${by}${text}`, `${text}${by}x`]));
  const parts = separatorsIn(own).flatMap((by) => (value.includes(by) ? value.split(by) : []));
  return {
    main: [...main, ...pieces.slice(0, 2), ...parts.slice(0, MAX_PIECES)],
    near: [...near, ...pieces.slice(2), ...main.flatMap((text) => chooseMade(text, own))],
  };
}

/** Texts of which one step of a policy may make this one: a piece of them, the end or the start of them, their reverse. */
function chooseMade(text: string, own: readonly string[]): readonly string[] {
  const deeper = separatorsIn(own).flatMap((by) =>
    Array.from({ length: MAX_PIECES - 1 }, (_, index) => `x${by}`.repeat(index + 2) + text).flatMap((one) => [
      one,
      `${one}${by}x`,
    ]),
  );
  const beside = own.map(readLiteral).filter((value) => typeof value === "string");
  const offsets = own.filter((one) => NUMBER.test(one)).map(Number);
  return [
    ...deeper,
    ...beside.slice(0, MAX_OPERANDS).flatMap((other) => [other + text, text + other]),
    ...offsets.filter((count) => count > 0 && count <= MAX_OFFSET).map((count) => textOf(count) + text),
    [...text].reverse().join(""),
    Buffer.from(text).toString("base64"),
    Buffer.from(text).toString("base64url"),
  ];
}

function chooseTexts(how: Comparison, text: string): { main: readonly string[]; near: readonly string[] } {
  const around = [otherCase(text), `${text}x`, `x${text}`, text.slice(0, -1), ` ${text}`];
  switch (how) {
    case "prefix":
      return { main: [`${text}x`], near: [text, ...around] };
    case "suffix":
      return { main: [`x${text}`], near: [text, ...around] };
    case "part":
      return { main: [`x${text}x`], near: [text, ...around] };
    case "regex":
    case "glob": {
      const samples = how === "regex" ? samplesOfRegex(text) : samplesOfGlob(text);
      const beside = samples.flatMap((sample) => [otherCase(sample), `${sample}x`, `x${sample}`, sample.slice(1)]);
      return { main: samples.slice(0, 2), near: [...samples.slice(2), ...beside] };
    }
    default: {
      const [within, ...edges] = addressesOf(text);
      return { main: within === undefined ? [text] : [text, within], near: [...around, ...edges] };
    }
  }
}

function chooseNumbers(how: Comparison, literal: string, own: readonly string[]): Candidates {
  const by = own.filter((one) => NUMBER.test(one)).slice(0, MAX_OPERANDS);
  const to = Number(literal);
  // what gives the literal after one step of arithmetic
  const reached = by.map(Number).flatMap((one) => [to / one, to * one, to - one, to + one]);
  const steps = reached.filter(Number.isFinite).map(String);
  const beside = [literal, ...steps].flatMap((one) => [shift(one, 1), shift(one, -1)]);
  const between = [literal, ...steps].flatMap((one) => [shift(one, 0.5), shift(one, -0.5)]);
  const [above = literal, below = literal] = beside;
  const main = how === "order" ? [literal, above, below, ...steps.slice(0, 4)] : [literal, ...steps.slice(0, 4)];
  const near = [...steps, ...beside, ...between, ...[-to, -to - 1, -to + 1].map(String)].map(readLiteral);
  return { main: main.map(readLiteral), near: [...near, literal] };
}

/** An address in a network of IPv4, its others at the edges, and those just outside. */
function addressesOf(text: string): readonly string[] {
  const [, a = "", b = "", c = "", d = "", bits = ""] =
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text) ?? [];
  const parts = [a, b, c, d].map(Number);
  if (bits === "" || Number(bits) > 32 || parts.some((part) => part > 255)) return [];
  const size = 2 ** (32 - Number(bits));
  const given = parts.reduce((sum, part) => sum * 256 + part, 0);
  const from = given - (given % size);
  const edges = [from, from + size - 1, from + Math.floor(size / 2), from - 1, from + size];
  return edges
    .filter((address) => address >= 0 && address < 2 ** 32)
    .map((address) => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join("."));
}

/** Texts, arrays and objects of as many members, one more and one less; members are texts where they may be. */
function chooseCounted(count: number, own: readonly string[], shape: Shape): Candidates {
  const sizes = [count, count + 1, count - 1].map(Math.trunc).filter((size) => size >= 0 && size <= MAX_COUNTED);
  const pieces = separatorsIn(own).flatMap((by) => sizes.map((size) => Array(size).fill("x").join(by)));
  const texts = [...pieces, ...sizes.map(textOf)];
  const areNumbers = shape.items?.types.some((type) => type === "number" || type === "integer") === true;
  const member = (index: number): Draft => (areNumbers ? index : `x${index}`);
  const arrays = sizes.map((size) => Array.from({ length: size }, (_, index) => member(index)));
  const objects = sizes.map((size) =>
    Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, index])),
  );
  if (shape.types.includes("string")) return { main: texts, near: [...arrays, ...objects] };
  return { main: arrays, near: [...texts, ...objects] };
}

/** A number as it is written, so much more: integers that no double holds stay exact. */
function shift(literal: string, by: number): string {
  if (Number.isInteger(by) && /^-?\d{16,}$/.test(literal)) return String(BigInt(literal) + BigInt(by));
  const decimals = /\.(\d+)$/.exec(literal)?.[1]?.length ?? 0;
  // 99.99 has 100.00 and 99.98 for neighbours
  const step = Number.isInteger(by) ? by / 10 ** Math.min(decimals, 6) : by;
  return String(Number((Number(literal) + step).toFixed(Math.max(1, decimals))));
}

function separatorsIn(literals: readonly string[]): readonly string[] {
  return literals
    .map(readLiteral)
    .filter((value) => typeof value === "string")
    .filter((text) => text.length <= MAX_SEPARATOR_CHARACTERS && /^[^\p{L}\p{N}]+$/u.test(text));
}

function otherCase(text: string): string {
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase();
}

function unique(drafts: readonly Draft[]): readonly Draft[] {
  return [...new Map(drafts.map((draft) => [write(draft), draft])).values()];
}
