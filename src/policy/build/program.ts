// All definitions of a policy by the path that refers to them, for an analysis that follows helpers. It evaluates nothing.
import type { Module } from "./module.ts";
import type { Definition } from "./syntax.ts";

/** A definition with the module whose package and imports its names mean. */
export type Placed = { readonly module: Module; readonly definition: Definition };

/** What a constant path below `data` refers to. */
export type Referred =
  /** One rule, by the first `used` parts of the path. */
  | { readonly kind: "rule"; readonly key: string; readonly used: number }
  /** A package or a part of one: any of the rules below it. */
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
    for (let used = parts.length; used > 0; used -= 1) {
      const key = keyOf(parts.slice(0, used));
      if (this.#definitions.has(key)) return { kind: "rule", key, used };
    }
    if (!this.#namespaces.has(keyOf(parts))) return { kind: "none" };
    const start = keyOf(parts).slice(0, -1);
    const keys = [...this.#definitions.keys()].filter((key) => parts.length === 0 || key.startsWith(`${start},`));
    return { kind: "namespace", keys };
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
  const names: string[] = [];
  for (const [position, term] of head.entries()) {
    if (position === 0 && term.kind === "var") names.push(term.name);
    else if (term.kind === "scalar" && term.json.startsWith('"')) names.push(String(JSON.parse(term.json)));
    else break;
  }
  return [...module.package, ...names];
}
