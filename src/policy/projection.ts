// Cuts an input down to what the rules that may speak to a call can read of it. Two inputs with the same rest get the same
// decision, and a place that the log masked matters only where it is part of the rest. Sound because conditions.ts names every
// place that may be read.
import type { Path, RuleConditions } from "./conditions.ts";
import { listMembers } from "./json-member.ts";

type Node = {
  /** All that lies here and below. */
  whole: boolean;
  /** Whether it is there, and which keys it has. */
  shape: boolean;
  readonly children: Map<string, Node>;
  /** For each key. */
  any: Node | undefined;
};

export class Projection {
  readonly #root: Node;

  private constructor(root: Node) {
    this.#root = root;
  }

  /** Of policies of whose conditions nothing is known: everything is read. */
  static whole(): Projection {
    return new Projection({ ...newNode(), whole: true });
  }

  /** @param always places that are read for every call */
  static of(always: readonly Path[], rules: readonly Pick<RuleConditions, "reads" | "touches">[]): Projection {
    const root = newNode();
    for (const path of [...always, ...rules.flatMap(({ reads }) => reads)]) reach(root, path).whole = true;
    for (const path of rules.flatMap(({ touches }) => touches)) reach(root, path).shape = true;
    settle(root);
    // whoever sees the keys of the input sees which members were left out
    if (root.shape) root.whole = true;
    return new Projection(root);
  }

  /** The input without what nobody reads. */
  project(input: Readonly<Record<string, unknown>>): unknown {
    return project(input, this.#root);
  }

  /** Of what lies at one key; undefined where nobody reads there. */
  below(key: string): Projection | undefined {
    if (this.#root.whole) return this;
    const node = this.#root.children.get(key) ?? this.#root.any;
    return node && new Projection(node);
  }

  /**
   * As project does for the text of a value, which keeps its numbers as they are written. It may keep more: an array stays whole,
   * and so does an object of which the keys are looked at.
   * @param text known to be JSON, with no key twice in one object
   */
  projectText(text: string): string {
    return projectText(text, this.#root);
  }

  /** Whether what lies at the place, or which keys it has, can matter. */
  reads(place: readonly string[]): boolean {
    let node: Node | undefined = this.#root;
    for (const key of place) {
      if (node.whole) return true;
      node = node.children.get(key) ?? node.any;
      if (node === undefined) return false;
    }
    return true;
  }
}

function newNode(): Node {
  return { whole: false, shape: false, children: new Map(), any: undefined };
}

function reach(root: Node, path: Path): Node {
  return path.reduce((node: Node, key) => {
    if (key === null) {
      node.any ??= newNode();
      return node.any;
    }
    const child = node.children.get(key) ?? newNode();
    node.children.set(key, child);
    return child;
  }, root);
}

/** What holds for any key holds for those that are named as well. */
function settle(node: Node): void {
  if (node.any !== undefined) for (const child of node.children.values()) merge(child, node.any);
  for (const child of node.children.values()) settle(child);
  if (node.any !== undefined) settle(node.any);
}

function merge(into: Node, from: Node): void {
  into.whole ||= from.whole;
  into.shape ||= from.shape;
  for (const [key, child] of from.children) {
    const own = into.children.get(key) ?? newNode();
    into.children.set(key, own);
    merge(own, child);
  }
  if (from.any === undefined) return;
  into.any ??= newNode();
  merge(into.any, from.any);
}

function project(value: unknown, node: Node): unknown {
  if (node.whole || typeof value !== "object" || value === null) return value;
  // how many there are, and in which order, is seen by whoever sees one
  if (Array.isArray(value)) return value.map((item, index) => projectAt(item, node, String(index)));
  // without a prototype, so that a key such as __proto__ is a key
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, below] of Object.entries(value)) {
    if (node.shape || node.any !== undefined || node.children.has(key)) kept[key] = projectAt(below, node, key);
  }
  return kept;
}

function projectText(text: string, node: Node): string {
  if (node.whole || node.shape || node.any !== undefined || !/^\s*\{/.test(text)) return text;
  if (node.children.size === 0) return "{}";
  const kept: string[] = [];
  for (const { key, start, end } of listMembers(text)) {
    const child = node.children.get(key);
    if (child !== undefined) kept.push(`${JSON.stringify(key)}:${projectText(text.slice(start, end), child)}`);
  }
  return `{${kept.join(",")}}`;
}

function projectAt(value: unknown, node: Node, key: string): unknown {
  const child = node.children.get(key) ?? node.any;
  return child === undefined ? null : project(value, child);
}
