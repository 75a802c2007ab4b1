// All definitions of a policy by the path that refers to them, for an analysis that follows helpers. It evaluates nothing.
import type { Module } from "./module.ts";
import type { Definition, SyntaxTerm } from "./syntax.ts";

/** A definition with the module whose package and imports its names mean. */
export type Placed = { readonly module: Module; readonly definition: Definition };

/** What a constant path below `data` refers to. */
export type Referred =
  /** One rule, by the first `used` parts of the path. */
  | { readonly kind: "rule"; readonly key: string; readonly used: number }
  /** A package or a part of one, or of an object that several heads make: any of these rules. */
  | { readonly kind: "namespace"; readonly keys: readonly string[] }
  /** Data, or nothing. */
  | { readonly kind: "none" };

export class Program {
  readonly #definitions = new Map<string, Placed[]>();
  /** Each proper prefix of a rule's path. */
  readonly #namespaces = new Set<string>();

  constructor(modules: readonly Module[]) {
    for (const module of modules) {
      for (const { definition } of module.rules) this.#add({ module, definition }, pathOf(module, definition));
    }
  }

  /** Every definition of one rule or function, in the order of the sources. */
  definitionsOf(key: string): readonly Placed[] {
    return this.#definitions.get(key) ?? [];
  }

  /** @param parts below `data` */
  refer(parts: readonly string[]): Referred {
    const above = parts
      .map((_, last) => ({ key: keyOf(parts.slice(0, last + 1)), used: last + 1 }))
      .filter(({ key }) => this.#definitions.has(key));
    const below = this.#namespaces.has(keyOf(parts)) ? this.#below(parts) : [];
    const [only, ...others] = above;
    if (only !== undefined && others.length === 0 && below.length === 0) return { kind: "rule", ...only };
    // `m.a := 1` and `m[x] := 2` make one object
    const keys = [...above.map(({ key }) => key), ...below];
    return keys.length === 0 ? { kind: "none" } : { kind: "namespace", keys };
  }

  #below(parts: readonly string[]): readonly string[] {
    const start = keyOf(parts).slice(0, -1);
    return [...this.#definitions.keys()].filter((key) => parts.length === 0 || key.startsWith(`${start},`));
  }

  /** How many arguments a function takes; undefined where it is none. */
  arityOf(key: string): number | undefined {
    return this.#definitions.get(key)?.[0]?.definition.parameters?.length;
  }

  /** Whether a name means a rule of the package, or the first part of one. */
  has(parts: readonly string[]): boolean {
    return this.#definitions.has(keyOf(parts)) || this.#namespaces.has(keyOf(parts));
  }

  #add(placed: Placed, path: readonly string[]): void {
    const key = keyOf(path);
    const known = this.#definitions.get(key);
    if (known === undefined) this.#definitions.set(key, [placed]);
    else known.push(placed);
    for (let length = 0; length < path.length; length += 1) this.#namespaces.add(keyOf(path.slice(0, length)));
  }
}

/** What a rule or function goes by. @param parts below `data` */
export function keyOf(parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** Up to the first part of the head that is not constant: `m[x] := ...` is `m`. */
function pathOf(module: Module, { head }: Definition): readonly string[] {
  return [...module.package, ...namesOf(head)];
}

/** The parts of a head from the first that is not constant on. */
export function partsBehind({ head }: Definition): readonly SyntaxTerm[] {
  return head.slice(namesOf(head).length);
}

function namesOf(head: readonly SyntaxTerm[]): readonly string[] {
  const names: string[] = [];
  for (const [position, term] of head.entries()) {
    if (position === 0 && term.kind === "var") names.push(term.name);
    else if (term.kind === "scalar" && term.json.startsWith('"')) names.push(String(JSON.parse(term.json)));
    else break;
  }
  return names;
}
