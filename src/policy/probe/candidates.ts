// Values for one place of an input, chosen by what rules compare it with: each literal and its neighbours. `main` are the
// few that are combined with those of other places, `near` the many that are tried by themselves.
import type { Comparison, Making, Test } from "../conditions.ts";
import { type Draft, readLiteral, write } from "./draft.ts";
import { samplesOfGlob, samplesOfRegex } from "./pattern-samples.ts";
import { boundariesOf, OF_EVERY_TYPE, type Shape, sampleOf, textOf } from "./shape.ts";

export type Candidates = { readonly main: readonly Draft[]; readonly near: readonly Draft[] };

const MAX_COUNTED = 4_096;
const MAX_OPERANDS = 8;
const MAX_SEPARATOR_CHARACTERS = 2;
const NUMBER = /^-?\d/;

/**
 * @param tests those of the place
 * @param makings those of the place
 */
export function chooseCandidates(tests: readonly Test[], makings: readonly Making[], shape: Shape): Candidates {
  const own = makings.flatMap(({ literals }) => literals);
  const chosen = tests.map(({ how, literal }) => chooseFor(how, literal, own, shape));
  return {
    main: unique([...chosen.flatMap(({ main }) => main), sampleOf(shape)]),
    near: unique([...chosen.flatMap(({ near }) => near), ...boundariesOf(shape), ...OF_EVERY_TYPE]),
  };
}

function chooseFor(how: Comparison, literal: string, own: readonly string[], shape: Shape): Candidates {
  if (how === "count") return chooseCounted(Number(literal), shape);
  if (NUMBER.test(literal)) return chooseNumbers(how, literal, own);
  const value = readLiteral(literal);
  if (typeof value !== "string") return { main: [value], near: [] };
  const { main, near } = chooseTexts(how, value);
  const pieces = separatorsIn(own).flatMap((by) => main.flatMap((text) => [`x${by}${text}`, `${text}${by}x`]));
  return { main: [...main, ...pieces.slice(0, 2)], near: [...near, ...pieces.slice(2)] };
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
    default:
      return { main: [text], near: around };
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
  const near = [...steps, ...beside, ...between, String(-to)].map(readLiteral);
  return { main: main.map(readLiteral), near: [...near, literal] };
}

/** Texts, arrays and objects of as many members, one more and one less. */
function chooseCounted(count: number, shape: Shape): Candidates {
  const sizes = [count, count + 1, count - 1].map(Math.trunc).filter((size) => size >= 0 && size <= MAX_COUNTED);
  const texts = sizes.map(textOf);
  const arrays = sizes.map((size) => Array.from({ length: size }, (_, index) => index));
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
