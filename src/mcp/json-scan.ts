// A strict RFC 8259 scanner: from text to a light tree of ranges, so that what is judged can be sliced out of what was
// received. Refuses what two JSON readers could read differently. It must never repair, re-serialise or guess.
import { type LexemeFault, readLiteral, readNumber, readString, unescapeString } from "./json-lexemes.ts";

export type JsonObject = {
  readonly kind: "object";
  readonly start: number;
  readonly end: number;
  readonly members: readonly JsonMember[];
};
export type JsonArray = {
  readonly kind: "array";
  readonly start: number;
  readonly end: number;
  readonly items: readonly JsonNode[];
};
export type JsonScalar = {
  readonly kind: "string" | "number" | "literal";
  readonly start: number;
  readonly end: number;
};
/** A JSON value: `text.slice(start, end)` is exactly its text. Positions are UTF-16 code units. */
export type JsonNode = JsonObject | JsonArray | JsonScalar;
/** `key` is unescaped; `keyStart` is the position of its opening quote. */
export type JsonMember = { readonly key: string; readonly keyStart: number; readonly value: JsonNode };

export type Defect = LexemeFault["defect"] | "depth" | "nodes" | "duplicate_key" | "proto_key";

export type Scan =
  | { readonly kind: "scanned"; readonly root: JsonNode }
  /** `problem` is one sentence that names the position, which is `at` too. */
  | { readonly kind: "refused"; readonly defect: Defect; readonly problem: string; readonly at: number };

export type ScanOptions = {
  /** Objects and arrays that may stand one inside the other, the outermost included; at most MAX_DEPTH. */
  readonly maxDepth: number;
  /** Lets lone surrogates, `__proto__` keys and numbers beyond doubles pass: for text that is searched, never judged. */
  readonly tolerant?: boolean;
  /** Values that the text may hold, containers included; MAX_NODES where it is not given. */
  readonly maxNodes?: number;
};

/** The scanner and those who walk its tree recurse: this many levels are safe on any stack. */
export const MAX_DEPTH = 512;

/** A scan holds the event loop for as long as it takes: about a third of a second for so many values. */
export const MAX_NODES = 1_000_000;

/** Objects with more members are checked for duplicate keys by a set; fewer are quicker to compare. */
const FEW_MEMBERS = 12;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Scans one whole JSON text. Throws only where `options.maxDepth` is over MAX_DEPTH. */
export function scanJson(text: string, options: ScanOptions): Scan {
  if (!(options.maxDepth <= MAX_DEPTH)) throw new RangeError(`maxDepth must be at most ${MAX_DEPTH}`);
  return new Scanner(text, options).scan();
}

/** The value at `key`; an object that was scanned has no key twice. */
export function memberOf(node: JsonObject, key: string): JsonNode | undefined {
  return node.members.find((member) => member.key === key)?.value;
}

