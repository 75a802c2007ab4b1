// The places of an input at which values are to be tried for one target: those that the rules which may speak to it read, and
// those that its schema bounds; and for each rule the places that belong together.
import { CATEGORIES } from "../../gate/types.ts";
import type { Making, Path, RuleConditions, Test } from "../conditions.ts";
import { chooseCandidates } from "./candidates.ts";
import { isPossible } from "./compose-probe.ts";
import { ABSENT, type Value } from "./draft.ts";
import { samplesOfRegex } from "./pattern-samples.ts";
import { type Shape, shapeAt, UNKNOWN_SHAPE } from "./shape.ts";

const MAX_KEYS = 4;
const MAX_MEMBERS = 32;

export type Dimension = {
  readonly path: Path;
  /** To be combined with those of other places. */
  readonly main: readonly Value[];
  /** To be tried alone. */
  readonly near: readonly Value[];
};

/** Each place is once in a list. */
export type Dimensions = {
  /** Places to be tried one by one. */
  readonly all: readonly Dimension[];
  /** The places that one rule looks at; then those of all rules. */
  readonly groups: readonly (readonly Dimension[])[];
  /** The places of rules that are in no focus: to be combined so far that something is permitted. */
  readonly context: readonly (readonly Dimension[])[];
  /** All places that any rule looks at. */
  readonly places: readonly Dimension[];
};

type Compared = {
  readonly reads: readonly Path[];
  readonly tests: readonly Test[];
  readonly makings: readonly Making[];
};

/**
 * @param rules of every policy that is probed: the same rule twice is one group
 * @param shape of the args
 * @param everywhere whether every parameter is tried, because it is not known what is read
 * @param isInFocus whether a rule's places are tried to the end, by its id
 */
export function listDimensions(
  rules: readonly { readonly id: string; readonly conditions: RuleConditions }[],
  shape: Shape,
  everywhere: boolean,
  isInFocus: (id: string) => boolean = () => true,
): Dimensions {
  const byId = new Map<string, Compared>();
  for (const { id, conditions } of rules) byId.set(id, joinCompared(byId.get(id), conditions));
  const parameters = everywhere ? [...shape.fields.keys()].map((name): Path => ["args", name]) : [];
  const start: Compared = { reads: parameters, tests: [], makings: [] };
  const inFocus = [...byId].filter(([id]) => isInFocus(id)).map(([, compared]) => compared);
  const aside = [...byId].filter(([id]) => !isInFocus(id)).map(([, compared]) => compared);
  const groupsOf = (list: readonly Compared[]): readonly (readonly Dimension[])[] => {
    return list.map((compared) => dimensionsOf(compared, shape)).filter((group) => group.length > 0);
  };
  const [groups, context] = [groupsOf(inFocus), groupsOf(aside)];
  const places = dimensionsOf([...inFocus, ...aside].reduce(joinCompared, start), shape);
  const focused = aside.length === 0 ? places : dimensionsOf(inFocus.reduce(joinCompared, start), shape);
  // what one rule permits only, another may refuse only: their places belong together as well; but a definition that is not
  // the reviewed one is refused whatever else there is
  const together = groups.length + context.length > 1 ? [places.filter(({ path }) => path[0] !== "definition")] : [];
  return {
    all: [...focused, ...ofCategory()],
    groups: groups.length > 0 ? [...groups, ...together] : [],
    context: groups.length > 0 ? context : [...context, ...together],
    places,
  };
}

/** The category of a tool that no catalogue has is for the defaults to look at. */
function ofCategory(): readonly Dimension[] {
  return [{ path: ["category"], main: [], near: CATEGORIES }];
}

function joinCompared(known: Compared | undefined, more: Compared & { readonly touches?: readonly Path[] }): Compared {
  return {
    reads: [...(known?.reads ?? []), ...more.reads, ...(more.touches ?? [])],
    tests: [...(known?.tests ?? []), ...more.tests],
    makings: [...(known?.makings ?? []), ...more.makings],
  };
}

function dimensionsOf({ reads, tests, makings }: Compared, shape: Shape): readonly Dimension[] {
  const keyed = tests.flatMap(({ path, how, literal }): Path[] => {
    return how === "key" ? keysFor(String(JSON.parse(literal))).map((key) => [...path, key]) : [];
  });
  const paths = [...reads, ...keyed, ...tests.map(({ path }) => path)].filter((path) => path.length > 0);
  const unique = [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
  return unique.map((path) => {
    const at = JSON.stringify(path);
    // what any member is compared with, this one is too
    const own = tests.filter((test) => test.how !== "key" && isAt(test.path, path));
    const made = makings.filter((making) => JSON.stringify(making.path) === at);
    const chosen = chooseCandidates(own, made, path[0] === "args" ? shapeAt(shape, path.slice(1)) : UNKNOWN_SHAPE);
    // of a place that only leads to others, being there or not is all there is
    const leads = own.length === 0 && unique.some((other) => other.length > path.length && startsWith(other, path));
    const isForeign = path[0] === "args" && shape.fields.size > 0 && !shape.fields.has(path[1] ?? "");
    const main: readonly Value[] = leads || isForeign ? [] : [...chosen.main, ABSENT];
    const near: readonly Value[] = isForeign
      ? chosen.main
      : [...chosen.main, ...severalOf(path, tests), ...chosen.near, ABSENT];
    return {
      path,
      main: main.filter((value) => isPossible(path, value)),
      near: near.filter((value) => isPossible(path, value)),
    };
  });
}

/** A key that a policy compares a key with, or keys that match what it takes for a pattern. */
function keysFor(literal: string): readonly string[] {
  return /[\\^$[\]()*+?|]/.test(literal) ? [literal, ...samplesOfRegex(literal).slice(0, MAX_KEYS)] : [literal];
}

/** Whether a path means the place; null stands for any key. */
function isAt(path: Path, place: Path): boolean {
  return path.length === place.length && path.every((key, position) => key === null || key === place[position]);
}

/**
 * Of what any member of a list is compared with: two members, so that `every` and `some` differ, and as many as the list is
 * held to have, alike and each another.
 */
function severalOf(path: Path, tests: readonly Test[]): readonly Value[] {
  const member = JSON.stringify([...path, null]);
  const own = tests.filter((test) => JSON.stringify(test.path) === member && test.how !== "count");
  if (own.length === 0) return [];
  const [first = "x", second = "y"] = chooseCandidates(own, [], UNKNOWN_SHAPE).main;
  const counts = tests
    .filter((test) => test.how === "count" && (isAt(test.path, path) || JSON.stringify(test.path) === member))
    .map(({ literal }) => Number(literal));
  const sizes = counts
    .flatMap((count) => [count, count + 1, count + 2])
    .filter((size) => size > 2 && size <= MAX_MEMBERS);
  const many = [...new Set(sizes)].flatMap((size) => {
    const alike = Array.from({ length: size }, () => first);
    return typeof first === "string" ? [alike, alike.map((one, index) => `${one}${index}`)] : [alike];
  });
  return [[], [first], [first, "x"], ["x", first], [first, second], ...many];
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, position) => key === path[position]);
}

/** A tool's parameters by what policies know of them, as one object. */
export function shapeOfArgs(parameters: readonly ReadonlyMap<string, Shape>[]): Shape {
  const fields = new Map(parameters.flatMap((known) => [...known]));
  return { ...UNKNOWN_SHAPE, types: ["object"], fields };
}
