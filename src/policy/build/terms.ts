// Small questions about single terms: what they name, which keys they may be, what literal they are. Pure.
import { type Flow, NOTHING } from "./flow.ts";
import type { SyntaxTerm } from "./syntax.ts";

const MAX_KEYS = 32;

/** `object.get`, `startswith`, ...; empty for what no builtin is called by. */
export function nameOf(operator: SyntaxTerm): string {
  if (operator.kind === "var") return operator.name;
  if (operator.kind !== "ref" || operator.head.kind !== "var") return "";
  return [operator.head.name, ...constantsOf(operator.path)].join(".");
}

/** The constant names that a path begins with. */
export function constantsOf(path: readonly SyntaxTerm[]): readonly string[] {
  const end = path.findIndex((part) => part.kind !== "scalar" || !part.json.startsWith('"'));
  return path
    .slice(0, end === -1 ? path.length : end)
    .map((part) => (part.kind === "scalar" ? JSON.parse(part.json) : ""));
}

/**
 * Which keys of objects and indices of arrays a part of a path may name: any, where it is computed, the known ones first.
 * @param by the flow of the part
 */
export function keysOfStep(part: SyntaxTerm, { literals }: Flow): readonly (string | null)[] {
  const values = literals.slice(0, MAX_KEYS).map((literal): unknown => JSON.parse(literal));
  const keys = values.filter((value) => typeof value === "string" || typeof value === "number").map(String);
  return part.kind === "scalar" ? keys : [...keys, null];
}

/** An array or object that is literal through and through, to be compared as one. */
export function whole(term: SyntaxTerm): Flow {
  const json = term.kind === "set" ? undefined : writeJson(term);
  return json === undefined ? NOTHING : { ...NOTHING, literals: [json] };
}

function writeJson(term: SyntaxTerm): string | undefined {
  switch (term.kind) {
    case "scalar":
      return term.json;
    case "array": {
      const items = term.items.map(writeJson);
      return items.includes(undefined) ? undefined : `[${items.join(",")}]`;
    }
    case "object": {
      const entries = term.entries.map(([key, value]) => [writeJson(key), writeJson(value)]);
      if (entries.some(([key, value]) => !key?.startsWith('"') || value === undefined)) return undefined;
      return `{${entries.map((entry) => entry.join(":")).join(",")}}`;
    }
    default:
      return undefined;
  }
}
