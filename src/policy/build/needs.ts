// Which places of the input must be there for a rule to be: without one of them its body is undefined, and the rule is gone. A
// rule that says `if not _fine` needs none: it holds whatever is missing, and is silent only where the helper says so.
import type { Path } from "../conditions.ts";
import { isUnconditional, readDefinitionReads } from "./definition-reads.ts";
import type { Placed, Program } from "./program.ts";

/** Helpers included: what one definition of a helper needs may be what held. Where a helper has a default, nothing is missing. */
export class Needs {
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(private readonly program: Program) {}

  of(placed: Placed): readonly Path[] {
    return [...this.#ofDefinition(placed)].sort().map((path): Path => JSON.parse(path));
  }

  #ofDefinition({ module, definition }: Placed): ReadonlySet<string> {
    // what stands behind an else is there where the body is not
    if (definition.else !== undefined) return new Set();
    const { reads, uses } = readDefinitionReads(definition, module, this.program, { onlyNeeded: true });
    return new Set([
      ...reads.map(({ path }) => JSON.stringify(path)),
      ...[...uses].flatMap((key) => [...this.#ofRule(key)]),
    ]);
  }

  #ofRule(key: string): ReadonlySet<string> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, new Set()); // a rule that refers to itself: OPA refuses it
    const definitions = this.program.definitionsOf(key).map((placed) => {
      return { isUnconditional: isUnconditional(placed.definition), needs: this.#ofDefinition(placed) };
    });
    const hasDefault = definitions.some((one) => one.isUnconditional && one.needs.size === 0);
    const needed = new Set(hasDefault ? [] : definitions.flatMap(({ needs }) => [...needs]));
    this.#known.set(key, needed);
    return needed;
  }
}
