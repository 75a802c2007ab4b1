// The changes to one recorded input that are worth trying, each at one place, nearest first: at the places that the rules which
// speak to it read, with what they compare them with and with what is near to what stands there. Only what a gate could be
// sent comes out; who calls which tool of which server stays. Pure.
import type { Path, RuleConditions, Test } from "../conditions.ts";
import { isPossible } from "../probe/compose-probe.ts";
import { type Dimension, listDimensions, shapeOfArgs } from "../probe/dimensions.ts";
import { ABSENT, type Draft, isList, isRecord, put, readLiteral, type Value, write } from "../probe/draft.ts";
import { readParameters } from "../probe/search.ts";
import { type Shape, shapeAt } from "../probe/shape.ts";
import type { ProbedPolicy } from "../probe/targets.ts";
import type { Speaker } from "../speakers.ts";
import { distanceOf, editText } from "./edits.ts";
import { type Moment, momentAt, nextMoment, readMoment } from "./moments.ts";

export type Input = { readonly [key: string]: Draft };

export type Change = {
  /** From the root of the input. */
  readonly path: readonly string[];
  readonly from: Value;
  readonly to: Value;
};

/** What of an input can be otherwise for the same call; first what is in the caller's own hand. */
const ROOTS = ["args", "params", "time", "principal", "history", "definition"];
const MAX_MEMBERS = 8;

/** All that a call's input may differ in, each place's nearest value first, the places in the order of ROOTS. */
export function listChanges(policy: ProbedPolicy, input: Input, speakers: readonly Speaker[]): readonly Change[] {
  const tool = typeof input.tool === "string" ? input.tool : undefined;
  const shape = shapeOfArgs([readParameters(policy, { server: String(input.server), tool })]);
  const { all } = listDimensions(speakers, shape, policy.conditions === undefined);
  const tests = speakers.flatMap(({ conditions }) => conditions.tests);
  const changes = [
    ...all.flatMap((dimension) => changesAt(input, dimension, tests)),
    ...droppedFields(input, speakers),
    ...changesOfTime(input, all),
  ].filter(({ path, from, to }) => isWorthTrying(path, from, to, shape));
  const unique = [...new Map(changes.map((change) => [nameOf(change), change])).values()];
  return unique.sort((a, b) => rankOf(a) - rankOf(b) || distanceOf(a.from, a.to) - distanceOf(b.from, b.to));
}

/** The input with the changes made. */
export function applyChanges(input: Input, changes: readonly Change[]): Input {
  return changes.reduce((changed: Input, { path, to }) => {
    const next = put(changed, path, to);
    return next !== ABSENT && isRecord(next) ? next : changed;
  }, input);
}

/** Whether the rule looks at nothing that can be otherwise for the same call: then it speaks, whatever the input is. */
export function isBeyondInput({ reads, touches, tests }: RuleConditions): boolean {
  const places = [...reads, ...touches, ...tests.map(({ path }) => path)];
  return places.every(([root]) => typeof root === "string" && root !== "session" && !ROOTS.includes(root));
}

export function valueAt(input: Draft | undefined, path: readonly string[]): Value {
  const [key, ...rest] = path;
  if (input === undefined) return ABSENT;
  if (key === undefined) return input;
  if (isList(input)) return /^\d+$/.test(key) ? valueAt(input[Number(key)], rest) : ABSENT;
  return isRecord(input) && Object.hasOwn(input, key) ? valueAt(input[key], rest) : ABSENT;
}

function changesAt(input: Input, { path, main, near }: Dimension, tests: readonly Test[]): Change[] {
  if (path[0] === "time") return [];
  const at = JSON.stringify(path);
  const literals = tests
    .filter((test) => JSON.stringify(test.path) === at)
    .map(({ literal }) => readLiteral(literal))
    .filter((literal) => typeof literal === "string");
  return placesOf(input, path).flatMap((place) => {
    const from = valueAt(input, place);
    const edited = typeof from === "string" ? editText(from, literals) : [];
    const values: readonly Value[] = [ABSENT, ...edited, ...main, ...near];
    return values.map((to) => ({ path: place, from, to }));
  });
}

