// What may reach one place of a policy: places of the input, as they are or made into something else, and literals. Values
// of the analysis in trace.ts; they know no syntax.
import type { Comparison, Path, Test } from "../conditions.ts";

export type Place = {
  readonly path: Path;
  /** The value that lies there; something made from it; how many it holds; a key of it. */
  readonly as: "value" | "derived" | "count" | "key";
  /** In so many arrays, sets or objects that the policy made. */
  readonly wraps: number;
};

export type Flow = {
  readonly places: readonly Place[];
  /** JSON texts; what a literal array or object holds is there as well. */
  readonly literals: readonly string[];
  /** Keys of literal objects: what they may be looked up by. */
  readonly keys: readonly string[];
};

export const NOTHING: Flow = { places: [], literals: [], keys: [] };

/** More places than that are as good as all. */
const MAX_PLACES = 200;
const EVERYWHERE: Place = { path: [], as: "derived", wraps: 0 };
/** What nothing is known of. */
export const ANYTHING: Flow = { ...NOTHING, places: [EVERYWHERE] };
/** More than that are no literals that anyone compares with. */
const MAX_LITERALS = 2_000;

export function flowOf(path: Path): Flow {
  return { ...NOTHING, places: [{ path, as: "value", wraps: 0 }] };
}

export function join(flows: readonly Flow[]): Flow {
  const [first, ...others] = flows.filter((flow) => flow !== NOTHING);
  if (first === undefined) return NOTHING;
  if (others.length === 0) return first;
  const places = new Map(flows.flatMap((flow) => flow.places.map((place) => [JSON.stringify(place), place])));
  return {
    places: places.size > MAX_PLACES ? [EVERYWHERE] : [...places.values()],
    literals: [...new Set(flows.flatMap(({ literals }) => literals))].slice(0, MAX_LITERALS),
    keys: [...new Set(flows.flatMap(({ keys }) => keys))].slice(0, MAX_LITERALS),
  };
}

/** A member of an array, set or object that the policy makes; of one in one, ..., at a depth of more than 1. */
export function wrap(flow: Flow, depth = 1): Flow {
  return { ...flow, places: flow.places.map((place) => ({ ...place, wraps: place.wraps + depth })) };
}

/** What a builtin makes of it. */
export function derive(flow: Flow): Flow {
  const places = flow.places.map((place): Place => ({ ...place, as: place.as === "value" ? "derived" : place.as }));
  return { ...flow, places };
}

export function countOf(flow: Flow): Flow {
  return { ...NOTHING, places: flow.places.map(({ path }): Place => ({ path, as: "count", wraps: 0 })) };
}

/** What the policy made may have anything for a key that is in it. */
export function keysOf(flow: Flow, wraps: number): Flow {
  const places = flow.places.map((place): Place => {
    if (place.wraps > 0) return { ...place, wraps: place.wraps - 1 + wraps };
    return { path: place.path, as: place.as === "value" ? "key" : place.as, wraps };
  });
  return { ...NOTHING, places, literals: flow.keys };
}

/** What lies at one of these keys; null where the key may be any. */
export function index(flow: Flow, keys: readonly (string | null)[]): Flow {
  const places = flow.places.flatMap((place): readonly Place[] => {
    if (place.wraps > 0) return [{ ...place, wraps: place.wraps - 1 }];
    if (place.as !== "value") return [place];
    return keys.map((key) => ({ ...place, path: [...place.path, key] }));
  });
  return { ...flow, places };
}

/** The literals of each that the places of the other are compared with. */
export function testsBetween(a: Flow, b: Flow, how: Comparison): readonly Test[] {
  return [...testsOf(a, b, how), ...testsOf(b, a, how), ...testsOfPair(a, b, how)];
}

/** @param a its places are compared with the literals of `b` */
export function testsOf(a: Flow, b: Flow, how: Comparison): readonly Test[] {
  return a.places.flatMap(({ path, as }): readonly Test[] => {
    if (as === "count") return b.literals.filter(isNumber).map((literal) => ({ path, how: "count", literal }));
    if (as !== "key") return b.literals.map((literal) => ({ path, how, literal }));
    const names = b.literals.filter((literal) => literal.startsWith('"'));
    return names.map((literal) => ({ path, how: "key", literal }));
  });
}

/** Two places that are compared with each other: on either, what the other may have, and its neighbours. */
function testsOfPair(a: Flow, b: Flow, how: Comparison): readonly Test[] {
  if (a.places.length === 0 || b.places.length === 0) return [];
  const literals = how === "order" ? ["1", "2"] : ['"a"', "1"];
  return [...testsOf(a, { ...NOTHING, literals }, how), ...testsOf(b, { ...NOTHING, literals }, how)];
}

/** Whether a JSON text is a number. */
export function isNumber(literal: string): boolean {
  return /^-?\d/.test(literal);
}