/** Each method reads at `#at` and moves it on; `undefined` means refused, and `#refusal` says why. */
class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #tolerant: boolean;
  readonly #maxNodes: number;
  #nodes = 0;
  #at = 0;
  #refusal: Scan | undefined;

  constructor(text: string, options: ScanOptions) {
    this.#text = text;
    this.#maxDepth = options.maxDepth;
    this.#tolerant = options.tolerant ?? false;
    this.#maxNodes = options.maxNodes ?? MAX_NODES;
  }

  scan(): Scan {
    this.#skipSpace();
    const root = this.#value(1);
    if (root !== undefined) {
      this.#skipSpace();
      if (this.#at === this.#text.length) return { kind: "scanned", root };
      this.#refuse("syntax", "something follows the JSON value");
    }
    if (this.#refusal === undefined) throw new Error("the scanner stopped without saying why");
    return this.#refusal;
  }

  #value(depth: number): JsonNode | undefined {
    this.#nodes += 1;
    if (this.#nodes > this.#maxNodes) return this.#refuse("nodes", `it holds more than ${this.#maxNodes} values`);
    const char = this.#text.charCodeAt(this.#at);
    if (char === QUOTE) return this.#scalar("string");
    if (char === OPEN_BRACE) return this.#object(depth);
    if (char === OPEN_BRACKET) return this.#array(depth);
    if (char === MINUS || (char >= ZERO && char <= NINE)) return this.#scalar("number");
    return this.#scalar("literal");
  }

  #object(depth: number): JsonObject | undefined {
    const start = this.#at;
    if (depth > this.#maxDepth) return this.#refuse("depth", `it is nested more than ${this.#maxDepth} levels deep`);
    const members: JsonMember[] = [];
    let seen: Set<string> | undefined;
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(CLOSE_BRACE)) return { kind: "object", start, end: this.#at, members };
    do {
      this.#skipSpace();
      const keyStart = this.#at;
      if (this.#text.charCodeAt(keyStart) !== QUOTE) return this.#refuse("syntax", "a key in quotes is expected");
      const literal = this.#scalar("string");
      if (literal === undefined) return undefined;
      const key = this.#keyOf(literal);
      if (key === "__proto__" && !this.#tolerant)
        return this.#refuse("proto_key", 'the key "__proto__" is not accepted', keyStart);
      if (members.length === FEW_MEMBERS) seen = new Set(members.map((member) => member.key));
      if (seen === undefined ? hasKey(members, key) : seen.has(key))
        return this.#refuse("duplicate_key", "a key appears twice in one object", keyStart);
      seen?.add(key);
      this.#skipSpace();
      if (!this.#take(COLON)) return this.#refuse("syntax", "a colon is expected");
      this.#skipSpace();
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      if (key === "constructor" && reachesPrototype(value) && !this.#tolerant)
        return this.#refuse("proto_key", 'the key "constructor" with a "prototype" in it is not accepted', keyStart);
      members.push({ key, keyStart, value });
      this.#skipSpace();
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_BRACE)) return this.#refuse("syntax", "a comma or } is expected");
    return { kind: "object", start, end: this.#at, members };
  }

  #array(depth: number): JsonArray | undefined {
    const start = this.#at;
    if (depth > this.#maxDepth) return this.#refuse("depth", `it is nested more than ${this.#maxDepth} levels deep`);
    const items: JsonNode[] = [];
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(CLOSE_BRACKET)) return { kind: "array", start, end: this.#at, items };
    do {
      this.#skipSpace();
      const item = this.#value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      this.#skipSpace();
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_BRACKET)) return this.#refuse("syntax", "a comma or ] is expected");
    return { kind: "array", start, end: this.#at, items };
  }

  #scalar(kind: JsonScalar["kind"]): JsonScalar | undefined {
    const start = this.#at;
    const end = this.#scalarEnd(kind);
    if (typeof end !== "number") return this.#refuse(end.defect, end.problem, end.at);
    this.#at = end;
    return { kind, start, end };
  }

  #scalarEnd(kind: JsonScalar["kind"]): number | LexemeFault {
    switch (kind) {
      case "string":
        return readString(this.#text, this.#at, this.#tolerant);
      case "number":
        return readNumber(this.#text, this.#at, this.#tolerant);
      case "literal":
        return readLiteral(this.#text, this.#at);
    }
  }

  #keyOf(literal: JsonScalar): string {
    const inner = this.#text.slice(literal.start + 1, literal.end - 1);
    return inner.includes("\\") ? unescapeString(`"${inner}"`) : inner;
  }

  #skipSpace(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.#at);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.#at += 1;
    }
  }

  #take(char: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  #refuse(defect: Defect, problem: string, at = this.#at): undefined {
    this.#refusal = { kind: "refused", defect, problem: `${problem} (character ${at})`, at };
    return undefined;
  }
}

/** What a reader that merges objects key by key takes for the prototype of all of them. */
function reachesPrototype(value: JsonNode): boolean {
  return value.kind === "object" && hasKey(value.members, "prototype");
}

function hasKey(members: readonly JsonMember[], key: string): boolean {
  for (const member of members) if (member.key === key) return true;
  return false;
}