/** Where it says any key: each that is there. */
function placesOf(input: Draft, path: Path): readonly (readonly string[])[] {
  const [key, ...rest] = path;
  if (key === undefined) return [[]];
  const keys = key === null ? keysOf(input).slice(0, MAX_MEMBERS) : [key];
  return keys.flatMap((name) => {
    const below = valueAt(input, [name]);
    return placesOf(below === ABSENT ? null : below, rest).map((place) => [name, ...place]);
  });
}

function keysOf(value: Draft): readonly string[] {
  if (isList(value)) return value.map((_, index) => String(index));
  return isRecord(value) ? Object.keys(value) : [];
}

/** A rule may look at which arguments there are, or at each member of a list. */
function droppedFields(input: Input, speakers: readonly { readonly conditions: RuleConditions }[]): Change[] {
  const field = Object.hasOwn(input, "args") ? "args" : "params";
  const fields = keysOf(input[field] ?? null).map((key): readonly string[] => [field, key]);
  const members = speakers
    .flatMap(({ conditions: { reads, touches } }) => [...reads, ...touches])
    .filter(([root]) => root === "args" || root === "params")
    .flatMap((path) => {
      const end = path.indexOf(null);
      return end === -1 ? [] : placesOf(input, path.slice(0, end + 1));
    });
  const lists = fields.flatMap((path) => {
    const value = valueAt(input, path);
    return value !== ABSENT && isList(value) ? placesOf(input, [...path, null]) : [];
  });
  return [...fields, ...members, ...lists].map((path) => ({ path, from: valueAt(input, path), to: ABSENT }));
}

/** Another moment as a whole: an hour has a date. */
function changesOfTime(input: Input, dimensions: readonly Dimension[]): Change[] {
  const now = readMoment(toData(input.time));
  if (now === undefined) return [];
  const valuesOf = (key: string): Value[] =>
    dimensions
      .filter(({ path }) => path[0] === "time" && path[1] === key)
      .flatMap(({ main, near }) => [...main, ...near]);
  const hours = valuesOf("hour").filter((hour) => typeof hour === "number");
  const weekdays = valuesOf("weekday").filter((weekday) => typeof weekday === "string");
  const moments = [
    ...hours.map((hour) => nextMoment(now, { hour })),
    ...weekdays.map((weekday) => nextMoment(now, { weekday })),
    ...weekdays.flatMap((weekday) => hours.map((hour) => nextMoment(now, { hour, weekday }))),
    ...valuesOf("unix").map((unix) => (typeof unix === "number" && unix > now.unix ? momentAt(now, unix) : undefined)),
  ];
  return moments
    .filter((moment): moment is Moment => moment !== undefined)
    .sort((a, b) => a.unix - b.unix)
    .map((moment) => ({ path: ["time"], from: { ...now }, to: { ...moment } }));
}

function toData(draft: Draft | undefined): unknown {
  return draft === undefined ? undefined : JSON.parse(write(draft));
}

function isWorthTrying(path: readonly string[], from: Value, to: Value, shape: Shape): boolean {
  const [root = "", ...below] = path;
  if (!ROOTS.includes(root) || isSame(from, to)) return false;
  if (root === "time") return true;
  // a definition that is not the reviewed one is no way to anything
  if (root === "definition") return to === false;
  return isPossible(path, to) && (root !== "args" || fits(shapeAt(shape, below), to)) && isKnown(shape, path);
}

function isSame(from: Value, to: Value): boolean {
  if (from === ABSENT || to === ABSENT) return from === to;
  return write(from) === write(to);
}

/** What the server's schema would refuse is no input that is near: the gate checks that before the policy. */
function fits({ types, required, choices }: Shape, value: Value): boolean {
  if (value === ABSENT) return !required;
  if (choices.length > 0 && !choices.some((choice) => write(choice) === write(value))) return false;
  return types.length === 0 || types.includes("any") || types.some((type) => isOfType(value, type));
}

/** Where the catalogue knows the parameters, no other argument is invented. */
function isKnown({ fields }: Shape, [root, name = ""]: readonly string[]): boolean {
  return root !== "args" || fields.size === 0 || fields.has(name);
}

function isOfType(value: Draft, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    case "array":
      return isList(value);
    case "object":
      return isRecord(value);
    default:
      return typeof value === type;
  }
}

function rankOf({ path: [root = ""] }: Change): number {
  return ROOTS.indexOf(root);
}

function nameOf({ path, to }: Change): string {
  return `${JSON.stringify(path)} ${to === ABSENT ? "" : write(to)}`;
}
