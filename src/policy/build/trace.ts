// Follows what a rule does with the input, through its helpers and functions: which places it reads, and which literals it
// compares them with. It evaluates nothing and errs on one side: a place that may be read is read. What it misses among the
// literals costs an input to try, never soundness.
import { type Effects, newEffects } from "./effects.ts";
import { ANYTHING, type Flow, join } from "./flow.ts";
import type { Placed, Program } from "./program.ts";
import { Scope } from "./scope.ts";

type Outcome = { readonly flow: Flow; readonly effects: Effects };

export class Tracer {
  readonly #outcomes = new Map<string, Outcome>();
  /** What is being traced now. */
  readonly #open = new Set<string>();

  constructor(readonly program: Program) {}

  /** All that a rule does to come to its values, and with them. */
  trace({ module, definition }: Placed): Effects {
    const scope = new Scope(this, module, newEffects());
    scope.use(definition);
    return scope.effects;
  }

  /** What one rule, or a function of these arguments, contributes where it is used. */
  outcomeOf(key: string, args: readonly Flow[]): Outcome {
    const name = `${key} ${JSON.stringify(args)}`;
    const known = this.#outcomes.get(name);
    if (known !== undefined) return known;
    const effects = newEffects();
    if (this.#open.has(key)) {
      // OPA refuses a rule that refers to itself; what only seems to, since a package below a computed name has it, may do anything
      effects.reads.set("[]", []);
      return { flow: ANYTHING, effects };
    }
    this.#open.add(key);
    const flows = this.program
      .definitionsOf(key)
      .map(({ module, definition }) => new Scope(this, module, effects).evaluate(definition, args));
    this.#open.delete(key);
    const outcome = { flow: join(flows), effects };
    this.#outcomes.set(name, outcome);
    return outcome;
  }
}
