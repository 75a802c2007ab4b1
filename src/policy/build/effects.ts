// What tracing a rule finds, gathered. Keys are the JSON texts of the values, so that each is there once.
import type { Path, Test } from "../conditions.ts";

export type Effects = {
  readonly reads: Map<string, Path>;
  readonly touches: Map<string, Path>;
  readonly tests: Map<string, Test>;
  readonly makings: Map<string, { readonly path: Path; readonly literals: Set<string> }>;
  /** Rules and functions that it comes by, as Program names them. */
  readonly uses: Set<string>;
  /** Data that is no rule, or a name that nothing has: what it is, the syntax does not say. */
  readonly foreign: Set<string>;
};

export function newEffects(): Effects {
  return {
    reads: new Map(),
    touches: new Map(),
    tests: new Map(),
    makings: new Map(),
    uses: new Set(),
    foreign: new Set(),
  };
}

export function addMaking({ makings }: Effects, path: Path, literals: Iterable<string>): void {
  const name = JSON.stringify(path);
  makings.set(name, { path, literals: new Set([...(makings.get(name)?.literals ?? []), ...literals]) });
}

/** All that was found for something that is used. */
export function addAll(to: Effects, from: Effects): void {
  for (const [name, path] of from.reads) to.reads.set(name, path);
  for (const [name, path] of from.touches) to.touches.set(name, path);
  for (const [name, test] of from.tests) to.tests.set(name, test);
  for (const { path, literals } of from.makings.values()) addMaking(to, path, literals);
  for (const use of from.uses) to.uses.add(use);
  for (const name of from.foreign) to.foreign.add(name);
}
